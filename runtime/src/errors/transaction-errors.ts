import { DatabaseError } from "./database-error.ts";

/**
 * The server answered COMMIT with ROLLBACK: a statement of the transaction had failed and its error was swallowed. Or a
 * statement of an atomic batch was undone because another one failed, which is the `cause`.
 */
export class TransactionRolledBackError extends DatabaseError {
  override readonly name = "TransactionRolledBackError";
}

/** The transaction or savepoint was used after its end, as also by what stands behind COMMIT in a batch. Nothing was sent. */
export class TransactionClosedError extends DatabaseError {
  override readonly name = "TransactionClosedError";
}

/**
 * The connection was lost during COMMIT, or a write of documents was interrupted after it was sent (`cause` says by what):
 * whether it took effect is not known. Never tried again by itself.
 */
export class OutcomeUnknownError extends DatabaseError {
  override readonly name = "OutcomeUnknownError";
}

/**
 * A statement was given to a transaction while a savepoint in it was open. It would belong to the savepoint, and be lost
 * with it. Nothing was sent.
 */
export class TransactionBusyError extends DatabaseError {
  override readonly name = "TransactionBusyError";
}
