export { batch } from "./batch.ts";
export type {
  Client,
  CopyConfig,
  ExecResult,
  QueryConfig,
  QueryInfo,
  QueryOptions,
  QueryResult,
  RawRow,
} from "./statement.ts";
export { rawText } from "./statement.ts";
export { TransactionRolledBackError, transaction } from "./transaction.ts";
