/** `npm run stack`: the platform's databases without Docker. See `--help`. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentOf, writeEnvironment } from "./environment.mjs";
import { endLeftOver } from "./left-over.mjs";
import { migrate } from "./migrate.mjs";
import { endLeftOverMongo, startMongo } from "./mongo.mjs";
import { tryLock } from "./processes/lock.mjs";
import { MAIN, makeSecrets, startServer, TEMPORAL, urlOf } from "./servers.mjs";
import { buildTemporal } from "./temporal/programs.mjs";
import { startTemporal } from "./temporal/server.mjs";

// What loads the client and the runtime is loaded when it is needed: that takes half a second, for which whoever is refused need not wait.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HELP = `The platform's databases for development, without Docker: PostgreSQL 16 on 5432, PostgreSQL 12 for Temporal on
5433, and MongoDB (or a wire-compatible server) on 27017; with roles, TLS, migrations and some data to begin with.

  npm run stack                          start, show how each database is, stop with ^C
  npm run stack -- --run "<command>"     run a command against it, and stop when that ends; gives its exit code
  npm run stack -- --reset               begin anew: throw the data and the secrets away first
  npm run stack -- --no-seed             without the data to begin with
  npm run stack -- --temporal            with the Temporal server on 7233; Go builds it, once

Data and secrets stay in .stack/ (SOLITUDE_STACK). .stack/env has what an application needs to connect:
  node --env-file=.stack/env app.js
Ports: SOLITUDE_POSTGRES_PORT, SOLITUDE_TEMPORAL_POSTGRES_PORT, SOLITUDE_MONGODB_PORT, SOLITUDE_TEMPORAL_PORT. MONGODB_URL names a
MongoDB that is there.
`;

const stack = process.env.SOLITUDE_STACK ?? join(ROOT, ".stack");
const LOCK = "lock";
const started = [];
let release = () => {};
const say = (text) => process.stderr.write(`${text}\n`);

async function main() {
  const { values } = parseArgs({
    options: {
      run: { type: "string" },
      reset: { type: "boolean" },
      seed: { type: "boolean", default: true },
      temporal: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
    allowNegative: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  for (const name of HELP.match(/\bSOLITUDE_\w+_PORT\b/g)) {
    const port = Number(process.env[name] ?? 1);
    if (Number.isInteger(port) && port > 0 && port < 65_536) continue;
    say(`error: ${name}: ${process.env[name]} is not a port`);
    return 1;
  }
  mkdirSync(stack, { recursive: true });
  const lock = tryLock(join(stack, LOCK));
  if ("owner" in lock) {
    say(
      `error: a stack is running from ${stack} (process ${lock.owner}): stop it, or set SOLITUDE_STACK to another folder`,
    );
    return 1;
  }
  release = lock.release;
  if (values.reset) await reset();
  makeSecrets(stack);

  const stopped = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(signal));
  });
  const starting = start(values);
  const up = await Promise.race([starting, stopped]);
  if (typeof up === "string") {
    // What is just being started has to be there before it can be stopped.
    await starting.catch(() => {});
    return 130;
  }
  if (values.run !== undefined) return await Promise.race([run(values.run, up), stopped.then(() => 130)]);
  const seals = { key: join(stack, "secrets/seals.pem"), folder: join(stack, "seals") };
  const [{ keepMaintained }, { showStatus }] = await Promise.all([
    import("./maintenance.mjs"),
    import("./status.mjs"),
  ]);
  const maintained = keepMaintained(urlOf(stack, MAIN, "solitude_maintenance", "solitude"), seals, say);
  const status = await showStatus(up, up.MONGODB_URL);
  const how = await Promise.race([stopped, ...started.map(endedByItself)]);
  await status.stop();
  await maintained.stop();
  if (typeof how === "string") return 0;
  say(`error: ${how.what} has ended by itself:\n${how.log}`);
  return 1;
}

/** Throws everything away but the lock, and what a stack that was killed has left running on it. */
async function reset() {
  for (const { name } of [MAIN, TEMPORAL]) {
    const data = join(stack, name, "data");
    await endLeftOver(join(data, "postmaster.pid"), data);
  }
  await endLeftOverMongo(stack);
  await endLeftOver(join(stack, "temporal/server.pid"), join(stack, "temporal"));
  for (const entry of readdirSync(stack))
    if (!entry.startsWith(LOCK)) rmSync(join(stack, entry), { recursive: true, force: true });
}

/** Starts everything; gives the environment of an application. */
async function start({ seed: withSeed, temporal: withTemporal }) {
  const [main, temporal, mongo] = await Promise.allSettled([
    startServer(stack, MAIN).then(remember),
    startServer(stack, TEMPORAL)
      .then(remember)
      .then(() => (withTemporal ? startTemporalServer() : undefined)),
    startMongo(stack).then((server) => ("problem" in server ? server : remember(server))),
  ]);
  for (const { reason } of [main, temporal, mongo]) if (reason !== undefined) throw reason;
  if ("problem" in mongo.value) say(`without documents: ${mongo.value.problem}`);
  const applied = await migrate(stack);
  if (applied.length > 0) say(`applied ${applied.length} migration${applied.length === 1 ? "" : "s"}`);
  const environment = environmentOf(stack, { mongo: mongo.value.url, temporal: temporal.value?.address });
  const file = writeEnvironment(stack, environment);
  if (withSeed && (await (await import("./seed.mjs")).seed(environment)))
    say("put some data in, to begin with");
  const path = relative(process.cwd(), file);
  say(`to connect: node --env-file=${/^[\w./-]+$/.test(path) ? path : JSON.stringify(path)} …`);
  return environment;
}

async function startTemporalServer() {
  const programs = await buildTemporal(say);
  return remember(await startTemporal({ stack, programs, postgresPort: TEMPORAL.port }));
}

/** Never, for a server that is not ours. */
function endedByItself({ what, ended = new Promise(() => {}) }) {
  return ended.then((log) => ({ what, log }));
}

function remember(server) {
  started.push(server);
  return server;
}

function run(command, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: "inherit", env: { ...process.env, ...environment } });
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

let code = 1;
try {
  code = await main();
} catch (error) {
  say(`error: ${error.message}`);
} finally {
  // What was started later uses what was started before.
  for (const server of started.reverse()) await server.stop().catch(() => {});
  release();
}
process.exit(code);
