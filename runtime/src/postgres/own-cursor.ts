import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, RawRow } from "../statement.ts";
import { sendBind } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { type Cursor, FetchSize, NO_ROW } from "./cursor.ts";
import { BaseExchange, type DataRow, type DriverConnection, notRows, refuse, submit } from "./driver.ts";
import type { Interrupt } from "./interrupt.ts";
import { confirmOpenings, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import { nameFor, type PreparedStatements, sendParse } from "./prepared-statements.ts";
import { RowBuffer } from "./row-buffer.ts";
import type { Turn } from "./turn.ts";

/** Of a server that does not keep to the protocol. */
const AFTER_THE_END = "the server gave rows after it had said that there are no more";

const nothing = (): void => {};

/** A cursor that has the connection to itself: the portal lives until the Sync, and no Sync is sent before the end. */
export class OwnCursor extends BaseExchange implements Cursor {
  readonly #turn: Turn;
  readonly #interrupt: Interrupt;
  readonly #config: QueryConfig;
  readonly #prepared: PreparedStatements | undefined;
  readonly #name: string;
  readonly #openings: readonly Opening[];
  /** Called when the connection is free, though the reader may not have come to the last row. */
  readonly #onFree: () => void;
  /** Milliseconds within which something must come of what is thrown away. */
  readonly #patience: number;
  /** Those that were not answered yet. */
  #unopened: number;
  #connection: DriverConnection | undefined;
  readonly #size: FetchSize;
  readonly #rows: RowBuffer;
  #failure: { readonly error: unknown } | undefined;
  #undone: { readonly error: unknown } | undefined;
  #isSynced = false;
  #left: Promise<void> | undefined;
  /** Whether the last row has come. */
  #isComplete = false;

  static async open(
    connection: Connection,
    config: QueryConfig,
    interrupt: Interrupt,
    openings: readonly Opening[],
    onFree: () => void = () => {},
  ): Promise<OwnCursor> {
    const turn = await connection.enter(config.query.name, interrupt);
    try {
      await connection.session.verify(turn.client, config.query.name);
    } catch (error) {
      const explained = turn.explain(error);
      await turn.leave();
      throw explained;
    }
    const cursor = new OwnCursor(turn, config, connection, interrupt, openings, onFree);
    interrupt.onFire(() => cursor.#expire());
    return cursor;
  }

  private constructor(
    turn: Turn,
    config: QueryConfig,
    { prepared, fetchBytes, cancelTimeout }: Connection,
    interrupt: Interrupt,
    openings: readonly Opening[],
    onFree: () => void,
  ) {
    super();
    this.#openings = openings;
    this.#onFree = onFree;
    this.#unopened = openings.length;
    this.#turn = turn;
    this.#interrupt = interrupt;
    this.#config = config;
    this.#prepared = prepared;
    this.#name = nameFor(config, prepared);
    this.#size = new FetchSize(fetchBytes);
    this.#rows = new RowBuffer(fetchBytes);
    this.#patience = cancelTimeout;
  }

  get isDone(): boolean {
    return this.#isComplete && this.#rows.isEmpty;
  }

  fetch(): Promise<RawRow[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#turn.explain(this.#failure.error));
    const rows = this.#rows.take();
    // The request to cancel may have come when the rows were on their way, and who has them need not ask for more.
    if (this.#interrupt.canFire) void rows.then(() => this.#expire(), nothing);
    if (this.#connection === undefined) submit(this.#turn.client, this);
    else if (this.#rows.isAwaited && !this.#rows.isExpecting)
      this.#addExecute(new Packet()).send(this.#connection);
    return rows;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#turn.explain(this.#failure.error);
  }

  get undone(): { readonly error: unknown } | undefined {
    return this.#undone && { error: this.#turn.explain(this.#undone.error) };
  }

  close(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  /** Ends it once its time is over. A fetch under way is cancelled on the server; between two there is nothing that could be. */
  #expire(): void {
    if (!this.#interrupt.fired || this.#rows.isAwaited || this.#isComplete) return;
    this.#failure ??= { error: this.#interrupt.error(this.#config.query.name) };
    void this.#free();
  }

  /** Gives the connection back before the reader is done. */
  async #free(): Promise<void> {
    await this.close();
    this.#onFree();
  }

  async #leave(): Promise<void> {
    if (this.#connection !== undefined) this.#sync(this.#connection);
    // To cancel it would undo what the statement has done.
    if (!this.#isComplete) await this.#rows.discard(this.#patience);
    await this.#turn.leave();
  }

  #sync(connection: DriverConnection): void {
    if (!this.#isSynced) connection.sync();
    this.#isSynced = true;
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

  override handleDataRow({ fields, length }: DataRow): void {
    if (this.#isComplete) refuse(this.#connection!, AFTER_THE_END);
    else this.#rows.add(fields, length, this.#connection!.stream);
  }

  override handleCopyData(_: unknown, connection: DriverConnection): void {
    if (this.#failure === undefined) this.handleError(notRows(), connection);
  }

  override handlePortalSuspended(connection: DriverConnection): void {
    const { count, bytes } = this.#rows;
    // One without a row would be asked for ever.
    if (this.#isComplete || count === 0) {
      refuse(connection, this.#isComplete ? AFTER_THE_END : NO_ROW);
      return;
    }
    this.#confirm();
    this.#size.learn(bytes);
    if (this.#rows.isAwaited && this.#rows.isEmpty) this.#addExecute(new Packet()).send(connection);
    else this.#rows.complete();
  }

  override handleCommandComplete(_message: unknown, connection: DriverConnection): void {
    if (this.#unopened > 0) {
      this.#unopened--;
      this.#rows.drop();
      return;
    }
    this.#confirm();
    this.#isComplete = true;
    this.#sync(connection);
    this.#rows.complete();
  }

  override handleError(error: Error, connection: DriverConnection): void {
    this.#failure ??= { error };
    // Where the rows are nobody's any more, so are errors in them; but not what the end of the transaction says, nor that nobody knows it.
    if (this.#left !== undefined && !(this.#rows.isExpecting && isServerError(error)))
      this.#undone ??= { error };
    // The server heeds nothing before it.
    this.#sync(connection);
    this.#rows.fail(this.#turn.explain(this.#failure.error));
  }

  override handleEmptyQuery(connection: DriverConnection): void {
    this.handleCommandComplete(undefined, connection);
  }

  /** Before the end there is nothing to be ready after. */
  protected override get isAnswered(): boolean {
    return this.#isSynced && !this.#rows.isAwaited;
  }

  protected override end(): void {
    if (this.#isComplete) void this.#free();
  }

  #addExecute(packet: Packet): Packet {
    this.#rows.expect();
    return packet.execute("", this.#size.rows).flush();
  }

  #confirm(): void {
    confirmOpenings(this.#openings, this.#prepared);
    this.#prepared?.confirm(this.#name);
  }
}
