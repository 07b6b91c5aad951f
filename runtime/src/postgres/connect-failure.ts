import { ConnectionFailedError, DatabaseError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import { conditionName } from "../errors/sqlstate.ts";

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
  const { code = "no answer" } = error as { code?: string };
  return new ConnectionFailedError(`could not connect: ${code}`, { query, cause: error });
}
