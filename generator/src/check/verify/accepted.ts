import type { Param } from "../../model/query.ts";
import type { Difference } from "./difference.ts";
import type { Facts } from "./facts.ts";
import { labelsOf, list, ofEnum, without } from "./labels.ts";
import { aboutColumn, typeDifference, underDomains } from "./seen.ts";

/** Says which values that a client, generated for `expected`, may send are no longer taken. */
export function parameterDifferences(expected: Param, on: Facts, actual: Param, now: Facts): Difference[] {
  const name = `parameter ${expected.name}`;
  return aboutColumn(expected, [
    ...valueDifferences(name, expected, on, actual, now),
    ...(expected.record?.fields ?? []).flatMap((field) => {
      const other = actual.record?.fields.find((one) => one.name === field.name);
      if (other === undefined) return [];
      const found = valueDifferences(`${name}, field ${field.name}`, field, on, other, now);
      // The number of a field is none of a parameter.
      return aboutColumn(
        field,
        found.map(({ nullOf: _, ...one }) => one),
      );
    }),
  ]);
}

/** @param name what the value is told by */
function valueDifferences(name: string, expected: Param, on: Facts, actual: Param, now: Facts): Difference[] {
  const takes = isTaken(expected, on, actual, now);
  if (!takes) {
    const types =
      expected.display === actual.display ? "it is made otherwise here" : `it is ${actual.display} here`;
    return [difference(`${name}: the client sends ${expected.display}; ${types}`)];
  }
  const found: Difference[] = [];
  // What is only compared is not refused for being NULL: it finds no row.
  if (expected.nullable && !actual.nullable && expected.because.nullable.code !== "compared-null")
    found.push({
      ...difference(`${name} may not be null here`),
      nullOf: expected.number,
    });
  const [sent, taken] = [labelsOf(expected, on), labelsOf(actual, now)];
  const removed = without(sent, taken);
  if (removed.length > 0)
    found.push({
      ...difference(`${name} may not be ${list(removed)} here`),
      ...ofEnum(removed, [expected, on], [actual, now]),
    });
  found.push(...narrower(name, storedIn(expected, on), storedIn(actual, now)));
  return found;
}

const difference = (message: string): Difference => ({ code: "verify-parameter", effect: "breaks", message });

/** Every text of the one type is a text of the other with the same meaning. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  int2: ["int4", "int8", "numeric", "text", "varchar"],
  int4: ["int8", "numeric", "text", "varchar"],
  int8: ["numeric", "text", "varchar"],
  float4: ["float8"],
  varchar: ["text", "bpchar", "citext"],
  text: ["varchar", "bpchar", "citext"],
  citext: ["text", "varchar"],
  bpchar: ["text", "varchar"],
  uuid: ["text", "varchar"],
  name: ["text", "varchar"],
  bit: ["varbit"],
  date: ["timestamp"],
  json: ["jsonb"],
  jsonb: ["json"],
  cidr: ["inet"],
};

function isTaken(expected: Param, on: Facts, actual: Param, now: Facts): boolean {
  let [was, is] = [underDomains(expected.type, on.catalog), underDomains(actual.type, now.catalog)];
  while (was?.kind === "array" && is?.kind === "array")
    [was, is] = [underDomains(was.element, on.catalog), underDomains(is.element, now.catalog)];
  if (was === undefined || is === undefined) return was === is;
  if (was.kind === "enum" && is.kind !== "enum") return is.name === "text" || is.name === "varchar";
  if (was.kind === "enum" || is.kind === "enum") return was.kind === is.kind;
  if (was.kind === "base" && is.kind === "base")
    return was.name === is.name || (WIDER[was.name]?.includes(is.name) ?? false);
  return typeDifference(was.oid, on.catalog, is.oid, now.catalog) === null;
}

/** Under the same or a wider type's name, a column may hold less: `varchar(5)`, `numeric(4,2)`. */
function narrower(name: string, was: string | null, is: string | null): Difference[] {
  if (was === null || is === null) return [];
  const effect = narrowing(was, is);
  const message = `${name} is stored in ${is} here, and was made for ${was}`;
  return effect === null ? [] : [{ ...difference(message), effect, isLimit: true }];
}

/** Gives what becomes of values of the one type in a column of the other; null where each fits. */
export function narrowing(was: string, is: string): Difference["effect"] | null {
  const [seconds, left] = [precisionOf(was), precisionOf(is)];
  if (seconds !== null && left !== null) return seconds > left ? "may" : null;
  const [from, to] = [limitsOf(was), limitsOf(is)];
  if (to === null) return null;
  if (from === null || from.length > to.length || from.whole > to.whole) return "breaks";
  // More digits behind the point are rounded away without a word.
  return from.scale > to.scale ? "may" : null;
}

function storedIn({ origin }: Param, { columnTypes }: Facts): string | null {
  return origin === null
    ? null
    : (columnTypes.get(`${origin.schema}.${origin.table}.${origin.column}`) ?? null);
}

/** Tells whether a cast of values of the one type to the other leaves digits away without a word. */
export function rounds(was: string, is: string): boolean {
  const [seconds, left] = [precisionOf(was), precisionOf(is)];
  if (seconds !== null && left !== null) return seconds > left;
  if (was === "double precision") return is === "real";
  const to = was.startsWith("numeric") && is.startsWith("numeric") ? limitsOf(is) : null;
  return to !== null && (limitsOf(was)?.scale ?? Number.POSITIVE_INFINITY) > to.scale;
}

/** Gives how many digits of a second a type of time keeps of those that a Date has, or fewer than none; null for other types. */
function precisionOf(type: string): number | null {
  const fields = /^interval (?:year|month|day|hour|minute|second)\b.*$/.exec(type);
  if (fields !== null && !/second/.test(type)) return -1;
  const written = /^(?:timestamp|time|interval)(?:\((\d)\))?(?: |$)/.exec(type);
  const digits = fields === null ? written?.[1] : /second\((\d)\)/.exec(type)?.[1];
  return written === null ? null : Math.min(Number(digits ?? 6), 3);
}

interface Limits {
  readonly length: number;
  /** Digits before the point, and behind it. */
  readonly whole: number;
  readonly scale: number;
}

const DIGITS: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };

/** Gives what a type modifier, or an integer's size, allows; null for a type without one, or whose modifier refuses nothing (`timestamp(3)`). */
function limitsOf(type: string): Limits | null {
  const digits = DIGITS[type];
  if (digits !== undefined) return { length: 0, whole: digits, scale: 0 };
  const written = /^(numeric|character varying|character|bit varying|bit)\((\d+)(?:,(-?\d+))?\)/.exec(type);
  if (written === null) return null;
  const [first, second] = [Number(written[2]), Number(written[3] ?? 0)];
  return written[1] === "numeric"
    ? { length: 0, whole: first - second, scale: second }
    : { length: first, whole: 0, scale: 0 };
}
