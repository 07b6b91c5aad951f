/**
 * OpenTelemetry's names for database clients (semantic conventions 1.45). They stand here because the package that
 * exports them keeps those that are not stable yet under an entry whose constants may go away.
 */
export const ATTRIBUTE = {
  system: "db.system.name",
  namespace: "db.namespace",
  operation: "db.operation.name",
  collection: "db.collection.name",
  summary: "db.query.summary",
  text: "db.query.text",
  parameter: "db.query.parameter.",
  batchSize: "db.operation.batch.size",
  returnedRows: "db.response.returned_rows",
  statusCode: "db.response.status_code",
  errorType: "error.type",
  serverAddress: "server.address",
  serverPort: "server.port",
  poolName: "db.client.connection.pool.name",
  connectionState: "db.client.connection.state",
  /** Ours: how many of a batch failed, where the batch as a whole did not. */
  failedItems: "solitude.documents.batch.failed",
  /** Ours: which run of a retried transaction this is, from 1. */
  attempt: "solitude.transaction.attempt",
  /** Ours: `committed`, `rolled_back` or `unknown`. */
  outcome: "solitude.transaction.outcome",
} as const;

export const METRIC = {
  duration: "db.client.operation.duration",
  returnedRows: "db.client.response.returned_rows",
  connectionCount: "db.client.connection.count",
  connectionIdleMax: "db.client.connection.idle.max",
  connectionIdleMin: "db.client.connection.idle.min",
  connectionLimit: "db.client.connection.limit",
  connectionPending: "db.client.connection.pending_requests",
  /** Ours: the conventions have none. */
  collectionCount: "solitude.documents.collection.count",
  failedItems: "solitude.documents.batch.failures",
  connectionTimeouts: "db.client.connection.timeouts",
  connectionCreateTime: "db.client.connection.create_time",
  connectionWaitTime: "db.client.connection.wait_time",
  connectionUseTime: "db.client.connection.use_time",
  /** Ours: the conventions have none of transactions. */
  transactionDuration: "solitude.transaction.duration",
  transactionRetries: "solitude.transaction.retries",
} as const;

/** The bounds that the conventions give for durations in seconds. */
export const DURATION_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** The bounds that the conventions give for numbers of rows. */
export const ROWS_BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

/** The port that needs no attribute. */
export const DEFAULT_PORT = { postgresql: 5432, mongodb: 27017 } as const;
