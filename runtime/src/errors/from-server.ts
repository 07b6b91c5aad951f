import { ConnectionLostError } from "./connection-errors.ts";
import type { DatabaseError, ErrorDetails } from "./database-error.ts";
import { CancelledError, TimeoutError } from "./interruption-errors.ts";
import { conditionName } from "./sqlstate.ts";
import {
  CheckViolationError,
  ConstraintViolationError,
  DeadlockError,
  ExclusionViolationError,
  ForeignKeyViolationError,
  LockNotAvailableError,
  NotNullViolationError,
  SerializationFailureError,
  StatementError,
  UniqueViolationError,
} from "./statement-errors.ts";

/** An ErrorResponse of the server's, as `pg` gives it. */
export interface ServerError extends Error {
  /** SQLSTATE */
  readonly code: string;
  readonly severity: string;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  readonly dataType?: string | undefined;
  readonly routine?: string | undefined;
}

/** By shape, since an application may hold several copies of `pg`. */
export function isServerError(error: unknown): error is ServerError {
  return (
    error instanceof Error &&
    "severity" in error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^[0-9A-Z]{5}$/.test(error.code)
  );
}

/**
 * Tells whether the connection has ended with it, which the severity alone tells: an ERROR of whatever code, such as 08006 of a
 * foreign server's, leaves it as it is. The severity may be in another language, of which this knows nothing.
 */
export function isFatal({ severity }: ServerError): boolean {
  return severity === "FATAL" || severity === "PANIC";
}

const CLASSES: Readonly<Record<string, new (message: string, details: ErrorDetails) => DatabaseError>> = {
  "23001": ForeignKeyViolationError,
  "23502": NotNullViolationError,
  "23503": ForeignKeyViolationError,
  "23505": UniqueViolationError,
  "23514": CheckViolationError,
  "23P01": ExclusionViolationError,
  "40001": SerializationFailureError,
  "40P01": DeadlockError,
  "55P03": LockNotAvailableError,
};

/** Our error for one of the server's. Its own message is left in `cause`, for it may quote values. */
export function fromServer(error: ServerError, query?: string): DatabaseError {
  const { code, schema, table, column, constraint } = error;
  const details = { query, sqlState: code, schema, table, column, constraint, cause: error };
  return new (classOf(error))(describe(error), details);
}

function classOf(error: ServerError): new (message: string, details: ErrorDetails) => DatabaseError {
  const { code, message } = error;
  if (isFatal(error)) return ConnectionLostError;
  // Both have this code, and only the message differs; where it is translated, cancellation is the likelier one.
  if (code === "57014") return /statement timeout/.test(message) ? TimeoutError : CancelledError;
  const known = CLASSES[code];
  if (known !== undefined) return known;
  if (code.startsWith("23")) return ConstraintViolationError;
  return StatementError;
}

function describe({ code, schema, table, column, constraint, dataType }: ServerError): string {
  const qualify = (name: string): string => (schema === undefined ? name : `${schema}.${name}`);
  const where: string[] = [];
  if (constraint !== undefined) where.push(`of ${constraint}`);
  if (column !== undefined) where.push(`in column ${column}`);
  if (table !== undefined) where.push(`${column === undefined ? "in" : "of"} table ${qualify(table)}`);
  else if (dataType !== undefined) where.push(`in type ${qualify(dataType)}`);
  return [conditionName(code), ...where, `(${code})`].join(" ");
}
