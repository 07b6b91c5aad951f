import { inContext } from "../context.ts";
import { ParameterError } from "../errors/errors.ts";
import type { CopyConfig } from "../statement.ts";
import { MOST_PARAMETERS, sendBind } from "./bind.ts";
import { readTag } from "./command-tag.ts";
import {
  BaseExchange,
  type CommandComplete,
  type DriverClient,
  type DriverConnection,
  submit,
} from "./driver.ts";
import type { Interrupt } from "./interrupt.ts";
import { type Opening, sendOpenings } from "./opening.ts";
import { Packet } from "./packet.ts";
import { exchange } from "./round-trip.ts";

/** Rows of an INSERT, where their columns allow as many. */
const ROWS = 500;
/** Characters of an INSERT, about. */
const CHARACTERS = 1024 * 1024;

/** Stands in the server's log, where no value may get to, as the name of a portal that does not exist. */
const GAVE_UP = "the client gave up";

export const quoteIdent = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The target of a COPY, quoted. */
export const targetOf = ({ schema, table }: CopyConfig<unknown>): string =>
  `${quoteIdent(schema)}.${quoteIdent(table)}`;

export const columnsOf = ({ columns }: CopyConfig<unknown>): string => columns.map(quoteIdent).join(", ");

/** Tells whether policies decide what the role may write to the table: PostgreSQL refuses COPY into such a one. */
export function isGuarded(
  client: DriverClient,
  config: CopyConfig<unknown>,
  openings: readonly Opening[],
): Promise<boolean> {
  const send = (packet: Packet): void => {
    sendOpenings(packet, openings, undefined);
    packet
      .parse("", "select row_security_active($1::regclass)")
      .bind("", [targetOf(config)])
      .execute();
  };
  return new Promise((resolve, reject) => {
    exchange(client, send, ({ rows }) => resolve(rows[0]?.[0] === "t"), reject);
  });
}

/**
 * Inserts what COPY would, with INSERTs that share a Sync: one transaction where there is none yet. What the source throws
 * ends it and is thrown again; nothing has been inserted then.
 * @returns the number of rows
 */
export async function insertRows<A>(
  client: DriverClient,
  config: CopyConfig<A>,
  openings: readonly Opening[],
  interrupt: Interrupt | undefined,
): Promise<number> {
  let ignoreInterrupt: (() => void) | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const insert = new Inserts(config, openings, resolve, reject);
      // Between two INSERTs there is nothing that the server could cancel.
      ignoreInterrupt = interrupt?.onFire(() => insert.fail(interrupt.error(config.query.name)));
      submit(client, insert);
    });
  } finally {
    ignoreInterrupt?.();
  }
}

/** Gives a row's values, one for each column. @throws ParameterError where they are more, or fewer, and would stand in other places */
export function valuesOf<A>(config: CopyConfig<A>, row: A): (string | null)[] {
  const { columns, query } = config;
  const values = config.encode(row);
  if (values.length === columns.length) return values;
  throw new ParameterError(`a row has ${values.length} values, and there are ${columns.length} columns`, {
    query: query.name,
  });
}

class Inserts<A> extends BaseExchange {
  readonly #config: CopyConfig<A>;
  readonly #openings: readonly Opening[];
  readonly #resolve: (count: number) => void;
  readonly #reject: (error: unknown) => void;
  readonly #rowsAtOnce: number;
  /** Reads from the source, which is the caller's. */
  readonly #begin: (connection: DriverConnection) => void;
  /** Openings that were not answered yet. */
  #unopened: number;
  #connection: DriverConnection | undefined;
  /** How many rows the prepared INSERT takes. */
  #parsed = 0;
  #isOver = false;
  /** Why we gave up. */
  #failure: { readonly error: unknown } | undefined;
  #continue: (() => void) | undefined;
  #count = 0;
  /** What was executed and has not been answered yet. */
  #unanswered = 0;

