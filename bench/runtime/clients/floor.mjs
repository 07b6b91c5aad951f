import { once } from "node:events";
import { connect, createServer } from "node:net";
import { auditLogs, BATCH, newAgent, STORED } from "../workload.mjs";

export const FLOOR = "floor: the same bytes, not decoded";

/**
 * What nobody can be quicker than in this process: a bare socket that sends the bytes which Solitude sent for a call, and
 * counts the messages of the answer without looking into them. It reads no values, so its answers are none.
 */
export async function open(url, { modules, ids }) {
  const { opening, calls } = await record(url, modules, ids);
  const { hostname, port } = new URL(url);
  const session = new Session(connect({ host: hostname, port: Number(port), noDelay: true }));
  await session.replay(opening);
  const replay = (variants) => {
    let at = 0;
    return () => session.replay(variants[at++ % variants.length]);
  };
  return {
    name: FLOOR,
    isBare: true,
    ...Object.fromEntries(Object.entries(calls).map(([name, variants]) => [name, replay(variants)])),
    close: () => session.close(),
  };
}

/**
 * Runs each call through a proxy that listens in, once to prepare and then for what is replayed: where it is for one row, for
 * as many rows as the others ask for, so that the server has as much to look for.
 * @returns all that the session needs before, and the exchanges of each call, in variants
 */
async function record(url, { runtime, generated }, ids) {
  const recorder = await Recorder.start(url);
  const pool = runtime.createPool({ connectionString: recorder.url, max: 1 });
  let at = 0;
  const next = () => ids[at++ % ids.length];
  const calls = {
    one: () => generated.getAgent(pool, { id: next() }),
    many: () => generated.listAgents(pool, { limit: String(STORED) }),
    insert: () => generated.createAgent(pool, newAgent(0)),
    batch: () =>
      generated.renameAgents(
        pool,
        ids.slice(0, BATCH).map((one) => ({ id: one, name: "Agent" })),
      ),
    batchAtomic: () =>
      generated.renameAgents(
        pool,
        ids.slice(0, BATCH).map((one) => ({ id: one, name: "Agent" })),
        { atomic: true },
      ),
    transaction: () =>
      pool.transaction(async (tx) => {
        const id = next();
        await generated.getAgent(tx, { id });
        await generated.renameAgent(tx, { id, name: "Agent" });
        await generated.appendAuditLog(tx, auditLogs[0]);
      }),
  };
  try {
    for (const call of Object.values(calls)) await call();
    const opening = recorder.take();
    const recorded = {};
    for (const [name, call] of Object.entries(calls)) {
      recorded[name] = [];
      const variants = name === "one" || name === "transaction" ? ids.length : 1;
      while (recorded[name].length < variants) {
        await call();
        recorded[name].push(recorder.take());
      }
    }
    return { opening, calls: recorded };
  } finally {
    await pool.close();
    recorder.stop();
  }
}

/** What a client sent at one go, and how many messages answered it before it sent more. */
class Recorder {
  #exchanges = [];
  #server;

  static async start(url) {
    const { hostname, port } = new URL(url);
    const recorder = new Recorder();
    recorder.#server = createServer((client) => {
      const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
      const counter = new MessageCounter();
      client.on("data", (data) => {
        const last = recorder.#exchanges.at(-1);
        if (last === undefined || last.answers > 0) recorder.#exchanges.push({ sent: data, answers: 0 });
        else last.sent = Buffer.concat([last.sent, data]);
        upstream.write(data);
      });
      upstream.on("data", (data) => {
        recorder.#exchanges.at(-1).answers += counter.count(data);
        client.write(data);
      });
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ])
        one.on("error", () => {}).on("close", () => other.destroy());
    });
    recorder.#server.listen(0, "127.0.0.1");
    await once(recorder.#server, "listening");
    const there = new URL(url);
    there.port = String(recorder.#server.address().port);
    recorder.url = there.href;
    return recorder;
  }

  /** @returns what was recorded since the last time */
  take() {
    return this.#exchanges.splice(0);
  }

  stop() {
    this.#server.close();
  }
}

class Session {
  #socket;
  #counter = new MessageCounter();
  #missing = 0;
  #done = () => {};
  #failed = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#missing -= this.#counter.count(data);
      if (this.#missing <= 0) this.#done();
    });
    socket.on("error", (error) => this.#failed(error));
    socket.on("end", () => this.#failed(new Error("the server has closed the floor's connection")));
  }

  async replay(exchanges) {
    for (const { sent, answers } of exchanges) {
      this.#missing = answers;
      await new Promise((resolve, reject) => {
        this.#done = resolve;
        this.#failed = reject;
        this.#socket.write(sent);
      });
    }
  }

  close() {
    this.#failed = () => {};
    this.#socket.destroy();
  }
}

/** Counts messages by the length that each begins with; those that a server sends when it likes are none. */
class MessageCounter {
  /** The bytes of the current message that are still to come. */
  #rest = 0;
  #isCounted = false;
  #header = Buffer.alloc(0);

  count(data) {
    let messages = 0;
    let at = 0;
    while (at < data.length) {
      if (this.#rest === 0) {
        let header = data;
        let start = at;
        if (this.#header.length > 0 || data.length - at < HEADER) {
          const lacking = HEADER - this.#header.length;
          header = this.#header = Buffer.concat([this.#header, data.subarray(at, at + lacking)]);
          at += lacking;
          if (header.length < HEADER) return messages;
          this.#header = Buffer.alloc(0);
          start = 0;
        } else at += HEADER;
        this.#rest = header.readUInt32BE(start + 1) - 4;
        this.#isCounted = !UNASKED.has(header[start]);
      }
      const there = Math.min(this.#rest, data.length - at);
      this.#rest -= there;
      at += there;
      if (this.#rest === 0 && this.#isCounted) messages++;
    }
    return messages;
  }
}

/** A message's type and length. */
const HEADER = 5;
/** NoticeResponse, NotificationResponse and ParameterStatus. */
const UNASKED = new Set([..."NAS"].map((type) => type.charCodeAt(0)));
