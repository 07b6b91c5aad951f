import { setTimeout as delay } from "node:timers/promises";
import { ConnectionLostError, DatabaseError, OutcomeUnknownError, rawText } from "@solitude/runtime";

/** Thrown by the work itself. */
class Own extends Error {}

const INSERT = "insert into soak (key) values ($1)";
const statement = (text, values, limits = {}) => ({
  text,
  values,
  rowMode: "array",
  types: rawText,
  query: { name: "Soak", command: ":many", operation: "SELECT", relations: [] },
  ...limits,
});
const insert = (key, limits) => statement(INSERT, [key], limits);
/** 2,000 rows in order. */
const series = (limits) => statement("select n from generate_series(1, 2000) n", [], limits);

/** Whether a statement outside a transaction may have taken effect. */
const mayHaveHappened = (error) =>
  error instanceof OutcomeUnknownError ||
  error instanceof ConnectionLostError ||
  (["TimeoutError", "CancelledError"].includes(error.name) && error.sqlState === undefined);

/** One worker's calls, of every kind, at random, and what they came to. */
export class Worker {
  #name;
  #pool;
  #listener;
  #oracle;
  #figures;
  #random;
  #shared;
  #keys = 0;
  #isOver = false;

  constructor({ name, pool, listener, oracle, figures, random, shared }) {
    this.#name = name;
    this.#pool = pool;
    this.#listener = listener;
    this.#oracle = oracle;
    this.#figures = figures;
    this.#random = random;
    this.#shared = shared;
  }

  async run() {
    const kinds = [
      this.#single,
      this.#single,
      this.#read,
      this.#read,
      this.#replica,
      this.#scope,
      this.#batch,
      this.#atomicBatch,
      this.#copy,
      this.#stream,
      this.#transaction,
      this.#transaction,
      this.#begin,
      this.#held,
      this.#copyOut,
      this.#lock,
      this.#transactionLock,
      this.#listen,
    ];
    while (!this.#isOver) {
      await this.#bounded(kinds[this.#integer(0, kinds.length - 1)]);
      await delay(this.#integer(0, 20));
    }
  }

  stop() {
    this.#isOver = true;
  }

  /** Runs one call, and sees what it came to. Nothing takes as long as this waits. */
  async #bounded(kind) {
    const limits = this.#limits();
    const started = performance.now();
    const work = kind.call(this, limits.given).catch((error) => this.#note(error, limits, started));
    const tooLong = new AbortController();
    const never = delay(60_000, "hung", { signal: tooLong.signal }).catch(() => {});
    const how = await Promise.race([work, never]);
    tooLong.abort();
    limits.end();
    this.#figures.calls++;
    if (how !== "hung") return;
    this.#figures.hung++;
    console.log(`hung: ${kind.name} of ${this.#name}`);
  }

  #note(error, { given, isAborted }, started) {
    this.#figures.errors[error.name] = (this.#figures.errors[error.name] ?? 0) + 1;
    if (error instanceof Own) return;
    if (!(error instanceof DatabaseError)) {
      this.#figures.raw++;
      console.log("raw:", error);
    }
    const isEarly =
      error.name === "TimeoutError" && performance.now() - started < Math.min(given.timeout, 10_000) - 10;
    if (isEarly || (error.name === "CancelledError" && !isAborted())) {
      this.#figures.strays++;
      console.log("stray:", error);
    }
  }

  /** A timeout that may be short, a signal of its own that may abort, or one that all share and that never does. */
  #limits() {
    const chance = this.#random();
    if (chance < 0.2) return { given: { timeout: this.#integer(1, 60) }, isAborted: () => false, end() {} };
    if (chance < 0.4) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), this.#integer(0, 60));
      return {
        given: { timeout: 4_000, signal: abort.signal },
        isAborted: () => abort.signal.aborted,
        end: () => clearTimeout(timer),
      };
    }
    return { given: { timeout: 4_000, signal: this.#shared }, isAborted: () => false, end() {} };
  }

  #integer(from, to) {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  #some(count) {
    return Array.from({ length: count }, () => `${this.#name}-${++this.#keys}`);
  }

