import { inContext } from "../context.ts";
import type { CopyConfig } from "../statement.ts";
import { throwIfUnstorable } from "./bind.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import { binaryFormat, type CopyFormat, TEXT_FORMAT } from "./copy-format.ts";
import {
  type CopyTypes,
  failUnlessSame,
  forgetCopyTypes,
  isDifference,
  readCopyTypes,
  sendSameTypes,
  typesHaveChanged,
} from "./copy-types.ts";
import {
  BaseExchange,
  type CommandComplete,
  type DataRow,
  type DriverClient,
  type DriverConnection,
  submit,
} from "./driver.ts";
import { columnsOf, insertRows, isGuarded, targetOf, valuesOf } from "./insert-rows.ts";
import type { Interrupt } from "./interrupt.ts";
import { NO_OPENING, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import type { Lease } from "./queryable.ts";

/** Characters in a CopyData message, about. */
const CHUNK = 64 * 1024;

/**
 * Inserts rows with COPY; in a scope with INSERT where the table has policies, for PostgreSQL refuses COPY there. What the
 * source throws ends it and is thrown again; nothing has been inserted then.
 * @returns the number of rows
 */
export async function copyRows<A>(
  connection: Connection,
  config: CopyConfig<A>,
  interrupt: Interrupt,
  { scope, isInScope = scope !== undefined, since }: Pick<Lease, "scope" | "isInScope" | "since"> = {},
): Promise<number> {
  const openings = scope?.opening ?? NO_OPENING;
  const text = copyText(config as CopyConfig<unknown>);
  const operation = connection.telemetry.copy(config.query, text, since);
  try {
    throwIfUnstorable(text, config.query);
    const count = await connection.hold(config.query.name, interrupt, async (client) => {
      // Of what is written, the encoding, intervals and arrays depend on them.
      connection.session.throwIfWrong(config);
      await connection.session.verify(client, config.query.name);
      const mayCopy =
        connection.copies &&
        !(isInScope && (await isGuarded(client, config as CopyConfig<unknown>, openings)));
      if (mayCopy) return exchange(client, config, openings, interrupt);
      interrupt?.throwIfFired(config.query.name);
      return insertRows(client, config, openings, interrupt);
    });
    operation.end({ rows: count });
    return count;
  } catch (error) {
    operation.end({ error });
    throw error;
  }
}

/** It stands in the server's log, where no value may get to. */
const GAVE_UP = "the client gave up";

/** The COPY statement, with the query's name in front. */
export const copyText = (config: CopyConfig<unknown>, { options }: CopyFormat = TEXT_FORMAT): string =>
  `-- name: ${config.query.name} :copyfrom\nCOPY ${targetOf(config)} (${columnsOf(config)}) FROM STDIN${options}`;

async function exchange<A>(
  client: DriverClient,
  config: CopyConfig<A>,
  openings: readonly Opening[],
  interrupt: Interrupt,
): Promise<number> {
  const types = await readCopyTypes(client, config as CopyConfig<unknown>);
  let ignoreInterrupt: (() => void) | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const copy = new CopyIn(client, config, types, openings, resolve, reject);
      // While it waits for data, the server does not hear of a request to cancel.
      ignoreInterrupt = interrupt.onFire(() => copy.fail());
      submit(client, copy);
    });
  } finally {
    ignoreInterrupt?.();
  }
}

/** What is sent at once. */
interface Piece {
  readonly written: string;
  /** Whether the format ends with it, and what follows is text. */
  readonly isLast: boolean;
}

/**
 * COPY in the binary format where all types have one, and in text from the first row on that has no binary form, or where the columns have
 * other types by now. A table whose triggers or constraints tell two statements from one gets one, in text. But for a COPY in text alone it is
 * the extended protocol, in which all that stands before the Sync is one transaction.
 */
