import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import { sendBind } from "./bind.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import { refuse } from "./driver.ts";
import { confirmOpenings, doubtOpenings, NO_OPENING, type Opening, sendOpenings } from "./opening.ts";
import { nameFor, sendParse } from "./prepared-statements.ts";
import { exchange } from "./round-trip.ts";
import type { Scope } from "./scope.ts";
import { rolledBack } from "./transaction-state.ts";

/**
 * Runs a statement on a connection that the caller holds. One whose prepared statement a migration has outdated, or somebody
 * deallocated, is prepared again; the server refuses such a one before it does anything. In a transaction only the first
 * can be, for which the transaction begins anew.
 * @param scope none where a transaction is open, which has its own
 * @param resolve called as soon as the server is ready for another, unless the connection was lost
 * @param reject given `pg`'s errors, or EndingFailed, before the server is ready
 * @param isLast whether COMMIT goes out behind it; with the transaction that is open then nothing is left to do
 */
export function execute(
  connection: Connection,
  config: QueryConfig,
  scope: Scope | undefined,
  resolve: (result: QueryResult) => void,
  reject: (error: unknown) => void,
  isLast = false,
): void {
  const { prepared, beginning } = connection;
  const openings = beginning ?? scope?.opening ?? NO_OPENING;
  const name = nameFor(config, prepared);
  send(connection, openings, name, config, isLast, resolve, (error) => {
    if (!isOutdated(error) || prepared === undefined) reject(error);
    else executeAgain(connection, openings, name, config, isLast, error, 1).then(resolve, reject);
  });
}

async function executeAgain(
  connection: Connection,
  openings: readonly Opening[],
  name: string,
  config: QueryConfig,
  isLast: boolean,
  error: unknown,
  attempt: number,
): Promise<QueryResult> {
  const { prepared } = connection;
  prepared?.doubt(name, config.text);
  doubtOpenings(openings, prepared);
  await connection.ready();
  const isAnew = await connection.startOver();
  if ((connection.isInTransaction && !isAnew) || connection.lost !== undefined) throw error;
  const before = isAnew ? NO_OPENING : openings;
  const newName = nameFor(config, prepared);
  return new Promise((resolve, reject) => {
    send(connection, before, newName, config, isLast, resolve, (again) => {
      if (!isOutdated(again) || attempt === ATTEMPTS) reject(again);
      else resolve(executeAgain(connection, before, newName, config, isLast, again, attempt + 1));
    });
  });
}

/** Again as it was, and again under another text, where a pooler keeps the old one by that. */
export const ATTEMPTS = 2;

/** Tells whether the server refused it because its prepared statement is gone, or no longer gives what it gave. */
export function isOutdated(error: unknown): boolean {
  if (!isServerError(error)) return false;
  // 42P05: somebody has prepared another under the name.
  return (
    error.code === "26000" ||
    error.code === "42P05" ||
    (error.code === "0A000" && error.routine === "RevalidateCachedQuery")
  );
}

function send(
  { client, prepared }: Connection,
  openings: readonly Opening[],
  name: string,
  config: QueryConfig,
  isLast: boolean,
  resolve: (result: QueryResult) => void,
  reject: (error: unknown) => void,
): void {
  exchange(
    client,
    (packet) => {
      sendOpenings(packet, openings, prepared);
      sendParse(packet, prepared, name, config.text);
      sendBind(packet, config, name);
      packet.execute();
      if (isLast) packet.commit();
    },
    ({ rows, tag, ending }) => {
      if (isLast && ending !== "COMMIT") {
        reject(notCommitted(client, ending));
        return;
      }
      confirmOpenings(openings, prepared);
      const { command, rowCount } = readTag(tag);
      prepared?.confirm(name);
      prepared?.heed(command);
      resolve({ rows, command, rowCount });
    },
    reject,
  );
}

function notCommitted({ connection }: Connection["client"], tag: string | undefined): Error {
  return tag === "ROLLBACK"
    ? rolledBack()
    : refuse(connection, "the server answered commit with something else");
}
