import {
  type CopyConfig,
  insertInChunks,
  inTurn,
  type QueryInfo,
  type QueryResult,
  readSettled,
} from "./results.ts";

/** What a statement is sent as; the shape that `pg` takes, and a description for tracing that it ignores. */
export interface QueryConfig {
  text: string;
  values: unknown[];
  rowMode: "array";
  types: RawText;
  name?: string;
  query: QueryInfo;
}

/** Anything that runs statements: `pg`'s Pool, Client and PoolClient, or a fake. */
export interface Client {
  query(config: QueryConfig): Promise<QueryResult>;
  /** Sends all at once, and settles each in its place. */
  batch?(configs: QueryConfig[]): Promise<PromiseSettledResult<QueryResult>[]>;
  /** Writes rows with COPY; gives their number. */
  copyRows?<A>(config: CopyConfig<A>): Promise<number>;
}

// biome-ignore lint/suspicious/noExplicitAny: this is the type that `pg` asks of a parser
export type RawText = { getTypeParser(): (text: any) => any };
/** Leaves every value as PostgreSQL's text, whatever parsers the application has registered. */
export const rawText: RawText = { getTypeParser: () => (text) => text };

/** Runs one statement per argument list: all at once where the client can, else one after the other. */
export async function batch<T>(
  client: Client,
  configs: QueryConfig[],
  read: (result: QueryResult) => T,
): Promise<PromiseSettledResult<T>[]> {
  const settled = await (client.batch?.(configs) ?? inTurn(configs, (config) => client.query(config)));
  return readSettled(settled, read);
}

/** Inserts rows: by COPY where the client can, else with one statement per thousand rows. */
export async function copy<A>(
  client: Client,
  config: CopyConfig<A>,
  statement: (columns: (string | null)[][]) => QueryConfig,
): Promise<number> {
  if (client.copyRows !== undefined) return client.copyRows(config);
  return insertInChunks(config, (columns) => client.query(statement(columns)));
}
