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
export { transaction } from "./transaction.ts";
