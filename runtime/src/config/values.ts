import { z } from "zod";

/** The values that variables can have: read from text, with a message that goes on after the value. */

const UNITS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** PostgreSQL's settings, and Node's timers, end here. */
const LONGEST = 2 ** 31 - 1;

/** A time with PostgreSQL's units, in milliseconds. */
export const duration = z.string().transform((text, context): number => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/.exec(text) ?? [];
  const milliseconds = text === "0" ? 0 : Number(number) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN);
  if (milliseconds <= LONGEST) return Math.round(milliseconds);
  context.addIssue(
    Number.isNaN(milliseconds)
      ? /^\d+$/.test(text)
        ? `has no unit: write ${text}ms, ${text}s or ${text}min`
        : "is not a time such as 500ms, 5s, 30min, 2h or 1d"
      : "is longer than 24 days",
  );
  return z.NEVER;
});

export function integer(least: number, most: number) {
  return z.string().transform((text, context): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    context.addIssue(`is not a whole number from ${least} to ${most}`);
    return z.NEVER;
  });
}

export function choice<const T extends string>(...values: readonly T[]) {
  return z.enum(values, { error: `is none of ${values.join(", ")}` });
}

export const flag = choice("on", "off").transform((value) => value === "on");

export const text = z.string();

export const list = z.string().transform((value) => value.split(/[\s,]+/).filter((item) => item !== ""));
