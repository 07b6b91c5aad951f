import { DatabaseError } from "./database-error.ts";

/** The server refused the statement for a reason that has no class of its own: look at `sqlState`. */
export class StatementError extends DatabaseError {
  override readonly name: string = "StatementError";
}

/** A constraint was violated; one subclass for each kind. */
export class ConstraintViolationError extends StatementError {
  override readonly name: string = "ConstraintViolationError";
}

/** 23505 */
export class UniqueViolationError extends ConstraintViolationError {
  override readonly name = "UniqueViolationError";
}

/** 23503, and 23001 where the constraint says RESTRICT */
export class ForeignKeyViolationError extends ConstraintViolationError {
  override readonly name = "ForeignKeyViolationError";
}

/** 23514; a domain's constraint as well */
export class CheckViolationError extends ConstraintViolationError {
  override readonly name = "CheckViolationError";
}

/** 23502; a domain's NOT NULL as well */
export class NotNullViolationError extends ConstraintViolationError {
  override readonly name = "NotNullViolationError";
}

/** 23P01 */
export class ExclusionViolationError extends ConstraintViolationError {
  override readonly name = "ExclusionViolationError";
}

/** 40001: another transaction got in between; the whole transaction may be tried again. */
export class SerializationFailureError extends StatementError {
  override readonly name = "SerializationFailureError";
}

/** 40P01: two transactions waited for each other and this one had to go; it may be tried again as a whole. */
export class DeadlockError extends StatementError {
  override readonly name = "DeadlockError";
}

/** 55P03: a lock was not to be had, at once (NOWAIT) or within `lock_timeout`. */
export class LockNotAvailableError extends StatementError {
  override readonly name = "LockNotAvailableError";
}

/** A value that cannot be sent: too many of them, or text that PostgreSQL cannot hold. Nothing was sent. */
export class ParameterError extends DatabaseError {
  override readonly name = "ParameterError";
}

/** A row was promised and none came: an `…OrThrow` function, or a query of which analysis has shown that it always gives one. */
export class NoRowsError extends DatabaseError {
  override readonly name = "NoRowsError";
}
