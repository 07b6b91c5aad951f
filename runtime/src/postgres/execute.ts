import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import { prepareValue } from "./driver.ts";
import { nameFor, sendParse } from "./prepared-statements.ts";
import { exchange } from "./round-trip.ts";

/**
 * Runs a statement on a connection that the caller holds. Outside a transaction, one whose prepared statement a migration
 * has outdated, or somebody deallocated, is prepared again; the server refuses such a one before it does anything.
 * @throws `pg`'s errors
 */
export function execute(connection: Connection, config: QueryConfig): Promise<QueryResult> {
  const name = nameFor(config, connection.prepared);
  return new Promise((resolve, reject) => {
    send(connection, config, name, resolve, (error) => {
      if (name === "" || !isOutdated(error)) reject(error);
      else resolve(executeAgain(connection, config, name, error));
    });
  });
}

async function executeAgain(
  connection: Connection,
  config: QueryConfig,
  name: string,
  error: unknown,
): Promise<QueryResult> {
  connection.prepared?.doubt(name);
  await connection.ready();
  if (connection.isInTransaction || connection.lost !== undefined) throw error;
  return new Promise((resolve, reject) => send(connection, config, name, resolve, reject));
}

/** Whether the server refused it because its prepared statement is gone, or no longer gives what it gave. */
export function isOutdated(error: unknown): boolean {
  if (!isServerError(error)) return false;
  return error.code === "26000" || (error.code === "0A000" && error.routine === "RevalidateCachedQuery");
}

function send(
  { client, prepared }: Connection,
  { text, values }: QueryConfig,
  name: string,
  resolve: (result: QueryResult) => void,
  reject: (error: unknown) => void,
): void {
  exchange(
    client,
    (connection) => {
      sendParse(connection, prepared, name, text);
      connection.bind({ statement: name, values, valueMapper: prepareValue });
      connection.execute();
    },
    ({ rows, tag }) => {
      prepared?.confirm(name);
      resolve({ rows, ...readTag(tag) });
    },
    reject,
  );
}
