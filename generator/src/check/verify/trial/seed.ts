import type { Relation, RelationColumn } from "../../../model/catalog.ts";
import { type Engine, PostgresError } from "../../../postgres/engine.ts";
import { escapeLiteral, partsOf, quoteIdentifier } from "../../../sql/quoting.ts";
import { referenced } from "../concerns/access.ts";
import type { Constraint } from "../constraints.ts";
import { type Facts, rulesOf } from "../facts.ts";
import { typed } from "./literal.ts";
import { candidates, FRESH, PLACES, type Place } from "./samples.ts";
import { suggestedBy } from "./suggested.ts";

/** A value of each column of a row, by name; columns that only the database writes are absent. */
export type SeededRow = ReadonlyMap<string, string | null>;

/** The rows that stand in each table while queries are tried, by `schema.table`. */
export interface Seeds {
  readonly rows: ReadonlyMap<string, readonly SeededRow[]>;
  /** Values that fit, by `schema.table.column`, for each place. */
  readonly values: ReadonlyMap<string, readonly (string | undefined)[]>;
}

export interface SeedOptions {
  /** The columns whose first row refers to the second one of the same table, by `schema.table.column`. */
  readonly turned: ReadonlySet<string>;
  /** Tells of a table, `schema.name`, that it is needed; the others stay as they are. */
  isSeeded(table: string): boolean;
}

const TABLES = new Set(["table", "partitioned table"]);
/** How often other values are tried where a CHECK refuses a row. */
const ATTEMPTS = 40;

/**
 * Empties the tables and stores two rows in each: one with a value in every column, and one with NULL in each that may be. The same types
 * get the same values, so that foreign keys hold; triggers do not run. The caller's transaction is rolled back.
 * @param preferred what the other side's tables got, so that both have the same where it fits
 */
export async function seed(
  engine: Engine,
  facts: Facts,
  preferred: Seeds | null,
  { turned, isSeeded }: SeedOptions,
): Promise<Seeds> {
  const tables = facts.catalog.relations.filter(
    (r) => TABLES.has(r.kind) && r.partitionOf === null && isSeeded(`${r.schema}.${r.name}`),
  );
  const values = new Map<string, (string | undefined)[]>();
  if (tables.length === 0) return { rows: new Map(), values };
  const isQuiet = await quietly(engine, "set local session_replication_role = replica");
  await empty(engine, tables, facts.constraints, isQuiet);
  const columnsOf = new Map(
    tables.map((table) => {
      const key = `${table.schema}.${table.name}`;
      const columns = table.columns.filter(
        (column) => !column.generated || facts.identities.has(`${key}.${column.name}`),
      );
      return [key, columns] as const;
    }),
  );
  const fitting = await fittingValues(engine, facts, columnsOf, preferred);
  for (const [column, texts] of fitting)
    values.set(
      column,
      texts.map((all) => all[0]),
    );
  const rows = new Map<string, SeededRow[]>([...columnsOf.keys()].map((key) => [key, []]));
  for (const place of [1, 2] as const) {
    const pending = tables.map((table): PendingRow => {
      const key = `${table.schema}.${table.name}`;
      const columns = columnsOf.get(key)!;
      const choices = columns.map((column) => {
        const path = `${key}.${column.name}`;
        return choicesOf(column, fitting.get(path)!, place, place === 1 && turned.has(path) ? 2 : place);
      });
      const constraints = facts.constraints.filter((constraint) => constraint.table === key);
      return { table, key, columns, choices, constraints, at: columns.map(() => 0) };
    });
    for (const [key, row] of await storeRows(engine, pending, facts.columnTypes)) rows.get(key)!.push(row);
  }
  await quietly(engine, "set local session_replication_role = origin");
  await quietly(
    engine,
    `select setval(s.seqrelid, least(1000, s.seqmin + (s.seqmax::numeric - s.seqmin) / 2)::bigint, s.seqmax > s.seqmin) from pg_sequence s
     join pg_class c on c.oid = s.seqrelid where s.seqincrement > 0 and s.seqmin <= 1000`,
  );
  return { rows, values };
}

/**
 * Empties tables, and those that refer to them. TRUNCATE gives each of them new files, empty ones too, which takes longer than all else: of most
 * nothing has to be deleted.
 * @param isQuiet whether neither triggers nor foreign keys see to it
 */
