import type { QueryConfig, RawRow } from "../statement.ts";
import { sendBind } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { type Cursor, FetchSize } from "./cursor.ts";
import { BaseExchange, type DataRow, type DriverConnection, notRows, submit } from "./driver.ts";
import type { Interrupt } from "./interrupt.ts";
import { confirmOpenings, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import { nameFor, type PreparedStatements, sendParse } from "./prepared-statements.ts";
import type { Turn } from "./turn.ts";

/** A cursor that has the connection to itself: the portal lives until the Sync, and no Sync is sent before the end. */
export class OwnCursor extends BaseExchange implements Cursor {
  readonly #turn: Turn;
  readonly #config: QueryConfig;
  readonly #prepared: PreparedStatements | undefined;
  readonly #name: string;
  readonly #openings: readonly Opening[];
  /** Called when the connection is free, though the reader may not have come to the last row. */
  readonly #onFree: () => void;
  /** Those that were not answered yet. */
  #unopened: number;
  #connection: DriverConnection | undefined;
  readonly #size: FetchSize;
  #rows: RawRow[] = [];
  /** That they took. */
  #bytes = 0;
  #fetching: { resolve(rows: RawRow[]): void; reject(error: unknown): void } | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isSynced = false;
  #left: Promise<void> | undefined;
  isDone = false;

  static async open(
    connection: Connection,
    config: QueryConfig,
    interrupt: Interrupt,
    openings: readonly Opening[],
    onFree: () => void = () => {},
  ): Promise<OwnCursor> {
    const turn = await connection.enter(config.query.name, interrupt);
    const cursor = new OwnCursor(turn, config, connection, openings, onFree);
    interrupt.onFire(() => {
      // A fetch under way is cancelled on the server; between two there is nothing that could be.
      if (cursor.#fetching !== undefined || cursor.isDone) return;
      cursor.#failure ??= { error: interrupt.error(config.query.name) };
      void cursor.#free();
    });
    return cursor;
  }

  private constructor(
    turn: Turn,
    config: QueryConfig,
    { prepared, fetchBytes }: Connection,
    openings: readonly Opening[],
    onFree: () => void,
  ) {
    super();
    this.#openings = openings;
    this.#onFree = onFree;
    this.#unopened = openings.length;
    this.#turn = turn;
    this.#config = config;
    this.#prepared = prepared;
    this.#name = nameFor(config, prepared);
    this.#size = new FetchSize(fetchBytes);
  }

  fetch(): Promise<RawRow[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#turn.explain(this.#failure.error));
    return new Promise((resolve, reject) => {
      this.#fetching = { resolve, reject };
      if (this.#connection === undefined) submit(this.#turn.client, this);
      else this.#addExecute(new Packet()).send(this.#connection);
    });
  }

  close(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  /** Gives the connection back before the reader is done. */
  async #free(): Promise<void> {
    await this.close();
    this.#onFree();
  }

  async #leave(): Promise<void> {
    if (this.#connection !== undefined) this.#sync(this.#connection);
    await this.#turn.leave();
  }

  #sync(connection: DriverConnection): void {
    if (!this.#isSynced) connection.sync();
    this.#isSynced = true;
  }

  #deliver(): void {
    const rows = this.#rows;
    this.#rows = [];
    this.#fetching?.resolve(rows);
    this.#fetching = undefined;
  }

  override submit(connection: DriverConnection): null {
    this.#connection = connection;
    const { text } = this.#config;
    const packet = new Packet();
    try {
      sendOpenings(packet, this.#openings, this.#prepared);
      sendParse(packet, this.#prepared, this.#name, text);
      sendBind(packet, this.#config, this.#name);
      this.#addExecute(packet).send(connection);
    } catch (error) {
      packet.send(connection);
      // A value that cannot be written.
      this.handleError(error as Error, connection);
    }
    return null;
  }

  override handleDataRow(message: DataRow): void {
    this.#rows.push(message.fields);
    this.#bytes += message.length;
  }

  override handleCopyData(_: unknown, connection: DriverConnection): void {
    if (this.#failure === undefined) this.handleError(notRows(), connection);
  }

  override handlePortalSuspended(): void {
    this.#confirm();
    this.#size.learn(this.#bytes);
    this.#bytes = 0;
    this.#deliver();
  }

  override handleCommandComplete(_message: unknown, connection: DriverConnection): void {
    if (this.#unopened > 0) {
      this.#unopened--;
      this.#rows = [];
      this.#bytes = 0;
      return;
    }
    this.#confirm();
    this.isDone = true;
    this.#sync(connection);
    this.#deliver();
  }

  override handleError(error: Error, connection: DriverConnection): void {
    this.#failure ??= { error };
    // The server heeds nothing before it.
    this.#sync(connection);
    this.#fetching?.reject(this.#turn.explain(this.#failure.error));
    this.#fetching = undefined;
  }

  override handleEmptyQuery(connection: DriverConnection): void {
    this.handleCommandComplete(undefined, connection);
  }

  /** Before the end there is nothing to be ready after. */
  protected override get isAnswered(): boolean {
    return this.#isSynced && this.#fetching === undefined;
  }

  protected override end(): void {
    if (this.isDone) void this.#free();
  }

  #addExecute(packet: Packet): Packet {
    return packet.execute("", this.#size.rows).flush();
  }

  #confirm(): void {
    confirmOpenings(this.#openings, this.#prepared);
    this.#prepared?.confirm(this.#name);
  }
}
