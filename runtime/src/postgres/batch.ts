import { TransactionClosedError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult, RawRow } from "../statement.ts";
import type { Operation, Telemetry } from "../telemetry/telemetry.ts";
import { runAtomically } from "./atomic-batch.ts";
import { sendBind } from "./bind.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import {
  type CommandComplete,
  type DataRow,
  type DriverClient,
  type DriverConnection,
  goOn,
  notRows,
  SyncedExchange,
  submit,
} from "./driver.ts";
import { ATTEMPTS, isOutdated } from "./execute.ts";
import type { Interrupt } from "./interrupt.ts";
import { confirmOpenings, doubtOpenings, NO_OPENING, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import { doubtAll, nameFor, type PreparedStatements, parseOnce } from "./prepared-statements.ts";
import type { Scope } from "./scope.ts";
import { mayAnyChange } from "./setting-changes.ts";
import { endsTransaction } from "./transaction-control.ts";

type Settled = PromiseSettledResult<QueryResult>;

/**
 * Sends all statements without waiting for an answer, and settles each in its place. Outside a transaction each is one of
 * its own; inside one, whatever follows a failure fails too, as PostgreSQL has it. Where they are `atomic`, one that fails
 * undoes them all.
 * @throws only where nothing was sent: the connection was lost before, or `interrupt` fired while waiting for it
 */
export async function batch(
  connection: Connection,
  configs: readonly QueryConfig[],
  interrupt: Interrupt,
  atomic = false,
  scope?: Scope,
  since?: number,
): Promise<Settled[]> {
  if (configs.length === 0) return [];
  const openings = scope?.opening ?? NO_OPENING;
  const operation = beginBatch(connection.telemetry, configs, since);
  try {
    const turn = await connection.enter(configs[0]?.query.name, interrupt);
    let settled: Settled[];
    try {
      for (const config of configs) {
        connection.session.throwIfWrong(config);
        connection.throwIfLasting(config, scope);
      }
      if (atomic || connection.hasTransaction) throwIfEnding(configs);
      await connection.session.verify(turn.client, configs[0]?.query.name);
      for (const config of configs) connection.session.heed(config);
      const explain = (error: unknown, query: string | undefined) => turn.explain(error, query);
      settled = atomic
        ? await runAtomically(connection, configs, explain, openings)
        : (await runAll(connection, configs, openings, interrupt)).map((one, i) =>
            one.status === "fulfilled"
              ? one
              : { status: "rejected", reason: explain(one.reason, configs[i]?.query.name) },
          );
    } finally {
      await turn.leave();
    }
    for (const [i, one] of settled.entries())
      if (one.status === "fulfilled") connection.heedEnd(configs[i]!, one.value);
    const mayBeChanged = mayAnyChange(configs);
    settled = settled.map((one, i) => readable(connection, one, configs[i]!, mayBeChanged));
    const failed = settled.find((one) => one.status === "rejected");
    const rows = settled.reduce((n, one) => n + (one.status === "fulfilled" ? one.value.rows.length : 0), 0);
    operation.end(failed === undefined ? { rows } : { rows, error: failed.reason });
    return settled;
  } catch (error) {
    operation.end({ error });
    throw error;
  }
}

/** Of what is one transaction: what follows its end would be outside of it, and what came before could not be undone. */
function throwIfEnding(configs: readonly QueryConfig[]): void {
  const one = configs.find(({ text }) => endsTransaction(text));
  if (one !== undefined)
    throw new TransactionClosedError("a statement of the batch would end the transaction that it is in", {
      query: one.query.name,
    });
}

/** Rejected instead, where its values were written otherwise than they are read. */
function readable(
  { session }: Connection,
  one: Settled,
  config: QueryConfig,
  mayBeChanged: () => boolean,
): Settled {
  try {
    if (one.status === "fulfilled") session.throwIfWrongAmid(one.value, config, mayBeChanged);
    return one;
  } catch (reason) {
    return { status: "rejected", reason };
  }
}

/** The one operation that all of them are. */
export function beginBatch(
  telemetry: Telemetry,
  configs: readonly QueryConfig[],
  since: number | undefined,
): Operation {
  return telemetry.batch(
    configs.map((c) => c.query),
    configs.map((c) => c.text),
    since,
  );
}

async function runAll(
  connection: Connection,
  configs: readonly QueryConfig[],
  openings: readonly Opening[],
  interrupt: Interrupt,
): Promise<Settled[]> {
  const { prepared } = connection;
  const settled = await exchange(connection, configs, openings, interrupt);
  for (let attempt = 1; attempt <= ATTEMPTS && prepared !== undefined; attempt++) {
    const places = runnableAgain(settled, configs);
    if (places.length === 0 || connection.lost !== undefined) break;
    doubtAll(
      places.map((place) => configs[place]!),
      prepared,
    );
    doubtOpenings(openings, prepared);
    await connection.ready();
    if (connection.isInTransaction) {
      if (!(await connection.startOver())) break;
      // What had come before is undone with the transaction.
      places.splice(0, places.length, ...configs.keys());
    }
    const again = places.map((place) => configs[place]!);
    const results = await exchange(connection, again, openings, interrupt);
    for (const [i, place] of places.entries()) settled[place] = results[i]!;
  }
  return settled;
}

/**
 * The places of what was refused as outdated and may run now. The order is part of what was asked for: where others that
 * follow have run, it must not matter to any of them.
 */
function runnableAgain(settled: readonly Settled[], configs: readonly QueryConfig[]): number[] {
  const from = settled.findIndex(isRefusedAsOutdated);
  if (from === -1) return [];
  const places = settled.flatMap((one, i) => (i >= from && wasRefused(one) ? [i] : []));
  const isWhole = places.length === settled.length - from;
  return isWhole || configs.slice(from).every(({ query }) => query.operation === "SELECT") ? places : [];
}

/** Itself, or after another in a transaction. */
const wasRefused = (one: Settled): boolean =>
  isRefusedAsOutdated(one) ||
  (one.status === "rejected" && isServerError(one.reason) && one.reason.code === "25P02");
const isRefusedAsOutdated = (one: Settled): boolean => one.status === "rejected" && isOutdated(one.reason);

async function exchange(
  connection: Connection,
  configs: readonly QueryConfig[],
  openings: readonly Opening[],
  interrupt: Interrupt,
): Promise<Settled[]> {
  const { client, prepared } = connection;
  let ignoreInterrupt: (() => void) | undefined;
  const settled = await new Promise<Settled[]>((resolve) => {
    const pipeline = new Pipeline(client, configs, prepared, openings, resolve);
    // A request to cancel ends one statement only, and the server has those after it already: they would run, one by one.
    ignoreInterrupt = interrupt.onFire(() => {
      if (pipeline.unanswered > 1 && !connection.isInTransaction)
        void connection.abandon("the rest of a batch was given up");
    });
    submit(client, pipeline);
  });
  ignoreInterrupt?.();
  return settled;
}

/** Statements on their way, a Sync after each, and the openings in front of each; the answers come in the same order. */
class Pipeline extends SyncedExchange {
  readonly #client: DriverClient;
  readonly #configs: readonly QueryConfig[];
  readonly #names: string[];
  readonly #prepared: PreparedStatements | undefined;
  readonly #openings: readonly Opening[];
  /** Openings of the statement under way that were not answered yet. */
  #unopened: number;
  readonly #resolve: (settled: Settled[]) => void;
  readonly #settled: Settled[] = [];
  /** What could not be sent, by place. */
  readonly #unsent = new Map<number, unknown>();
  /** Why a statement could not be prepared, for those after it that count on that. */
  readonly #unprepared = new Map<string, unknown>();
  #rows: RawRow[] = [];
  #tag = "";
  #error: unknown;
  /** Whether the one under way was answered. */
  #isDone = false;

  constructor(
    client: DriverClient,
    configs: readonly QueryConfig[],
    prepared: PreparedStatements | undefined,
    openings: readonly Opening[],
    resolve: (settled: Settled[]) => void,
  ) {
    super();
    this.#client = client;
    this.#configs = configs;
    this.#names = configs.map((c) => nameFor(c, prepared));
    this.#prepared = prepared;
    this.#openings = openings;
    this.#unopened = openings.length;
    this.#resolve = resolve;
  }

  /** Statements that the server has not answered yet. */
  get unanswered(): number {
    return this.#configs.length - this.#settled.length;
  }

  override submit(connection: DriverConnection): null {
    const packet = new Packet();
    const { parse, heed } = parseOnce(packet, this.#prepared);
    for (const [i, config] of this.#configs.entries()) {
      const name = this.#names[i]!;
      try {
        sendOpenings(packet, this.#openings, this.#prepared, parse);
        parse(name, config.text);
        sendBind(packet, config, name);
        packet.execute();
        heed(config);
      } catch (error) {
        // A value that cannot be written; the Sync is answered all the same.
        this.#unsent.set(i, error);
      }
      packet.sync();
    }
    packet.send(connection);
    return null;
  }

  override handleDataRow(message: DataRow): void {
    this.#rows.push(message.fields);
  }

  override handleCommandComplete(message: CommandComplete): void {
    this.#tag = message.text;
    if (this.#unopened === 0) {
      this.#isDone = true;
      return;
    }
    this.#unopened--;
    this.#rows = [];
  }

  override handleEmptyQuery(): void {
    this.#isDone = true;
  }

  override handleCopyData(): void {
    this.#error ??= notRows();
  }

  override handleError(error: Error): void {
    this.#error ??= error;
    if (isServerError(error)) {
      goOn(this.#client, this);
      return;
    }
    // The connection is lost; where the server said why, that is the reason.
    while (this.#settled.length < this.#configs.length)
      this.#settled.push({ status: "rejected", reason: this.#error });
    this.#resolve(this.#settled);
  }

  protected override get isAnswered(): boolean {
    return this.#isDone || this.#error !== undefined || this.#unsent.has(this.#settled.length);
  }

  protected override end(): void {
    this.#settled.push(this.#outcome(this.#settled.length));
    this.#rows = [];
    this.#tag = "";
    this.#error = undefined;
    this.#isDone = false;
    this.#unopened = this.#openings.length;
    if (this.#settled.length < this.#configs.length) goOn(this.#client, this);
    else this.#resolve(this.#settled);
  }

  #outcome(place: number): Settled {
    const name = this.#names[place]!;
    if (this.#unsent.has(place)) return { status: "rejected", reason: this.#unsent.get(place) };
    if (this.#error !== undefined) {
      const known = this.#unprepared.get(name);
      const isMissing = isServerError(this.#error) && this.#error.code === "26000";
      const reason = isMissing && known !== undefined ? known : this.#error;
      if (known === undefined) this.#unprepared.set(name, reason);
      return { status: "rejected", reason };
    }
    confirmOpenings(this.#openings, this.#prepared);
    const { command, rowCount } = readTag(this.#tag);
    this.#prepared?.confirm(name);
    this.#prepared?.heed(command);
    return { status: "fulfilled", value: { rows: this.#rows, command, rowCount } };
  }
}
