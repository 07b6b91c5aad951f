import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { endLeftOver } from "./left-over.mjs";
import { endProcess } from "./processes/end-process.mjs";
import { installSecantusdb, PID_FILE, runSecantusdb } from "./processes/secantusdb.mjs";

const PORT = Number(process.env.SOLITUDE_MONGODB_PORT ?? 27017);

/**
 * A MongoDB for the stack: the one that MONGODB_URL names, else `mongod` from the PATH, else SecantusDB, which Python installs.
 * Both with TLS, and with the users that docker-compose.yml has.
 *
 * @param {string} stack
 * @returns {Promise<{ url: string, what: string, ended?: Promise<string>, stop(): Promise<void> } | { problem: string }>}
 */
export async function startMongo(stack) {
  const given = process.env.MONGODB_URL;
  if (given !== undefined) return { url: given, what: "MONGODB_URL", stop: async () => {} };
  // Before it is asked who has the port.
  const wasStarted = await endLeftOverMongo(stack);
  // Processes of its own may outlive it for a moment.
  for (let waited = 0; wasStarted && waited < 5_000 && (await answers(PORT)); waited += 100)
    await setTimeout(100);
  if (await answers(PORT))
    return {
      problem: `port ${PORT} is taken: set SOLITUDE_MONGODB_PORT, or MONGODB_URL to use what is there`,
    };
  if (spawnSync("mongod", ["--version"]).status === 0) return startMongod(stack);
  try {
    return await startSecantusdb(stack);
  } catch (error) {
    return {
      problem: `no MongoDB: MONGODB_URL is not set, there is no mongod on the PATH, and ${error.message}`,
    };
  }
}

/**
 * Ends either, where it has outlived the stack that started it; SecantusDB ends by itself then, but takes its time.
 * @returns {Promise<boolean>} whether either had been started
 */
export async function endLeftOverMongo(stack) {
  const mongod = join(stack, "mongo");
  const wasMongod = await endLeftOver(join(mongod, "mongod.lock"), mongod);
  const secantusdb = join(stack, "secantusdb");
  return (await endLeftOver(join(secantusdb, PID_FILE), secantusdb)) || wasMongod;
}

async function startMongod(stack) {
  const secrets = join(stack, "secrets");
  const data = join(stack, "mongo");
  mkdirSync(data, { recursive: true });
  const server = await run("mongod", [
    `--dbpath=${data}`,
    `--port=${PORT}`,
    "--bind_ip=localhost",
    "--replSet=rs0",
    `--keyFile=${join(secrets, "mongo.keyfile")}`,
    "--tlsMode=requireTLS",
    `--tlsCertificateKeyFile=${join(secrets, "mongo.pem")}`,
    `--tlsCAFile=${join(secrets, "ca.crt")}`,
    "--tlsAllowConnectionsWithoutCertificates",
  ]);
  // Before there is a user, the server lets whoever comes from its own machine make the first.
  const isSetUp = join(data, "set-up");
  if (!existsSync(isSetUp)) {
    await using(`mongodb://localhost:${PORT}/?directConnection=true&${tlsOf(stack)}`, async (client) => {
      const config = { _id: "rs0", members: [{ _id: 0, host: `localhost:${PORT}` }] };
      await ignoring("AlreadyInitialized", client.db("admin").command({ replSetInitiate: config }));
      while (!(await client.db("admin").command({ hello: 1 })).isWritablePrimary) await setTimeout(50);
      await ignoring("Unauthorized", createUser(client, stack, ROOT));
    });
    await using(urlOf(stack, ROOT.user, "admin"), (client) => createUser(client, stack, SERVICE));
    writeFileSync(isSetUp, "");
  }
  return { url: urlOf(stack, SERVICE.user, "solitude"), what: "mongod", ...server };
}

async function startSecantusdb(stack) {
  const program = await installSecantusdb((text) => process.stderr.write(`${text}\n`));
  const secrets = join(stack, "secrets");
  const data = join(stack, "secantusdb");
  const isSetUp = join(data, "set-up");
  if (!existsSync(isSetUp)) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    // Users are made while nobody needs to be one, on a port that nobody knows.
    const first = await runSecantusdb(program, { data });
    try {
      await using(first.url, async (client) => {
        for (const user of [ROOT, SERVICE]) await createUser(client, stack, user);
      });
    } finally {
      await first.stop();
    }
    writeFileSync(isSetUp, "");
  }
  const args = [
    "--auth",
    "--sync-on-commit",
    ...["--tls-cert-file", join(secrets, "mongo.crt"), "--tls-key-file", join(secrets, "mongo.key")],
  ];
  const server = await runSecantusdb(program, { data, address: `localhost:${PORT}`, args });
  return { ...server, url: urlOf(stack, SERVICE.user, "solitude"), what: "SecantusDB" };
}

/** As docker-compose.yml and mongo/service-user.js have them. */
const ROOT = { user: "root", secret: "mongo_root", roles: ["root"] };
const SERVICE = {
  user: "solitude_service",
  secret: "mongo_service",
  roles: ["readWrite", "dbAdmin"].map((role) => ({ role, db: "solitude" })),
};

function passwordOf(stack, secret) {
  return readFileSync(join(stack, "secrets", `${secret}.password`), "utf8");
}

function tlsOf(stack) {
  return `tls=true&tlsCAFile=${encodeURIComponent(join(stack, "secrets/ca.crt"))}`;
}

function urlOf(stack, user, database) {
  const { secret } = [ROOT, SERVICE].find((each) => each.user === user);
  const who = `${user}:${passwordOf(stack, secret)}`;
  return `mongodb://${who}@localhost:${PORT}/${database}?authSource=admin&directConnection=true&${tlsOf(stack)}`;
}

function createUser(client, stack, { user, secret, roles }) {
  const pwd = passwordOf(stack, secret);
  return ignoring("51003", client.db("admin").command({ createUser: user, pwd, roles }));
}

/** `code`: the error's name, or its number. */
async function ignoring(code, promise) {
  await promise.catch((error) => {
    if (error.codeName !== code && String(error.code) !== code) throw error;
  });
}

async function using(url, work) {
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 30_000 });
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

/** Starts a server, and waits until it takes connections. */
async function run(command, args) {
  const server = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (text) => {
      log = (log + text).slice(-5_000);
    });
  }
  let problem;
  const ended = new Promise((resolve) => {
    const end = (why) => {
      problem = why;
      resolve(why);
    };
    server.once("error", (error) => end(error.message));
    server.once("close", (code) => end(`it ended with code ${code}:\n${log}`));
  });
  for (let waited = 0; !(await answers(PORT)); waited += 100) {
    if (problem !== undefined || waited > 60_000) {
      await endProcess(server, ended, "SIGKILL");
      throw new Error(`${command} did not start: ${problem ?? log}`);
    }
    await setTimeout(100);
  }
  return {
    ended,
    async stop() {
      await endProcess(server, ended, "SIGTERM");
    },
  };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "localhost");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
