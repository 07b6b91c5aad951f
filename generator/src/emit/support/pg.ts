/** What a statement is sent as; the shape that `pg` takes, and a description for tracing that it ignores. */
export interface QueryConfig {
  text: string;
  values: unknown[];
  rowMode: "array";
  types: RawText;
  name?: string;
  query: QueryInfo;
}

/** What analysis knows of a statement, for the names of spans and metrics. */
export interface QueryInfo {
  readonly name: string;
  readonly command: string;
  readonly operation: string;
  /** The relations that it touches, `schema.name`. */
  readonly relations: readonly string[];
  /** The relation, where it is exactly one. */
  readonly collection?: string;
  /** The parameters' names, in the order of the values. */
  readonly parameters?: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: each value is text or null; the generated code knows which
export type RawRow = any[];

export interface QueryResult {
  rows: RawRow[];
  rowCount: number | null;
  command: string;
}

/** Rows for a bulk insert. */
export interface CopyConfig<A> {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: Iterable<A> | AsyncIterable<A>;
  /** A row's values in PostgreSQL's text form, in the order of the columns. */
  encode(row: A): (string | null)[];
  readonly query: QueryInfo;
}

/** Anything that runs statements: `pg`'s Pool, Client and PoolClient, or a fake. */
export interface Client {
  query(config: QueryConfig): Promise<QueryResult>;
  /** Sends all at once, and settles each in its place. */
  batch?(configs: QueryConfig[]): Promise<PromiseSettledResult<QueryResult>[]>;
  /** Writes rows with COPY; gives their number. */
  copyRows?<A>(config: CopyConfig<A>): Promise<number>;
}

export interface ExecResult {
  rowCount: number;
  command: string;
}

// biome-ignore lint/suspicious/noExplicitAny: this is the type that `pg` asks of a parser
export type RawText = { getTypeParser(): (text: any) => any };
/** Leaves every value as PostgreSQL's text, whatever parsers the application has registered. */
export const rawText: RawText = { getTypeParser: () => (text) => text };

/** No row came, where one was promised. */
export class NoRowsError extends Error {
  override readonly name = "NoRowsError";
  /** The query's name, as its annotation gives it. */
  readonly query: string;

  constructor(query: string) {
    super(`${query}: no row came`);
    this.query = query;
  }
}

/** The first row of a statement that is to give one. @throws NoRowsError */
export function promisedRow(result: QueryResult, query: string): RawRow {
  const row = result.rows[0];
  if (row === undefined) throw new NoRowsError(query);
  return row;
}

/** Runs one statement per argument list: all at once where the client can, else one after the other. */
export async function batch<T>(
  client: Client,
  configs: QueryConfig[],
  read: (result: QueryResult) => T,
): Promise<PromiseSettledResult<T>[]> {
  const settled: PromiseSettledResult<QueryResult>[] = [];
  if (client.batch !== undefined) settled.push(...(await client.batch(configs)));
  else for (const config of configs) settled.push(...(await Promise.allSettled([client.query(config)])));
  return Promise.allSettled(
    settled.map(async (s) => {
      if (s.status === "rejected") throw s.reason;
      return read(s.value);
    }),
  );
}

const CHUNK = 1000;

/** Inserts rows: by COPY where the client can, else with one statement per thousand rows. */
export async function copy<A>(
  client: Client,
  config: CopyConfig<A>,
  statement: (columns: (string | null)[][]) => QueryConfig,
): Promise<number> {
  if (client.copyRows !== undefined) return client.copyRows(config);
  let count = 0;
  let columns: (string | null)[][] = config.columns.map(() => []);
  let pending = 0;
  const flush = async (): Promise<void> => {
    const result = await client.query(statement(columns));
    count += result.rowCount ?? 0;
    columns = config.columns.map(() => []);
    pending = 0;
  };
  for await (const row of config.rows) {
    config.encode(row).forEach((value, i) => void columns[i]?.push(value));
    if (++pending === CHUNK) await flush();
  }
  if (pending > 0) await flush();
  return count;
}
