import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import { prepareValue } from "./driver.ts";
import { nameFor, type PreparedStatements, sendParse, statementName } from "./prepared-statements.ts";
import { exchange } from "./round-trip.ts";

/**
 * Runs a statement on a connection that the caller holds. Outside a transaction, one whose prepared statement a migration
 * has outdated, or somebody deallocated, is prepared again; the server refuses such a one before it does anything.
 * @throws `pg`'s errors
 */
export function execute(connection: Connection, config: QueryConfig): Promise<QueryResult> {
  const { text, values } = config;
  const { prepared, beginning } = connection;
  const statements: Statement[] = [{ name: nameFor(config, prepared), text, values }];
  if (beginning !== undefined) statements.unshift(beginStatement(beginning, prepared));
  return new Promise((resolve, reject) => {
    send(connection, statements, resolve, (error) => {
      if (!(isOutdated(error) && statements.some(({ name }) => name !== ""))) reject(error);
      else resolve(executeAgain(connection, statements, error));
    });
  });
}

/** One of those that share a Sync: where one fails, the server skips the rest. */
interface Statement {
  /** Empty where it is not prepared. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

function beginStatement(text: string, prepared: PreparedStatements | undefined): Statement {
  return { name: prepared === undefined ? "" : statementName(text, "begin"), text, values: [] };
}

async function executeAgain(
  connection: Connection,
  statements: readonly Statement[],
  error: unknown,
): Promise<QueryResult> {
  for (const { name } of statements) connection.prepared?.doubt(name);
  await connection.ready();
  if (connection.isInTransaction || connection.lost !== undefined) throw error;
  return new Promise((resolve, reject) => send(connection, statements, resolve, reject));
}

/** Whether the server refused it because its prepared statement is gone, or no longer gives what it gave. */
export function isOutdated(error: unknown): boolean {
  if (!isServerError(error)) return false;
  return error.code === "26000" || (error.code === "0A000" && error.routine === "RevalidateCachedQuery");
}

/** Gives what the last one answers. */
function send(
  { client, prepared }: Connection,
  statements: readonly Statement[],
  resolve: (result: QueryResult) => void,
  reject: (error: unknown) => void,
): void {
  exchange(
    client,
    (connection) => {
      for (const { name, text, values } of statements) {
        sendParse(connection, prepared, name, text);
        connection.bind({ statement: name, values, valueMapper: prepareValue });
        connection.execute();
      }
    },
    ({ rows, tag }) => {
      for (const { name } of statements) prepared?.confirm(name);
      resolve({ rows, ...readTag(tag) });
    },
    reject,
  );
}
