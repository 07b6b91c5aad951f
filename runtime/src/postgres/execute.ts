import { isServerError } from "../errors/from-server.ts";
import type { QueryResult } from "../statement.ts";
import { sendBind } from "./bind.ts";
import { readTag } from "./command-tag.ts";
import type { Asked, Connection } from "./connection.ts";
import { refuse, submit } from "./driver.ts";
import { confirmOpenings, doubtOpenings, NO_OPENING, type Opening, sendOpenings } from "./opening.ts";
import type { Packet } from "./packet.ts";
import { nameFor, type PreparedStatements, sendParse } from "./prepared-statements.ts";
import { type Answer, RoundTrip } from "./round-trip.ts";
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
  config: Asked,
  scope: Scope | undefined,
  resolve: (result: QueryResult) => void,
  reject: (error: unknown) => void,
  isLast = false,
): void {
  const openings = connection.beginning ?? scope?.opening ?? NO_OPENING;
  submit(connection.client, new Execution(connection, openings, config, isLast, 0, resolve, reject));
}

async function executeAgain(
  connection: Connection,
  openings: readonly Opening[],
  name: string,
  config: Asked,
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
  return new Promise((resolve, reject) => {
    submit(connection.client, new Execution(connection, before, config, isLast, attempt, resolve, reject));
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

/** A statement that is sent, and what goes out in front of it and behind. */
class Execution extends RoundTrip {
  readonly #connection: Connection;
  readonly #prepared: PreparedStatements | undefined;
  readonly #openings: readonly Opening[];
  /** Of its prepared statement. */
  readonly #name: string;
  readonly #config: Asked;
  readonly #isLast: boolean;
  /** How often it was sent before. */
  readonly #attempt: number;
  readonly #resolve: (result: QueryResult) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    connection: Connection,
    openings: readonly Opening[],
    config: Asked,
    isLast: boolean,
    attempt: number,
    resolve: (result: QueryResult) => void,
    reject: (error: unknown) => void,
  ) {
    super(config.read);
    this.#connection = connection;
    this.#prepared = connection.prepared;
    this.#openings = openings;
    this.#name = nameFor(config, connection.prepared);
    this.#config = config;
    this.#isLast = isLast;
    this.#attempt = attempt;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  protected override write(packet: Packet): void {
    const config = this.#config;
    sendOpenings(packet, this.#openings, this.#prepared);
    sendParse(packet, this.#prepared, this.#name, config.text);
    sendBind(packet, config, this.#name);
    packet.execute();
    if (this.#isLast) packet.commit();
  }

  protected override succeed({ rows, readCount, tag, ending }: Answer): void {
    if (this.#isLast && ending !== "COMMIT") {
      this.#reject(notCommitted(this.#connection.client, ending));
      return;
    }
    confirmOpenings(this.#openings, this.#prepared);
    const { command, rowCount } = readTag(tag);
    this.#prepared?.confirm(this.#name);
    this.#prepared?.heed(command);
    this.#resolve(
      this.#config.read === undefined ? { rows, command, rowCount } : { rows, readCount, command, rowCount },
    );
  }

  protected override fail(error: unknown): void {
    if (!isOutdated(error) || this.#prepared === undefined || this.#attempt === ATTEMPTS) {
      this.#reject(error);
      return;
    }
    executeAgain(
      this.#connection,
      this.#openings,
      this.#name,
      this.#config,
      this.#isLast,
      error,
      this.#attempt + 1,
    ).then(this.#resolve, this.#reject);
  }
}

function notCommitted({ connection }: Connection["client"], tag: string | undefined): Error {
  return tag === "ROLLBACK"
    ? rolledBack()
    : refuse(connection, "the server answered commit with something else");
}
