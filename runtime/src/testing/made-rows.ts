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
  readonly isNullable: boolean;
  /** The expression of its default, which its domain may have. */
  readonly defaultTo: string | null;
}

/** A CHECK that says something of several columns, or of the row. */
interface RowCheck {
  readonly columns: readonly string[];
  readonly condition: string;
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
  readonly rowChecks: readonly RowCheck[];
  /** Whether there are triggers that see a row before it is stored. */
  readonly hasTriggers: boolean;
}

const NOT_NULL_VIOLATION = "23502";
const CHECK_VIOLATION = "23514";

/** Tells whether nothing was said of the columns that CHECKs compare with one another. */
const isUntouched = ({ rowChecks }: Described, said: ReadonlySet<string>): boolean =>
  !rowChecks.some((check) => check.columns.some((column) => said.has(column)));

/** The last number that was taken in a database, by whichever factories: no two rows have values of the same one. */
const LAST_NUMBERS = new WeakMap<object, number>();

/** What stands for a column in a row that is tried: a value, NULL, or nothing, so that its default applies. */
type Change = readonly [column: string, value: string | null];

/** Gives what a table's rows must have that cannot be made up, from what is known of one. */
export type Completion = (known: Values) => Promise<Values>;

/** Inserts rows that have what the catalog says they must. */
export class Rows {
  readonly #database: Pick<TestDatabase, "query">;
  /** By schema and table, with a dot between. */
  readonly #completions: ReadonlyMap<string, Completion>;
  readonly #tables = new Map<string, Promise<Described>>();
  /** Which of a column's candidates was right. */
  readonly #found = new Map<string, number>();
  /** By table, the columns that its CHECKs of several asked for beside those that are required. */
  readonly #alsoWanted = new Map<string, readonly string[]>();
  /** By table, the required columns that its triggers fill in. */
  readonly #filledIn = new Map<string, ReadonlySet<string>>();
  /** Which of the numbers that values are made of is this row's. */
  #n = 0;

  constructor(
    database: Pick<TestDatabase, "query">,
    completions: ReadonlyMap<string, Completion> = new Map(),
  ) {
    this.#database = database;
    this.#completions = completions;
  }

