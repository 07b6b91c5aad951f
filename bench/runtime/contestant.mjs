/**
 * A client in a process of its own, as an application has it. In one that several clients share, V8 compiles what they have in common for all of
 * them, and on Node 20 each promise costs more as soon as one of them has an `AsyncLocalStorage`.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LINES, requests } from "./lines.mjs";
import { takeTurn } from "./measure.mjs";
import { STORED } from "./workload.mjs";

/**
 * Starts the client that `file` opens.
 * @param {{ file: string, url: string, settings: object, ids: readonly string[] }} what
 * @throws what opening it throws
 */
export async function startContestant(what) {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: ["--expose-gc"] });
  const ended = new Promise((_, reject) => {
    child.once("exit", (code) => reject(new Error(`its process ended with ${code}`)));
  });
  ended.catch(() => {});
  const ask = async (question) => {
    const answer = new Promise((resolve) => {
      child.once("message", resolve);
    });
    child.send(question);
    const { error, ...result } = await Promise.race([answer, ended]);
    if (error !== undefined) throw new Error(error);
    return result;
  };
  try {
    const { name, isBare, methods } = await ask({ open: what });
    return {
      name,
      isBare,
      methods: new Set(methods),
      /** A row and the number of many, as the client reads them. */
      answer: (id) => ask({ answer: id }),
      collect: () => ask({ collect: true }),
      turn: (line, method, calls) => ask({ line, method, calls }),
      async close() {
        await ask({ close: true });
        child.disconnect();
      },
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** One spelling for what clients spell differently: order, case of names, and the types of numbers and times. */
function normal(row) {
  const entries = Object.entries(row).map(([key, value]) => {
    const name = key.replaceAll("_", "").toLowerCase();
    if (name === "createdat") return [name, new Date(value).getTime()];
    if (name === "price" || name === "sizebytes") return [name, String(value)];
    return [name, value];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function openClient({ file, url, settings, ids }) {
  const modules = {
    generated: await import("./generated/index.mjs"),
    runtime: await import("@solitude/runtime"),
  };
  const client = await (await import(`./clients/${file}.mjs`)).open(url, { ...settings, modules, ids });
  const next = requests(ids);
  const answers = {
    async answer({ answer }) {
      return {
        row: JSON.stringify(normal(await client.one(answer))),
        number: (await client.many(STORED)).length,
      };
    },
    collect() {
      globalThis.gc();
      return {};
    },
    line({ line, method, calls }) {
      const { call } = LINES[line];
      return takeTurn(() => call(client[method], next), calls);
    },
    async close() {
      await client.close();
      return {};
    },
  };
  const { name, isBare = false } = client;
  return {
    told: { name, isBare, methods: Object.keys(client) },
    answer: (question) => answers[Object.keys(question).find((key) => Object.hasOwn(answers, key))](question),
  };
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  let client;
  process.on("message", async (question) => {
    try {
      if (question.open !== undefined) {
        client = await openClient(question.open);
        process.send(client.told);
      } else process.send(await client.answer(question));
    } catch (error) {
      process.send({ error: error.message });
    }
  });
}
