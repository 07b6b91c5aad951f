import type { Diagnostic } from "../model/diagnostic.ts";
import { unconverted } from "./imported-query.ts";
import type { PgtypedConfig } from "./pgtyped-config.ts";
import type { Tool } from "./tools.ts";

/** What keeps values as the other tool gave them. */
export interface KeptValues {
  /** Whose values they are, as a sentence says it. */
  readonly of: string;
  /** Lines of the configuration below `typescript:`. */
  readonly options: readonly string[];
  /** The functions that they name, in a file beside the generated code. */
  readonly functions: { readonly file: string; readonly text: string } | null;
  readonly problems: readonly Diagnostic[];
}

/** Gives the options under which generated functions take and give what the tool did, as far as options say it. */
export function keptValues(tool: Tool, isOfSlonik: boolean, pgtyped: PgtypedConfig | null): KeptValues {
  if (isOfSlonik)
    return {
      of: "slonik has it where no type parsers are given",
      options: SLONIK,
      functions: { file: "slonik-values.ts", text: SLONIK_VALUES },
      problems: [],
    };
  if (tool === "typedsql")
    return {
      of: "TypedSQL had it, but for numeric, which was a Decimal, and time, which was a Date",
      options: [PRESERVE, "int8: bigint", "timestamptz: date", "timestamp: date", "date: date"],
      functions: null,
      problems: [],
    };
  return ofPg(tool, pgtyped);
}

const PRESERVE = "property_case: preserve";

/** What the option is for a type that pgtyped was told; null where it is the default. */
const SAID: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  int8: { string: null, bigint: "int8: bigint", number: "int8: number" },
  numeric: { string: null, number: "numeric: number" },
  date: { string: "date: string" },
  timestamp: { string: "timestamp: string" },
  timestamptz: { string: "timestamptz: string" },
};
/** What `pg` makes a Date of, and the functions for it; an option does it where there are none. */
const DATES: Readonly<Record<string, readonly [decode: string, encode: string] | null>> = {
  date: ["parseDate", "formatDate"],
  timestamp: ["parseDate", "formatTimestamp"],
  timestamptz: null,
};

function ofPg(tool: Tool, pgtyped: PgtypedConfig | null): KeptValues {
  const options: string[] = pgtyped?.isCamelCase === true ? [] : [PRESERVE];
  const problems: Diagnostic[] = [];
  const dates = new Set(Object.keys(DATES));
  for (const [type, written] of pgtyped?.overrides ?? []) {
    const wanted = written.toLowerCase();
    if (wanted === "date" && dates.has(type)) continue;
    const option = Object.hasOwn(SAID, type) ? SAID[type]![wanted] : undefined;
    if (option === undefined)
      problems.push(
        unconverted(
          `${type} was ${written} by typesOverrides, which is not kept`,
          { file: pgtyped!.path, start: 0, end: 0 },
          "Say it by `overrides` of the configuration, with a function each way where the value is another.",
        ),
      );
    else if (option !== null) options.push(option);
    dates.delete(type);
  }
  if (dates.has("timestamptz")) options.push("timestamptz: date");
  options.push("optional_params: true");
  options.push("overrides:");
  for (const [type, functions] of Object.entries(DATES))
    if (dates.has(type) && functions !== null) options.push(codecOf(type, "Date", functions, "pg-values"));
  options.push(...jsonOf("pg-values"));
  return {
    of: `${tool === "pgtyped" ? "pgtyped" : "pg"} had it`,
    options,
    functions: { file: "pg-values.ts", text: PG_VALUES },
    problems,
  };
}

/** `pg` sends a text as it is, which callers have made by `JSON.stringify`. */
const jsonOf = (file: string): string[] =>
  ["json", "jsonb"].map(
    (type) => `  - { db_type: ${type}, encode: { name: formatJson, from: "../${file}.js" } }`,
  );

const FORMAT_JSON = `
/** A text is JSON already. */
export const formatJson = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);
`;

const codecOf = (
  type: string,
  is: string,
  [decode, encode]: readonly [string, string],
  file: string,
): string =>
  `  - { db_type: ${type}, ts_type: ${is}, decode: { name: ${decode}, from: "../${file}.js" }, encode: { name: ${encode}, from: "../${file}.js" } }`;

const SLONIK: readonly string[] = [
  PRESERVE,
  "int8: number",
  "numeric: number",
  "date: string",
  "optional_params: true",
  "overrides:",
  codecOf("timestamptz", "number", ["parseTimestamptz", "formatTimestamp"], "slonik-values"),
  codecOf("timestamp", "number", ["parseTimestamp", "formatTimestamp"], "slonik-values"),
  ...jsonOf("slonik-values"),
];

const SLONIK_VALUES = `// Times are milliseconds since 1970, as slonik gives them.

export const parseTimestamptz = (text: string): number => Date.parse(text);
export const parseTimestamp = (text: string): number => Date.parse(\`\${text}Z\`);
export const formatTimestamp = (milliseconds: number): string => new Date(milliseconds).toISOString();
${FORMAT_JSON}`;

const PG_VALUES = `// Dates, and times without a zone, are in the zone of the process, as pg reads and sends them.

const FORM = /^(\\d+)-(\\d\\d)-(\\d\\d)(?: (\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,3})\\d*)?)?( BC)?$/;

export function parseDate(text: string): Date {
  const found = FORM.exec(text);
  if (found === null) throw new RangeError(\`a Date does not hold \${text}\`);
  const [, year, month, day, hours = 0, minutes = 0, seconds = 0, fraction = "", era] = found;
  const date = new Date(2000, 0, 1);
  date.setFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  date.setHours(Number(hours), Number(minutes), Number(seconds), Number(fraction.padEnd(3, "0")));
  return date;
}

const digits = (value: number, least = 2): string => String(value).padStart(least, "0");

const written = (date: Date, time: string): string => {
  const year = date.getFullYear();
  const day = \`\${digits(date.getMonth() + 1)}-\${digits(date.getDate())}\`;
  return \`\${digits(year < 1 ? 1 - year : year, 4)}-\${day}\${time}\${year < 1 ? " BC" : ""}\`;
};

export const formatDate = (date: Date): string => written(date, "");

export const formatTimestamp = (date: Date): string =>
  written(
    date,
    \` \${digits(date.getHours())}:\${digits(date.getMinutes())}:\${digits(date.getSeconds())}.\${digits(date.getMilliseconds(), 3)}\`,
  );
${FORMAT_JSON}`;