  /** @param path the tables that the row is needed for, outermost first */
  async insert(schema: string, table: string, given: Values, path: readonly string[] = []): Promise<Values> {
    const name = `${schema}.${table}`;
    if (path.includes(name)) throw new Error(`${[...path, name].join(" needs ")}: give one of these rows`);
    const described = await this.#describe(schema, table);
    const { columns } = described;
    const values = new Map([...((await this.#completions.get(name)?.(given)) ?? []), ...given]);
    const said = new Set(values.keys());
    const required = columns.filter(({ isRequired }) => isRequired).map((column) => column.name);
    const wanted = new Set([
      ...required,
      ...(isUntouched(described, said) ? (this.#alsoWanted.get(name) ?? []) : []),
    ]);
    const within = [...path, name];
    await this.#refer(described, values, wanted, within);
    this.#n = (LAST_NUMBERS.get(this.#database) ?? 0) + 1;
    LAST_NUMBERS.set(this.#database, this.#n);
    const made = new Map<string, string>();
    for (const column of columns)
      if (wanted.has(column.name) && !values.has(column.name) && !this.#filledIn.get(name)?.has(column.name))
        made.set(column.name, await this.#madeUp(name, column));
    const whole = new Map([...values, ...made]);
    try {
      return await this.#insert(schema, table, columns, whole);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const agree = (row: Map<string, string | null>) =>
        this.#insertAgreeing(schema, table, row, said, within);
      const row =
        (described.hasTriggers && made.size > 0
          ? await this.#insertFilledIn(schema, table, values, made, agree)
          : null) ?? (error.sqlState === CHECK_VIOLATION ? await agree(whole) : null);
      if (row === null) throw error;
      return row;
    }
  }

  /** Leaves to triggers what they fill in, and makes up what they do not. Null where no such row is let in. */
  async #insertFilledIn(
    schema: string,
    table: string,
    values: Values,
    made: ReadonlyMap<string, string>,
    agree: (whole: Map<string, string | null>) => Promise<Values | null>,
  ): Promise<Values | null> {
    const { columns } = await this.#describe(schema, table);
    const needed = new Map<string, string>();
    const insert = async (): Promise<Values | null> => {
      const whole = new Map([...values, ...needed]);
      try {
        return await this.#insert(schema, table, columns, whole);
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        if (error.sqlState === CHECK_VIOLATION) return agree(whole);
        const column = error.sqlState === NOT_NULL_VIOLATION ? error.column : undefined;
        if (column === undefined || !made.has(column) || needed.has(column)) return null;
        needed.set(column, made.get(column)!);
        return insert();
      }
    };
    const row = await insert();
    const left = [...made.keys()].filter((column) => !needed.has(column));
    if (row !== null) this.#filledIn.set(`${schema}.${table}`, new Set(left));
    return row;
  }

  /** Changes a row so that the CHECKs of several columns let it in. Null where nothing that is tried does. */
  async #insertAgreeing(
    schema: string,
    table: string,
    whole: Map<string, string | null>,
    said: ReadonlySet<string>,
    within: readonly string[],
  ): Promise<Values | null> {
    const described = await this.#describe(schema, table);
    const changes = await this.#agreement(described, whole, said);
    if (changes === null || changes.length === 0) return null;
    for (const [column, value] of changes) whole.set(column, value);
    const filled = changes.filter(([, value]) => value !== null).map(([column]) => column);
    // In place of what was tried for a reference comes the row that it refers to.
    const isReference = (name: string) => described.foreignKeys.some((key) => key.columns.includes(name));
    for (const column of filled.filter(isReference)) whole.delete(column);
    await this.#refer(described, whole, new Set(filled), within);
    const row = await this.#insert(schema, table, described.columns, whole);
    if (isUntouched(described, said) && filled.length === changes.length)
      this.#alsoWanted.set(`${schema}.${table}`, filled);
    return row;
  }

  /** Inserts the rows that a row must refer to where one of these columns is not known. */
  async #refer(
    { foreignKeys }: Described,
    values: Map<string, string | null>,
    wanted: ReadonlySet<string>,
    path: readonly string[],
  ): Promise<void> {
    for (const key of foreignKeys) {
      if (!key.columns.some((column) => wanted.has(column) && !values.has(column))) continue;
      if (key.columns.some((column) => values.get(column) === null)) continue;
      const known = key.columns.flatMap((column, i) =>
        values.has(column) ? [[key.referenced[i]!, values.get(column)!] as const] : [],
      );
      const row = await this.insert(key.schema, key.table, new Map(known), path);
      for (const [i, column] of key.columns.entries())
        if (!values.has(column)) values.set(column, row.get(key.referenced[i]!) ?? null);
    }
  }

  /**
   * Looks for what to change of a row so that the CHECKs of several columns let it in: NULL, another value, a reference; the fewest
   * changes first. Null where nothing that is tried does.
   */
  async #agreement(
    described: Described,
    values: Values,
    said: ReadonlySet<string>,
  ): Promise<Change[] | null> {
    const { columns, rowChecks } = described;
    if (rowChecks.length === 0) return null;
    const concerned = columns.filter(({ name }) => rowChecks.some((check) => check.columns.includes(name)));
    const row = new Map<string, string | null>();
    const options: Change[] = [];
    for (const column of concerned) {
      const { name, defaultTo } = column;
      const isDefault = !values.has(name) && defaultTo !== null;
      const [byDefault] = isDefault ? (await this.#database.query(`select (${defaultTo})::text`)).rows : [];
      row.set(name, values.get(name) ?? byDefault?.[0] ?? null);
      const isSettled = described.foreignKeys.some((key) => key.columns.includes(name)) && values.has(name);
      if (said.has(name) || isSettled) continue;
      if (column.isNullable && row.get(name) !== null) options.push([name, null]);
      for (const value of await this.#valid(column)) if (value !== row.get(name)) options.push([name, value]);
    }
    for (const changes of [0, 1, 2, 3].map((size) => combinations(options, size))) {
      const found = await this.#firstAgreeing(concerned, rowChecks, row, changes);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Gives the candidates that a column takes, the likeliest few. */
  async #valid(column: Column): Promise<string[]> {
    const valid: string[] = [];
    for (const value of candidates(column, this.#n)) {
      if (valid.length === (column.category === "E" ? MOST_LABELS : MOST_VALUES)) break;
      if (await this.#isValid(column, value)) valid.push(value);
    }
    return valid;
  }

  async #firstAgreeing(
    concerned: readonly Column[],
    rowChecks: readonly RowCheck[],
    row: Values,
    tried: readonly Change[][],
  ): Promise<Change[] | undefined> {
    const names = concerned.map((_, i) => `c${i}`);
    const cast = concerned.map(({ castTo, name }, i) => `c${i}::${castTo} as ${quoted(name)}`).join(", ");
    const lists = concerned.map((_, i) => `$${i + 1}::text[]`).join(", ");
    const conditions = rowChecks.map(({ condition }) => `(${condition}) is not false`).join(" and ");
    const text = `select place from (select place, ${cast} from unnest(${lists}) with ordinality as u(${names.join(", ")}, place)) as given
      where ${conditions} order by place limit 1`;
    const parameters = concerned.map(({ name }) =>
      arrayOf(
        tried.map((changes) => {
          const change = changes.find(([column]) => column === name);
          return change === undefined ? (row.get(name) ?? null) : change[1];
        }),
      ),
    );
    const { rows } = await this.#database.query(text, parameters);
    const [place] = rows[0] ?? [];
    return place === null || place === undefined ? undefined : tried[Number(place) - 1];
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
        `no value that was tried is one of ${key}: give it, of type ${column.castTo}; it must satisfy ${column.checks.join(" and ") || column.castTo}`,
      );
    this.#found.set(key, found);
    return value;
  }

  /** @param first the one to try first */
  async #search(column: Column, possible: readonly string[], first: number): Promise<number> {
    for (const i of new Set([first, ...possible.keys()])) {
      const value = possible[i];
      if (value !== undefined && (await this.#isValid(column, value))) return i;
    }
    return possible.length;
  }

  async #isValid(column: Column, value: string): Promise<boolean> {
    const conditions = column.checks.map((check) => `(${check}) is not false`).join(" and ");
    const text = `select ${conditions || "true"} from (select $1::${column.castTo} as ${quoted(column.name)}) as given`;
    try {
      const { rows } = await this.#database.query(text, [value]);
      return rows[0]?.[0] === "t";
    } catch (error) {
      // It is no value of the type.
      if (error instanceof DatabaseError) return false;
      throw error;
    }
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
    const { columns, foreignKeys, rowChecks, hasTriggers } = JSON.parse(text) as {
      hasTriggers: boolean;
      columns: Read[] | null;
      foreignKeys: ForeignKey[] | null;
      rowChecks: RowCheck[] | null;
    };
    return {
      rowChecks: rowChecks ?? [],
      hasTriggers,
      columns: (columns ?? []).map(({ domainChecks, ...column }) => {
        const checks = column.checks ?? [];
        const all = [...checks, ...(domainChecks ?? [])];
        return {
          ...column,
          labels: column.labels ?? [],
          checks,
          literals: all.flatMap(literalsOf),
          patterns: all.flatMap((check) => after("~", check)),
          likes: all.flatMap((check) => after("~~", check)),
        };
      }),
      // Those of one column first: they say what the others must agree with.
      foreignKeys: (foreignKeys ?? []).toSorted((a, b) => a.columns.length - b.columns.length),
    };
  }
}

/** How many of a column's labels and of its other values are tried against CHECKs of several columns. */
const MOST_LABELS = 12;
const MOST_VALUES = 3;
/** How many rows are tried for one, of each number of changes. */
const MOST_TRIED = 4000;

/** Gives all ways to change so many columns, each once. */
function combinations(options: readonly Change[], size: number): Change[][] {
  let found: { readonly changes: Change[]; readonly next: number }[] = [{ changes: [], next: 0 }];
  for (let step = 0; step < size; step++)
    found = found
      .flatMap(({ changes, next }) =>
        options
          .slice(next)
          .flatMap((option, i) =>
            changes.some(([column]) => column === option[0])
              ? []
              : [{ changes: [...changes, option], next: next + i + 1 }],
          ),
      )
      .slice(0, MOST_TRIED);
  return found.map(({ changes }) => changes);
}

/** Writes an array of texts as PostgreSQL reads it. */
const arrayOf = (texts: readonly (string | null)[]): string =>
  `{${texts.map((text) => (text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`)).join(",")}}`;

/** A column as the catalog has it. */
type Read = Omit<Column, "literals" | "patterns" | "likes" | "labels" | "checks"> &
  Readonly<Record<"labels" | "checks" | "domainChecks", string[] | null>>;

/** The texts that stand after an operator in a CHECK. */
const after = (operator: string, check: string): string[] =>
  [...check.matchAll(new RegExp(` ${operator} '((?:[^']|'')*)'::`, "g"))].map(([, text]) =>
    text!.replaceAll("''", "'"),
  );

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
      'isNullable', not (a.attnotnull or b."notNull"),
      'defaultTo', case when a.attgenerated = '' then coalesce((select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
          where d.adrelid = a.attrelid and d.adnum = a.attnum),
        (select d.typdefault from pg_type d where d.oid = a.atttypid and d.typbasetype <> 0)) end,
      'checks', k.checks,
      'domainChecks', (select json_agg(pg_get_expr(c.conbin, 0)) from pg_constraint c where c.contypid in (
        select l.type from bases l where l.attnum = a.attnum))) order by a.attnum)
    from pg_attribute a
    join bases b on b.attnum = a.attnum
    join pg_type t on t.oid = b.type and t.typtype <> 'd'
    cross join lateral (select json_agg(pg_get_expr(c.conbin, c.conrelid)) as checks from pg_constraint c
      where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]) k
    where a.attrelid = format('%I.%I', $1::text, $2::text)::regclass and a.attnum > 0 and not a.attisdropped),
  -- 7: for each row, before, on insert.
  'hasTriggers', exists (select from pg_trigger t
    where t.tgrelid = format('%I.%I', $1::text, $2::text)::regclass and t.tgtype & 7 = 7),
  'rowChecks', (select json_agg(json_build_object(
      'columns', (select json_agg(a.attname) from pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.conkey)),
      'condition', pg_get_expr(c.conbin, c.conrelid)))
    from pg_constraint c
    where c.conrelid = format('%I.%I', $1::text, $2::text)::regclass and c.contype = 'c' and cardinality(c.conkey) > 1
      -- Of what the server makes nothing is known before the row is there.
      and not exists (select from pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.conkey)
        and (a.attidentity <> '' or a.attgenerated <> ''))),
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
