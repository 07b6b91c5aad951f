import type { z } from "zod";
import { type Parsed, parse } from "./parse.ts";
import { type Step, setOwn } from "./values.ts";

/**
 * Parses what the server has computed. It makes a long of a sum beyond 32 bits, and of every `$dateDiff`, which comes as a bigint: one
 * that the schema refuses, and that a number can hold, is given to it as a number.
 */
export function parseComputed<S extends z.ZodType>(schema: S, value: unknown): Parsed<z.output<S>> {
  const first = parse(schema, value);
  let result = first;
  // A schema may name one place after the other.
  for (let row = value; !result.success; result = parse(schema, row)) {
    const changed = result.places.reduce(toNumberAt, row);
    if (changed === row) return first;
    row = changed;
  }
  return result;
}

/** Gives a copy in which the bigint at a path is a number; the same where there is none that a number can hold. */
function toNumberAt(value: unknown, path: readonly Step[]): unknown {
  const [step, ...below] = path;
  if (step === undefined) {
    const number = typeof value === "bigint" ? Number(value) : Number.NaN;
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return value;
  const present: unknown = (value as Record<Step, unknown>)[step];
  const changed = toNumberAt(present, below);
  if (changed === present) return value;
  const copy: object = Array.isArray(value) ? [...value] : { ...value };
  setOwn(copy, step, changed);
  return copy;
}