  constructor(
    config: CopyConfig<A>,
    openings: readonly Opening[],
    resolve: (count: number) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#config = config;
    this.#openings = openings;
    this.#unopened = openings.length;
    this.#rowsAtOnce = Math.max(1, Math.min(ROWS, Math.floor(MOST_PARAMETERS / config.columns.length)));
    this.#resolve = resolve;
    this.#reject = reject;
    this.#begin = inContext((connection) => void this.#send(connection));
  }

  override submit(connection: DriverConnection): null {
    this.#connection = connection;
    const packet = new Packet();
    sendOpenings(packet, this.#openings, undefined);
    this.#unanswered = packet.executed;
    packet.send(connection);
    this.#begin(connection);
    return null;
  }

  /** Has the server undo it, by an error: a Sync alone would make it last. */
  fail(error: unknown): void {
    if (this.#isOver || this.#connection === undefined) return;
    this.#failure = { error };
    new Packet().execute(GAVE_UP).send(this.#connection);
    this.#end(this.#connection);
  }

  async #send(connection: DriverConnection): Promise<void> {
    try {
      let values: (string | null)[] = [];
      let characters = 0;
      let rows = 0;
      for await (const row of this.#config.rows) {
        if (this.#isOver) return;
        // To leave the source may take for ever.
        try {
          for (const value of valuesOf(this.#config, row)) {
            values.push(value);
            characters += value?.length ?? 0;
          }
          if (++rows < this.#rowsAtOnce && characters < CHARACTERS) continue;
          await this.#insert(connection, values, rows);
        } catch (error) {
          this.fail(error);
        }
        if (this.#isOver) return;
        values = [];
        characters = 0;
        rows = 0;
      }
      if (this.#isOver) return;
      if (rows > 0) await this.#insert(connection, values, rows);
      if (!this.#isOver) this.#end(connection);
    } catch (error) {
      this.fail(error);
    }
  }

  async #insert(connection: DriverConnection, values: (string | null)[], rows: number): Promise<void> {
    const { stream } = connection;
    const packet = new Packet();
    if (rows !== this.#parsed) packet.parse("", insertText(this.#config as CopyConfig<unknown>, rows));
    this.#parsed = rows;
    sendBind(packet, { values, query: this.#config.query }, "");
    packet.execute().flush().send(connection);
    this.#unanswered++;
    await new Promise<void>((resolve) => {
      this.#continue = resolve;
      // Other work, and an error of the server's, get their turn even where the socket takes all.
      if (stream.writableNeedDrain) stream.once("drain", resolve);
      else setImmediate(resolve);
    });
  }

  #end(connection: DriverConnection): void {
    if (!this.#isOver) connection.sync();
    this.#isOver = true;
    this.#continue?.();
  }

  override handleCommandComplete(message: CommandComplete): void {
    this.#unanswered--;
    if (this.#unopened > 0) this.#unopened--;
    else this.#count += readTag(message.text).rowCount ?? 0;
  }

  override handleError(error: Error, connection: DriverConnection): void {
    // The server heeds nothing before the Sync.
    this.#end(connection);
    this.#reject(this.#failure === undefined ? error : this.#failure.error);
  }

  protected override get isAnswered(): boolean {
    return this.#isOver && this.#unanswered === 0;
  }

  protected override end(): void {
    this.#resolve(this.#count);
  }
}

/** Writes identity columns as COPY does. */
function insertText(config: CopyConfig<unknown>, rows: number): string {
  const width = config.columns.length;
  const lists = Array.from(
    { length: rows },
    (_, row) => `(${config.columns.map((_, i) => `$${row * width + i + 1}`).join(", ")})`,
  );
  return `-- name: ${config.query.name} :copyfrom\nINSERT INTO ${targetOf(config)} (${columnsOf(config)}) OVERRIDING SYSTEM VALUE VALUES ${lists.join(", ")}`;
}
