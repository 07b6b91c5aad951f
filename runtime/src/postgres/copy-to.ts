import type { QueryInfo } from "../statement.ts";
import type { Operation, Telemetry } from "../telemetry/telemetry.ts";
import { throwIfUnstorable } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { BaseExchange, type DriverConnection, submit } from "./driver.ts";
import { Interrupt } from "./interrupt.ts";
import { NO_OPENING, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import type { Lease } from "./queryable.ts";
import { isCopy } from "./transaction-control.ts";
import type { Turn } from "./turn.ts";

/** Bytes that are held for a reader who is slower than the server; then the socket is read no further. */
const HELD = 1024 * 1024;

/**
 * Gives what a `copy … to stdout` writes, in pieces that end with a line, no faster than they are taken. The connection is
 * busy until the last has come or the loop ends; where that ends early, the COPY is cancelled. `end` is called once it is free.
 */
export async function* copyTo(
  connection: Connection,
  text: string,
  query: string,
  interrupt: Interrupt,
  { scope, since, end }: Pick<Lease, "scope" | "since" | "end"> = {},
): AsyncGenerator<Buffer> {
  const operation = beginCopyTo(connection.telemetry, query, text, since);
  // The loop's end is one more thing that ends it.
  const own = new Interrupt({}, interrupt);
  let turn: Turn | undefined;
  let copy: CopyOut | undefined;
  let left: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const leave = (): Promise<void> => {
    left ??= Promise.resolve(turn?.leave());
    return left;
  };
  try {
    throwIfUnstorable(text, { name: query });
    // Before it is sent: what else it may be would be done, and gives nothing.
    if (!isCopy(text)) throw new TypeError("not a COPY … TO STDOUT");
    turn = await connection.enter(query, own);
    const { session } = connection;
    session.throwIfWrong({ query: { name: query, isAdHoc: true }, text });
    connection.throwIfLasting({ text, values: [], query: infoOf(query) }, scope);
    session.heed({ text, values: [] });
    // Before the reader has taken the last piece, who may take long, or never come back.
    copy = new CopyOut(
      text,
      scope?.opening ?? NO_OPENING,
      (chunk) => session.throwIfWrongBytes(chunk, query),
      () => void leave().then(() => end?.()),
    );
    own.onFire(() => copy?.discard());
    submit(turn.client, copy);
    for (;;) {
      const piece = await copy.next();
      if (piece === undefined) break;
      yield piece;
      if (own.fired) throw own.error(query);
    }
    // It may have ended before the request to cancel had an effect, and what came meanwhile was thrown away.
    if (copy.isCut) throw own.error(query);
  } catch (error) {
    const explained = turn === undefined ? error : turn.explain(error);
    failure = { error: explained };
    throw explained;
  } finally {
    if (copy !== undefined && !copy.isOver) own.fire("the loop was left");
    await leave();
    own.end();
    operation.end({ rows: copy?.rows ?? 0, ...failure });
  }
}

export function beginCopyTo(
  telemetry: Telemetry,
  query: string,
  text: string,
  since: number | undefined,
): Operation {
  return telemetry.copy(infoOf(query), text, since);
}

function infoOf(query: string): QueryInfo {
  return { name: query, command: ":many", operation: "COPY", relations: [], isAdHoc: true };
}

/** In the extended protocol, which refuses a second command in the text, such as one that ends the transaction. */
class CopyOut extends BaseExchange {
  readonly #text: string;
  readonly #openings: readonly Opening[];
  /** Those that were not answered yet. */
  #unopened: number;
  /** Whether no more will come. */
  isOver = false;
  /** Whether any of it was thrown away. */
  isCut = false;
  rows = 0;
  #connection: DriverConnection | undefined;
  #pieces: Buffer[] = [];
  #held = 0;
  #isDiscarding = false;
  #failure: { readonly error: unknown } | undefined;
  /** Wakes who waits for the next piece. */
  #wake = (): void => {};
  /** Throws where it cannot be handed on. */
  readonly #check: (chunk: Buffer) => void;
  /** Called when no more will come. */
  readonly #onOver: () => void;

  constructor(
    text: string,
    openings: readonly Opening[],
    check: (chunk: Buffer) => void,
    onOver: () => void,
  ) {
    super();
    this.#check = check;
    this.#onOver = onOver;
    this.#unopened = openings.length;
    this.#text = text;
    this.#openings = openings;
  }

  override submit(connection: DriverConnection): null {
    this.#connection = connection;
    const packet = new Packet();
    sendOpenings(packet, this.#openings, undefined);
    packet.parse("", this.#text).bind("", []).execute().sync().send(connection);
    return null;
  }

  /** All that has come since the last; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#pieces.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.isOver) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    this.#connection?.stream.resume();
    return piece;
  }

  /** Reads what still comes, which is of no interest. */
  discard(): void {
    this.#isDiscarding = true;
    this.isCut ||= !this.isOver || this.#pieces.length > 0;
    this.#pieces = [];
    this.#connection?.stream.resume();
    this.#wake();
  }

  override handleCopyData({ chunk }: { chunk: Buffer }, connection: DriverConnection): void {
    if (this.#isDiscarding) return;
    try {
      this.#check(chunk);
    } catch (error) {
      this.#failure ??= { error };
      this.discard();
      return;
    }
    this.rows++;
    // A view of memory that is used again.
    this.#pieces.push(Buffer.from(chunk));
    this.#held += chunk.length;
    if (this.#held > HELD) connection.stream.pause();
    this.#wake();
  }

  /** A COPY the other way. */
  override handleCopyInResponse(connection: DriverConnection): void {
    super.handleCopyInResponse(connection);
    // It takes no notice of the one that was sent.
    connection.sync();
  }

  override handleCommandComplete(): void {
    this.#unopened--;
  }

  override handleError(error: Error): void {
    this.#failure ??= { error };
    this.#finish();
  }

  protected override get isAnswered(): boolean {
    return this.#unopened < 0;
  }

  protected override end(): void {
    this.#finish();
  }

  #finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#wake();
    this.#onOver();
  }
}
