import type { Relation, RelationColumn } from "../../../model/catalog.ts";
import { type Engine, PostgresError, type Row } from "../../../postgres/engine.ts";
import { escapeLiteral, quoteIdentifier } from "../../../sql/quoting.ts";
import type { Constraint } from "../constraints.ts";
import type { Facts } from "../difference.ts";
import { typed } from "./literal.ts";
import { candidates, FRESH, PLACES, type Place } from "./samples.ts";

/** A value of each column of a row, by name; columns that only the database writes are absent. */
export type SeededRow = ReadonlyMap<string, string | null>;

/** The rows that stand in each table while queries are tried, by `schema.table`. */
export interface Seeds {
  readonly rows: ReadonlyMap<string, readonly SeededRow[]>;
  /** Values that fit, by `schema.table.column`, for each place. */
  readonly values: ReadonlyMap<string, readonly (string | undefined)[]>;
}

const TABLES = new Set(["table", "partitioned table"]);
/** How often other values are tried where a CHECK refuses a row. */
const ATTEMPTS = 40;

/**
 * Empties the tables and stores two rows in each: one with a value in every column, and one with NULL in each that may be. The same types
 * get the same values, so that foreign keys hold; triggers do not run. The caller's transaction is rolled back.
 * @param preferred what the other side's tables got, so that both have the same where it fits
 */
export async function seed(engine: Engine, facts: Facts, preferred: Seeds | null): Promise<Seeds> {
  const tables = facts.catalog.relations.filter((r) => TABLES.has(r.kind) && r.partitionOf === null);
  const rows = new Map<string, SeededRow[]>();
  const values = new Map<string, (string | undefined)[]>();
  if (tables.length === 0) return { rows, values };
  await quietly(engine, "set local session_replication_role = replica");
  await quietly(engine, `truncate ${tables.map(nameOf).join(", ")} cascade`);
  for (const table of tables) {
    const key = `${table.schema}.${table.name}`;
    const columns = table.columns.filter(
      (column) => !column.generated || facts.identities.has(`${key}.${column.name}`),
    );
    const fitting = await fittingValues(engine, facts, key, columns, preferred);
    for (const [column, texts] of fitting)
      values.set(
        `${key}.${column}`,
        texts.map((all) => all[0]),
      );
    const own = facts.constraints.filter((constraint) => constraint.table === key);
    const stored: SeededRow[] = [];
    for (const place of [1, 2] as const) {
      const choices = columns.map((column) => choicesOf(column, fitting.get(column.name)!, place));
      const row = await store(engine, table, columns, facts.columnTypes, choices, own);
      if (row !== null) stored.push(row);
    }
    rows.set(key, stored);
  }
  await quietly(engine, "set local session_replication_role = origin");
  await quietly(
    engine,
    `select setval(s.seqrelid, least(1000, s.seqmax)) from pg_sequence s
     join pg_class c on c.oid = s.seqrelid where s.seqincrement > 0 and s.seqmin <= 1000`,
  );
  return { rows, values };
}

const nameOf = ({ schema, name: own }: Relation): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(own)}`;

/** Does what may fail; what cannot be done leaves the transaction as it was. */
async function quietly(engine: Engine, sql: string): Promise<boolean> {
  return (await attempted(engine, sql)) === null;
}

/** Runs a statement inside of a transaction, which goes on either way: the error, or null where it went well. */
export async function attempted(engine: Engine, sql: string): Promise<PostgresError | null> {
  await engine.run("savepoint seeding");
  try {
    await engine.run(`${sql}; release seeding`);
    return null;
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    await engine.run("rollback to seeding; release seeding");
    return error;
  }
}

type Fitting = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Those of the candidates that PostgreSQL reads as values of the column's type, domains' checks included, for each place. */
async function fittingValues(
  engine: Engine,
  { catalog, columnTypes }: Facts,
  table: string,
  columns: readonly RelationColumn[],
  preferred: Seeds | null,
): Promise<Fitting> {
  const asked = columns.flatMap((column) => {
    const key = `${table}.${column.name}`;
    const type = columnTypes.get(key) ?? "text";
    return PLACES.map((place) => {
      const before = preferred?.values.get(key)?.[place - 1];
      const own = candidates(column.type, catalog, place, column.values);
      const texts = [...new Set(before === undefined ? own : [before, ...own])];
      return { column: column.name, type, texts };
    });
  });
  const isInput = ({ type, texts }: (typeof asked)[number]): string =>
    `array[${texts.map((text) => `pg_input_is_valid(${escapeLiteral(text)}, ${escapeLiteral(type)})`).join(", ")}]::bool[]`;
  const read: Row[] =
    asked.length === 0
      ? []
      : await engine.run(`select ${asked.map((one, i) => `${isInput(one)}::text as c${i}`).join(", ")}`);
  const fitting = new Map<string, string[][]>();
  for (const [i, { column, texts }] of asked.entries()) {
    const flags = String(read[0]?.[`c${i}`] ?? "")
      .replace(/[{}]/g, "")
      .split(",");
    const own = fitting.get(column) ?? [];
    own.push(texts.filter((_, n) => flags[n] === "t"));
    fitting.set(column, own);
  }
  return fitting;
}

/** Gives what a column may hold in the row of a place: NULL first in the second row, where it may be. */
function choicesOf(
  column: RelationColumn,
  texts: readonly (readonly string[])[],
  place: Place,
): (string | null)[] {
  const own = texts[place - 1] ?? [];
  if (column.nullable && (place === 2 || own.length === 0)) return [null, ...own];
  return column.nullable ? [...own, null] : [...own];
}

/** Stores a row; where a CHECK refuses it, other values of its columns are tried. Null where none would do. */
async function store(
  engine: Engine,
  table: Relation,
  columns: readonly RelationColumn[],
  types: ReadonlyMap<string, string>,
  choices: readonly (readonly (string | null)[])[],
  constraints: readonly Constraint[],
): Promise<SeededRow | null> {
  if (choices.some((own) => own.length === 0)) return null;
  const at = columns.map(() => 0);
  const typeOf = (column: RelationColumn): string =>
    types.get(`${table.schema}.${table.name}.${column.name}`) ?? "text";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = new Map(columns.map((column, i) => [column.name, choices[i]![at[i]!]!]));
    const written = columns.map((column) => typed(row.get(column.name) ?? null, typeOf(column)));
    const error = await attempted(
      engine,
      columns.length === 0
        ? `insert into ${nameOf(table)} default values`
        : `insert into ${nameOf(table)} (${columns.map((c) => quoteIdentifier(c.name)).join(", ")}) overriding system value values (${written.join(", ")})`,
    );
    if (error === null) return row;
    const refused = /constraint "([^"]+)"/.exec(error.message)?.[1];
    const about = constraints.find((constraint) => constraint.name === refused)?.columns ?? [];
    if (!advance(columns, choices, at, about, attempt)) return null;
  }
  return null;
}

/** The next choice of one of the columns that a constraint is about, in turns. */
function advance(
  columns: readonly RelationColumn[],
  choices: readonly (readonly unknown[])[],
  at: number[],
  about: readonly string[],
  turn: number,
): boolean {
  const open = columns.flatMap((column, i) =>
    about.includes(column.name) && at[i]! + 1 < choices[i]!.length ? [i] : [],
  );
  const next = open[turn % Math.max(open.length, 1)];
  if (next === undefined) return false;
  at[next]!++;
  return true;
}

/** A value of the column that no stored row has. */
export const freshValue = (seeds: Seeds, column: string): string | undefined =>
  seeds.values.get(column)?.[FRESH - 1];
