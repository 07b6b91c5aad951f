import { DatabaseError } from "./database-error.ts";

/** It was ended by an AbortSignal, whose reason is in `cause`, or by somebody at the server (57014). */
export class CancelledError extends DatabaseError {
  override readonly name = "CancelledError";
}

/** It took longer than its `timeout`, or than a limit of the server's such as `statement_timeout` (57014). */
export class TimeoutError extends DatabaseError {
  override readonly name = "TimeoutError";
}