class CopyIn<A> extends BaseExchange {
  readonly #client: DriverClient;
  readonly #config: CopyConfig<A>;
  /** Where it begins in the binary format. */
  readonly #types: CopyTypes | undefined;
  readonly #openings: readonly Opening[];
  readonly #resolve: (count: number) => void;
  readonly #reject: (error: unknown) => void;
  /** Reads from the source, which is the caller's. */
  readonly #begin: (connection: DriverConnection) => void;
  #format: CopyFormat;
  #connection: DriverConnection | undefined;
  /** Whether there is none to be sent, or no more. */
  #isSynced: boolean;
  /** Whether the server wants no more. */
  #isOver = false;
  #fromSource: { readonly error: unknown } | undefined;
  #continue: (() => void) | undefined;
  /** What was executed and has not been answered yet. */
  #unanswered = 1;
  /** Whether the last of that asks for the types once more. */
  #isGuarded = false;
  #areTypesOld = false;
  /** What was not sent yet. */
  #written = "";
  /** The values of a row that has no binary form. */
  #unwritten: readonly (string | null)[] | undefined;
  #count = 0;

  constructor(
    client: DriverClient,
    config: CopyConfig<A>,
    types: CopyTypes | null,
    openings: readonly Opening[],
    resolve: (count: number) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    const binary = types === null ? undefined : binaryFormat(types.written, config.query.name);
    this.#client = client;
    this.#config = config;
    this.#types = binary === undefined ? undefined : types!;
    this.#format = binary ?? TEXT_FORMAT;
    this.#openings = openings;
    this.#isSynced = openings.length === 0 && binary === undefined;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#begin = inContext((connection) => void this.#send(connection));
  }

