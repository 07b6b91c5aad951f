import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult, RawRow } from "../statement.ts";
import type { Connection } from "./connection.ts";
import {
  BaseExchange,
  type CommandComplete,
  type DataRow,
  type DriverClient,
  type DriverConnection,
  prepareValue,
  submit,
} from "./driver.ts";
import { type PreparedStatements, statementName } from "./prepared-statements.ts";

/**
 * Runs a statement on a connection that the caller holds. Outside a transaction, one whose prepared statement a migration
 * has outdated, or somebody deallocated, is prepared again; the server refuses such a one before it does anything.
 * @throws `pg`'s errors
 */
export async function execute(connection: Connection, config: QueryConfig): Promise<QueryResult> {
  const { client } = connection;
  const prepared = config.prepare === false ? undefined : connection.prepared;
  try {
    return await exchange(client, config, prepared);
  } catch (error) {
    if (prepared === undefined || !isOutdated(error)) throw error;
    prepared.doubt(statementName(config.text, config.query.name));
    await connection.ready();
    if (connection.isInTransaction || connection.lost !== undefined) throw error;
    return exchange(client, config, prepared);
  }
}

function isOutdated(error: unknown): boolean {
  if (!isServerError(error)) return false;
  return error.code === "26000" || (error.code === "0A000" && error.routine === "RevalidateCachedQuery");
}

function exchange(
  client: DriverClient,
  config: QueryConfig,
  prepared: PreparedStatements | undefined,
): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    submit(client, new Statement(config, prepared, resolve, reject));
  });
}

/** One statement on its way; what comes back is kept as the server wrote it. */
class Statement extends BaseExchange {
  readonly #config: QueryConfig;
  readonly #prepared: PreparedStatements | undefined;
  readonly #resolve: (result: QueryResult) => void;
  readonly #reject: (error: unknown) => void;
  readonly #name: string;
  readonly #rows: RawRow[] = [];
  #tag = "";

  constructor(
    config: QueryConfig,
    prepared: PreparedStatements | undefined,
    resolve: (result: QueryResult) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#config = config;
    this.#prepared = prepared;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#name = prepared === undefined ? "" : statementName(config.text, config.query.name);
  }

  override submit(connection: DriverConnection): Error | null {
    const { stream } = connection;
    // One packet rather than one for each message.
    stream.cork();
    try {
      this.#parse(connection);
      connection.bind({ statement: this.#name, values: this.#config.values, valueMapper: prepareValue });
      connection.execute();
    } catch (error) {
      // A value that cannot be written. What was sent is ended by the Sync, which the server answers.
      this.#reject(error);
    } finally {
      connection.sync();
      stream.uncork();
    }
    return null;
  }

  #parse(connection: DriverConnection): void {
    const name = this.#name;
    const { text } = this.#config;
    const prepared = this.#prepared;
    if (prepared !== undefined) {
      const need = prepared.need(name);
      if (need === "nothing") return;
      if (need === "close and parse") connection.close({ type: "S", name });
      const surplus = prepared.add(name);
      if (surplus !== undefined) connection.close({ type: "S", name: surplus });
    }
    connection.parse({ name, text });
  }

  override handleDataRow(message: DataRow): void {
    this.#rows.push(message.fields);
  }

  override handleCommandComplete(message: CommandComplete): void {
    this.#tag = message.text;
  }

  override handleError(error: Error): void {
    this.#reject(error);
  }

  override handleReadyForQuery(): void {
    this.#prepared?.confirm(this.#name);
    this.#resolve({ rows: this.#rows, ...readTag(this.#tag) });
  }
}

/** `INSERT 0 5`, `SELECT 5`, `BEGIN` */
function readTag(tag: string): { command: string; rowCount: number | null } {
  const last = tag.lastIndexOf(" ");
  if (last === -1) return { command: tag, rowCount: null };
  const count = Number(tag.slice(last + 1));
  return { command: tag.slice(0, tag.indexOf(" ")), rowCount: Number.isNaN(count) ? null : count };
}
