import { ConnectionFailedError, DatabaseError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import { conditionName } from "../errors/sqlstate.ts";
import { WrongSession } from "./session-attrs.ts";

/** Carries what `onConnect` threw past `connectFailure`. */
export class HookFailure extends Error {
  constructor(cause: unknown) {
    super("onConnect failed", { cause });
  }
}

/** Our error for why a connection could not be opened. */
export function connectFailure(error: unknown, query?: string): unknown {
  if (error instanceof HookFailure) return error.cause;
  if (error instanceof DatabaseError) return error;
  if (isServerError(error))
    return new ConnectionFailedError(`could not connect: ${conditionName(error.code)} (${error.code})`, {
      query,
      sqlState: error.code,
      cause: error,
    });
  if (error instanceof WrongSession)
    return new ConnectionFailedError(`could not connect: ${error.message}`, { query, cause: error });
  const { code = "no answer" } = error as { code?: string };
  return new ConnectionFailedError(`could not connect: ${code}`, { query, cause: error });
}

/** Server and network states that pass: too many connections, starting up or shutting down, in recovery. */
const PASSING_STATES = new Set(["53300", "57P01", "57P02", "57P03"]);
/** What will not be otherwise when it is tried again: there is no such name, or no such port. */
const LASTING_CODES = new Set(["ENOTFOUND", "ERR_SOCKET_BAD_PORT", "EACCES", "ENOENT"]);

/** Tells whether connecting may succeed when it is tried again soon. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ConnectionFailedError)) return false;
  if (error.sqlState !== undefined) return PASSING_STATES.has(error.sqlState);
  const { cause } = error;
  if (cause instanceof WrongSession) return true;
  if (!(cause instanceof Error)) return true;
  const { code } = cause as { code?: string };
  // Of TLS: a certificate or a key that does not fit.
  const isTls =
    code?.startsWith("ERR_TLS") || code?.startsWith("ERR_SSL") || /CERT|SSL/.test(code ?? cause.message);
  return !isTls && !(cause instanceof TypeError) && !LASTING_CODES.has(code ?? "");
}
