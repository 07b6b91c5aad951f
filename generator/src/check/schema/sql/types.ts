import type { Engine } from "../../../postgres/engine.ts";

/** Which casts there are, and how PostgreSQL applies them: by itself (`i`), in an assignment (`a`), when told to (`e`). */
export type Casts = ReadonlyMap<string, "i" | "a" | "e">;

/** Leaves out those that there are since 18 alone, between integers and bytes: the migration is for older servers, too. */
export async function readCasts(engine: Engine): Promise<Casts> {
  const rows = await engine.run(
    `begin; set local search_path = ''; select format_type(castsource, null) as source, format_type(casttarget, null) as target, castcontext::text as context from pg_cast
     where not ('bytea'::regtype in (castsource, casttarget) and array[castsource, casttarget] && '{smallint,integer,bigint}'::regtype[]::oid[]); commit`,
  );
  return new Map(rows.map((row) => [`${row.source}>${row.target}`, row.context as "i" | "a" | "e"]));
}

const STRINGS: ReadonlySet<string> = new Set(["text", "character varying", "character", "name"]);

/** Without length, precision and dimensions: `numeric(10,2)[]` is `numeric`. */
function plain(type: string): string {
  return type
    .replace(/\([\d, -]+\)/, "")
    .replace(/(?:\[\])+$/, "")
    .replace(/^interval .*$/, "interval");
}

/** The USING clause that a column's change of type needs, or "" where PostgreSQL converts by itself. */
export function usingClause(column: string, from: string, to: string, casts: Casts): string {
  const source = plain(from);
  const target = plain(to);
  if (from.endsWith("[]") === to.endsWith("[]")) {
    if (source === target || STRINGS.has(target)) return "";
    const cast = casts.get(`${source}>${target}`);
    if (cast === "i" || cast === "a") return "";
    if (cast === "e" || STRINGS.has(source)) return ` using ${column}::${to}`;
  }
  return ` using ${column}::text::${to}`;
}

const INTEGERS = ["smallint", "integer", "bigint"];
/** Of which types numbers lose digits in a binary fraction. */
const INEXACT: Readonly<Record<string, readonly string[]>> = {
  real: ["integer", "bigint", "numeric", "double precision"],
  "double precision": ["bigint", "numeric"],
};

/** Gives what a change of type can lose without PostgreSQL refusing it, or null. */
export function loss(from: string, to: string): string | null {
  const source = plain(from);
  const target = plain(to);
  const isFraction = ["numeric", "real", "double precision"].includes(source);
  if (isFraction && INTEGERS.includes(target)) return "the digits behind the point";
  if (INEXACT[target]?.includes(source)) return "digits of precision";
  if (
    isFraction &&
    target === "numeric" &&
    scale(to) < (source === "numeric" ? scale(from) : Number.POSITIVE_INFINITY)
  )
    return "digits behind the point";
  if (source === "integer" && target === "boolean") return "all of a number but whether it is 0";
  if (INTEGERS.includes(source) && /^bit\b/.test(target)) return "bits that it has no room for";
  if (source.startsWith("timestamp") && (target === "date" || target.startsWith("time "))) {
    return target === "date" ? "the time of day" : "the date";
  }
  if (source === "time with time zone" && target === "time without time zone") return "the time zone";
  const isSpan = /^(?:time|interval)/.test(source) && (source === target || target === "interval");
  if (isSpan && /^interval [a-z]/.test(to)) return `what ${to} has no room for`;
  if (isSpan && seconds(to) < seconds(from)) return "fractions of seconds";
  if (source === "inet" && target === "cidr") return "the bits of a host behind its network";
  if (target === "name" && source !== target) return "what is beyond 63 bytes";
  if (target === '"char"' && source !== target) return "all characters but the first";
  return null;
}

const seconds = (type: string): number => Number(/\((\d)\)/.exec(type)?.[1] ?? 6);

function scale(type: string): number {
  const [, precision, given] = /\((\d+)(?:,\s*(-?\d+))?\)/.exec(type) ?? [];
  return precision === undefined ? Number.POSITIVE_INFINITY : Number(given ?? 0);
}

/** Says what a change of type asks of who runs it: of which values it fails, or what else decides what becomes of them; null where it takes all as they are. */
export function caution(column: string, from: string, to: string, casts: Casts): string | null {
  const [source, target] = [plain(from), plain(to)];
  const isOfText = STRINGS.has(source) && !from.endsWith("[]");
  const isToText = STRINGS.has(target) && !to.endsWith("[]");
  if (TIME.test(source) && TIME.test(target) && hasZone(source) !== hasZone(target))
    return `${column} is read in the time zone of the session that runs this`;
  if (TIME.test(source) && isToText)
    return `${column} is written as the session's settings say that runs this`;
  if (isOfText && !isToText) {
    const how = TIME.test(target)
      ? "; others are read as the session's settings say"
      : target === "numeric" && to !== target
        ? "; digits that it has no room for are rounded away"
        : "";
    return `fails where ${column} of a row is no ${to}${how}`;
  }
  if (!isToText && usingClause(column, from, to, casts).endsWith(`::text::${to}`))
    return `fails where the text of ${column} in a row is no ${to}; where that is not meant, write behind USING which value each row gets`;
  if (source === "json" && target === "jsonb")
    return `of keys that a ${column} has twice the last one is kept`;
  if (/^(?:real|double precision)$/.test(source) && target === "numeric")
    return `of ${column} ${source === "real" ? 6 : 15} digits are kept`;
  return mayNotFit(from, to) ? `fails where ${column} of a row does not fit ${to}` : null;
}

const TIME = /^(?:timestamp|time|date|interval)\b/;
const hasZone = (type: string): boolean => type.endsWith(" with time zone");

/** Tells whether a value of the one type may be too long or too large for the other, as far as it is not known to fit. */
function mayNotFit(from: string, to: string): boolean {
  const [source, target] = [plain(from), plain(to)];
  if (STRINGS.has(target) || /^bit\b/.test(target)) {
    if (target === "bit") return from !== to;
    const isLike = STRINGS.has(source) || (/^bit\b/.test(source) && !STRINGS.has(target));
    return lengthOf(to) < (isLike ? lengthOf(from) : Number.POSITIVE_INFINITY);
  }
  const [wide, narrow] = [wholeDigits(from), wholeDigits(to)];
  if (wide !== null && narrow !== null) return wide > narrow;
  return source !== target && !TAKES_ALL.has(`${source}>${target}`);
}

/** Conversions of any value to another type. */
const TAKES_ALL: ReadonlySet<string> = new Set([
  "date>timestamp without time zone",
  "timestamp without time zone>date",
  "timestamp without time zone>time without time zone",
  "time without time zone>interval",
  "inet>cidr",
  "cidr>inet",
  "jsonb>json",
  "integer>boolean",
  "boolean>integer",
  "macaddr>macaddr8",
]);

const lengthOf = (type: string): number =>
  Number(/^(?:bit|character)(?: varying)?\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY);

const WHOLE_DIGITS: Readonly<Record<string, number>> = {
  smallint: 5,
  integer: 10,
  bigint: 19,
  real: 39,
  "double precision": 309,
};

/** Gives how many digits a number may have in front of the point; null for what is none. */
function wholeDigits(type: string): number | null {
  const own = plain(type);
  if (own !== "numeric") return WHOLE_DIGITS[own] ?? null;
  const precision = /\((\d+)/.exec(type)?.[1];
  return precision === undefined ? 131_072 : Number(precision) - scale(type);
}