  async #write(keys, isGroup, work) {
    try {
      await work();
      this.#oracle.acknowledge(keys);
    } catch (error) {
      if (mayHaveHappened(error)) this.#oracle.doubt(keys, isGroup);
      else this.#oracle.refuse(keys);
      throw error;
    }
  }

  /** In a transaction only COMMIT can leave it open. */
  async #writeInTransaction(keys, work) {
    try {
      await work();
      this.#oracle.acknowledge(keys);
    } catch (error) {
      if (error instanceof OutcomeUnknownError) this.#oracle.doubt(keys, true);
      else this.#oracle.refuse(keys);
      throw error;
    }
  }

  #single(limits) {
    const [key] = this.#some(1);
    return this.#write([key], false, () => this.#pool.query(insert(key, limits)));
  }

  async #read(limits) {
    this.#expect(await this.#pool.query(statement("select $1::text", ["tag"], limits)), "tag");
  }

  async #replica(limits) {
    this.#expect(await this.#pool.replica.query(statement("select $1::text", ["tag"], limits)), "tag");
  }

  async #scope(limits) {
    const scoped = this.#pool.scope({ "soak.worker": this.#name });
    const text = "select current_setting('soak.worker')";
    this.#expect(await scoped.query(statement(text, [], limits)), this.#name);
  }

  #expect({ rows }, value) {
    if (rows[0]?.[0] === value) return;
    this.#figures.torn++;
    console.log(`another's answer: ${JSON.stringify(rows)} for ${value}`);
  }

  async #batch(limits) {
    const keys = this.#some(this.#integer(2, 8));
    let settled;
    try {
      settled = await this.#pool.batch(
        keys.map((key) => insert(key)),
        limits,
      );
    } catch (error) {
      this.#oracle.refuse(keys);
      throw error;
    }
    for (const [i, one] of settled.entries()) {
      if (one.status === "fulfilled") this.#oracle.acknowledge([keys[i]]);
      else if (mayHaveHappened(one.reason)) this.#oracle.doubt([keys[i]]);
      else this.#oracle.refuse([keys[i]]);
    }
    const failed = settled.find(({ status }) => status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  #atomicBatch(limits) {
    const keys = this.#some(this.#integer(2, 8));
    return this.#write(keys, true, async () => {
      const settled = await this.#pool.batch(
        keys.map((key) => insert(key)),
        { ...limits, atomic: true },
      );
      const reasons = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      // One of them says why, the others that it undid them.
      const first = reasons.find((reason) => reason.name !== "TransactionRolledBackError") ?? reasons[0];
      if (first !== undefined) throw first;
    });
  }

  #copy(limits) {
    const keys = this.#some(this.#integer(1, 500));
    const failsAt = this.#random() < 0.2 ? this.#integer(0, keys.length - 1) : -1;
    async function* rows() {
      for (const [i, key] of keys.entries()) {
        if (i === failsAt) throw new Own("the source");
        if (i % 100 === 99) await delay(1);
        yield key;
      }
    }
    return this.#write(keys, true, () =>
      this.#pool.copyRows({
        schema: "public",
        table: "soak",
        columns: ["key"],
        rows: rows(),
        encode: (key) => [key],
        query: { name: "Copy", command: ":copyfrom", operation: "INSERT", relations: [] },
        ...limits,
      }),
    );
  }

  #stream(limits) {
    return this.#readInOrder(this.#pool, this.#integer(1, 2500), limits);
  }

  async #readInOrder(on, stopAt, limits) {
    let last = 0;
    for await (const [n] of on.stream(series(limits))) {
      if (Number(n) !== ++last) {
        this.#figures.torn++;
        console.log(`row ${n} in place of ${last}`);
      }
      if (last === stopAt) break;
    }
  }

  #transaction(limits) {
    const kept = [];
    const undone = [];
    const retry = this.#random() < 0.3 ? { isolation: "serializable", retry: 2 } : {};
    const work = async (tx) => {
      undone.push(...kept.splice(0));
      const take = async (on, count, list) => {
        const keys = this.#some(count);
        list.push(...keys);
        await Promise.all(keys.map((key) => on.query(insert(key))));
      };
      await take(tx, this.#integer(1, 3), kept);
      if (this.#random() < 0.4) await tx.transaction((savepoint) => take(savepoint, 2, kept));
      if (this.#random() < 0.3) {
        const failed = tx.transaction(async (savepoint) => {
          await take(savepoint, 1, undone);
          throw new Own("the savepoint");
        });
        await failed.catch((error) => {
          if (!(error instanceof Own)) throw error;
        });
      }
      if (this.#random() < 0.2) await this.#readInOrder(tx, this.#integer(1, 700));
      if (this.#random() < 0.1) await delay(this.#integer(0, 100));
      if (this.#random() < 0.1) throw new Own("the work");
    };
    return this.#writeInTransaction(kept, async () => {
      try {
        await this.#pool.transaction(work, { ...limits, ...retry });
      } finally {
        this.#oracle.refuse(undone);
      }
    });
  }

  #begin(limits) {
    const keys = this.#some(2);
    return this.#writeInTransaction(keys, async () => {
      const tx = await this.#pool.begin(limits);
      try {
        for (const key of keys) await tx.query(insert(key));
        if (this.#random() < 0.3) throw new Own("no commit");
        await tx.commit();
      } finally {
        await tx.rollback();
      }
    });
  }

  async #copyOut(limits) {
    const text = `copy (select n, repeat('x', ${this.#integer(0, 500)}) from generate_series(1, 2000) n) to stdout`;
    const on = this.#random() < 0.5 ? this.#pool : this.#pool.scope({ "soak.worker": this.#name });
    const stopAt = this.#random() < 0.3 ? this.#integer(1, 3) : Number.POSITIVE_INFINITY;
    let pieces = 0;
    let last = 0;
    for await (const piece of on.copyTo(text, limits)) {
      for (const line of piece.toString().trimEnd().split("\n")) {
        const [n] = line.split("\t");
        if (Number(n) === ++last) continue;
        this.#figures.torn++;
        console.log(`line ${n} in place of ${last}`);
      }
      if (++pieces === stopAt) break;
    }
  }

  /** Waited for as long as the limits allow, so that many are given up just when they would be had. */
  async #lock(limits) {
    const lock = await this.#pool.lock(this.#integer(1, 3), limits);
    await delay(this.#integer(0, 20));
    await lock.release();
  }

  #transactionLock(limits) {
    return this.#pool.transaction((tx) => tx.lock(this.#integer(1, 3), { shared: true }), limits);
  }

  /** What another notifies meanwhile may be missed where the connection is lost, which is told of. */
  async #listen(limits) {
    const channel = `soak_${this.#integer(1, 3)}`;
    const subscription = await this.#listener.listen(
      channel,
      ({ channel: heard }) => {
        if (heard === channel) return;
        this.#figures.torn++;
        console.log(`${heard} in place of ${channel}`);
      },
      limits,
    );
    try {
      await this.#pool.execute("select pg_notify($1, 'x')", [channel], limits);
    } finally {
      await subscription.close();
    }
  }

  /** A connection that is given back with something still running on it, now and then. */
  async #held(limits) {
    const held = await this.#pool.connect(limits);
    try {
      const [key] = this.#some(1);
      const written = this.#write([key], false, () => held.query(insert(key, limits)));
      if (this.#random() < 0.2) written.catch(() => {});
      else await written;
    } finally {
      held.release();
    }
  }
}
