import type { QueryConfig, RawRow } from "../statement.ts";
import { sendBind } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { type Cursor, FetchSize, NO_ROW } from "./cursor.ts";
import { type DriverClient, refuse } from "./driver.ts";
import { ATTEMPTS, isOutdated } from "./execute.ts";
import { Interrupt } from "./interrupt.ts";
import type { Packet } from "./packet.ts";
import { nameFor, sendParse } from "./prepared-statements.ts";
import type { Lease } from "./queryable.ts";
import { type Answer, flow, roundTrip } from "./round-trip.ts";
import { RowBuffer } from "./row-buffer.ts";

let opened = 0;

/**
 * A cursor inside a transaction, which keeps its portal: between two fetches the connection is free for other statements, and
 * amid one as soon as somebody asks for it.
 */
export class TransactionCursor implements Cursor {
  readonly #connection: Connection;
  readonly #config: QueryConfig;
  readonly #interrupt: Interrupt;
  readonly #transaction: Lease["transaction"];
  readonly #portal = `cursor_${++opened}`;
  readonly #size: FetchSize;
  readonly #rows: RowBuffer;
  /** The fetch under way, which is over when its turn is; never rejects. */
  #fetching: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** How many values each row has, once the first has come. */
  #width: number | undefined;
  #isOpen = false;
  /** Whether the last row has come. */
  #isComplete = false;

  constructor(
    connection: Connection,
    config: QueryConfig,
    interrupt: Interrupt,
    transaction: Lease["transaction"],
  ) {
    this.#connection = connection;
    this.#config = config;
    this.#interrupt = interrupt;
    this.#transaction = transaction;
    this.#size = new FetchSize(connection.fetchBytes);
    this.#rows = new RowBuffer(connection.fetchBytes);
  }

  get isDone(): boolean {
    return this.#isComplete && this.#rows.isEmpty;
  }

  async fetch(): Promise<RawRow[]> {
    // Its connection may be another's by now. What is asked for before has its turn before.
    const isFirst = !this.#isOpen && this.#fetching === undefined;
    if (isFirst) this.#transaction?.throwIfUnusable(this.#config.query.name);
    else this.#transaction?.throwIfEnded(this.#config.query.name);
    if (this.#failure !== undefined) throw this.#failure.error;
    const rows = this.#rows.take();
    if (this.#fetching === undefined && this.#rows.isAwaited) this.#fetching = this.#fetch();
    return rows;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Whatever fails in it, the transaction has failed. */
  get undone(): { readonly error: unknown } | undefined {
    return this.#connection.lost === undefined ? this.#failure : undefined;
  }

  /** Asks for rows, which are taken from the buffer as they come. */
  async #fetch(): Promise<void> {
    const { prepared } = this.#connection;
    const hurry = (): void => this.#rows.hurry();
    let ignore = (): void => {};
    try {
      await this.#connection.hold(this.#config.query.name, this.#interrupt, async (client) => {
        // Another statement may have run since the last rows.
        await this.#connection.session.verify(client, this.#config.query.name);
        this.#rows.expect();
        // The rest comes, whatever it takes, where another waits for its turn, or a request to cancel for its effect.
        const ignoreWaiting = this.#connection.onWaiting(hurry);
        const ignoreInterrupt = this.#interrupt.onFire(hurry);
        ignore = () => {
          ignoreWaiting();
          ignoreInterrupt();
        };
        const { isSuspended } = await this.#ask(client, 1);
        const { bytes, count } = this.#rows;
        // It would be asked for ever.
        if (isSuspended && count === 0) throw refuse(client.connection, NO_ROW);
        prepared?.confirm(nameFor(this.#config, prepared));
        this.#isOpen = true;
        this.#isComplete = !isSuspended;
        if (isSuspended) this.#size.learn(bytes);
      });
      this.#fetching = undefined;
      const isForMore = this.#rows.isAwaited && this.#rows.isEmpty && !this.#isComplete;
      if (isForMore && this.#transaction?.isOpen !== false) this.#fetching = this.#fetch();
      else this.#rows.complete();
    } catch (error) {
      this.#fetching = undefined;
      this.#failure = { error };
      this.#rows.fail(error);
    } finally {
      ignore();
    }
  }

  /** As the first in its transaction, an outdated one is prepared again. */
  async #ask(client: DriverClient, attempt: number): Promise<Answer> {
    const { prepared } = this.#connection;
    const name = nameFor(this.#config, prepared);
    const { connection } = client;
    try {
      return await flow(
        client,
        (packet) => {
          if (!this.#isOpen) this.#open(packet, name);
          packet.execute(this.#portal, this.#size.rows);
        },
        (row, bytes) => {
          this.#width ??= row.length;
          if (row.length === this.#width) this.#rows.add(row, bytes, connection.stream);
          else refuse(connection, "the server sent rows of another answer");
        },
      );
    } catch (error) {
      if (!isOutdated(error) || prepared === undefined || attempt > ATTEMPTS) throw error;
      await this.#connection.ready();
      if (!(await this.#connection.startOver())) throw error;
      prepared.doubt(name, this.#config.text);
      return this.#ask(client, attempt + 1);
    }
  }

  #open(packet: Packet, statement: string): void {
    const { text } = this.#config;
    sendParse(packet, this.#connection.prepared, statement, text);
    sendBind(packet, this.#config, statement, this.#portal);
  }

  /** Lets go of what the portal locks; the end of the transaction would do so too. */
  async close(): Promise<void> {
    // What still comes after that is thrown away, and others have their turn when it is over.
    await this.#rows.discard(this.#connection.cancelTimeout);
    if (this.#fetching !== undefined) return;
    if (!this.#isOpen || !this.#connection.isInTransaction || this.#connection.lost !== undefined) return;
    this.#isOpen = false;
    if (this.#transaction?.isOpen === false) return;
    // Not the stream's own interrupt, which may be why it is closed.
    const limit = new Interrupt({ timeout: this.#connection.cancelTimeout }, this.#transaction?.interrupt);
    try {
      await this.#connection.hold(this.#config.query.name, limit, (client) =>
        roundTrip(client, (packet) => packet.close("P", this.#portal)),
      );
    } catch (error) {
      if (!limit.fired) throw error;
    } finally {
      limit.end();
    }
  }
}
