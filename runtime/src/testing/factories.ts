import { Rows } from "./made-rows.ts";
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

/** Makes rows of one table. */
export interface Factory<Row> {
  /** Inserts a row with what is given; what else it must have is made up, rows that it refers to among it. */
  (given?: Partial<Row>): Promise<Row>;
  /** Inserts several; `given` may be a function of the place, from 0. */
  many(count: number, given?: Partial<Row> | ((index: number) => Partial<Row>)): Promise<Row[]>;
}

export type Factories<Tables> = {
  readonly [Name in keyof Tables]: Tables[Name] extends { readonly row?: infer Row }
    ? Factory<NonNullable<Row>>
    : never;
};

/**
 * Gives a function for each table that inserts a row and gives it as the generated functions would: typed, every default applied.
 * What a row must have and was not given is made up: unique, one of the enum's, within the CHECKs of its column; and a row that it
 * must refer to is inserted, too.
 */
export function createFactories<Tables extends Readonly<Record<string, Table<object>>>>(
  database: Pick<TestDatabase, "query">,
  tables: Tables,
): Factories<Tables> {
  const rows = new Rows(database);
  const factories = Object.entries(tables).map(([name, table]) => [name, factory(rows, table)] as const);
  return Object.fromEntries(factories) as unknown as Factories<Tables>;
}

function factory(rows: Rows, table: Table<object>): Factory<object> {
  const byProperty = new Map(table.columns.map((column) => [column[0], column]));
  const make = async (given: object = {}): Promise<object> => {
    const values = new Map<string, string | null>();
    for (const [property, value] of Object.entries(given)) {
      if (value === undefined) continue;
      const column = byProperty.get(property);
      if (column === undefined) throw new TypeError(`${table.table} has no ${JSON.stringify(property)}`);
      values.set(column[1], value === null ? null : column[2].encode(value as never));
    }
    const made = await rows.insert(table.schema, table.table, values);
    return Object.fromEntries(
      table.columns.map(([property, column, codec]) => {
        const text = made.get(column) ?? null;
        return [property, text === null ? null : codec.decode(text)];
      }),
    );
  };
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
