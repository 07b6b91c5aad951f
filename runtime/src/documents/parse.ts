import type { z } from "zod";
import type { DocumentIssue } from "./errors.ts";
import type { Step } from "./values.ts";

export type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | {
      readonly success: false;
      readonly issues: DocumentIssue[];
      /** Of all values that were refused, also by a branch of a union, whose issue is the union's. */
      readonly places: readonly (readonly Step[])[];
      /** What code of the schema's own has thrown. */
      readonly cause?: unknown;
    };

/**
 * Gives what a schema makes of a value. That its own code throws (a refinement, a promise where there may be none) is an issue like
 * any other: nothing is written then, and in a list no other document is kept from being read.
 */
export function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  above: readonly Step[] = [],
): Parsed<z.output<S>> {
  try {
    const result = schema.safeParse(value);
    if (result.success) return result;
    const { issues } = result.error;
    return { success: false, issues: issuesOf(result.error, above), places: placesOf(issues, above) };
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : typeof cause;
    return {
      success: false,
      issues: [{ path: above, message: `its schema has thrown (${name})` }],
      places: [],
      cause,
    };
  }
}

function placesOf(issues: readonly z.core.$ZodIssue[], above: readonly Step[]): (readonly Step[])[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
    const below = issue.code === "invalid_union" ? issue.errors.flatMap((each) => placesOf(each, path)) : [];
    return [path, ...below];
  });
}

/** zod's, without symbols. */
function issuesOf(error: z.core.$ZodError, above: readonly Step[]): DocumentIssue[] {
  return error.issues.map(({ path, message }) => ({
    path: [...above, ...path.map((step) => (typeof step === "symbol" ? String(step) : step))],
    message,
  }));
}
