export { batch } from "./batch.ts";
export * from "./errors/errors.ts";
export type {
  Client,
  CopyConfig,
  QueryConfig,
  QueryInfo,
  QueryOptions,
  QueryResult,
  RawRow,
} from "./statement.ts";
export { rawText } from "./statement.ts";
export type { OpenTelemetryApi } from "./telemetry/api.ts";
export { createTelemetry, type TelemetryOptions } from "./telemetry/create-telemetry.ts";
export {
  noTelemetry,
  type Operation,
  type Outcome,
  type PoolGauge,
  type Telemetry,
} from "./telemetry/telemetry.ts";
export { transaction } from "./transaction.ts";
