import { createHash } from "node:crypto";

/**
 * What engines said, by all that they had been told before. Suites that run again and again ask it each time; a real
 * engine is started for what is new alone.
 */
const answers = new Map();

/** Stands in for `EmbeddedEngine.start`. */
export function remembered(start) {
  return async (options) => {
    const shown = JSON.stringify(options ?? null, (_, value) =>
      ArrayBuffer.isView(value) ? value.length : value,
    );
    const engine = new RememberedEngine(() => start(options), shown);
    await engine.ready();
    return engine;
  };
}

/** Statements that change nothing; the readers of the catalog ask in whatever order. */
const READS = /^\s*(select|with|values)\b/i;
/** With this one suites begin anew; they make nothing outside of that schema. */
const BEGINS_ANEW = "drop schema public cascade";

class RememberedEngine {
  version = 0;
  #start;
  #began;
  /** Stands for everything that may have changed what it would answer. */
  #history;
  /** What it was told that has not reached the real one. */
  #pending = [];
  #real = null;
  #turn = Promise.resolve();

  constructor(start, options) {
    this.#start = start;
    this.#began = hashed(options);
    this.#history = this.#began;
  }

  async ready() {
    if (!answers.has(this.#began)) answers.set(this.#began, (await this.#engine()).version);
    this.version = answers.get(this.#began);
  }

  run(sql, onNotice) {
    if (sql.startsWith(BEGINS_ANEW)) this.#history = this.#began;
    const answer = this.#ask("run", sql, onNotice);
    if (!READS.test(sql)) this.#history = hashed(this.#history + sql);
    return answer;
  }

  attempt(sql) {
    return this.#ask("attempt", sql);
  }

  describe(sql, wanted) {
    return this.#ask("describe", sql, wanted);
  }

  async close() {
    await this.#turn;
    if (this.#real) await (await this.#real).close();
  }

  async #ask(method, sql, more) {
    const onNotice = typeof more === "function" ? more : null;
    const key = hashed(JSON.stringify([this.#history, method, onNotice ? "notices" : more, sql]));
    const call = async () => {
      const notices = [];
      const given = onNotice ? (notice) => notices.push(notice) : more;
      try {
        return { value: await (await this.#engine())[method](sql, given), notices };
      } catch (error) {
        return { error, notices };
      }
    };
    let answer = answers.get(key);
    if (answer === undefined) {
      const pending = this.#pending.splice(0);
      answer = this.#turn.then(async () => {
        for (const told of pending) await told();
        return call();
      });
      this.#turn = answer;
      answers.set(key, answer);
    } else if (method === "run" && !READS.test(sql)) {
      this.#pending.push(call);
    }
    const { value, error, notices } = await answer;
    for (const notice of notices) onNotice?.(notice);
    if (error) throw error;
    return value;
  }

  #engine() {
    this.#real ??= this.#start();
    return this.#real;
  }
}

function hashed(text) {
  return createHash("sha1").update(text).digest("base64");
}
