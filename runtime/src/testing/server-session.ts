import pg from "pg";
import type { PGliteLike } from "../adapters/pglite-socket.ts";
import { type Message, message, messagesOf } from "../adapters/protocol.ts";
import type { DriverClient } from "../postgres/driver.ts";
import { question, rowsOf } from "./session.ts";

/** What ends the answer to a message that is not followed by a Sync. */
const ENDS: Readonly<Record<string, string>> = { P: "1", B: "2", C: "3", D: "nT", E: "CsI" };

/**
 * One connection to a server, spoken to as a PGlite is: what is sent is answered at once, and whole. `pg` connects and
 * authenticates; from then on the protocol is ours.
 */
export class ServerSession implements PGliteLike {
  readonly #client: pg.Client;
  readonly #stream: DriverClient["connection"]["stream"];
  #received: Buffer = Buffer.alloc(0);
  #check: () => void = () => {};
  #lost: Error | undefined;
  /** The last of those who want the session for themselves. */
  #last: Promise<unknown> = Promise.resolve();

  static async connect(connectionString: string): Promise<ServerSession> {
    const client = new pg.Client({ connectionString });
    client.on("error", () => {});
    await client.connect();
    return new ServerSession(client);
  }

  private constructor(client: pg.Client) {
    this.#client = client;
    this.#stream = (client as unknown as DriverClient).connection.stream;
    this.#stream.removeAllListeners("data");
    this.#stream.on("data", (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#check();
    });
    const lose = (error?: Error): void => {
      this.#lost ??= error ?? new Error("the server has closed the connection of the tests");
      this.#check();
    };
    this.#stream.on("error", lose);
    this.#stream.on("close", () => lose());
  }

  runExclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => {});
    return mine;
  }

  async query(statement: string, values: unknown[] = []): Promise<{ rows: unknown[] }> {
    const given = values.map((value) =>
      value === null ? null : Array.isArray(value) ? array(value) : String(value),
    );
    const answer = messagesOf(
      await this.runExclusive(() => this.execProtocolRaw(question(statement, given))),
    );
    const error = answer.find(({ type }) => type === "E");
    if (error !== undefined) throw new Error(error.body.toString("utf8").replaceAll("\0", " "));
    const { columns, rows } = rowsOf(answer);
    return { rows: rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i] ?? "", value]))) };
  }

  execProtocolRaw(data: Uint8Array): Promise<Buffer> {
    const sent = messagesOf(Buffer.from(data));
    const ready = sent.filter(({ type }) => type === "Q" || type === "S").length;
    const rest = sent.slice(sent.findLastIndex(({ type }) => type === "Q" || type === "S") + 1);
    const isSynced = rest.length === 0;
    return new Promise((resolve, reject) => {
      this.#check = () => {
        if (this.#lost !== undefined) reject(this.#lost);
        const whole = wholeMessages(this.#received);
        const length = whole.reduce((sum, { bytes }) => sum + bytes.length, 0);
        if (!isAnswered(whole, ready, rest)) return;
        const answer = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        this.#check = () => {};
        resolve(answer);
      };
      this.#stream.write(isSynced ? data : Buffer.concat([data, message("H")]));
      this.#check();
    });
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    if (this.#lost !== undefined) return;
    const closed = new Promise<void>((resolve) => this.#stream.once("close", () => resolve()));
    this.#stream.end(message("X"));
    await closed;
    this.#client.removeAllListeners();
  }
}

/** Tells whether all was answered that was sent: as many Syncs, and what follows the last of them, up to an error. */
function isAnswered(answer: readonly Message[], ready: number, rest: readonly Message[]): boolean {
  let seen = 0;
  const from = ready === 0 ? 0 : answer.findIndex(({ type }) => type === "Z" && ++seen === ready) + 1;
  if (ready > 0 && from === 0) return false;
  if (rest.length === 0) return true;
  const after = answer.slice(from);
  if (after.some(({ type }) => type === "E")) return true;
  const expected = rest.map(({ type }) => ENDS[type]).filter((ends) => ends !== undefined);
  let at = 0;
  for (const { type } of after) if (expected[at]?.includes(type) === true) at++;
  return at === expected.length;
}

/** Those that have come as a whole. */
function wholeMessages(data: Buffer): Message[] {
  let end = 0;
  while (end + 5 <= data.length && end + 1 + data.readInt32BE(end + 1) <= data.length)
    end += 1 + data.readInt32BE(end + 1);
  return messagesOf(data.subarray(0, end));
}

/** PostgreSQL's text of an array of texts. */
function array(values: readonly unknown[]): string {
  return `{${values.map((value) => `"${String(value).replace(/[\\"]/g, "\\$&")}"`).join(",")}}`;
}
