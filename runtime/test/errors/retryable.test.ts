import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  DeadlockError,
  LockNotAvailableError,
  OutcomeUnknownError,
  PoolClosedError,
  PoolExhaustedError,
  SerializationFailureError,
  StatementError,
  TimeoutError,
  TransactionRolledBackError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";

const because = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  new SerializationFailureError(""),
  new DeadlockError(""),
  new LockNotAvailableError(""),
  new PoolExhaustedError(""),
  new ConnectionFailedError("no answer in time"),
  new ConnectionFailedError("", { cause: because("ECONNREFUSED") }),
  new ConnectionFailedError("", { sqlState: "57P03" }),
  new ConnectionFailedError("", { sqlState: "53300" }),
  ...[
    "no more connections allowed (max_client_conn)",
    "query_wait_timeout",
    "client_login_timeout (server down)",
    "the database system is starting up",
    "sorry, too many clients already",
    "client connections exceeded (max_user_client_connections)",
    "pooler is shutting down",
  ].map((said) => new ConnectionFailedError("", { sqlState: "08P01", cause: new Error(said) })),
  ...[
    "(EMAXCONN) max client connections reached, limit: 200",
    "(EMAXCONNSESSION) max clients reached in session mode",
    "MaxClientsInSessionMode: max clients reached",
    "Max client connections reached",
  ].map((said) => new ConnectionFailedError("", { sqlState: "XX000", cause: new Error(said) })),
  new StatementError("", { sqlState: "55006" }),
  new TransactionRolledBackError("", { cause: new DeadlockError("") }),
])("%p had no effect, and may succeed", (error) => {
  expect(error.isRetryable).toBe(true);
});

test.each([
  new UniqueViolationError("", { sqlState: "23505" }),
  new StatementError("", { sqlState: "42P01" }),
  new ConnectionFailedError("", { sqlState: "28P01" }),
  new ConnectionFailedError("", { sqlState: "3D000" }),
  ...["bouncer config error", 'database "none" does not exist', '"trust" authentication failed'].map(
    (said) => new ConnectionFailedError("", { sqlState: "08P01", cause: new Error(said) }),
  ),
  new ConnectionFailedError("", { sqlState: "08P01" }),
  ...["Tenant or user not found", "no more connections allowed", "it says (EMAXCONN) "].map(
    (said) => new ConnectionFailedError("", { sqlState: "XX000", cause: new Error(said) }),
  ),
  new StatementError("", {
    sqlState: "XX000",
    cause: new Error("(EMAXCONN) max client connections reached"),
  }),
  new ConnectionFailedError("", { cause: because("CERT_HAS_EXPIRED") }),
  new ConnectionLostError("", { sqlState: "57P01" }),
  new OutcomeUnknownError(""),
  new TimeoutError(""),
  new CancelledError("", { sqlState: "57014" }),
  new PoolClosedError(""),
  new TransactionRolledBackError("", { cause: new UniqueViolationError("") }),
  new TransactionRolledBackError(""),
])("%p may have had one, or fails again", (error) => {
  expect(error.isRetryable).toBe(false);
});
