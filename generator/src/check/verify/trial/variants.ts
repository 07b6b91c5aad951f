import { type Catalog, isJsonType, type Oid } from "../../../model/catalog.ts";
import { distinct } from "../../../model/distinct.ts";
import { once } from "../../../model/once.ts";
import type { Param, Query, RecordParam } from "../../../model/query.ts";
import type { Variant as SentText } from "../../../model/sql.ts";
import type { Facts } from "../facts.ts";
import { candidates, FRESH, type Place } from "./samples.ts";
import { freshValue, type Seeds } from "./seed.ts";

/** Arguments that the client may send: a text or NULL for each parameter, in order. */
export interface Variant {
  readonly values: readonly (string | null)[];
  /** The numbers of the parameters that are NULL. */
  readonly nulls: readonly number[];
  /** Of a query that adapts: what is sent for these arguments, of which the others are left out; absent for the whole statement. */
  readonly sent?: Pick<SentText, "text" | "params">;
}

/** So many lists of arguments of one query are tried. */
const MOST = 24;
/** So many of the texts that a query that adapts is sent as are executed. */
const MOST_TEXTS = 16;

/**
 * Makes arguments of each kind: those of either stored row, those of a row that is not there yet, NULL wherever the client may send it,
 * alone and everywhere, and the longest that a column takes; and for a query that adapts, each of these texts with some.
 */
export function variantsOf(query: Query, facts: Facts, seeds: Seeds): Variant[] {
  const keys = keyColumns(facts);
  const at = (place: Place): (string | null)[] =>
    query.params.map((param) => argumentOf(param, facts, seeds, keys, place));
  const [first, second, fresh] = [at(1), at(2), at(FRESH)];
  const strange = query.params.map((param) => candidates(param.type, facts.catalog, FRESH)[0] ?? "");
  const nullable = query.params.flatMap((param, i) => (param.nullable ? [i] : []));
  const withNull = (values: readonly (string | null)[], which: readonly number[]): (string | null)[] =>
    values.map((value, i) => (which.includes(i) ? null : value));
  const all = [
    first,
    second,
    fresh,
    strange,
    ...(nullable.length > 1 ? [withNull(fresh, nullable), withNull(first, nullable)] : []),
    ...nullable.flatMap((i) => [withNull(fresh, [i]), withNull(first, [i])]),
    ...query.params.flatMap((param, i) => {
      const longest = longestOf(param, facts);
      return longest === null
        ? []
        : [
            fresh.map((value, n) => (n === i ? longest : value)),
            first.map((value, n) => (n === i ? longest : value)),
          ];
    }),
  ];
  const isNull = (values: readonly (string | null)[]) => (number: number) => values[number - 1] === null;
  const numbers = query.params.map(({ number }) => number);
  const whole = distinct(all)
    .slice(0, MOST)
    .map((values) => ({ values, nulls: numbers.filter(isNull(values)) }));
  const adapted = textsOf(query).flatMap(({ text, params }) =>
    distinct([first, fresh]).map((values) => ({
      values,
      nulls: params.filter(isNull(values)),
      sent: { text, params },
    })),
  );
  return [...whole, ...adapted];
}

/** The texts that a query that adapts is sent as, without those of a page behind a cursor: what leaves out most comes first. */
function textsOf({ sql }: Query): readonly SentText[] {
  const left = ({ given }: SentText): number =>
    sql.deciding.filter((_, i) => (given & (1 << i)) === 0).length;
  const own = sql.variants.filter(
    ({ behind, order, given }) => behind === null && (order === 0 || given === 0),
  );
  const texts = new Map([...own].sort((a, b) => left(b) - left(a)).map((one) => [one.text, one] as const));
  return [...texts.values()].filter(({ text }) => text !== sql.text).slice(0, MOST_TEXTS);
}

/** Columns whose values may stand only once, and are not another table's. */
function keyColumns({ constraints }: Facts): ReadonlySet<string> {
  const isForeign = (definition: string): boolean => definition.startsWith("FOREIGN KEY");
  const columns = (wanted: (definition: string) => boolean): Set<string> =>
    new Set(
      constraints
        .filter(({ definition }) => wanted(definition))
        .flatMap(({ table, columns: own }) => own.map((column) => `${table}.${column}`)),
    );
  const foreign = columns(isForeign);
  const unique = columns((definition) => /^(PRIMARY KEY|UNIQUE|EXCLUDE|CREATE UNIQUE)/.test(definition));
  return new Set([...unique].filter((column) => !foreign.has(column)));
}

