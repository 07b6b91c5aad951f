import { inContext } from "../context.ts";
import { ParameterError } from "../errors/errors.ts";
import type { CopyConfig } from "../statement.ts";
import { throwIfUnstorable } from "./bind.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import {
  BaseExchange,
  type CommandComplete,
  type DriverClient,
  type DriverConnection,
  submit,
} from "./driver.ts";
import { columnsOf, insertRows, isGuarded, targetOf, valuesOf } from "./insert-rows.ts";
import type { Interrupt } from "./interrupt.ts";
import { NO_OPENING, type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import type { Lease } from "./queryable.ts";
import { whatIsUnstorable } from "./storable.ts";

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
      if (mayCopy) return exchange(client, text, config, openings, interrupt);
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
export const copyText = (config: CopyConfig<unknown>): string =>
  `-- name: ${config.query.name} :copyfrom\nCOPY ${targetOf(config)} (${columnsOf(config)}) FROM STDIN`;

async function exchange<A>(
  client: DriverClient,
  text: string,
  config: CopyConfig<A>,
  openings: readonly Opening[],
  interrupt: Interrupt,
): Promise<number> {
  let ignoreInterrupt: (() => void) | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const copy = new CopyIn(text, config, openings, resolve, reject);
      // While it waits for data, the server does not hear of a request to cancel.
      ignoreInterrupt = interrupt.onFire(() => copy.fail());
      submit(client, copy);
    });
  } finally {
    ignoreInterrupt?.();
  }
}

/** With openings it is the extended protocol, in which all that stands before the Sync is one transaction. */
class CopyIn<A> extends BaseExchange {
  readonly #text: string;
  readonly #config: CopyConfig<A>;
  readonly #openings: readonly Opening[];
  readonly #resolve: (count: number) => void;
  readonly #reject: (error: unknown) => void;
  /** Reads from the source, which is the caller's. */
  readonly #begin: (connection: DriverConnection) => void;
  #connection: DriverConnection | undefined;
  /** Whether there is none to be sent, or no more. */
  #isSynced: boolean;
  /** Whether the server wants no more. */
  #isOver = false;
  #fromSource: { readonly error: unknown } | undefined;
  #continue: (() => void) | undefined;
  #tag = "";

  constructor(
    text: string,
    config: CopyConfig<A>,
    openings: readonly Opening[],
    resolve: (count: number) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#text = text;
    this.#config = config;
    this.#openings = openings;
    this.#isSynced = openings.length === 0;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#begin = inContext((connection) => void this.#send(connection));
  }

  override submit(connection: DriverConnection): null {
    if (this.#openings.length === 0) {
      connection.query(this.#text);
      return null;
    }
    const packet = new Packet();
    sendOpenings(packet, this.#openings, undefined);
    packet.parse("", this.#text).bind("", []).execute().flush().send(connection);
    return null;
  }

  override handleCopyInResponse(connection: DriverConnection): void {
    this.#connection = connection;
    if (this.#isOver) this.#giveUp(connection);
    else this.#begin(connection);
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
      for await (const lines of this.#chunks()) {
        const unstorable = whatIsUnstorable(lines);
        if (unstorable !== undefined) {
          this.#refuse(new ParameterError(`a row has ${unstorable}`, { query: this.#config.query.name }));
          return;
        }
        const isFlowing = connection.stream.write(copyData(lines));
        await new Promise<void>((resolve) => {
          this.#continue = resolve;
          // Other work, and an error of the server's, get their turn even where the socket takes all.
          if (isFlowing) setImmediate(resolve);
          else connection.stream.once("drain", resolve);
        });
        if (this.#isOver) return;
      }
      if (this.#isOver) return;
      connection.endCopyFrom();
      this.#sync(connection);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Fails at once, and not when the source was left, which may take for ever. */
  #refuse(error: unknown): void {
    // Where it was over already, what fails is to leave the source, and that is not why.
    if (!this.#isOver) this.#fromSource = { error };
    this.fail();
  }

  /** @returns undefined where there is none to be had */
  #line(row: A): string | undefined {
    try {
      return line(valuesOf(this.#config, row));
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  /** Lines of COPY's text format; the rest of the source is not asked for once it is over. */
  async *#chunks(): AsyncGenerator<string> {
    const { rows } = this.#config;
    let lines = "";
    if (Symbol.iterator in rows) {
      for (const row of rows) {
        const text = this.#line(row);
        if (text === undefined) return;
        lines += text;
        if (lines.length < CHUNK) continue;
        yield lines;
        lines = "";
      }
    } else {
      for await (const row of rows) {
        if (this.#isOver) return;
        const text = this.#line(row);
        if (text === undefined) return;
        lines += text;
        if (lines.length < CHUNK) continue;
        yield lines;
        lines = "";
      }
    }
    if (lines !== "") yield lines;
  }

  #end(): void {
    this.#isOver = true;
    this.#continue?.();
  }

  override handleCommandComplete(message: CommandComplete): void {
    this.#tag = message.text;
  }

  override handleError(error: Error, connection: DriverConnection): void {
    this.#end();
    // The server heeds nothing before it.
    this.#sync(connection);
    this.#reject(this.#fromSource === undefined ? error : this.#fromSource.error);
  }

  protected override get isAnswered(): boolean {
    return readTag(this.#tag).command === "COPY";
  }

  protected override end(): void {
    this.#resolve(readTag(this.#tag).rowCount ?? 0);
  }
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPED: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function line(values: readonly (string | null)[]): string {
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (i > 0) text += "\t";
    if (value === null || value === undefined) text += "\\N";
    else text += SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (c) => ESCAPED[c]!) : value;
  }
  return `${text}\n`;
}

const COPY_DATA = 0x64;

function copyData(lines: string): Buffer {
  const message = Buffer.allocUnsafe(5 + Buffer.byteLength(lines));
  message[0] = COPY_DATA;
  message.writeInt32BE(message.length - 1, 1);
  message.write(lines, 5);
  return message;
}
