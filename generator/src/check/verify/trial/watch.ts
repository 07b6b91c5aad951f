import type { AlterEnumStmt } from "libpg-query";
import { inTransaction } from "../../../analysis/schema/execute-statement.ts";
import { RESET } from "../../../analysis/schema/file-transaction.ts";
import { isIgnored } from "../../../analysis/schema/statement-kinds.ts";
import type { Catalog as ModelCatalog } from "../../../model/catalog.ts";
import type { Span } from "../../../model/diagnostic.ts";
import { type Engine, PostgresError, type Row } from "../../../postgres/engine.ts";
import { namesOf } from "../../../postgres/raw-tree.ts";
import { escapeLiteral, partsOf, quoteIdentifier } from "../../../sql/quoting.ts";
import type { Catalog, ObjectOf } from "../../schema/catalog.ts";
import { identityOf } from "../../schema/sql/names.ts";
import type { MigrationStatement } from "../added-files.ts";
import type { Routines, Whole } from "../called.ts";
import type { Facts } from "../facts.ts";
import { inCatalog, type Rewrite, type Watched } from "../rewritten.ts";
import { typed } from "./literal.ts";
import { type SeedOptions, type Seeds, seed } from "./seed.ts";
import { keepsValues } from "./touched.ts";
import { LIMITS } from "./trial.ts";

/** What is to be run, and on what. */
export interface Migration {
  readonly statements: readonly MigrationStatement[];
  readonly routines: Routines;
  /** Of the deployed schema, and of what the statements lead to. */
  readonly base: Catalog;
  readonly head: Catalog;
  readonly seeding: SeedOptions;
}

/**
 * Runs a migration on rows of the deployed schema and looks which columns give other values than before, and since which statement. All of it is
 * rolled back. Nothing is said of the tables of a statement that these rows do not let through, or of which a loop may have no end.
 */
export async function watchMigration(engine: Engine, facts: Facts, migration: Migration): Promise<Watched> {
  const seen = await watchOnce(engine, facts, migration, "all rows");
  if (seen.overlooked.size === 0) return seen;
  // What refuses the row of NULLs may take the other.
  const filled = await watchOnce(engine, facts, migration, "filled rows");
  const known = new Set(seen.rewrites.map(({ column }) => column));
  return {
    rewrites: [...seen.rewrites, ...filled.rewrites.filter(({ column }) => !known.has(column))],
    same: new Set([...seen.same, ...[...filled.same].filter((table) => seen.overlooked.has(table))]),
  };
}

interface Seen extends Watched {
  /** The tables, by identity, of which not everything was seen. */
  readonly overlooked: ReadonlySet<string>;
}

type WhichRows = "all rows" | "filled rows";

/** Looks in the end; where something is otherwise then, runs it once more, and looks after each statement. */
async function watchOnce(engine: Engine, facts: Facts, migration: Migration, rows: WhichRows): Promise<Seen> {
  const seen = await watchWith(engine, facts, migration, rows, null);
  if (seen.rewrites.length === 0) return seen;
  const only = new Set(seen.rewrites.map(({ column }) => column));
  const { rewrites } = await watchWith(engine, facts, migration, rows, only);
  return { ...seen, rewrites };
}

/** @param only the columns of whose tables the cause is looked for; null to look in the end, at all */
async function watchWith(
  engine: Engine,
  facts: Facts,
  migration: Migration,
  rows: WhichRows,
  only: ReadonlySet<string> | null,
): Promise<Seen> {
  await engine.run(`begin; ${LIMITS}`);
  try {
    const seeds = await seed(engine, facts, telling(facts), migration.seeding);
    if (rows === "filled rows") await keepFirstRows(engine, seeds);
    const watch = await Watch.begin(engine, migration, seeds, only);
    return await watch.run(migration, only === null ? "in the end" : "after each statement");
  } finally {
    await engine.run("rollback");
  }
}

/** Leaves the row that has a value in every column. */
async function keepFirstRows(engine: Engine, { rows }: Seeds): Promise<void> {
  const tables = [...rows].filter(([, stored]) => stored.length > 1).map(([path]) => nameOf(path));
  if (tables.length === 0) return;
  const deletes = tables.map(
    (table) => `delete from ${table} where ctid <> (select min(ctid) from ${table});`,
  );
  await engine.run(
    `set local session_replication_role = replica; ${deletes.join(" ")} set local session_replication_role = origin`,
  );
}

