/** What the decision needs of an error. */
interface Failure {
  readonly name: string;
  readonly sqlState?: string | undefined;
  readonly cause?: unknown;
}

/** Nothing was done, and what stood in the way passes: another transaction, or want of a connection. */
const PASSING = new Set([
  "SerializationFailureError",
  "DeadlockError",
  "LockNotAvailableError",
  "PoolExhaustedError",
]);

/** SQLSTATEs of the server's that pass: too many connections, starting or stopping, an object in use. */
const PASSING_STATES = /^(53[0-3]00|53400|55006|57P0[1-3]|08\w{3})$/;

/**
 * What PgBouncer says where a connection may be had a moment later, be it in its own words or the server's; its SQLSTATE is the same
 * for all that it refuses, a wrong password too.
 */
const POOLERS_PASSING =
  /^(?:no more connections allowed|query_wait_timeout|client_login_timeout|pgbouncer cannot connect|server (?:login has been failing|conn crashed)|the database system is |sorry, too many clients|remaining connection slots|too many connections for)/i;

/** The SQLSTATE of what a pooler refuses. */
const POOLERS = "08P01";

/** Tells whether a server, or a pooler, has refused a connection that it may give a moment later. */
export function isPassingRefusal(sqlState: string, cause: unknown): boolean {
  if (sqlState !== POOLERS) return PASSING_STATES.test(sqlState);
  return isFailure(cause) && POOLERS_PASSING.test(cause.message);
}

/** Why a server could not be reached that may be reached a moment later. */
export const UNREACHED = [
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
] as const;

/** With names and sockets that are not there yet. */
const PASSING_CODES: ReadonlySet<string> = new Set([...UNREACHED, "ENOENT", "ENOTFOUND"]);

/**
 * Tells whether the same may be done again: it certainly had no effect, and may succeed another time. Where that is not certain, as
 * after a lost connection or a time-out, it is false.
 */
export function isRetryable(error: Failure): boolean {
  if (PASSING.has(error.name)) return true;
  if (error.name === "ConnectionFailedError") {
    if (error.sqlState !== undefined) return isPassingRefusal(error.sqlState, error.cause);
    const code = codeOf(error.cause);
    return code === undefined || PASSING_CODES.has(code);
  }
  // What the server refused as a whole; it had no effect in a transaction either, which is to be done again as a whole.
  if (error.name === "StatementError")
    return error.sqlState !== undefined && PASSING_STATES.test(error.sqlState);
  // Undone because of another.
  return error.name === "TransactionRolledBackError" && isFailure(error.cause) && isRetryable(error.cause);
}

function codeOf(cause: unknown): string | undefined {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : undefined;
}

function isFailure(cause: unknown): cause is Failure & Error {
  return cause instanceof Error;
}
