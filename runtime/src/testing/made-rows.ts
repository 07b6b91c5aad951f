import { DatabaseError } from "../errors/errors.ts";
import { candidates, isPlain, type Wanting } from "./candidates.ts";
import type { TestDatabase } from "./test-database.ts";

/** The text of each column's value. */
type Values = ReadonlyMap<string, string | null>;

interface Column extends Wanting {
  /** Whether a row must be given a value. */
  readonly isRequired: boolean;
  readonly isAlwaysIdentity: boolean;
  /** Whether there are conditions that a value may fail. */
  readonly isChecked: boolean;
  /** What a value is cast to, its domain where it has one. */
  readonly castTo: string;
  /** The CHECKs of this column alone. */
  readonly checks: readonly string[];
}

interface ForeignKey {
  readonly columns: readonly string[];
  readonly schema: string;
  readonly table: string;
  readonly referenced: readonly string[];
}

interface Described {
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** Inserts rows that have what the catalog says they must. */
export class Rows {
  readonly #database: Pick<TestDatabase, "query">;
  readonly #tables = new Map<string, Promise<Described>>();
  /** Which of a column's candidates was right. */
  readonly #found = new Map<string, number>();
  /** No two values that are made up are of the same number. */
  #n = 0;

  constructor(database: Pick<TestDatabase, "query">) {
    this.#database = database;
  }

  /** @param path the tables that the row is needed for, outermost first */
  async insert(schema: string, table: string, given: Values, path: readonly string[] = []): Promise<Values> {
    const name = `${schema}.${table}`;
    if (path.includes(name)) throw new Error(`${[...path, name].join(" needs ")}: give one of these rows`);
    const { columns, foreignKeys } = await this.#describe(schema, table);
    const values = new Map(given);
    const required = new Set(columns.filter(({ isRequired }) => isRequired).map((column) => column.name));
    for (const key of foreignKeys) {
      if (!key.columns.some((column) => required.has(column) && !values.has(column))) continue;
      if (key.columns.some((column) => values.get(column) === null)) continue;
      const known = key.columns.flatMap((column, i) =>
        values.has(column) ? [[key.referenced[i]!, values.get(column)!] as const] : [],
      );
      const row = await this.insert(key.schema, key.table, new Map(known), [...path, name]);
      for (const [i, column] of key.columns.entries())
        if (!values.has(column)) values.set(column, row.get(key.referenced[i]!) ?? null);
    }
    this.#n++;
    for (const column of columns)
      if (column.isRequired && !values.has(column.name))
        values.set(column.name, await this.#madeUp(name, column));
    return this.#insert(schema, table, columns, values);
  }

  async #insert(schema: string, table: string, columns: readonly Column[], values: Values): Promise<Values> {
    const target = `${quoted(schema)}.${quoted(table)}`;
    const names = [...values.keys()];
    const hasIdentity = columns.some(({ isAlwaysIdentity, name }) => isAlwaysIdentity && values.has(name));
    const what =
      names.length === 0
        ? "default values"
        : `(${names.map(quoted).join(", ")})${hasIdentity ? " overriding system value" : ""} values (${names
            .map((_, i) => `$${i + 1}`)
            .join(", ")})`;
    const made = await this.#database.query(`insert into ${target} ${what} returning *`, [
      ...values.values(),
    ]);
    const row = made.rows[0];
    if (row === undefined) throw new Error(`a trigger keeps rows out of ${schema}.${table}`);
    return new Map(made.columns.map((column, i) => [column, row[i] ?? null]));
  }

  /** Gives the first value that the column's type and CHECKs let in. */
  async #madeUp(table: string, column: Column): Promise<string> {
    const possible = candidates(column, this.#n);
    const key = `${table}.${column.name}`;
    const known = this.#found.get(key);
    // What was right for one row need not be for the next: a number grows out of its bounds.
    const isSure = !column.isChecked && (known !== undefined || isPlain(column));
    const found = isSure ? (known ?? 0) : await this.#search(column, possible, known ?? 0);
    const value = possible[found];
    if (value === undefined)
      throw new Error(
        `no value that was tried is one of ${key}: give it; it must satisfy ${column.checks.join(" and ") || column.castTo}`,
      );
    this.#found.set(key, found);
    return value;
  }

  /** @param first the one to try first */
  async #search(column: Column, possible: readonly string[], first: number): Promise<number> {
    const conditions = column.checks.map((check) => `(${check}) is not false`).join(" and ");
    const text = `select ${conditions || "true"} from (select $1::${column.castTo} as ${quoted(column.name)}) as given`;
    const order = [...new Set([first, ...possible.keys()])];
    for (const i of order) {
      const value = possible[i];
      if (value === undefined) continue;
      try {
        const { rows } = await this.#database.query(text, [value]);
        if (rows[0]?.[0] === "t") return i;
      } catch (error) {
        // It is no value of the type.
        if (!(error instanceof DatabaseError)) throw error;
      }
    }
    return possible.length;
  }

  #describe(schema: string, table: string): Promise<Described> {
    const key = JSON.stringify([schema, table]);
    let described = this.#tables.get(key);
    if (described === undefined) {
      described = this.#read(schema, table);
      this.#tables.set(key, described);
    }
    return described;
  }

  async #read(schema: string, table: string): Promise<Described> {
    const { rows } = await this.#database.query(DESCRIPTION, [schema, table]);
    const [text] = rows[0] ?? [];
    if (text === null || text === undefined) throw new Error(`the database has no table ${schema}.${table}`);
    const { columns, foreignKeys } = JSON.parse(text) as {
      columns:
        | (Omit<Column, "literals" | "labels" | "checks"> & Record<"labels" | "checks", string[] | null>)[]
        | null;
      foreignKeys: ForeignKey[] | null;
    };
    return {
      columns: (columns ?? []).map((column) => {
        const checks = column.checks ?? [];
        const literals = checks.flatMap(literalsOf);
        return { ...column, labels: column.labels ?? [], checks, literals };
      }),
      // Those of one column first: they say what the others must agree with.
      foreignKeys: (foreignKeys ?? []).toSorted((a, b) => a.columns.length - b.columns.length),
    };
  }
}

