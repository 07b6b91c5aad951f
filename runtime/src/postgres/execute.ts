import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import { type DriverClient, prepareValue } from "./driver.ts";
import { type PreparedStatements, sendParse, statementName } from "./prepared-statements.ts";
import { roundTrip } from "./round-trip.ts";

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

/** Whether the server refused it because its prepared statement is gone, or no longer gives what it gave. */
export function isOutdated(error: unknown): boolean {
  if (!isServerError(error)) return false;
  return error.code === "26000" || (error.code === "0A000" && error.routine === "RevalidateCachedQuery");
}

async function exchange(
  client: DriverClient,
  config: QueryConfig,
  prepared: PreparedStatements | undefined,
): Promise<QueryResult> {
  const { text, values } = config;
  const name = prepared === undefined ? "" : statementName(text, config.query.name);
  const { rows, tag } = await roundTrip(client, (connection) => {
    sendParse(connection, prepared, name, text);
    connection.bind({ statement: name, values, valueMapper: prepareValue });
    connection.execute();
  });
  prepared?.confirm(name);
  return { rows, ...readTag(tag) };
}
