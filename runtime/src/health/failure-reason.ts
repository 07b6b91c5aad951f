import { type FailureReason, HealthCheckError } from "./health-check.ts";

interface AnyError {
  readonly name?: unknown;
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

/** MongoDB's codes: it does not know us (13, 18), or is no primary (10107, 13435, 13436). */
const MONGODB: Readonly<Record<number, FailureReason>> = {
  13: "refused",
  18: "refused",
  10107: "read-only",
  13435: "read-only",
  13436: "read-only",
};

/** Tells what kind of failure an error is. Its text is not looked at for more, and goes nowhere. */
export function failureReason(error: unknown): FailureReason {
  let at = error;
  for (let depth = 0; depth < 5 && typeof at === "object" && at !== null; depth += 1) {
    if (at instanceof HealthCheckError) return at.reason;
    const { name, code, sqlState = code, errno, syscall, message, cause, errors } = at as AnyError;
    if (errno !== undefined || syscall !== undefined || Array.isArray(errors)) return "unreachable";
    if (typeof sqlState === "string" && REFUSING.includes(sqlState.slice(0, 2)) && sqlState.length === 5)
      return "refused";
    if (typeof name === "string" && name.startsWith("Mongo")) {
      if (typeof code === "number" && code in MONGODB) return MONGODB[code] ?? "failed";
      if (/^Mongo(Network|ServerSelection|PoolCleared)/.test(name)) return "unreachable";
    }
    // `pg` has no code for it.
    if (typeof message === "string" && message.startsWith("Connection terminated")) return "unreachable";
    at = cause;
  }
  return "failed";
}
