import type { QueryConfig, RawRow } from "../statement.ts";
import { sendBind } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { type Cursor, FetchSize } from "./cursor.ts";
import type { DriverClient } from "./driver.ts";
import { ATTEMPTS, isOutdated } from "./execute.ts";
import { Interrupt } from "./interrupt.ts";
import type { Packet } from "./packet.ts";
import { nameFor, sendParse } from "./prepared-statements.ts";
import type { Lease } from "./queryable.ts";
import { type Answer, roundTrip } from "./round-trip.ts";

let opened = 0;

/** A cursor inside a transaction, which keeps its portal: between two fetches the connection is free for other statements. */
export class TransactionCursor implements Cursor {
  readonly #connection: Connection;
  readonly #config: QueryConfig;
  readonly #interrupt: Interrupt;
  readonly #transaction: Lease["transaction"];
  readonly #portal = `cursor_${++opened}`;
  readonly #size: FetchSize;
  #isOpen = false;
  isDone = false;

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
  }

  async fetch(): Promise<RawRow[]> {
    // Its connection may be another's by now. What is asked for before has its turn before.
    if (this.#isOpen) this.#transaction?.throwIfEnded(this.#config.query.name);
    else this.#transaction?.throwIfUnusable(this.#config.query.name);
    const { prepared } = this.#connection;
    return this.#connection.hold(this.#config.query.name, this.#interrupt, async (client) => {
      const { rows, bytes, isSuspended } = await this.#ask(client, 1);
      prepared?.confirm(nameFor(this.#config, prepared));
      this.#isOpen = true;
      this.isDone = !isSuspended;
      if (isSuspended) this.#size.learn(bytes);
      return rows;
    });
  }

  /** As the first in its transaction, an outdated one is prepared again. */
  async #ask(client: DriverClient, attempt: number): Promise<Answer> {
    const { prepared } = this.#connection;
    const name = nameFor(this.#config, prepared);
    try {
      return await roundTrip(client, (packet) => {
        if (!this.#isOpen) this.#open(packet, name);
        packet.execute(this.#portal, this.#size.rows);
      });
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
