export type {
  Client,
  CopyConfig,
  QueryConfig,
  QueryInfo,
  QueryOptions,
  QueryResult,
  RawRow,
} from "./statement.ts";
export { TransactionRolledBackError, transaction } from "./transaction.ts";
