import { type Completion, Rows } from "./made-rows.ts";
import type { TestDatabase } from "./test-database.ts";

/** How values of a column are read and written, as generated code has it. */
export interface ColumnCodec {
  decode(text: string): unknown;
  encode(value: never): string;
}

/** A table as `emit_tables` writes it; `Row` is its model. */
export interface Table<Row> {
  readonly schema: string;
  readonly table: string;
  /** The property, the column, and how its values are read and written. */
  readonly columns: readonly (readonly [property: string, column: string, codec: ColumnCodec])[];
  /** Only a type. */
  readonly row?: Row;
}

/** Some of a row's values; what is undefined is made up as what is left out is. */
export type Given<Row> = { readonly [Name in keyof Row]?: Row[Name] | undefined };

/** Makes rows of one table. */
export interface Factory<Row> {
  /** Inserts a row with what is given; what else it must have is made up, rows that it refers to among it. */
  (given?: Given<Row>): Promise<Row>;
  /** Inserts several; `given` may be a function of the place, from 0. */
  many(count: number, given?: Given<Row> | ((index: number) => Given<Row>)): Promise<Row[]>;
}

export type Factories<Tables> = {
  readonly [Name in keyof Tables]: Tables[Name] extends { readonly row?: infer Row }
    ? Factory<NonNullable<Row>>
    : never;
};

type RowOf<OfTable> = OfTable extends { readonly row?: infer Row } ? NonNullable<Row> : never;

/** What cannot be made up of a table's rows, which triggers ask for: from what is known of a row, and with rows of other tables. */
export type Completions<Tables> = {
  readonly [Name in keyof Tables]?: (
    make: Factories<Tables>,
    known: Given<RowOf<Tables[Name]>>,
  ) => Given<RowOf<Tables[Name]>> | Promise<Given<RowOf<Tables[Name]>>>;
};

/**
 * Gives a function for each table that inserts a row and gives it as the generated functions would: typed, every default applied.
 * What a row must have and was not given is made up: unique, one of the enum's, within the CHECKs of the table; and a row that it
 * must refer to is inserted, too. `completions` say what cannot be made up, for rows that others refer to as well.
 */
export function createFactories<Tables extends Readonly<Record<string, Table<object>>>>(
  database: Pick<TestDatabase, "query">,
  tables: Tables,
  completions: Completions<Tables> = {},
): Factories<Tables> {
  const completing = new Map<string, Completion>();
  const rows = new Rows(database, completing);
  const made = Object.entries(tables).map(([name, table]) => [name, factory(rows, table)] as const);
  const factories = Object.fromEntries(made) as unknown as Factories<Tables>;
  for (const [name, table] of Object.entries(tables)) {
    const complete = completions[name];
    if (complete === undefined) continue;
    completing.set(`${table.schema}.${table.table}`, async (known) =>
      textsOf(table, await complete(factories, valuesOf(table, known) as never)),
    );
  }
  return factories;
}

/** Gives the texts of a row's properties, by column. */
function textsOf(table: Table<object>, row: object): Map<string, string | null> {
  const texts = new Map<string, string | null>();
  for (const [property, value] of Object.entries(row)) {
    if (value === undefined) continue;
    const column = table.columns.find(([name]) => name === property);
    if (column === undefined) throw new TypeError(`${table.table} has no ${JSON.stringify(property)}`);
    texts.set(column[1], value === null ? null : column[2].encode(value as never));
  }
  return texts;
}

/** Gives the properties of those columns that are known. */
function valuesOf(table: Table<object>, texts: ReadonlyMap<string, string | null>): object {
  return Object.fromEntries(
    table.columns.flatMap(([property, column, codec]) => {
      const text = texts.get(column);
      return text === undefined ? [] : [[property, text === null ? null : codec.decode(text)]];
    }),
  );
}

function factory(rows: Rows, table: Table<object>): Factory<object> {
  const make = async (given: object = {}): Promise<object> =>
    valuesOf(table, await rows.insert(table.schema, table.table, textsOf(table, given)));
  return Object.assign(make, {
    async many(count: number, given: object | ((index: number) => object) = {}): Promise<object[]> {
      const all: object[] = [];
      // One after the other, so that they have the order that was asked for.
      for (let index = 0; index < count; index++)
        all.push(await make(typeof given === "function" ? given(index) : given));
      return all;
    },
  });
}