/** @param path `schema.table`, unquoted */
function nameOf(path: string): string {
  const at = path.indexOf(".");
  return `${quoteIdentifier(path.slice(0, at))}.${quoteIdentifier(path.slice(at + 1))}`;
}

/** A column whose values are looked at. */
interface Column {
  readonly identity: string;
  readonly name: string;
  readonly type: string;
}

interface Table {
  readonly identity: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
}

/** A row as the texts of its columns, by identity. */
type Values = ReadonlyMap<string, string | null>;

/** What a table's name gives: the types of its columns, by identity, and its rows. */
interface Contents {
  readonly types: ReadonlyMap<string, string>;
  readonly rows: readonly Values[];
}

/** So many rows of a table are looked at. */
const ROWS = 1000;

class Watch {
  readonly #engine: Engine;
  /** Those of which everything was seen so far. */
  #tables: readonly Table[];
  /** By the table's identity: as the rows were before. */
  readonly #before: Map<string, Contents>;
  readonly #rewrites = new Map<string, Rewrite>();
  readonly #casts = new Map<string, string | null>();

  private constructor(engine: Engine, tables: readonly Table[], before: Map<string, Contents>) {
    this.#engine = engine;
    this.#tables = tables;
    this.#before = before;
  }

  static async begin(
    engine: Engine,
    { base, head }: Migration,
    seeds: Seeds,
    only: ReadonlySet<string> | null,
  ): Promise<Watch> {
    const isMeant = ({ identity }: Column): boolean => only?.has(identity) ?? true;
    const tables = tablesOf(base, head).filter(
      ({ schema, name, columns }) => seeds.rows.get(`${schema}.${name}`)?.length && columns.some(isMeant),
    );
    await engine.run("savepoint watch");
    const watch = new Watch(engine, tables, new Map());
    for (const [table, contents] of await watch.#read()) watch.#before.set(table, contents);
    return watch;
  }

  async run(
    { statements, routines }: Migration,
    looks: "in the end" | "after each statement",
  ): Promise<Seen> {
    const all = this.#tables;
    let last = "";
    for (const { statement, sql, span } of statements) {
      routines.note(statement, sql);
      if (span.file !== last) await this.#try(`${RESET}; ${LIMITS}`);
      last = span.file;
      if (statement.kind === "TransactionStmt" || isIgnored(statement)) continue;
      const keeps = keepsValues(statement);
      const whole = await routines.whole(statement, sql);
      const isDone = !whole.loopsFreely && (await this.#try(inTransaction({ sql: sql.trim() }))) !== null;
      if (!isDone && !keeps) this.#overlook(sql, whole);
      if (statement.kind === "AlterEnumStmt") this.#renameLabel(statement.tree);
      if (!keeps && looks === "after each statement") await this.#look(span);
    }
    if (looks === "in the end") await this.#look(statements.at(-1)!.span);
    const now = await this.#read();
    const same = new Set<string>();
    for (const { identity, columns } of this.#tables) {
      const [was, is] = [this.#before.get(identity), now.get(identity)];
      const left = was && is && (await this.#between(identity, was, is));
      for (const column of columns) if (!left?.has(column.identity)) this.#rewrites.delete(column.identity);
      const hasAll = was?.rows.length === is?.rows.length && was?.types.size === is?.types.size;
      if (left?.size === 0 && hasAll) same.add(identity);
    }
    const rewrites = [...this.#rewrites.values()];
    const overlooked = all.filter((table) => !this.#tables.includes(table));
    return { rewrites, same, overlooked: new Set(overlooked.map(({ identity }) => identity)) };
  }

  /** Goes on without the tables that a statement may have to do with which did not go through. */
  #overlook(sql: string, { trees, isOpen }: Whole): void {
    const text = `${sql} ${JSON.stringify(trees)}`.toLowerCase();
    const words = new Set(text.match(/[\p{L}_][\p{L}\p{N}_$]*/gu));
    this.#tables = isOpen ? [] : this.#tables.filter(({ name }) => !words.has(name.toLowerCase()));
  }

  /** Gives the rows, or null where PostgreSQL refuses it; the transaction goes on either way. */
  async #try(sql: string): Promise<Row[] | null> {
    await this.#engine.run("release savepoint watch; savepoint watch");
    try {
      return await this.#engine.run(sql);
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      await this.#engine.run("rollback to savepoint watch");
      return null;
    }
  }

  /** A label that is called otherwise is told with its type. */
  #renameLabel({ typeName, oldVal, newVal }: AlterEnumStmt): void {
    const type = namesOf(typeName).at(-1);
    if (oldVal === undefined || newVal === undefined) return;
    for (const [table, { types, rows }] of this.#before) {
      const isMeant = (column: string): boolean => partsOf(types.get(column) ?? "").at(-1) === type;
      const named = rows.map(
        (row) =>
          new Map([...row].map(([at, value]) => [at, value === oldVal && isMeant(at) ? newVal : value])),
      );
      this.#before.set(table, { types, rows: named });
    }
  }

  /** Notes what is otherwise since a statement. */
  async #look(span: Span): Promise<void> {
    const now = await this.#read();
    for (const { identity, columns } of this.#tables) {
      const [was, is] = [this.#before.get(identity), now.get(identity)];
      if (was === undefined || is === undefined) continue;
      const found = await this.#between(identity, was, is);
      for (const { identity: column } of columns) {
        const isFill = found.get(column);
        if (isFill === undefined) this.#rewrites.delete(column);
        else this.#rewrites.set(column, { column, isFill, span: this.#rewrites.get(column)?.span ?? span });
      }
    }
  }

  /** Reads what the names of the tables give now; what is not there is absent. */
  async #read(): Promise<Map<string, Contents>> {
    const found = new Map<string, Contents>();
    if (this.#tables.length === 0) return found;
    const wanted = this.#tables.map(
      ({ schema, name }) => `(${escapeLiteral(schema)}, ${escapeLiteral(name)})`,
    );
    const there = await this.#try(
      `select n.nspname::text as schema, c.relname::text as name, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as type
       from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where (n.nspname, c.relname) in (${wanted.join(", ")}) and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped`,
    );
    const typeOf = new Map(
      (there ?? []).map(({ schema, name, column, type }) => [
        JSON.stringify([schema, name, column]),
        String(type),
      ]),
    );
    const selects: string[] = [];
    const asked: {
      readonly table: Table;
      readonly columns: readonly Column[];
      readonly types: Map<string, string>;
    }[] = [];
    for (const table of this.#tables) {
      const types = new Map<string, string>();
      for (const { identity, name } of table.columns) {
        const type = typeOf.get(JSON.stringify([table.schema, table.name, name]));
        if (type !== undefined) types.set(identity, type);
      }
      if (types.size === 0) continue;
      const columns = table.columns.filter(({ identity }) => types.has(identity));
      const texts = columns.map(({ name }) => `${quoteIdentifier(name)}::text`);
      const from = `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
      selects.push(
        `select ${asked.length} as at, (select json_agg(r) from (select array[${texts.join(", ")}] as r from ${from} limit ${ROWS}) t)::text as rows`,
      );
      asked.push({ table, columns, types });
    }
    if (selects.length === 0) return found;
    const together = await this.#try(selects.join(" union all "));
    const answers = together ?? (await this.#apart(selects));
    for (const { at, rows } of answers) {
      const { table, columns, types } = asked[Number(at)]!;
      const read = (rows === null ? [] : JSON.parse(String(rows))) as (string | null)[][];
      found.set(table.identity, {
        types,
        rows: read.map((row) => new Map(columns.map(({ identity }, i) => [identity, row[i] ?? null]))),
      });
    }
    return found;
  }

  /** A view may be one that cannot be read. */
  async #apart(selects: readonly string[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (const select of selects) rows.push(...((await this.#try(select)) ?? []));
    return rows;
  }

  /** Gives the columns that have other values than a cast to their type gives, and whether merely rows without a value got one. */
  async #between(identity: string, was: Contents, is: Contents): Promise<Map<string, boolean>> {
    const found = new Map<string, boolean>();
    const columns = this.#tables.find((table) => table.identity === identity)!.columns;
    const shared = columns.filter((column) => is.types.has(column.identity));
    const expected: Values[] = [];
    for (const row of was.rows) {
      const values = new Map<string, string | null>();
      for (const { identity: column, type } of shared) {
        const value = row.get(column) ?? null;
        values.set(column, await this.#cast(value, was.types.get(column) ?? type, is.types.get(column)!));
      }
      expected.push(values);
    }
    for (const [before, after] of alike(expected, is.rows))
      for (const { identity: column } of shared) {
        const [from, to] = [before.get(column) ?? null, after.get(column) ?? null];
        if (from !== to) found.set(column, from === null && (found.get(column) ?? true));
      }
    return found;
  }

  /** Gives a value as the other type has it; what no cast makes one is given as it is. */
  async #cast(value: string | null, from: string, to: string): Promise<string | null> {
    if (value === null || from === to) return value;
    const key = JSON.stringify([value, from, to]);
    const known = this.#casts.get(key);
    if (known !== undefined) return known;
    const rows =
      (await this.#try(`select cast(${typed(value, from)} as ${to})::text as value`)) ??
      (await this.#try(`select ${typed(value, to)}::text as value`));
    const made = rows === null ? value : (rows[0]?.value as string | null);
    this.#casts.set(key, made);
    return made;
  }
}

/** Pairs each row with the one that has most in common with it. */
function alike(before: readonly Values[], after: readonly Values[]): [Values, Values][] {
  const scored = before.flatMap((was, i) =>
    after.map((is, j) => ({
      i,
      j,
      score: [...was].filter(([column, value]) => is.get(column) === value).length,
    })),
  );
  scored.sort((a, b) => b.score - a.score || a.i - b.i || a.j - b.j);
  const [left, right] = [new Set<number>(), new Set<number>()];
  const pairs: [Values, Values][] = [];
  for (const { i, j } of scored) {
    if (left.has(i) || right.has(j)) continue;
    left.add(i);
    right.add(j);
    pairs.push([before[i]!, after[j]!]);
  }
  return pairs;
}

/** The tables of the base, with those of their columns whose names both schemas have. */
function tablesOf(base: Catalog, head: Catalog): Table[] {
  const tables = new Map<string, Column[]>();
  for (const object of base.objects.values())
    if (object.kind === "column" && object.parent !== null && inCatalog(object.identity, head) !== undefined)
      tables.set(object.parent, [...(tables.get(object.parent) ?? []), columnOf(object)]);
  return [...tables].flatMap(([key, columns]) => {
    if (base.objects.get(key)?.kind !== "table") return [];
    const identity = identityOf(key);
    const [schema = "", name = ""] = partsOf(identity);
    return [{ identity, schema, name, columns }];
  });
}

const columnOf = ({ identity, properties }: ObjectOf<"column">): Column => ({
  identity,
  name: partsOf(identity).at(-1)!,
  type: properties.type,
});

/** For the types whose usual samples many functions leave as they are: values that hardly any does. */
function telling({ catalog }: Facts): Seeds {
  const values = new Map<string, readonly (string | undefined)[]>();
  for (const { schema, name, columns } of catalog.relations)
    for (const column of columns) {
      const texts = column.values ? undefined : TELLING[plainTypeOf(column.type, catalog)];
      if (texts) values.set(`${schema}.${name}.${column.name}`, texts);
    }
  return { rows: new Map(), values };
}

function plainTypeOf(oid: number, catalog: ModelCatalog): string {
  const type = catalog.types.get(oid);
  return type?.kind === "domain" ? plainTypeOf(type.base, catalog) : (type?.name ?? "");
}

const TEXTS = [" Ab-1 ", " Bc-2 ", " Cd-3 "];
const TIMES = ["10:20:30.123456", "11:21:31.234561", "12:22:32.345612"];
const DATES = ["2024-02-13", "2024-03-14", "2024-05-16"];
const TELLING: Readonly<Record<string, readonly string[]>> = {
  text: TEXTS,
  varchar: TEXTS,
  citext: TEXTS,
  numeric: ["11.255", "12.355", "13.455"],
  float4: ["1.255", "2.355", "3.455"],
  float8: ["1.255", "2.355", "3.455"],
  date: DATES,
  time: TIMES,
  timestamp: DATES.map((date, i) => `${date} ${TIMES[i]}`),
  timestamptz: DATES.map((date, i) => `${date} ${TIMES[i]}+00`),
};
