import { ATTRIBUTE } from "./conventions.ts";
import type { Attributes } from "./opentelemetry.ts";

interface AnyError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly errno?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly stalledFor?: unknown;
}

/** Of what timed out because the process itself gave the answer no chance, whatever the server says of it. */
const STALLED = "EventLoopStalled";

/**
 * `error.type`, and `db.response.status_code` where the database gave one: a SQLSTATE, or MongoDB's numeric code.
 * Never a message, which may carry values.
 */
export function failureAttributes(error: unknown): Attributes {
  const statusCode = findStatusCode(error);
  if (isObject(error) && error.stalledFor !== undefined)
    return statusCode === undefined
      ? { [ATTRIBUTE.errorType]: STALLED }
      : { [ATTRIBUTE.errorType]: STALLED, [ATTRIBUTE.statusCode]: statusCode };
  return statusCode === undefined
    ? { [ATTRIBUTE.errorType]: errorName(error) }
    : { [ATTRIBUTE.errorType]: statusCode, [ATTRIBUTE.statusCode]: statusCode };
}

/** The runtime's own errors say it, or carry the database's error as their cause. */
function findStatusCode(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; depth < 5 && isObject(at); depth += 1) {
    const { name, code, sqlState, errno, cause } = at;
    if (typeof sqlState === "string") return sqlState;
    // EPIPE looks like a SQLSTATE, and DOMException has a numeric code.
    if (typeof code === "string" && errno === undefined && /^[0-9A-Z]{5}$/.test(code)) return code;
    if (typeof code === "number" && String(name).startsWith("Mongo")) return String(code);
    at = cause;
  }
  return undefined;
}

function errorName(error: unknown): string {
  if (!isObject(error)) return "_OTHER";
  const { name, code, errors } = error;
  // A host with several addresses fails once for each.
  if (Array.isArray(errors) && errors.length > 0) return errorName(errors[0]);
  if (name === "Error" && typeof code === "string") return code;
  return typeof name === "string" && name !== "" ? name : "_OTHER";
}

/** Errors may come from another realm, so `instanceof` will not do. */
function isObject(value: unknown): value is AnyError {
  return typeof value === "object" && value !== null;
}
