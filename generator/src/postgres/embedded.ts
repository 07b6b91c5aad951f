import { type Beginning, type EmbeddedDatabase, readBeginning, SnapshotLost } from "./embedded-database.ts";
import { hasThreads, takeThread } from "./embedded-thread.ts";
import type { Call, NumberedCall, Reply, RowsAndNotices } from "./embedded-worker.ts";
import { type Description, EngineBreakdown, PostgresError, type Row, type Wanted } from "./engine.ts";
import { resetAtExit } from "./v8-flags.ts";

let warm: ThreadedEngine | null = null;

/** Begins to load the embedded PostgreSQL, so that it is there when it is asked for. Costs the other thread only. */
export function warmUp(): void {
  if (hasThreads()) warm ??= new ThreadedEngine();
}

/** Begins to start it as it will probably be asked for: whoever asks for another beginning gets that. */
export function startAhead(beginning: Beginning): void {
  warmUp();
  warm?.startAhead(beginning);
}

/**
 * Starts the embedded PostgreSQL: in a thread of its own, so that it works while this one reads what it said.
 * @param instead one that is not used any more, in whose thread the new one runs
 */
export async function startEmbedded(
  beginning: Beginning,
  instead: EmbeddedDatabase | null = null,
): Promise<EmbeddedDatabase> {
  if (!hasThreads()) {
    // Where its snapshot is lost, nothing was done to the other one.
    const options = await readBeginning(beginning);
    await instead?.close();
    return (await import("./pglite.ts")).EmbeddedEngine.startOrRewind(options);
  }
  const engine = instead instanceof ThreadedEngine ? instead : (warm ?? new ThreadedEngine());
  if (engine === warm) warm = null;
  try {
    await engine.start(beginning);
  } catch (error) {
    // Nothing was done to it.
    if (error instanceof SnapshotLost && engine !== instead) warm ??= engine;
    throw error;
  }
  return engine;
}

interface Waiting {
  readonly sql: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class ThreadedEngine implements EmbeddedDatabase {
  version = 0;
  readonly isEmbedded = true;
  readonly #thread = takeThread();
  readonly #waiting = new Map<number, Waiting>();
  readonly #unsent: NumberedCall[] = [];
  /** Memory of this thread that goes over with what is unsent. */
  readonly #handedOver: ArrayBuffer[] = [];
  #ahead: { readonly beginning: Beginning; readonly started: Promise<void> } | null = null;
  readonly #replies: Reply[] = [];
  #calls = 0;

  constructor() {
    resetAtExit();
    this.#thread.worker.on("message", (replies: readonly Reply[]) => {
      // Not at once: as long as the next message is there when one has been dealt with, nothing else is heard, Ctrl-C not either.
      if (this.#replies.push(...replies) === replies.length) setImmediate(() => this.#settleAll());
    });
    // What it ended with, the thread has by then.
    this.#thread.worker.on("error", () => this.#fail());
    this.#thread.worker.on("exit", () => this.#fail());
    this.#send();
  }

  startAhead(beginning: Beginning): void {
    const started = this.#start(beginning);
    this.#ahead = { beginning, started };
    // Whoever asks for it tries again, and hears of it.
    started.catch(() => {});
  }

  async start(beginning: Beginning): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = null;
    // It is over before another one begins, of which the thread then is.
    const isStarted = await ahead?.started.then(
      () => true,
      () => false,
    );
    if (ahead && isStarted && isSameBeginning(ahead.beginning, beginning)) return;
    await this.#start(beginning);
  }

  async #start(beginning: Beginning): Promise<void> {
    const options = await readBeginning(beginning);
    if (options.snapshot !== null) this.#handedOver.push(options.snapshot.buffer);
    this.version = (await this.#call({ method: "start", options })) as number;
  }

  async run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    if (!onNotice) return (await this.#call({ method: "run", sql })) as Row[];
    const { rows, notices } = (await this.#call({ method: "runTelling", sql })) as RowsAndNotices;
    for (const notice of notices) onNotice(notice);
    return rows;
  }

  attempt(sql: string): Promise<Row[]> {
    return this.#call({ method: "attempt", sql }) as Promise<Row[]>;
  }

  describe(sql: string, wanted?: Wanted): Promise<Description> {
    return this.#call({ method: "describe", sql, wanted }) as Promise<Description>;
  }

  snapshot(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#call({ method: "snapshot" }) as Promise<Uint8Array<ArrayBuffer>>;
  }

  /** There is nothing to save: the database is in memory. */
  async close(): Promise<void> {
    this.#thread.worker.removeAllListeners();
    await this.#thread.worker.terminate();
  }

  #call(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#calls++;
      const { ended } = this.#thread;
      // Nobody would answer.
      if (ended !== null) return reject(ended);
      if (this.#waiting.size === 0) this.#thread.worker.ref();
      this.#waiting.set(id, { sql: "sql" in call ? call.sql : "", resolve, reject });
      // What is asked in one go is sent as one: a message costs what a short query does.
      if (this.#unsent.push({ id, call }) === 1) queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    this.#thread.worker.postMessage(this.#unsent.splice(0), this.#handedOver.splice(0));
  }

  #settleAll(): void {
    for (const reply of this.#replies.splice(0)) this.#settle(reply);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)!;
    this.#waiting.delete(reply.id);
    // A thread that nobody waits for keeps no process alive.
    if (this.#waiting.size === 0) this.#thread.worker.unref();
    if ("value" in reply) waiting.resolve(reply.value);
    else if ("postgres" in reply) waiting.reject(new PostgresError(waiting.sql, reply.postgres));
    else if ("breakdown" in reply) waiting.reject(new EngineBreakdown(reply.breakdown));
    else waiting.reject(reply.error);
  }

  #fail(): void {
    this.#settleAll();
    for (const { reject } of this.#waiting.values()) reject(this.#thread.ended!);
    this.#waiting.clear();
  }
}

function isSameBeginning(a: Beginning, b: Beginning): boolean {
  return (
    a.snapshot?.id === b.snapshot?.id &&
    a.root === b.root &&
    a.extensions.length === b.extensions.length &&
    a.extensions.every((name, i) => name === b.extensions[i])
  );
}