/** The texts that a CHECK lets in by name: `kind = 'note'`, and `kind in (…)`, which is `= any (array[…])`. */
function literalsOf(check: string): string[] {
  const literal = check.includes("= ANY (") ? /'((?:[^']|'')*)'::/g : /= '((?:[^']|'')*)'::/g;
  return [...check.matchAll(literal)].map(([, text]) => text!.replaceAll("''", "'"));
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** All that must be known of a table, as one JSON document. */
const DESCRIPTION = `
with recursive bases as (
  select a.attnum, a.atttypid as type, a.atttypmod as mod, false as "notNull", false as domain
  from pg_attribute a where a.attrelid = format('%I.%I', $1::text, $2::text)::regclass and a.attnum > 0 and not a.attisdropped
  union all
  select b.attnum, t.typbasetype, greatest(b.mod, t.typtypmod), b."notNull" or t.typnotnull, true
  from bases b join pg_type t on t.oid = b.type where t.typtype = 'd'
)
select json_build_object(
  'columns', (select json_agg(json_build_object(
      'name', a.attname,
      'type', t.typname,
      'category', t.typcategory,
      'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
      'length', case when t.typname in ('varchar', 'bpchar') and b.mod > 4 then b.mod - 4 end,
      'isRequired', (a.attnotnull or b."notNull") and not a.atthasdef and a.attidentity = '' and a.attgenerated = ''
        and not exists (select from pg_type d where d.oid = a.atttypid and d.typdefault is not null),
      'isAlwaysIdentity', a.attidentity = 'a',
      'isChecked', b.domain or k.checks is not null,
      'castTo', format_type(a.atttypid, a.atttypmod),
      'checks', k.checks) order by a.attnum)
    from pg_attribute a
    join bases b on b.attnum = a.attnum
    join pg_type t on t.oid = b.type and t.typtype <> 'd'
    cross join lateral (select json_agg(pg_get_expr(c.conbin, c.conrelid)) as checks from pg_constraint c
      where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]) k
    where a.attrelid = format('%I.%I', $1::text, $2::text)::regclass and a.attnum > 0 and not a.attisdropped),
  'foreignKeys', (select json_agg(json_build_object(
      'columns', (select json_agg(a.attname order by i) from unnest(c.conkey) with ordinality u(n, i)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = u.n),
      'schema', n.nspname,
      'table', r.relname,
      'referenced', (select json_agg(a.attname order by i) from unnest(c.confkey) with ordinality u(n, i)
        join pg_attribute a on a.attrelid = c.confrelid and a.attnum = u.n)))
    from pg_constraint c join pg_class r on r.oid = c.confrelid join pg_namespace n on n.oid = r.relnamespace
    where c.conrelid = format('%I.%I', $1::text, $2::text)::regclass and c.contype = 'f' and c.conparentid = 0)
)`;
