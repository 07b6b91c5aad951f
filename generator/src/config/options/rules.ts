import { z } from "zod";

const severity = z
  .enum(["off", "info", "warning", "error"])
  .describe("`off` switches the rule off; the others are what its findings count as");
export type ConfiguredSeverity = z.output<typeof severity>;

const tables = z.array(z.string().min(1));
const isDuration = (text: string): boolean => duration(text) !== null;
const time = z.string().refine(isDuration, "must be a time such as `5s`, `500ms` or `2min`");

/** What a rule can be told beside its severity, by its code. A default is what the rule does when nothing is said. */
const OPTIONS = {
  "identifier-too-long": {
    most: z.int().min(1).max(63).default(63).describe("How many bytes a name may have"),
  },
  "wide-index": {
    most: z.int().min(1).default(3).describe("How many columns an index may have that is not unique"),
  },
  "column-alignment": {
    least: z.int().min(1).default(8).describe("From how many bytes of padding in each row on it is found"),
  },
  "lock-timeout-missing": {
    most: time.optional().describe("The longest lock_timeout that will do, as `5s`"),
  },
  "statement-timeout-missing": {
    most: time.optional().describe("The longest statement_timeout that will do, as `1min`"),
  },
  "foreign-key-without-index": {
    actions: z
      .array(z.enum(["cascade", "set null", "set default", "restrict", "no action"]))
      .default(["cascade", "set null", "set default"])
      .describe("The actions on DELETE of which a key needs an index"),
  },
  "many-without-limit": {
    tables: tables
      .default([])
      .describe("Tables that grow, beside those of `vet.growing_tables`; `*` for all"),
  },
  "filter-without-index": {
    except: tables.default([]).describe("Tables that may be read from end to end, beside `vet.small_tables`"),
  },
  "backfill-in-migration": {
    except: tables
      .default([])
      .describe("Tables whose rows may all be changed at once, beside `vet.small_tables`"),
  },
  "index-not-concurrent": {
    except: tables.default([]).describe("Tables that may be locked that long, beside `vet.small_tables`"),
  },
  "column-never-read": {
    except: tables
      .default([])
      .describe("Columns that something else reads, as `table.column`, `table.*` or `*.column`"),
  },
  "column-never-written": {
    except: tables
      .default([])
      .describe("Columns that something else writes, as `table.column`, `table.*` or `*.column`"),
  },
  "schema-unqualified": {
    except: tables.default([]).describe("Tables that may be created without naming their schema"),
  },
} satisfies Readonly<Record<string, Readonly<Record<string, z.ZodType>>>>;

export type RuleWithOptions = keyof typeof OPTIONS;
type OptionsOf<Code extends RuleWithOptions> = z.output<z.ZodObject<(typeof OPTIONS)[Code]>>;

const withSeverity = (shape: Readonly<Record<string, z.ZodType>>): z.ZodType =>
  z.union([z.strictObject({ severity: severity.optional(), ...shape }), severity], {
    error: (issue) => (typeof issue.input === "object" ? undefined : "must be a severity, or an object"),
  });

const known = Object.fromEntries(
  Object.entries(OPTIONS).map(([code, shape]) => [code, withSeverity(shape).optional()]),
);

/** What is said of the rules: a severity, or an object with it and what else the rule takes. */
export const ruleSettings = z
  .object(known)
  .catchall(z.union([z.strictObject({ severity: severity.optional() }), severity]));
export type RuleSettings = z.output<typeof ruleSettings>;

const parsed = new Map<unknown, unknown>();

/** Gives what a rule is told, defaults filled in. */
export function ruleOptions<Code extends RuleWithOptions>(
  settings: RuleSettings,
  code: Code,
): OptionsOf<Code> {
  const said = (settings as Readonly<Record<string, unknown>>)[code];
  const key = typeof said === "object" ? said : code;
  if (!parsed.has(key)) {
    const { severity: _, ...own } = typeof said === "object" ? (said as { readonly severity?: unknown }) : {};
    parsed.set(key, z.object(OPTIONS[code]).parse(own));
  }
  return parsed.get(key) as OptionsOf<Code>;
}

/** A rule's options for its page: name, what it is for, and the default. */
export function describeOptions(
  code: string,
): readonly { readonly name: string; readonly description: string; readonly default: unknown }[] {
  const shape = (OPTIONS as Readonly<Record<string, Readonly<Record<string, z.ZodType>>>>)[code] ?? {};
  return Object.entries(shape).map(([name, type]) => ({
    name,
    description: type.description ?? "",
    default: type.safeParse(undefined).data,
  }));
}

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a time as PostgreSQL's settings have it: `5s`, or `5000`; null where it is none. */
export function duration(text: string): number | null {
  const [, number, unit = "ms"] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) * UNITS[unit]!;
}