  override submit(connection: DriverConnection): null {
    if (this.#isSynced) {
      connection.query(this.#text);
      return null;
    }
    const packet = new Packet();
    sendOpenings(packet, this.#openings, undefined);
    if (this.#types !== undefined) sendSameTypes(packet, this.#types);
    packet.parse("", this.#text).bind("", []).execute().flush().send(connection);
    this.#unanswered = packet.executed;
    return null;
  }

  get #text(): string {
    return copyText(this.#config as CopyConfig<unknown>, this.#format);
  }

  override handleDataRow({ fields }: DataRow): void {
    // Of the openings' rows none is looked at; behind them it is asked whether the types are what they were.
    if (this.#unanswered !== 2 || this.#connection !== undefined || fields[0] !== "f") return;
    this.#areTypesOld = true;
    this.#forgetTypes();
  }

  override handleCopyInResponse(connection: DriverConnection): void {
    const isFirst = this.#connection === undefined;
    this.#connection = connection;
    if (this.#isOver) this.#giveUp(connection);
    else if (isFirst) this.#begin(connection);
    else this.#continue?.();
  }

  /** Has the server give up, so that it answers with an error. */
  fail(): void {
    if (!this.#isOver && this.#connection !== undefined) this.#giveUp(this.#connection);
    this.#end();
  }

  #giveUp(connection: DriverConnection): void {
    connection.sendCopyFail(GAVE_UP);
    this.#sync(connection);
  }

  #sync(connection: DriverConnection): void {
    if (!this.#isSynced) connection.sync();
    this.#isSynced = true;
  }

  async #send(connection: DriverConnection): Promise<void> {
    try {
      for await (const { written, isLast } of this.#pieces()) {
        await this.#sendPiece(connection, written);
        if (this.#isOver) return;
        if (isLast) await this.#goOnInText(connection);
        if (this.#isOver) return;
      }
      if (this.#isOver) return;
      connection.endCopyFrom();
      this.#sendGuard(connection);
      this.#sync(connection);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #sendPiece(connection: DriverConnection, written: string): Promise<void> {
    let message: Buffer;
    try {
      message = this.#format.message(written, this.#config.query.name);
    } catch (error) {
      // Now, for to leave the source may take for ever.
      this.#refuse(error);
      return;
    }
    const isFlowing = connection.stream.write(message);
    await this.#wait((resolve) => {
      // Other work, and an error of the server's, get their turn even where the socket takes all.
      if (isFlowing) setImmediate(resolve);
      else connection.stream.once("drain", resolve);
    });
  }

  /** Ends this COPY and begins another one, in the same transaction; resolves when the server takes its rows. */
  async #goOnInText(connection: DriverConnection): Promise<void> {
    this.#format = TEXT_FORMAT;
    connection.endCopyFrom();
    new Packet().parse("", this.#text).bind("", []).execute().flush().send(connection);
    this.#unanswered++;
    await this.#wait(() => {});
  }

  /** Waits for the server to go on, or for this to be over. */
  #wait(begin: (resolve: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#continue = resolve;
      begin(resolve);
    });
  }

  #sendGuard(connection: DriverConnection): void {
    if (this.#types === undefined || this.#areTypesOld) return;
    new Packet().parse("", failUnlessSame(this.#types)).bind("", []).execute().send(connection);
    this.#unanswered++;
    this.#isGuarded = true;
  }

  /** Fails at once, and not when the source was left, which may take for ever. */
  #refuse(error: unknown): void {
    // Where it was over already, what fails is to leave the source, and that is not why.
    if (!this.#isOver) this.#fromSource = { error };
    this.fail();
  }

  /** @returns whether something must be sent before there is more */
  #add(row: A): boolean {
    try {
      const values = valuesOf(this.#config, row);
      const written = this.#format.row(values);
      if (written === undefined) this.#unwritten = values;
      else this.#written += written;
    } catch (error) {
      this.#refuse(error);
    }
    return this.#isOver || this.#unwritten !== undefined || this.#written.length >= CHUNK;
  }

  /** Gives the rows as they are written; the rest of the source is not asked for once it is over. */
  async *#pieces(): AsyncGenerator<Piece> {
    const { rows } = this.#config;
    this.#written = this.#format.head;
    if (this.#areTypesOld) yield* this.#take(true);
    if (Symbol.iterator in rows) {
      for (const row of rows) {
        if (!this.#add(row)) continue;
        yield* this.#full();
        if (this.#isOver) return;
      }
    } else {
      for await (const row of rows) {
        if (this.#isOver) return;
        if (!this.#add(row)) continue;
        yield* this.#full();
        if (this.#isOver) return;
      }
    }
    this.#written += this.#format.tail;
    if (this.#written !== "") yield* this.#take(false);
  }

  *#full(): Generator<Piece> {
    if (this.#isOver) return;
    const unwritten = this.#unwritten;
    if (unwritten === undefined) {
      yield* this.#take(false);
      return;
    }
    this.#unwritten = undefined;
    yield* this.#take(true);
    this.#written = this.#format.row(unwritten) ?? "";
  }

  *#take(isLast: boolean): Generator<Piece> {
    const written = this.#written + (isLast ? this.#format.tail : "");
    this.#written = "";
    yield { written, isLast };
  }

  #end(): void {
    this.#isOver = true;
    this.#continue?.();
  }

  override handleCommandComplete(message: CommandComplete): void {
    this.#unanswered--;
    const { command, rowCount } = readTag(message.text);
    if (command === "COPY") this.#count += rowCount ?? 0;
  }

  override handleError(error: Error, connection: DriverConnection): void {
    this.#end();
    // The server heeds nothing before it.
    this.#sync(connection);
    this.#reject(this.#fromSource === undefined ? this.#explained(error) : this.#fromSource.error);
  }

  #explained(error: Error): Error {
    this.#forgetTypes();
    const isGuards = this.#isGuarded && this.#unanswered === 1;
    return isGuards && isDifference(error) ? typesHaveChanged(error) : error;
  }

  /** Has the next COPY ask for them anew. */
  #forgetTypes(): void {
    forgetCopyTypes(this.#client, this.#config as CopyConfig<unknown>);
  }

  protected override get isAnswered(): boolean {
    return this.#unanswered === 0;
  }

  protected override end(): void {
    this.#resolve(this.#count);
  }
}
