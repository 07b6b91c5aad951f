import type { RawRow, ReadRow } from "../statement.ts";
import {
  type CommandComplete,
  type DataRow,
  type DriverClient,
  type DriverConnection,
  notRows,
  SyncedExchange,
  submit,
} from "./driver.ts";
import { Packet } from "./packet.ts";

/** What the server answered, as it wrote it. */
export interface Answer {
  readonly rows: RawRow[];
  /** How many of them were read as they came. */
  readonly readCount: number;
  /** That they took. */
  readonly bytes: number;
  /** Empty where it was suspended, or there was nothing to execute. */
  readonly tag: string;
  /** Whether there may be more rows than were asked for. */
  readonly isSuspended: boolean;
  /** The command tag of what was sent behind it to end the transaction. */
  readonly ending?: string | undefined;
}

/** Carries what COMMIT behind a statement was answered with, or was not answered for: the statement has succeeded. */
export class EndingFailed {
  /** As `pg` gives it. */
  readonly error: Error;
  /** Those that the statement gave. */
  readonly rows: number;

  constructor(error: Error, rows: number) {
    this.error = error;
    this.rows = rows;
  }
}

/**
 * Sends what `send` writes, a Sync after it, and waits for the answer.
 * @throws `pg`'s errors, and what `send` throws (where a value cannot be written)
 */
export function roundTrip(client: DriverClient, send: (packet: Packet) => void): Promise<Answer> {
  return new Promise((resolve, reject) => exchange(client, send, resolve, reject));
}

/** The same, but each row is given to `take` as it comes, and none is in the answer. */
export function flow(
  client: DriverClient,
  send: (packet: Packet) => void,
  take: (row: RawRow, bytes: number) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => submit(client, new Flow(send, resolve, reject, take)));
}

/** The same for who makes something else of the answer or the error, and saves a promise. */
export function exchange(
  client: DriverClient,
  send: (packet: Packet) => void,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): void {
  submit(client, new CalledBack(send, resolve, reject));
}

/**
 * What is sent with one Sync, and its answer: that to what was executed last, but for a COMMIT behind it. A class of its own saves who has
 * one for each statement as many functions.
 */
export abstract class RoundTrip extends SyncedExchange {
  /** What was executed and has not been answered yet. */
  #unanswered = 0;
  readonly #read: ReadRow | undefined;
  #rows: RawRow[] = [];
  #readCount = 0;
  #bytes = 0;
  #tag = "";
  #isSuspended = false;
  /** How many of what was executed end the transaction behind it, none or one. */
  #endings = 0;
  #ending: string | undefined;
  /** Whether its caller knows how it went. */
  #isOver = false;

  /** @param read what is made of each row of what is executed last, as it comes */
  constructor(read?: ReadRow) {
    super();
    this.#read = read;
  }

  /** Writes what is to be sent. */
  protected abstract write(packet: Packet): void;
  protected abstract succeed(answer: Answer): void;
  /** @param error `pg`'s, what `write` threw, or EndingFailed */
  protected abstract fail(error: unknown): void;

  override submit(connection: DriverConnection): null {
    const packet = new Packet();
    try {
      this.write(packet);
    } catch (error) {
      // What is sent before is ended by the Sync, which the server answers.
      this.#fail(error);
    }
    this.#unanswered = packet.executed;
    this.#endings = packet.endings;
    packet.sync().send(connection);
    return null;
  }

  override handleDataRow(message: DataRow): void {
    this.#rows.push(this.#read === undefined ? message.fields : this.#made(this.#read, message.fields));
    this.#bytes += message.length;
  }

  /**
   * Gives what `read` makes of a row; the row itself where that cannot be read, or one before it could not: whoever has asked reads those, and
   * is told why.
   */
  #made(read: ReadRow, row: RawRow): RawRow {
    if (this.#readCount !== this.#rows.length) return row;
    try {
      const made = read(row) as RawRow;
      this.#readCount++;
      return made;
    } catch {
      return row;
    }
  }

  override handleCommandComplete(message: CommandComplete): void {
    if (--this.#unanswered < this.#endings) {
      this.#ending = message.text;
      return;
    }
    this.#tag = message.text;
    if (this.#unanswered === this.#endings) return;
    this.#rows = [];
    this.#readCount = 0;
    this.#bytes = 0;
  }

  override handlePortalSuspended(): void {
    this.#unanswered--;
    this.#isSuspended = true;
  }

  override handleEmptyQuery(): void {
    this.#unanswered--;
  }

  override handleCopyData(): void {
    this.#fail(notRows());
  }

  override handleError(error: Error): void {
    // A transaction's end that was answered is certain, whatever becomes of the connection.
    if (this.#ending !== undefined && this.isAnswered) this.end();
    else if (this.#endings > 0 && this.#unanswered === this.#endings)
      this.#fail(new EndingFailed(error, this.#rows.length));
    else this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.fail(error);
  }

  protected override get isAnswered(): boolean {
    return this.#isOver || this.#unanswered === 0;
  }

  protected override end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.succeed({
      rows: this.#rows,
      readCount: this.#readCount,
      bytes: this.#bytes,
      tag: this.#tag,
      isSuspended: this.#isSuspended,
      ending: this.#ending,
    });
  }
}

class CalledBack extends RoundTrip {
  readonly #send: (packet: Packet) => void;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    send: (packet: Packet) => void,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#send = send;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  protected override write(packet: Packet): void {
    this.#send(packet);
  }

  protected override succeed(answer: Answer): void {
    this.#resolve(answer);
  }

  protected override fail(error: unknown): void {
    this.#reject(error);
  }
}

class Flow extends CalledBack {
  readonly #take: (row: RawRow, bytes: number) => void;

  constructor(
    send: (packet: Packet) => void,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    take: (row: RawRow, bytes: number) => void,
  ) {
    super(send, resolve, reject);
    this.#take = take;
  }

  override handleDataRow({ fields, length }: DataRow): void {
    this.#take(fields, length);
  }
}
