import { TransactionRolledBackError } from "../errors/errors.ts";
import { isFatal, isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult, RawRow } from "../statement.ts";
import { writeValues } from "./bind.ts";
import { command } from "./command.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import {
  type CommandComplete,
  type DataRow,
  type DriverConnection,
  SyncedExchange,
  submit,
} from "./driver.ts";
import { ATTEMPTS, isOutdated } from "./execute.ts";
import { confirmOpenings, doubtOpenings, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import { doubtAll, nameFor, type PreparedStatements, parseOnce } from "./prepared-statements.ts";
import { mayEndTransaction } from "./transaction-control.ts";

type Settled = PromiseSettledResult<QueryResult>;
type Explain = (error: unknown, query: string | undefined) => unknown;

/** What a batch ended with; of a failure, whose it was: undefined where it was COMMIT's (a deferred constraint, say), or the connection's. */
type Outcome =
  | { readonly results: readonly QueryResult[] }
  | { readonly error: unknown; readonly place: number | undefined };

const BEGIN: Opening = { label: "begin", text: "begin", values: [] };

/**
 * Sends all statements with one Sync, which makes them one transaction where there is none yet, on a connection that the
 * caller holds. Where one of them could end that, it is one that BEGIN has begun. What is outdated is prepared again, as for a
 * single statement.
 */
export async function runAtomically(
  connection: Connection,
  configs: readonly QueryConfig[],
  explain: Explain,
  openings: readonly Opening[],
): Promise<Settled[]> {
  const isOwn = !connection.isInTransaction && configs.some(({ text }) => mayEndTransaction(text));
  const all = isOwn ? [BEGIN, ...openings] : openings;
  let outcome = await exchange(connection, configs, all);
  for (let attempt = 1; "error" in outcome && isOutdated(outcome.error) && attempt <= ATTEMPTS; attempt++) {
    doubtAll(configs, connection.prepared);
    doubtOpenings(all, connection.prepared);
    await connection.ready();
    if (isOwn) await rollBack(connection);
    else if (connection.isInTransaction && !(await connection.startOver())) break;
    if (connection.lost !== undefined) break;
    outcome = await exchange(connection, configs, all);
  }
  if (isOwn) outcome = await end(connection, outcome);
  if ("results" in outcome) return outcome.results.map((value) => ({ status: "fulfilled", value }));
  return rejections(configs, outcome.error, outcome.place, explain);
}

/** Ends the transaction of a batch's own. */
async function end(connection: Connection, outcome: Outcome): Promise<Outcome> {
  await connection.ready();
  if ("error" in outcome) {
    await rollBack(connection);
    return outcome;
  }
  try {
    await command(connection.client, "commit");
    return outcome;
  } catch (error) {
    return { error, place: undefined };
  }
}

async function rollBack(connection: Connection): Promise<void> {
  if (connection.lost !== undefined || !connection.isInTransaction) return;
  try {
    await command(connection.client, "rollback");
  } catch {
    // The server rolls back what it loses the connection of.
    void connection.abandon("a rollback failed");
  }
  await connection.ready();
}

function rejections(
  configs: readonly QueryConfig[],
  error: unknown,
  place: number | undefined,
  explain: Explain,
): Settled[] {
  const cause = explain(error, configs[place ?? 0]?.query.name);
  return configs.map(({ query }, i) => {
    if (place === undefined || i === place) return { status: "rejected", reason: cause };
    const message = `statement ${place + 1} of the batch failed, which undid all of it`;
    return {
      status: "rejected",
      reason: new TransactionRolledBackError(message, { query: query.name, cause }),
    };
  });
}

async function exchange(
  { client, prepared }: Connection,
  configs: readonly QueryConfig[],
  openings: readonly Opening[],
): Promise<Outcome> {
  // All of them first: where a value cannot be written, nothing has been sent.
  const values: unknown[][] = [];
  try {
    for (const config of configs) values.push(writeValues(config));
  } catch (error) {
    return { error, place: values.length };
  }
  return new Promise((resolve) =>
    submit(client, new AtomicPipeline(configs, values, prepared, openings, resolve)),
  );
}

class AtomicPipeline extends SyncedExchange {
  readonly #configs: readonly QueryConfig[];
  readonly #names: readonly string[];
  readonly #values: readonly unknown[][];
  readonly #prepared: PreparedStatements | undefined;
  readonly #openings: readonly Opening[];
  /** Those that were not answered yet. */
  #unopened: number;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #results: QueryResult[] = [];
  #rows: RawRow[] = [];

  constructor(
    configs: readonly QueryConfig[],
    values: readonly unknown[][],
    prepared: PreparedStatements | undefined,
    openings: readonly Opening[],
    resolve: (outcome: Outcome) => void,
  ) {
    super();
    this.#configs = configs;
    this.#names = configs.map((config) => nameFor(config, prepared));
    this.#values = values;
    this.#prepared = prepared;
    this.#openings = openings;
    this.#unopened = openings.length;
    this.#resolve = resolve;
  }

  override submit(connection: DriverConnection): null {
    const packet = new Packet();
    const { parse, heed } = parseOnce(packet, this.#prepared);
    sendOpenings(packet, this.#openings, this.#prepared, parse);
    for (const [i, config] of this.#configs.entries()) {
      const name = this.#names[i]!;
      parse(name, config.text);
      packet.bind(name, this.#values[i]!).execute();
      heed(config);
    }
    packet.sync().send(connection);
    return null;
  }

  override handleDataRow(message: DataRow): void {
    this.#rows.push(message.fields);
  }

  override handleCommandComplete(message: CommandComplete): void {
    if (this.#unopened === 0) {
      this.#finish(message.text);
      return;
    }
    this.#unopened--;
    this.#rows = [];
  }

  override handleEmptyQuery(): void {
    this.#finish("");
  }

  override handleError(error: Error): void {
    const place = this.#results.length;
    // Where the connection is lost, it may have been after COMMIT; a pooler that says why does not know either.
    const isOfStatement = isServerError(error) && !isFatal(error);
    const isKnown = isOfStatement && this.#unopened === 0 && place < this.#configs.length;
    this.#resolve({ error, place: isKnown ? place : undefined });
  }

  protected override get isAnswered(): boolean {
    return this.#results.length === this.#configs.length;
  }

  protected override end(): void {
    confirmOpenings(this.#openings, this.#prepared);
    for (const name of this.#names) this.#prepared?.confirm(name);
    for (const { command } of this.#results) this.#prepared?.heed(command);
    this.#resolve({ results: this.#results });
  }

  #finish(tag: string): void {
    this.#results.push({ rows: this.#rows, ...readTag(tag) });
    this.#rows = [];
  }
}
