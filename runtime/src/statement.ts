import type { Deadline } from "./deadline.ts";

/** What analysis knows of a statement, for the names of spans and metrics. Written into generated code. */
export interface QueryInfo {
  /** The query's name, as its annotation gives it. */
  readonly name: string;
  /** `:one`, `:many` … */
  readonly command: string;
  /** `SELECT`, `INSERT` … */
  readonly operation: string;
  /** The relations that it touches, `schema.name`. */
  readonly relations: readonly string[];
  /** The relation, where it is exactly one. */
  readonly collection?: string;
  /** The parameters' names, in the order of the values. */
  readonly parameters?: readonly string[];
  /** Whether analysis has not seen the statement, so that its text may have values in it. */
  readonly isAdHoc?: boolean;
}

/** What every generated function takes as its last argument. */
export interface QueryOptions {
  /** Ends the statement on the server when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the call to the last row, waiting for a connection included. */
  readonly timeout?: number | undefined;
  /** When the last row must be there, as a Date or milliseconds since 1970; see `withDeadline` for that of an outer call. */
  readonly deadline?: Deadline | undefined;
}

/** What a generated `:batch…` function takes as its last argument. */
export interface BatchOptions extends QueryOptions {
  /**
   * Whether all of it happens or nothing: one implicit transaction, as pgx's batches are, which costs the server much less.
   * Where one fails, it has its error and the others a TransactionRolledBackError.
   */
  readonly atomic?: boolean | undefined;
}

/** A row as it came from the server: every value PostgreSQL's text, or null. Generated code decodes it. */
// biome-ignore lint/suspicious/noExplicitAny: generated code knows what stands where
export type RawRow = any[];

/** Reads a row as its query's type has it: a function of the row alone. */
export type ReadRow = (row: RawRow) => unknown;

/** Leaves every value as PostgreSQL's text, whatever parsers the application has registered. */
export const rawText = { getTypeParser: () => (text: unknown) => text };

/** One statement; the shape that `pg` takes too. */
export interface QueryConfig extends QueryOptions {
  readonly text: string;
  readonly values: unknown[];
  readonly rowMode: "array";
  /** Keeps `pg` from decoding, whatever parsers the application has registered. */
  readonly types: { getTypeParser(): (text: unknown) => unknown };
  /** The name of the prepared statement, where generated code gives one. */
  readonly name?: string;
  /** False where the server should not keep it, since it will hardly come again. */
  readonly prepare?: boolean;
  readonly query: QueryInfo;
}

export interface QueryResult {
  rows: RawRow[];
  /**
   * How many of the rows, from the first on, are what the statement's `read` gave of them, where it was run with one. Missing where a client
   * leaves that to who asked: `readRows` reads the rest.
   */
  readCount?: number;
  /** Rows returned or affected, where the server counts them. */
  rowCount: number | null;
  /** The command tag's first word: `SELECT`, `INSERT` … */
  command: string;
}

export interface ExecResult {
  rowCount: number;
  command: string;
}

/** Rows for a bulk insert. */
export interface CopyConfig<A> extends QueryOptions {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: Iterable<A> | AsyncIterable<A>;
  /** A row's values in PostgreSQL's text form, in the order of the columns. */
  encode(row: A): (string | null)[];
  readonly query: QueryInfo;
}

/** What generated functions run on: a pool, a connection or a transaction. */
export interface Client {
  /** @param read what is made of each row; a client may do so as they come, while the server sends the others */
  query(config: QueryConfig, read?: ReadRow): Promise<QueryResult>;
  /** Sends all at once, and settles each in its place. The options are for the whole; those of a statement are not read. */
  batch(
    configs: readonly QueryConfig[],
    options?: BatchOptions,
  ): Promise<PromiseSettledResult<QueryResult>[]>;
  /** Writes rows with COPY; gives their number. */
  copyRows<A>(config: CopyConfig<A>): Promise<number>;
  /** Row by row through a cursor; ending the loop early closes it. */
  stream(config: QueryConfig): AsyncIterable<RawRow>;
}
