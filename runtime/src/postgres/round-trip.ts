import type { RawRow } from "../statement.ts";
import {
  type CommandComplete,
  type DataRow,
  type DriverClient,
  type DriverConnection,
  SyncedExchange,
  submit,
} from "./driver.ts";

/** What the server answered, as it wrote it. */
export interface Answer {
  readonly rows: RawRow[];
  /** Empty where it was suspended, or there was nothing to execute. */
  readonly tag: string;
  /** Whether there may be more rows than were asked for. */
  readonly isSuspended: boolean;
}

/**
 * Sends what `send` writes, a Sync after it, and waits for the answer.
 * @throws `pg`'s errors, and what `send` throws (where a value cannot be written)
 */
export function roundTrip(
  client: DriverClient,
  send: (connection: DriverConnection) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => exchange(client, send, resolve, reject));
}

/**
 * The same for who makes something else of the answer or the error, and saves a promise for each statement.
 * @param openings statements that precede the one whose answer it is
 */
export function exchange(
  client: DriverClient,
  send: (connection: DriverConnection) => void,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
  openings = 0,
): void {
  submit(client, new RoundTrip(send, resolve, reject, openings));
}

class RoundTrip extends SyncedExchange {
  readonly #send: (connection: DriverConnection) => void;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  /** Those that have not been answered yet. */
  #openings: number;
  #rows: RawRow[] = [];
  #tag = "";
  #isSuspended = false;

  constructor(
    send: (connection: DriverConnection) => void,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    openings: number,
  ) {
    super();
    this.#openings = openings;
    this.#send = send;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override submit(connection: DriverConnection): Error | null {
    const { stream } = connection;
    // One packet rather than one for each message.
    stream.cork();
    try {
      this.#send(connection);
    } catch (error) {
      // What was sent is ended by the Sync, which the server answers.
      this.#reject(error);
    } finally {
      connection.sync();
      stream.uncork();
    }
    return null;
  }

  override handleDataRow(message: DataRow): void {
    this.#rows.push(message.fields);
  }

  override handleCommandComplete(message: CommandComplete): void {
    this.#tag = message.text;
    if (this.#openings === 0) return;
    this.#openings--;
    this.#rows = [];
  }

  override handlePortalSuspended(): void {
    this.#isSuspended = true;
  }

  override handleError(error: Error): void {
    this.#reject(error);
  }

  override handleReadyForQuery(): void {
    this.#resolve({ rows: this.#rows, tag: this.#tag, isSuspended: this.#isSuspended });
  }
}
