export { type FromPgOptions, fromPg, type PgClient, type PgPool } from "./adapters/from-pg.ts";
export { type FromPGliteOptions, fromPGlite } from "./adapters/from-pglite.ts";
export type { PGliteLike } from "./adapters/pglite-socket.ts";
export { batch } from "./batch.ts";
export { type Deadline, withDeadline } from "./deadline.ts";
export * from "./errors/errors.ts";
export type { BoundQueries, QueryModules } from "./facade/bound-queries.ts";
export {
  createDatabase,
  type Database,
  type DatabaseConfig,
  type DatabaseMembers,
  type DatabaseTransaction,
  type TransactionMembers,
} from "./facade/database.ts";
export type {
  DatabaseScope,
  DocumentSource,
  ScopedDatabase,
  ScopedDatabaseConfig,
  ScopeOptions,
  ScopeSettings,
  ScopeTransaction,
  TenantDeclaration,
  TenantId,
} from "./facade/scope-types.ts";
export { createScopedDatabase } from "./facade/scoped-database.ts";
export {
  type CheckReport,
  createHealth,
  type Health,
  type HealthOptions,
  type HealthReport,
} from "./health/health.ts";
export { type FailureReason, type HealthCheck, HealthCheckError } from "./health/health-check.ts";
export { type HealthHandler, type HealthHttpOptions, healthFetch, healthHandler } from "./health/http.ts";
export type { CheckResult } from "./health/monitor.ts";
export { type PostgresCheckOptions, postgresCheck } from "./health/postgres-check.ts";
export type { HealthEvents, ReadinessState, StateChange, StatusChange } from "./health/readiness.ts";
export { InvalidIdError, type JobId, jobId, type WorkspaceId, workspaceId } from "./ids.ts";
export type { AdvisoryLock, LockKey, LockOptions } from "./postgres/advisory-lock.ts";
export type { Leak } from "./postgres/leak-detector.ts";
export {
  createListener,
  type Listener,
  type ListenerOptions,
  type ListenOptions,
  type Notification,
  type Subscription,
} from "./postgres/listener.ts";
export type { Notice } from "./postgres/notice.ts";
export { createPool, type Pool } from "./postgres/pool.ts";
export type { PoolConnection } from "./postgres/pool-connection.ts";
export type { PoolOptions, ServerOptions } from "./postgres/pool-options.ts";
export type { PoolScope } from "./postgres/pool-scope.ts";
export type { PoolStat } from "./postgres/pool-stat.ts";
export type { Queryable } from "./postgres/queryable.ts";
export type { ScopeBy, Settings } from "./postgres/scope.ts";
export { resetSession } from "./postgres/session-reset.ts";
export type { Transaction } from "./postgres/transaction.ts";
export type {
  BeginOptions,
  IsolationLevel,
  RetryOptions,
  TransactionOptions,
} from "./postgres/transaction-options.ts";
export { promisedRow } from "./promised-row.ts";
export { readRows } from "./read-rows.ts";
export type {
  BatchOptions,
  Client,
  CopyConfig,
  ExecResult,
  QueryConfig,
  QueryInfo,
  QueryOptions,
  QueryResult,
  RawRow,
  ReadRow,
} from "./statement.ts";
export { rawText } from "./statement.ts";
export { createTelemetry, type TelemetryOptions } from "./telemetry/create-telemetry.ts";
export type { MeterProvider, OpenTelemetryApi, TracerProvider } from "./telemetry/opentelemetry.ts";
export type { SlowStatement } from "./telemetry/slow-statements.ts";
export {
  noTelemetry,
  type Operation,
  type Outcome,
  type PoolGauge,
  type ReportedServer,
  type Telemetry,
} from "./telemetry/telemetry.ts";
