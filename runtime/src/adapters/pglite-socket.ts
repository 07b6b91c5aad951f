import { Duplex } from "node:stream";
import { EndedByOthers } from "../postgres/transaction-control.ts";
import { message, messagesOf, text } from "./protocol.ts";

/** What is used of PGlite, whatever its version. */
export interface PGliteLike {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  execProtocolRaw(message: Uint8Array, options: { syncToFs: boolean }): Promise<Uint8Array>;
  runExclusive<T>(work: () => Promise<T>): Promise<T>;
}

const READY = "Z";
const TERMINATE = "X".charCodeAt(0);
const SYNC = message("S");
/** Settings that a server reports by itself. */
const REPORTED = [
  "application_name",
  "client_encoding",
  "DateStyle",
  "default_transaction_read_only",
  "in_hot_standby",
  "integer_datetimes",
  "IntervalStyle",
  "is_superuser",
  "search_path",
  "server_encoding",
  "server_version",
  "session_authorization",
  "standard_conforming_strings",
  "TimeZone",
];
/** Parameters of a startup message that are no settings. */
const NO_SETTINGS = new Set(["user", "database", "replication", "options", "client_encoding"]);

/**
 * A socket behind which there is no network but a PGlite, which speaks the protocol too. What PGlite has no part of, the
 * beginning of a connection and its end, is done here.
 */
export class PGliteSocket extends Duplex {
  readonly #db: PGliteLike;
  #isStarted = false;
  /** What was said last of the transaction: `I`, `T` or `E`; undefined where a Sync is missing. */
  #status: string | undefined = "I";
  /** Whether the transaction that is open was begun here, and whether what was sent since the last word on it may begin or end one. */
  #isOurs = false;
  #mayBegin = false;
  /** The names of prepared statements that do that; the last without a name has the empty one. */
  readonly #control = new Set<string>();

  constructor(db: PGliteLike) {
    super();
    this.#db = db;
  }

  connect(): this {
    setImmediate(() => this.emit("connect"));
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(chunk).then(() => done(), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  /** Leaves nothing open in PGlite, whose one session goes on. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#tidy().then(
      () => done(error),
      () => done(error),
    );
  }

  async #take(data: Buffer): Promise<void> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      // What begins a connection would wait for that to end, which may wait for the connection.
      this.push((await this.#ask()) === "I" ? await this.#start(data) : REFUSED);
    } else if (data[0] === TERMINATE) {
      this.push(null);
    } else {
      const answer = await this.#send(data);
      if (!this.destroyed) this.push(answer);
    }
  }

  async #send(data: Buffer): Promise<Buffer> {
    const answer = await this.#db.runExclusive(async () => {
      const isAbout = this.#isAboutTransactions(data);
      if (isAbout && this.#status !== undefined) await this.#throwIfOthers();
      this.#mayBegin ||= isAbout;
      return this.#exchange(withoutCopy(data));
    });
    return this.#noteStatus(answer);
  }

  /** Tells whether it begins a transaction, or ends one. */
  #isAboutTransactions(data: Buffer): boolean {
    // What is prepared under a name need not say it.
    if (this.#control.size === 0 && !MENTIONS_CONTROL.test(data.toString("latin1"))) return false;
    return messagesOf(data).some(({ type, body }) => {
      const [first = "", second = ""] = body.toString("utf8").split("\0", 2);
      if (type === "B") return this.#control.has(second);
      const isControl = CONTROL.test(type === "Q" ? first : second);
      if (type === "P" && isControl) this.#control.add(first);
      else if (type === "P") this.#control.delete(first);
      return type === "Q" && isControl;
    });
  }

  async #exchange(data: Buffer): Promise<Buffer> {
    // A view of the server's memory.
    return Buffer.from(await this.#db.execProtocolRaw(data, { syncToFs: true }));
  }

  /** Asks what there is of a transaction. */
  async #ask(): Promise<string | undefined> {
    return statusAtEnd(await this.#db.runExclusive(() => this.#exchange(SYNC)));
  }

  /** Throws where the transaction that is open is of who else uses the PGlite, or that of the pool no longer is. */
  async #throwIfOthers(): Promise<void> {
    const isOpen = statusAtEnd(await this.#exchange(SYNC)) !== "I";
    if (isOpen === this.#isOurs) return;
    this.#status = "I";
    this.#isOurs = false;
    throw isOpen ? new Error(FOREIGN) : new EndedByOthers(ENDED);
  }

  /** @returns the answer as of a connection of its own: in a transaction of somebody else's it is in none */
  #noteStatus(answer: Buffer): Buffer {
    const status = statusAtEnd(answer);
    this.#status = status;
    if (status === undefined) return answer;
    const isForeign = status !== "I" && !this.#isOurs && !this.#mayBegin;
    this.#isOurs = status !== "I" && !isForeign;
    this.#mayBegin = false;
    if (!isForeign) return answer;
    this.#status = "I";
    return Buffer.concat([answer.subarray(0, -1), Buffer.from("I")]);
  }

  async #tidy(): Promise<void> {
    if (this.#status === undefined) await this.#send(SYNC);
    if (this.#isOurs) await this.#send(message("Q", text("rollback")));
  }

  /** Makes the settings that the startup message asks for, and answers as a server that lets everybody in. */
  async #start(data: Buffer): Promise<Buffer> {
    const [...words] = data.subarray(8).toString().split("\0");
    for (let i = 0; words[i] !== undefined && words[i] !== ""; i += 2) {
      const [name = "", value = ""] = [words[i], words[i + 1]];
      if (name === "options")
        for (const [, key, given] of value.matchAll(OPTION)) await this.#set(key!, given!);
      else if (!NO_SETTINGS.has(name)) await this.#set(name, value);
    }
    // Those of a connection before this one.
    await this.#db.query("deallocate all");
    const { rows } = await this.#db.query(
      "select name, current_setting(name, true) as value from unnest($1::text[]) name",
      [REPORTED],
    );
    const settings = (rows as { name: string; value: string | null }[]).map(({ name, value }) =>
      message("S", Buffer.concat([text(name), text(value ?? "")])),
    );
    return Buffer.concat([message("R", Buffer.alloc(4)), ...settings, message(READY, Buffer.from("I"))]);
  }

  async #set(name: string, value: string): Promise<void> {
    await this.#db.query("select set_config($1, $2, false)", [name, value]);
  }
}

