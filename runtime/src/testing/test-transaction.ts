import type { PGliteLike } from "../adapters/pglite-socket.ts";
import { type Message, message, messagesOf, text } from "../adapters/protocol.ts";
import { LocalSettings } from "./local-settings.ts";
import { ask, cellsOf, command, mustRun } from "./session.ts";
import { statementsOf, type TransactionCommand, transactionCommand } from "./transaction-commands.ts";

/** Told of each statement that is executed, with the number of the packet that it came in. */
export type OnExecute = (statement: {
  readonly text: string;
  readonly values: readonly (string | null)[];
  readonly packet: number;
}) => void;

const SAVEPOINT = "solitude_test";
const RELEASE = `release savepoint ${SAVEPOINT}`;
const UNDO = `rollback to savepoint ${SAVEPOINT}; ${RELEASE}`;
const REFUSAL =
  "select 'in the transaction of a test there is no AND CHAIN and no PREPARE TRANSACTION'::int as refused";

/** What of the client's is under way: nothing, a statement that is a transaction of its own, or a transaction. */
type Unit = "none" | "statement" | "transaction";

/**
 * A session as its client sees it, inside of one transaction that is a test's. A transaction of the client's is a savepoint, and so
 * is each statement outside of one, so that an error ends no more than it would; the client is answered as if they were
 * transactions. Deferred constraints are checked where those would end, and what was set for one of them is taken back.
 */
export class TestTransaction implements PGliteLike {
  readonly #session: PGliteLike;
  readonly #onExecute: OnExecute;
  /** By name, of the client's prepared statements and portals. */
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<
    string,
    { readonly text: string; readonly values: readonly (string | null)[] }
  >();
  #isOpen = false;
  #unit: Unit = "none";
  /** What the server said last of its transaction. */
  #status = "I";
  /** Whether the server takes no notice of what comes before the next Sync. */
  #isSkipping = false;
  #packet = 0;
  #settings: LocalSettings | undefined;
  /** What makes constraints deferred that are so from the beginning; empty where there are none. */
  #defer = "";
  /** A unit's text that may make settings that end with it. */
  #setsLocally = /set_config|\bset\s+local\b/i;

  constructor(session: PGliteLike, onExecute: OnExecute) {
    this.#session = session;
    this.#onExecute = onExecute;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  query(statement: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.#session.query(statement, values);
  }

  runExclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#session.runExclusive(work);
  }

  /** Begins the test's transaction. @throws Error where the one before is open */
  begin(): Promise<void> {
    return this.runExclusive(async () => {
      if (this.#isOpen) throw new Error("the transaction of another test is open: rollback() ends it");
      if (this.#status !== "I") throw new Error("a transaction was open when a test began");
      const { rows } = await ask(this.#session, FACTS);
      this.#defer = rows.map(([deferred]) => deferred)[0] ?? "";
      const names = rows[0]?.[1] ?? "";
      this.#setsLocally = new RegExp(`set_config|\\bset\\s+local\\b${names === "" ? "" : `|${names}`}`, "i");
      await mustRun(this.#session, "begin");
      this.#isOpen = true;
    });
  }

  /** Undoes all that the test did. @throws Error where a transaction of its own was left open, which is undone too */
  rollback(): Promise<void> {
    return this.runExclusive(async () => {
      if (!this.#isOpen) throw new Error("there is no transaction of a test: begin() opens one");
      const unit = this.#unit;
      this.#isOpen = false;
      this.#unit = "none";
      this.#status = "I";
      this.#settings = undefined;
      await mustRun(this.#session, "rollback");
      if (unit === "transaction") throw new Error("the test has left a transaction open");
    });
  }

  async execProtocolRaw(data: Uint8Array): Promise<Uint8Array> {
    this.#packet++;
    const messages = messagesOf(Buffer.from(data));
    if (!this.#isOpen) return this.#passThrough(data, messages);
    const answers: Buffer[] = [];
    let waiting: Message[] = [];
    const forward = async (): Promise<void> => {
      if (waiting.length === 0) return;
      const sent = waiting;
      waiting = [];
      answers.push(await this.#forward(sent));
    };
    for (const one of messages) {
      this.#note(one);
      if (one.type === "Q") {
        await forward();
        answers.push(...(await this.#simple(textOf(one.body))));
      } else if (one.type === "S") {
        waiting.push(one);
        await this.#enter();
        await forward();
        this.#isSkipping = false;
        answers.push(...(await this.#leave()));
      } else {
        const executed = one.type === "E" ? this.#portals.get(textOf(one.body)) : undefined;
        const transaction = executed === undefined ? null : transactionCommand(executed.text);
        if (transaction === null) {
          if (!this.#isSkipping) {
            if (this.#isLocal(one)) {
              await forward();
              await this.#beforeSettings();
            }
            await this.#enter();
          }
          this.#report(one);
          waiting.push(one);
        } else {
          await forward();
          if (!this.#isSkipping) {
            const answer = await this.#perform(transaction);
            this.#isSkipping = isError(answer);
            answers.push(answer);
          }
        }
      }
    }
    await forward();
    return Buffer.concat(answers);
  }

  /** Outside of a test: as it is, but that what is prepared is known. */
  async #passThrough(data: Uint8Array, messages: readonly Message[]): Promise<Uint8Array> {
    for (const one of messages) {
      this.#note(one);
      this.#report(one);
    }
    const answer = Buffer.from(await this.#session.execProtocolRaw(data, { syncToFs: true }));
    this.#status = statusOf(messagesOf(answer)) ?? this.#status;
    return answer;
  }

  /** Remembers what is prepared and bound. */
  #note({ type, body }: Message): void {
    if (type === "P") {
      const end = body.indexOf(0);
      this.#statements.set(body.toString("utf8", 0, end), textOf(body.subarray(end + 1)));
    } else if (type === "B") {
      const [portal, statement, values] = readBind(body);
      this.#portals.set(portal, { text: this.#statements.get(statement) ?? "", values });
    }
  }

  /** Tells who listens of what is executed. */
  #report({ type, body }: Message): void {
    if (type === "Q") this.#onExecute({ text: textOf(body), values: [], packet: this.#packet });
    const executed = type === "E" ? this.#portals.get(textOf(body)) : undefined;
    if (executed !== undefined) this.#onExecute({ ...executed, packet: this.#packet });
  }

  #isLocal({ type, body }: Message): boolean {
    if (this.#settings !== undefined || this.#status === "E") return false;
    const statement =
      type === "P"
        ? textOf(body.subarray(body.indexOf(0) + 1))
        : type === "B"
          ? (this.#portals.get(readBind(body)[0])?.text ?? "")
          : type === "Q"
            ? textOf(body)
            : "";
    return this.#setsLocally.test(statement);
  }

  async #beforeSettings(): Promise<void> {
    this.#settings ??= await LocalSettings.before(this.#session);
  }

  async #forward(messages: readonly Message[]): Promise<Buffer> {
    const sent = Buffer.concat(messages.map(({ bytes }) => bytes));
    const answer = Buffer.from(await this.#session.execProtocolRaw(sent, { syncToFs: false }));
    const parts = messagesOf(answer);
    if (parts.some(({ type }) => type === "E")) this.#isSkipping = true;
    this.#status = statusOf(parts) ?? this.#status;
    // What the client is told of the transaction is said when it is known.
    return Buffer.concat(parts.filter(({ type }) => type !== "Z").map(({ bytes }) => bytes));
  }

  /** A statement outside of a transaction is one of its own. */
  async #enter(): Promise<void> {
    if (this.#unit !== "none") return;
    await mustRun(this.#session, `savepoint ${SAVEPOINT}`);
    this.#unit = "statement";
    this.#status = "T";
  }

  /** The server is ready: a statement's transaction ends. */
  async #leave(): Promise<Buffer[]> {
    if (this.#unit !== "statement")
      return [message("Z", Buffer.from(this.#unit === "none" ? "I" : this.#status))];
    const error = await this.#end(this.#status === "E");
    return [...(error === null ? [] : [error]), message("Z", Buffer.from("I"))];
  }

  async #simple(whole: string): Promise<Buffer[]> {
    const answers: Buffer[] = [];
    for (const statement of statementsOf(whole)) {
      const transaction = transactionCommand(statement);
      let answer: Buffer;
      if (transaction !== null) answer = await this.#perform(transaction);
      else {
        const one: Message = { type: "Q", body: text(statement), bytes: message("Q", text(statement)) };
        if (this.#isLocal(one)) await this.#beforeSettings();
        await this.#enter();
        this.#report(one);
        answer = await this.#forward([one]);
        this.#isSkipping = false;
      }
      answers.push(answer);
      if (isError(answer)) break;
    }
    return [...answers, ...(await this.#leave())];
  }

  /** Does what a command that begins or ends a transaction does, and gives the answer. */
  async #perform(transaction: TransactionCommand): Promise<Buffer> {
    switch (transaction.kind) {
      case "begin":
        await this.#enter();
        this.#unit = "transaction";
        if (transaction.isReadOnly) await mustRun(this.#session, "set transaction read only");
        return completed("BEGIN");
      case "commit": {
        if (this.#unit !== "transaction") return completed("COMMIT");
        const hasFailed = this.#status === "E";
        return (await this.#end(hasFailed)) ?? completed(hasFailed ? "ROLLBACK" : "COMMIT");
      }
      case "rollback":
        if (this.#unit === "transaction") await this.#end(true);
        return completed("ROLLBACK");
      case "refused": {
        await this.#enter();
        this.#status = "E";
        return (await command(this.#session, REFUSAL))!;
      }
    }
  }

  /** Ends what is under way; gives the error of a deferred constraint, which has undone it. */
  async #end(isUndone: boolean): Promise<Buffer | null> {
    const settings = this.#settings;
    this.#settings = undefined;
    this.#unit = "none";
    const error =
      isUndone || this.#defer === "" ? null : await command(this.#session, "set constraints all immediate");
    this.#status = "T";
    if (isUndone || error !== null) await mustRun(this.#session, UNDO);
    else {
      await mustRun(this.#session, this.#defer === "" ? RELEASE : `${RELEASE}; ${this.#defer}`);
      await settings?.restore(this.#session);
    }
    return error;
  }
}

/** How to defer constraints that begin as deferred; and the functions that make settings, as alternatives of an expression. */
const FACTS = `select
  (select 'set constraints ' || string_agg(distinct format('%I.%I', n.nspname, c.conname), ', ') || ' deferred'
   from pg_constraint c join pg_namespace n on n.oid = c.connamespace where c.condeferred),
  (select string_agg(distinct regexp_replace(p.proname, '(\\W)', '\\\\\\1', 'g'), '|')
   from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname not in ('pg_catalog', 'information_schema') and p.prosrc ~* 'set_config|set\\s+local')`;

const completed = (tag: string): Buffer => message("C", text(tag));

const isError = (answer: Buffer): boolean => messagesOf(answer).some(({ type }) => type === "E");

const statusOf = (answer: readonly Message[]): string | undefined =>
  answer.findLast(({ type }) => type === "Z")?.body.toString("latin1");

/** The text at the beginning of a message. */
const textOf = (body: Buffer): string => body.toString("utf8", 0, body.indexOf(0));

/** Reads which portal and statement a Bind is of, and its values; those in binary form are not text. */
function readBind(
  body: Buffer,
): readonly [portal: string, statement: string, values: readonly (string | null)[]] {
  const portal = textOf(body);
  const rest = body.subarray(body.indexOf(0) + 1);
  const statement = textOf(rest);
  const formats = rest.indexOf(0) + 1;
  return [portal, statement, cellsOf(rest, formats + 2 + 2 * rest.readInt16BE(formats))];
}
