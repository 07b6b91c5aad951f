import {
  type CopyConfig,
  insertInChunks,
  inTurn,
  type QueryInfo,
  type QueryResult,
  type RawRow,
  readSettled,
} from "./results.ts";

/** What a statement is sent as. */
export interface QueryConfig {
  text: string;
  /** PostgreSQL's texts. */
  values: (string | null)[];
  /** Where there is one, postgres.js keeps the statement prepared, under a name of its own. */
  name?: string;
  query: QueryInfo;
}

/** Rows as they came over the wire. */
export interface WireRows extends ReadonlyArray<readonly (Uint8Array | null)[]> {
  readonly count: number | null;
  readonly command: string;
}

/** Anything that runs statements: postgres.js's `sql`, and that of a transaction, a savepoint or a reserved connection. */
export interface Client {
  unsafe(
    text: string,
    // biome-ignore lint/suspicious/noExplicitAny: these are what `typed` gives, whose type is postgres.js's own
    values: any[],
    options: { readonly prepare: boolean; readonly simple: boolean },
  ): {
    raw(): PromiseLike<WireRows> & {
      cursor(rows: number): AsyncIterable<readonly (readonly (Uint8Array | null)[])[]>;
    };
  };
  typed(value: string | null, oid: number): unknown;
}

/** PostgreSQL's type `unknown`: the server infers the parameter's type, and postgres.js, which has no serializer for it, leaves the text as it is. */
const UNKNOWN = 705;

const send = (client: Client, { text, values, name }: QueryConfig) =>
  client
    .unsafe(
      text,
      values.map((value) => client.typed(value, UNKNOWN)),
      { prepare: name !== undefined, simple: false },
    )
    // Whatever parsers and transforms of values the application has registered.
    .raw();

const texts = (row: readonly (Uint8Array | null)[]): RawRow =>
  row.map((value) => (value === null ? null : (value as Buffer).toString("utf8")));

export async function execute(client: Client, config: QueryConfig): Promise<QueryResult> {
  const result = await send(client, config);
  return { rows: Array.from(result, texts), rowCount: result.count, command: result.command };
}

const ROWS_AT_A_TIME = 100;

/** Gives rows one by one, through a cursor. */
export async function* stream(client: Client, config: QueryConfig): AsyncIterableIterator<RawRow> {
  for await (const rows of send(client, config).cursor(ROWS_AT_A_TIME)) {
    for (const row of rows) yield texts(row);
  }
}

/** Runs one statement per argument list, one after the other. */
export async function batch<T>(
  client: Client,
  configs: QueryConfig[],
  read: (result: QueryResult) => T,
): Promise<PromiseSettledResult<T>[]> {
  return readSettled(await inTurn(configs, (config) => execute(client, config)), read);
}

/** Inserts rows with one statement per thousand of them. */
export function copy<A>(
  client: Client,
  config: CopyConfig<A>,
  statement: (columns: (string | null)[][]) => QueryConfig,
): Promise<number> {
  return insertInChunks(config, (columns) => execute(client, statement(columns)));
}
