// Writes and reads for a while through a network that fails in every way and a server that is restarted, and holds what
// the calls said against what is there: node tests/soak/run.mjs [minutes] [seed]. The last line is a row of figures, all
// of which must be zero. Wants a build, and the embedded PostgreSQL 16.
import { createHook } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createListener, createPool } from "@solitude/runtime";
import pg from "pg";
import { startPostgres } from "../../stack/embedded-postgres.mjs";
import { freePort } from "../../stack/processes/free-port.mjs";
import { Oracle } from "./oracle.mjs";
import { HarmfulProxy } from "./proxy.mjs";
import { Worker } from "./work.mjs";

const [minutes = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error("usage: node tests/soak/run.mjs [minutes] [seed]");
  process.exit(2);
}
console.log(`${minutes} min, seed ${seed}, Node ${process.version}`);

/** mulberry32: the same at each run of a seed, though not when things happen. */
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const integer = (from, to) => from + Math.floor(random() * (to - from + 1));

/** The runtime's timers that are running, by where they were set. */
const timers = new Map();
createHook({
  init(id, type) {
    if (type !== "Timeout") return;
    const { stack = "" } = new Error();
    if (stack.includes("/runtime/dist/")) timers.set(id, stack);
  },
  destroy: (id) => timers.delete(id),
}).enable();

const figures = { calls: 0, hung: 0, strays: 0, raw: 0, torn: 0, errors: {} };
for (const event of ["uncaughtException", "unhandledRejection"])
  process.on(event, (error) => {
    figures.raw++;
    console.log(`${event}:`, error);
  });

const home = mkdtempSync(join(tmpdir(), "solitude-soak-"));
const port = await freePort();
const settings = { fsync: "off", max_connections: 100 };
let server = await startPostgres({ version: 16, home, port, settings });
const url = `postgres://postgres@127.0.0.1:${port}/postgres`;