async function empty(
  engine: Engine,
  tables: readonly Relation[],
  constraints: readonly Constraint[],
  isQuiet: boolean,
): Promise<void> {
  const names = tables.map(nameOf);
  const all = [...new Set([...names, ...referringTo(tables, constraints)])];
  const deleted = `do $solitude$ declare t text; filled bool; begin
    foreach t in array array[${all.map(escapeLiteral).join(", ")}] loop
      execute 'select exists (select from ' || t || ')' into filled;
      if filled then
        execute 'delete from ' || t;
        execute 'select exists (select from ' || t || ')' into filled;
        if filled then raise exception 'a rule or a trigger keeps rows of %', t; end if;
      end if;
    end loop; end $solitude$`;
  if (isQuiet && (await quietly(engine, deleted))) return;
  await quietly(engine, `truncate ${names.join(", ")} cascade`);
}

/** Finds the tables that refer to these, or to others that do. */
function referringTo(tables: readonly Relation[], constraints: readonly Constraint[]): string[] {
  const reached = new Set(tables.map(({ schema, name }) => `${schema}.${name}`));
  const children = new Map<string, string[]>();
  for (const { table, definition } of constraints) {
    const parent = referenced(definition);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), table]);
  }
  // A set goes on through what is added to it meanwhile.
  for (const table of reached) for (const child of children.get(table) ?? []) reached.add(child);
  return [...reached].map((path) => {
    const at = path.indexOf(".");
    return `${quoteIdentifier(path.slice(0, at))}.${quoteIdentifier(path.slice(at + 1))}`;
  });
}

/**
 * Finds the columns that refer to another row of their own table, by `schema.table.column`. A row that referred to itself would be its own
 * parent: a query that follows parents would go on for ever.
 */
