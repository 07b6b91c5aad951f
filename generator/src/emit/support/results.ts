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

export interface ExecResult {
  rowCount: number;
  command: string;
}

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

/** Runs statements one after the other, and settles each in its place. */
export async function inTurn<C>(
  configs: readonly C[],
  run: (config: C) => Promise<QueryResult>,
): Promise<PromiseSettledResult<QueryResult>[]> {
  const settled: PromiseSettledResult<QueryResult>[] = [];
  for (const config of configs) settled.push(...(await Promise.allSettled([run(config)])));
  return settled;
}

/** Reads the results of those that went well; where that fails, it is rejected. */
export function readSettled<T>(
  settled: readonly PromiseSettledResult<QueryResult>[],
  read: (result: QueryResult) => T,
): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(
    settled.map(async (s) => {
      if (s.status === "rejected") throw s.reason;
      return read(s.value);
    }),
  );
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

const CHUNK = 1000;

/** Inserts rows with one statement per thousand of them, which takes an array for each column; gives their number. */
export async function insertInChunks<A>(
  config: CopyConfig<A>,
  insert: (columns: (string | null)[][]) => Promise<QueryResult>,
): Promise<number> {
  let count = 0;
  let columns: (string | null)[][] = config.columns.map(() => []);
  let pending = 0;
  const flush = async (): Promise<void> => {
    const result = await insert(columns);
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
