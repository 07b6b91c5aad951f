import type { CopyConfig } from "../statement.ts";
import { readTag } from "./command-tag.ts";
import type { Connection } from "./connection.ts";
import {
  BaseExchange,
  type CommandComplete,
  type DriverClient,
  type DriverConnection,
  submit,
} from "./driver.ts";
import type { Interrupt } from "./interrupt.ts";

/** Characters in a CopyData message, about. */
const CHUNK = 64 * 1024;

/**
 * Inserts rows with COPY. What the source throws ends it and is thrown again; nothing has been inserted then.
 * @returns the number of rows
 */
export async function copyRows<A>(
  connection: Connection,
  config: CopyConfig<A>,
  interrupt?: Interrupt,
): Promise<number> {
  const text = copyText(config as CopyConfig<unknown>);
  const operation = connection.telemetry.copy(config.query, text);
  try {
    const count = await connection.hold(config.query.name, interrupt, (client) => {
      return exchange(client, text, config, interrupt);
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

const quoteIdent = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const copyText = ({ schema, table, columns, query }: CopyConfig<unknown>): string =>
  `-- name: ${query.name} :copyfrom\nCOPY ${quoteIdent(schema)}.${quoteIdent(table)} (${columns.map(quoteIdent).join(", ")}) FROM STDIN`;

async function exchange<A>(
  client: DriverClient,
  text: string,
  config: CopyConfig<A>,
  interrupt: Interrupt | undefined,
): Promise<number> {
  let ignoreInterrupt: (() => void) | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const copy = new CopyIn(text, config, resolve, reject);
      // While it waits for data, the server does not hear of a request to cancel.
      ignoreInterrupt = interrupt?.onFire(() => copy.fail());
      submit(client, copy);
    });
  } finally {
    ignoreInterrupt?.();
  }
}

class CopyIn<A> extends BaseExchange {
  readonly #text: string;
  readonly #config: CopyConfig<A>;
  readonly #resolve: (count: number) => void;
  readonly #reject: (error: unknown) => void;
  #connection: DriverConnection | undefined;
  /** Whether the server wants no more. */
  #isOver = false;
  #fromSource: { readonly error: unknown } | undefined;
  #continue: (() => void) | undefined;
  #tag = "";

  constructor(
    text: string,
    config: CopyConfig<A>,
    resolve: (count: number) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#text = text;
    this.#config = config;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override submit(connection: DriverConnection): Error | null {
    connection.query(this.#text);
    return null;
  }

  override handleCopyInResponse(connection: DriverConnection): void {
    this.#connection = connection;
    if (this.#isOver) connection.sendCopyFail(GAVE_UP);
    else void this.#send(connection);
  }

  /** Has the server give up, so that it answers with an error. */
  fail(): void {
    if (!this.#isOver) this.#connection?.sendCopyFail(GAVE_UP);
    this.#end();
  }

  async #send(connection: DriverConnection): Promise<void> {
    try {
      for await (const lines of this.#chunks()) {
        const isFlowing = connection.stream.write(copyData(lines));
        await new Promise<void>((resolve) => {
          this.#continue = resolve;
          // Other work, and an error of the server's, get their turn even where the socket takes all.
          if (isFlowing) setImmediate(resolve);
          else connection.stream.once("drain", resolve);
        });
        if (this.#isOver) return;
      }
      if (!this.#isOver) connection.endCopyFrom();
    } catch (error) {
      this.#fromSource = { error };
      this.fail();
    }
  }

  /** Lines of COPY's text format; the rest of the source is not asked for once it is over. */
  async *#chunks(): AsyncGenerator<string> {
    const { rows, encode } = this.#config;
    let lines = "";
    if (Symbol.iterator in rows) {
      for (const row of rows) {
        lines += line(encode(row));
        if (lines.length < CHUNK) continue;
        yield lines;
        lines = "";
      }
    } else {
      for await (const row of rows) {
        if (this.#isOver) return;
        lines += line(encode(row));
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

  override handleError(error: Error): void {
    this.#end();
    this.#reject(this.#fromSource === undefined ? error : this.#fromSource.error);
  }

  override handleReadyForQuery(): void {
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
