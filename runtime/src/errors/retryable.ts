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
 * What poolers say where a connection may be had a moment later, be it in their own words or the server's, by the SQLSTATE, which is the
 * same for all that they refuse, a wrong password too: PgBouncer, and Supavisor, which has put a code in front since 2025.
 */
const POOLERS_PASSING: Readonly<Record<string, RegExp>> = {
  "08P01":
    /^(?:no more connections allowed|client connections exceeded|query_wait_timeout|client_login_timeout|pgbouncer cannot connect|pooler is shutting down|server (?:login has been failing|conn crashed)|the database system is |sorry, too many clients|remaining connection slots|too many connections for)/i,
  XX000: /^(?:\(EMAXCONN(?:SESSION)?\) |MaxClientsInSessionMode\b|max client connections reached)/i,
};

/** Tells whether a server, or a pooler, has refused a connection that it may give a moment later. */
export function isPassingRefusal(sqlState: string, cause: unknown): boolean {
  const poolers = POOLERS_PASSING[sqlState];
  if (poolers === undefined) return PASSING_STATES.test(sqlState);
  return isFailure(cause) && poolers.test(cause.message);
}

/** Tells whether it is the SQLSTATE of whatever a pooler refuses, so that its words alone tell why. */
export function isPoolersState(sqlState: string): boolean {
  return sqlState in POOLERS_PASSING;
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