export function referringToOwnTable(constraints: readonly Constraint[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { table, definition } of constraints) {
    if (referenced(definition) !== table) continue;
    const [, own = "", others = ""] =
      /^FOREIGN KEY \((.*?)\) REFERENCES [^(]*\((.*?)\)/s.exec(definition) ?? [];
    const keys = others.split(", ");
    // What both rows have in common, such as the tenant, is no reference.
    for (const [i, column] of own.split(", ").entries())
      if (column !== keys[i]) found.add(`${table}.${partsOf(column).join(".")}`);
  }
  return found;
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

/** By `schema.table.column`, and in it for each place. */
type Fitting = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Those of the candidates that PostgreSQL reads as values of the column's type, domains' checks included, for each place. */
async function fittingValues(
  engine: Engine,
  { catalog, columnTypes, constraints, typeRules }: Facts,
  columnsOf: ReadonlyMap<string, readonly RelationColumn[]>,
  preferred: Seeds | null,
): Promise<Fitting> {
  const asked = [...columnsOf].flatMap(([table, columns]) => {
    const own = constraints.filter((constraint) => constraint.table === table);
    return columns.flatMap((column) => {
      const path = `${table}.${column.name}`;
      const type = columnTypes.get(path) ?? "text";
      const rules = rulesOf(column, own, { typeRules });
      return PLACES.map((place) => {
        const before = storedBefore(preferred, table, column.name, place);
        const [first, ...others] = candidates(column.type, catalog, place, column.values);
        const suggested = rules.flatMap((rule) => suggestedBy(rule, place));
        const texts = [before, first, ...suggested, ...others].filter((text) => text !== undefined);
        return { path, type, texts: [...new Set(texts)] };
      });
    });
  });
  if (asked.length === 0) return new Map();
  // The same type is asked about by many columns.
  const distinct = new Map(asked.map((one) => [JSON.stringify([one.type, one.texts]), one]));
  const rows = [...distinct].map(
    ([key, { type, texts }]) =>
      `select ${escapeLiteral(key)} as key, array[${texts.map((text) => `pg_input_is_valid(${escapeLiteral(text)}, ${escapeLiteral(type)})`).join(", ")}]::bool[]::text as flags`,
  );
  const found = await engine.run(rows.join(" union all "));
  const flagsOf = new Map(
    found.map((row) => [String(row.key), String(row.flags).replace(/[{}]/g, "").split(",")]),
  );
  const fitting = new Map<string, string[][]>();
  for (const { path, type, texts } of asked) {
    const flags = flagsOf.get(JSON.stringify([type, texts])) ?? [];
    const own = fitting.get(path) ?? [];
    own.push(texts.filter((_, n) => flags[n] === "t"));
    fitting.set(path, own);
  }
  return fitting;
}

/** Gives what the other side stored in a place, or else would have. */
function storedBefore(
  preferred: Seeds | null,
  table: string,
  column: string,
  place: Place,
): string | undefined {
  const stored = preferred?.rows.get(table)?.[place - 1]?.get(column);
  return stored ?? preferred?.values.get(`${table}.${column}`)?.[place - 1];
}

/**
 * Gives what a column may hold in the row of a place: NULL first in the second row, where it may be.
 * @param from the place whose values it takes
 */
function choicesOf(
  column: RelationColumn,
  texts: readonly (readonly string[])[],
  place: Place,
  from: Place,
): (string | null)[] {
  const own = texts[from - 1] ?? [];
  if (column.nullable && (place === 2 || own.length === 0)) return [null, ...own];
  return column.nullable ? [...own, null] : [...own];
}

/** A row that is not stored yet. */
interface PendingRow {
  readonly table: Relation;
  readonly key: string;
  readonly columns: readonly RelationColumn[];
  readonly choices: readonly (readonly (string | null)[])[];
  readonly constraints: readonly Constraint[];
  /** Which of the choices each column takes. */
  readonly at: number[];
}

/**
 * Stores a row in each table, all of them at a time; where a CHECK refuses one, other values of its columns are tried.
 * @returns the rows that could be stored, by table
 */
async function storeRows(
  engine: Engine,
  rows: readonly PendingRow[],
  types: ReadonlyMap<string, string>,
): Promise<Map<string, SeededRow>> {
  const stored = new Map<string, SeededRow>();
  let pending = rows.filter(({ choices }) => choices.every((own) => own.length > 0));
  for (let attempt = 0; attempt < ATTEMPTS && pending.length > 0; attempt++) {
    const read = pending.map((_, i) => `current_setting('solitude.seed${i}') as s${i}`);
    const blocks = pending.map((row, i) => storing(insertOf(row, types), i));
    const refusals = await answersOf(engine, blocks, read);
    pending = pending.filter((row, i) => {
      const refusal = refusals[i]!;
      if (refusal === "") {
        stored.set(row.key, valuesOf(row));
        return false;
      }
      const refused = /constraint "([^"]+)"/.exec(refusal)?.[1];
      const about = row.constraints.find((constraint) => constraint.name === refused)?.columns ?? [];
      return advance(row.columns, row.choices, row.at, about, attempt);
    });
  }
  return stored;
}

const valuesOf = ({ columns, choices, at }: PendingRow): SeededRow =>
  new Map(columns.map((column, i) => [column.name, choices[i]![at[i]!]!]));

function insertOf(row: PendingRow, types: ReadonlyMap<string, string>): string {
  const { table, key, columns } = row;
  if (columns.length === 0) return `insert into ${nameOf(table)} default values`;
  const values = valuesOf(row);
  const written = columns.map(({ name }) =>
    typed(values.get(name) ?? null, types.get(`${key}.${name}`) ?? "text"),
  );
  return `insert into ${nameOf(table)} (${columns.map((c) => quoteIdentifier(c.name)).join(", ")}) overriding system value values (${written.join(", ")})`;
}

/** Writes a block that executes a statement and notes what PostgreSQL said against it; nothing where it went well. */
function storing(statement: string, index: number): string {
  const note = (what: string): string => `perform set_config('solitude.seed${index}', ${what}, true);`;
  return `do $solitude$ declare m text; begin
    execute ${escapeLiteral(statement)}; ${note("''")}
  exception when others then get stacked diagnostics m = message_text; ${note("m")} end $solitude$;`;
}

/** So many columns a result may have; PostgreSQL's limit is 1,664. */
const COLUMNS = 1000;

async function answersOf(
  engine: Engine,
  blocks: readonly string[],
  read: readonly string[],
): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < blocks.length; at += COLUMNS) {
    const some = `${blocks.slice(at, at + COLUMNS).join("\n")} select ${read.slice(at, at + COLUMNS).join(", ")}`;
    const [row] = await engine.run(some);
    answers.push(...Object.values(row ?? {}).map(String));
  }
  return answers;
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
