import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const PORT = Number(process.env.SOLITUDE_MONGODB_PORT ?? 27017);

/**
 * A MongoDB for the stack: the one that MONGODB_URL names, else `mongod` from the PATH, else the wire-compatible
 * server that the tests use.
 *
 * @param {string} stack
 * @returns {Promise<{ url: string, what: string, ended?: Promise<string>, stop(): Promise<void> } | { problem: string }>}
 */
export async function startMongo(stack) {
  const given = process.env.MONGODB_URL;
  if (given !== undefined) return { url: given, what: "MONGODB_URL", stop: async () => {} };
  if (await answers(PORT))
    return {
      problem: `port ${PORT} is taken: set SOLITUDE_MONGODB_PORT, or MONGODB_URL to use what is there`,
    };
  if (spawnSync("mongod", ["--version"]).status === 0) return startMongod(stack);
  try {
    return await startFerretdb(stack);
  } catch (error) {
    return {
      problem: `no MongoDB: MONGODB_URL is not set, there is no mongod on the PATH, and ${error.message}`,
    };
  }
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
    "--tlsMode=requireTLS",
    `--tlsCertificateKeyFile=${join(secrets, "mongo.pem")}`,
    `--tlsCAFile=${join(secrets, "ca.crt")}`,
    "--tlsAllowConnectionsWithoutCertificates",
  ]);
  const url = `mongodb://localhost:${PORT}/solitude?tls=true&tlsCAFile=${encodeURIComponent(join(secrets, "ca.crt"))}&directConnection=true`;
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(url);
  try {
    const config = { _id: "rs0", members: [{ _id: 0, host: `localhost:${PORT}` }] };
    await client
      .db("admin")
      .command({ replSetInitiate: config })
      .catch((error) => {
        if (error.codeName !== "AlreadyInitialized") throw error;
      });
  } finally {
    await client.close();
  }
  return { url, what: "mongod", ...server };
}

async function startFerretdb(stack) {
  const { buildFerretdb, runFerretdb } = await import("../tests/mongo/ferretdb.mjs");
  const binary = await buildFerretdb((text) => process.stderr.write(`${text}\n`));
  const data = join(stack, "ferretdb");
  mkdirSync(data, { recursive: true });
  const { stop } = await runFerretdb(binary, { data, address: `127.0.0.1:${PORT}` });
  return { url: `mongodb://127.0.0.1:${PORT}/solitude`, what: "FerretDB", stop };
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
      server.kill();
      throw new Error(`${command} did not start: ${problem ?? log}`);
    }
    await setTimeout(100);
  }
  return {
    ended,
    async stop() {
      server.kill("SIGTERM");
      await ended;
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
