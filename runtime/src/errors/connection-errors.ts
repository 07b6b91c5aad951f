import { DatabaseError } from "./database-error.ts";

/** No connection could be opened: the server is not there, refuses, or did not answer in time. Nothing was sent. */
export class ConnectionFailedError extends DatabaseError {
  override readonly name = "ConnectionFailedError";
}

/**
 * The connection ended under a statement, or in a transaction between two. A transaction was rolled back; a statement
 * outside one may have taken effect.
 */
export class ConnectionLostError extends DatabaseError {
  override readonly name = "ConnectionLostError";
}

/** A setting of the session was changed to one with which values would be read as others, or would be made in a scope and outlast it. Nothing was sent. */
export class SessionSettingError extends DatabaseError {
  override readonly name = "SessionSettingError";
}

/** Every connection was taken for as long as the acquire timeout allows. Nothing was sent. */
export class PoolExhaustedError extends DatabaseError {
  override readonly name = "PoolExhaustedError";
}

/** The pool is closed, or a connection was used after it had been given back. Nothing was sent. */
export class PoolClosedError extends DatabaseError {
  override readonly name = "PoolClosedError";
}
