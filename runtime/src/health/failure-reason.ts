import { type FailureReason, HealthCheckError } from "./health-check.ts";

interface AnyError {
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly errno?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** PostgreSQL's classes of errors by which it does not let anyone in: authorization, no such database, resources, shutdown. */
const REFUSING = ["28", "3D", "53", "57"];

/** What kind of failure an error is. Its text is not looked at for more, and goes nowhere. */
export function failureReason(error: unknown): FailureReason {
  let at = error;
  for (let depth = 0; depth < 5 && typeof at === "object" && at !== null; depth += 1) {
    if (at instanceof HealthCheckError) return at.reason;
    const { code, sqlState = code, errno, syscall, message, cause, errors } = at as AnyError;
    if (errno !== undefined || syscall !== undefined || Array.isArray(errors)) return "unreachable";
    if (typeof sqlState === "string" && REFUSING.includes(sqlState.slice(0, 2)) && sqlState.length === 5)
      return "refused";
    // `pg` has no code for it.
    if (typeof message === "string" && message.startsWith("Connection terminated")) return "unreachable";
    at = cause;
  }
  return "failed";
}