const MENTIONS_CONTROL = /begin|start|commit|end|abort|rollback|prepare/i;
/** What goes back to a savepoint ends nothing. */
const CONTROL =
  /(?:^|;)(?:\s|--[^\n]*\n|\/\*(?:(?!\*\/)[\s\S])*\*\/)*(?:begin|start|commit|end|abort|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b)|prepare\s+transaction)\b/i;
const FOREIGN =
  "a transaction is open on this PGlite that the pool has not begun: in it a pool that was used before can run statements, but no transactions";
/** As of a server that lets nobody in. */
const REFUSED = message(
  "E",
  Buffer.concat([text("SFATAL"), text("VFATAL"), text("C25001"), text(`M${FOREIGN}`), Buffer.alloc(1)]),
);
const ENDED = "the pool's transaction was ended by who else uses this PGlite";

/** As libpq's: `-c role=app`. */
const OPTION = /(?:-c\s*|--)([\w.]+)=((?:\\.|\S)*)/g;

const COPY = /^(?:\s|--[^\n]*\n)*copy\b[^;]*\bfrom\s+stdin\b/i;
const REFUSAL = "select 'PGlite takes no COPY FROM STDIN: use copyRows()'::int";

/** A COPY that waits for data ends the whole PGlite, so that an error stands in its place. */
function withoutCopy(data: Buffer): Buffer {
  if (!/copy/i.test(data.toString("latin1"))) return data;
  const messages = messagesOf(data).map(({ type, body, bytes }) => {
    const from = type === "P" ? body.indexOf(0) + 1 : 0;
    const isCopy = (type === "P" || type === "Q") && COPY.test(body.toString("utf8", from));
    if (!isCopy) return bytes;
    return message(
      type,
      Buffer.concat([body.subarray(0, from), text(REFUSAL), Buffer.alloc(type === "P" ? 2 : 0)]),
    );
  });
  return Buffer.concat(messages);
}

/** A ReadyForQuery is the last of an answer, where there is one. */
function statusAtEnd(answer: Buffer): string | undefined {
  const last = answer.subarray(-6);
  return last.length === 6 && last[0] === READY.charCodeAt(0) && last.readInt32BE(1) === 5
    ? last.toString("latin1", 5)
    : undefined;
}