/** The column of a table that the parameter is held against or stored in, by `schema.table.column`; a view's is the one behind it. */
function columnOf({ origin }: Param, { behindViews }: Facts): string | null {
  if (origin === null) return null;
  let column = `${origin.schema}.${origin.table}.${origin.column}`;
  for (let next = behindViews.get(column), depth = 0; next !== undefined && depth < 20; depth++) {
    column = next;
    next = behindViews.get(column);
  }
  return column;
}

function argumentOf(
  param: Param,
  facts: Facts,
  seeds: Seeds,
  keys: ReadonlySet<string>,
  place: Place,
): string | null {
  const { catalog } = facts;
  if (param.record) return recordOf(param.record, facts, seeds, keys, place);
  const origin = columnOf(param, facts);
  // A row that is not there yet stands for one that is referred to, and is new itself.
  const from = place === FRESH && origin !== null && !keys.has(origin) ? 1 : place;
  const type = catalog.types.get(param.type);
  const stored =
    origin !== null
      ? storedValue(seeds, origin, from)
      : type?.kind === "domain"
        ? storedOfDomain(type.oid, catalog, seeds, place)
        : undefined;
  const own = candidates(param.type, catalog, from, type?.kind === "array" ? null : param.values)[0] ?? "";
  if (stored === undefined || stored === null) return own;
  if (type?.kind !== "array" || stored.startsWith("{")) return stored;
  return `{"${stored.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"}`;
}

/** JSON that is read as rows: one, as the generated code writes it. */
function recordOf(
  { isArray, fields }: RecordParam,
  facts: Facts,
  seeds: Seeds,
  keys: ReadonlySet<string>,
  place: Place,
): string {
  const written = fields.flatMap((field) => {
    const value = argumentOf(field, facts, seeds, keys, place);
    if (value === null) return [];
    const isJson = isJsonType(facts.catalog.types, field.type);
    return [`${JSON.stringify(field.name)}: ${isJson ? value : JSON.stringify(value)}`];
  });
  const row = `{${written.join(", ")}}`;
  return isArray ? `[${row}]` : row;
}

/** Gives what some column of a domain holds: its rules were looked at there. */
function storedOfDomain(domain: Oid, catalog: Catalog, seeds: Seeds, place: Place): string | undefined {
  const columns = once(COLUMNS, catalog, () => {
    const paths = new Map<Oid, string[]>();
    for (const { schema, name, columns: own } of catalog.relations)
      for (const column of own) once(paths, column.type, () => []).push(`${schema}.${name}.${column.name}`);
    return paths;
  }).get(domain);
  for (const column of columns ?? []) {
    const value = storedValue(seeds, column, place);
    if (value != null) return value;
  }
  return undefined;
}

/** Of a catalog, the columns by their type, `schema.table.column`, for as long as it is held. */
const COLUMNS = new WeakMap<Catalog, ReadonlyMap<Oid, readonly string[]>>();

function storedValue(seeds: Seeds, column: string, place: Place): string | null | undefined {
  if (place === FRESH) return freshValue(seeds, column);
  const [, table, name] = /^(.*)\.([^.]*)$/.exec(column) ?? [];
  return seeds.rows.get(table ?? "")?.[place - 1]?.get(name ?? "") ?? seeds.values.get(column)?.[place - 1];
}

/** The longest text that the parameter's column takes, where its type says one. */
function longestOf(param: Param, facts: Facts): string | null {
  const column = columnOf(param, facts);
  const type = column === null ? undefined : facts.columnTypes.get(column);
  if (type === undefined) return null;
  const [, kind, first = "0", second = "0"] =
    /^(numeric|character varying|character)\((\d+)(?:,(\d+))?\)$/.exec(type) ?? [];
  if (kind === undefined) return type === "text" || type === "character varying" ? "x".repeat(300) : null;
  if (kind !== "numeric") return "x".repeat(Math.min(Number(first), 10_000));
  const [digits, scale] = [Number(first), Number(second)];
  return `${"9".repeat(Math.max(digits - scale, 0)) || "0"}${scale > 0 ? `.${"9".repeat(scale)}` : ""}`;
}