/** Asks the server itself, past the proxy. */
async function ask(text) {
  const client = new pg.Client({ connectionString: url, application_name: "oracle" });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
await ask("create table soak (key text not null)");

const proxy = await new HarmfulProxy(port).start();
const there = {
  connectionString: `postgres://postgres@127.0.0.1:${proxy.port}/postgres`,
  applicationName: "soak",
};
const limits = {
  acquireTimeout: 3_000,
  connectTimeout: 1_500,
  cancelTimeout: 1_000,
  pingAfter: 500,
  pingTimeout: 500,
  idleTimeout: 3_000,
  maxLifetime: 10_000,
};
const pools = [
  createPool({ ...there, ...limits, max: 8, minIdle: 2, prepare: true, replicas: [there, there] }),
  createPool({ ...there, ...limits, max: 4, timeout: 2_000, replicas: [there] }),
];
const listener = createListener({ ...there, connectTimeout: 1_500, answerTimeout: 1_000, pingInterval: 500 });
const shared = new AbortController();
const oracle = new Oracle();
const workers = Array.from(
  { length: 16 },
  (_, i) =>
    new Worker({
      name: `w${i}`,
      pool: pools[i % pools.length],
      listener,
      oracle,
      figures,
      random,
      shared: shared.signal,
    }),
);

const faults = {
  reset: (link) => link?.reset(),
  end: (link) => link?.end(),
  silence: (link) => {
    if (link) link.isSilent = true;
  },
  cut: (link) => {
    if (link) link.bytesLeft = integer(0, 3_000);
  },
  delay: () => forAWhile(() => (proxy.delay = 30)),
  drip: () => forAWhile(() => (proxy.drip = 37)),
  refuse: () => forAWhile(() => (proxy.mode = "refuse")),
  silent: () => forAWhile(() => (proxy.mode = "silent")),
  terminate: () =>
    ask(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'soak' order by random() limit 2",
    ).catch(() => {}),
};
async function forAWhile(what) {
  what();
  await delay(400);
  proxy.calm();
}

let isOver = false;
let restarts = 0;
const end = AbortSignal.timeout(minutes * 60_000);
async function doHarm() {
  const names = Object.keys(faults);
  while (!isOver) {
    await delay(integer(50, 400));
    const links = [...proxy.links];
    await faults[names[integer(0, names.length - 1)]](links[integer(0, links.length - 1)]);
  }
}
/** At once, or letting sessions go. */
async function restart() {
  const pause = Math.min(20_000, (minutes * 60_000) / 4);
  while (!isOver) {
    await delay(pause, undefined, { signal: end }).catch(() => {});
    if (end.aborted) return;
    const started = performance.now();
    const late = setTimeout(() => server.stop("SIGQUIT"), 3_000);
    await server.stop(restarts++ % 2 === 0 ? "SIGQUIT" : "SIGINT");
    clearTimeout(late);
    server = await startPostgres({ version: 16, home, port, settings });
    console.log(`the server was restarted, which took ${Math.round(performance.now() - started)} ms`);
  }
}

const harm = [doHarm(), restart()];
const work = workers.map((worker) => worker.run());
const report = setInterval(() => {
  const taken = pools.map((pool) => pool.stat().acquiredConns).join(" + ");
  console.log(`${figures.calls} calls, ${oracle.writes} writes acknowledged, ${taken} connections taken`);
}, 15_000);
await new Promise((resolve) => end.addEventListener("abort", resolve));
isOver = true;
for (const worker of workers) worker.stop();
await Promise.all(harm);
proxy.calm();
clearInterval(report);
await Promise.all(work);

// Nobody calls any more: what is not given back now never is.
async function settles(holds) {
  for (let i = 0; i < 200 && !(await holds()); i++) await delay(100);
}
const taken = () => pools.reduce((n, pool) => n + pool.stat().acquiredConns + pool.stat().pendingAcquires, 0);
await settles(() => taken() === 0);
let leaked = taken();
const locks = async () =>
  (await ask("select count(*)::int as n from pg_locks where locktype = 'advisory'"))[0].n;
// Of connections that the server could not hear the end of, too.
for (const link of proxy.links) if (link.isSilent) link.reset();
await settles(async () => (await locks()) === 0);
const locksLeft = await locks();
await listener.close();
await Promise.all(pools.map((pool) => pool.close({ timeout: 3_000 })));
const open = () => [...proxy.links].filter((link) => link.isOpen).length;
const sessions = async () =>
  (await ask("select count(*)::int as n from pg_stat_activity where application_name = 'soak'"))[0].n;
await settles(() => open() === 0);
leaked += open();
// What the server could not hear of.
for (const link of proxy.links) link.reset();
await settles(async () => (await sessions()) === 0);
leaked += await sessions();
await settles(() => timers.size === 0);
for (const stack of timers.values()) console.log("a timer is left:", stack);

const rows = await ask("select key, count(*)::int as n from soak group by key");
const { lost, doubled, undone, torn } = oracle.compare(new Map(rows.map(({ key, n }) => [key, n])));
await proxy.close();
await server.stop();
rmSync(home, { recursive: true, force: true });

console.log(
  `${figures.calls} calls, ${oracle.writes} rows acknowledged, ${oracle.doubts} in doubt, ${restarts} restarts; errors`,
  figures.errors,
);
const result = {
  lost,
  doubled,
  "refused but there": undone,
  torn: torn + figures.torn,
  hung: figures.hung,
  "stray cancels": figures.strays,
  "leaked connections": leaked,
  "locks left": locksLeft,
  timers: timers.size,
  listeners: getEventListeners(shared.signal, "abort").length,
  "raw errors": figures.raw,
};
console.log(
  Object.entries(result)
    .map(([name, n]) => `${name} ${n}`)
    .join(" | "),
);
process.exit(Object.values(result).every((n) => n === 0) && oracle.writes > 0 ? 0 : 1);
