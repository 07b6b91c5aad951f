import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import { type DriverClient, prepareValue } from "./driver.ts";
import { nameFor, type PreparedStatements, sendParse } from "./prepared-statements.ts";
import { roundTrip } from "./round-trip.ts";

/**
 * Runs a statement on a connection that the caller holds. Outside a transaction, one whose prepared statement a migration
 * has outdated, or somebody deallocated, is prepared again; the server refuses such a one before it does anything.
 * @throws `pg`'s errors
 */
export async function execute(connection: Connection, config: QueryConfig): Promise<QueryResult> {
  const { client, prepared } = connection;
  const name = nameFor(config, prepared);
  try {
    return await exchange(client, config, prepared, name);
  } catch (error) {
    if (name === "" || !isOutdated(error)) throw error;
    prepared?.doubt(name);
    await connection.ready();
    if (connection.isInTransaction || connection.lost !== undefined) throw error;
    return exchange(client, config, prepared, name);
  }
}

/** Whether the server refused it because its prepared statement is gone, or no longer gives what it gave. */
export function isOutdated(error: unknown): boolean {
  if (!isServerError(error)) return false;
  return error.code === "26000" || (error.code === "0A000" && error.routine === "RevalidateCachedQuery");
}

async function exchange(
  client: DriverClient,
  { text, values }: QueryConfig,
  prepared: PreparedStatements | undefined,
  name: string,
): Promise<QueryResult> {
  const { rows, tag } = await roundTrip(client, (connection) => {
    sendParse(connection, prepared, name, text);
    connection.bind({ statement: name, values, valueMapper: prepareValue });
    connection.execute();
  });
  prepared?.confirm(name);
  return { rows, ...readTag(tag) };
}
