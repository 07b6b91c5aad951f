import type { Engine } from "../../../postgres/engine.ts";

/** Which casts there are, and how PostgreSQL applies them: by itself (`i`), in an assignment (`a`), when told to (`e`). */
export type Casts = ReadonlyMap<string, "i" | "a" | "e">;

export async function readCasts(engine: Engine): Promise<Casts> {
  const rows = await engine.run(
    `begin; set local search_path = ''; select format_type(castsource, null) as source, format_type(casttarget, null) as target, castcontext::text as context from pg_cast; commit`,
  );
  return new Map(rows.map((row) => [`${row.source}>${row.target}`, row.context as "i" | "a" | "e"]));
}

const STRINGS: ReadonlySet<string> = new Set(["text", "character varying", "character", "name"]);

/** Without length, precision and dimensions: `numeric(10,2)[]` is `numeric`. */
function plain(type: string): string {
  return type.replace(/\([\d, -]+\)/, "").replace(/(?:\[\])+$/, "");
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

/** Gives what a change of type can lose without PostgreSQL refusing it, or null. */
export function loss(from: string, to: string): string | null {
  const source = plain(from);
  const target = plain(to);
  const digits = (type: string): number =>
    Number(/\((?:\d+,)?\s*(\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY);
  const isFraction = ["numeric", "real", "double precision"].includes(source);
  if (isFraction && INTEGERS.includes(target)) return "the digits behind the point";
  if (source === "double precision" && target === "real") return "digits of precision";
  if (source === "numeric" && target === "numeric" && /,/.test(to) && scale(to) < scale(from)) {
    return "digits behind the point";
  }
  if (source.startsWith("timestamp") && (target === "date" || target.startsWith("time "))) {
    return target === "date" ? "the time of day" : "the date";
  }
  if (/^time/.test(source) && source === target && digits(to) < Math.min(digits(from), 6)) {
    return "fractions of seconds";
  }
  return null;
}

function scale(type: string): number {
  const [, precision, given] = /\((\d+)(?:,\s*(-?\d+))?\)/.exec(type) ?? [];
  return precision === undefined ? Number.POSITIVE_INFINITY : Number(given ?? 0);
}
