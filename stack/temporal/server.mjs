import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { endLeftOver } from "../left-over.mjs";
import { endProcess } from "../processes/end-process.mjs";
import { freePort } from "../processes/free-port.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Where clients find it: loopback only, as docker-compose.yml has it. */
const HOST = "127.0.0.1";
export const TEMPORAL_PORT = Number(process.env.SOLITUDE_TEMPORAL_PORT ?? 7233);

/** Milliseconds for making the schema, and again for the server to take its first call. */
const PATIENCE = 300_000;

/** What the services of docker-compose.yml are told; only where they are is another place. */
const { services } = parse(readFileSync(join(HERE, "../../docker-compose.yml"), "utf8"), { merge: true });

/**
 * Starts the Temporal server on its PostgreSQL, with the schema that it wants and the namespace `default`.
 *
 * @param {object} o
 * @param {string} o.stack
 * @param {string} o.programs what `buildTemporal` gives
 * @param {number} o.postgresPort
 * @param {number} [o.port]
 * @returns {Promise<{ what: string, address: string, ended: Promise<string>, stop(signal?: "SIGINT" | "SIGKILL"): Promise<void> }>}
 * @throws when it does not start; the message ends with its log
 */
export async function startTemporal({ stack, programs, postgresPort, port = TEMPORAL_PORT }) {
  const secrets = join(stack, "secrets");
  const home = join(stack, "temporal");
  mkdirSync(home, { recursive: true });
  const pidFile = join(home, "server.pid");
  await endLeftOver(pidFile, home);
  const place = {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env.PATH}`,
    SECRETS: secrets,
    TEMPORAL_SCHEMA: join(programs, "schema"),
    POSTGRES_SEEDS: "localhost",
    DB_PORT: String(postgresPort),
    SQL_TLS_CA_FILE: join(secrets, "ca.crt"),
    SQL_CA: join(secrets, "ca.crt"),
    SQL_HOST_NAME: "localhost",
    DYNAMIC_CONFIG_FILE_PATH: join(HERE, "dynamic-config.yaml"),
    BIND_ON_IP: HOST,
    TEMPORAL_BROADCAST_ADDRESS: HOST,
    LOG_LEVEL: "warn",
    ...(await portsOf(port)),
  };
  const schema = { ...services["temporal-schema"].environment, ...place };
  await promisify(execFile)("sh", [join(HERE, "schema.sh")], { env: schema, timeout: PATIENCE });
  const password = readFileSync(join(secrets, "temporal.password"), "utf8");
  const server = spawn(join(programs, "temporal-server"), ["--root", home, "start"], {
    cwd: home,
    // A group of its own, so that the terminal's ^C reaches us alone, and the server ends when we say so.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...services.temporal.environment, ...place, POSTGRES_PWD: password },
  });
  writeFileSync(pidFile, `${server.pid}\n`);
  let log = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (text) => {
      log = (log + text).slice(-10_000);
    });
  const ended = new Promise((resolve) => {
    server.once("error", (error) => resolve(error.message));
    server.once("close", () => resolve(log));
  });
  const stop = (signal = "SIGINT") => endProcess(server, ended, signal);
  const address = `${HOST}:${port}`;
  const namespace = promisify(execFile)(join(programs, "application"), ["namespace", address], {
    timeout: PATIENCE,
  });
  const problem = await Promise.race([namespace.then(() => undefined, String), ended]);
  if (problem !== undefined) {
    await stop("SIGKILL");
    throw new Error(`Temporal did not start: ${problem}\n${log}`);
  }
  return { what: "Temporal", address, ended, stop };
}

/** The ports of its services: one that clients know, the others any. */
async function portsOf(port) {
  const free = ["FRONTEND_HTTP", "MATCHING_GRPC", "HISTORY_GRPC", "WORKER_GRPC"].concat(
    ["FRONTEND", "MATCHING", "HISTORY", "WORKER"].map((service) => `${service}_MEMBERSHIP`),
  );
  const ports = { FRONTEND_GRPC_PORT: String(port) };
  for (const name of free) ports[`${name}_PORT`] = String(await freePort());
  return ports;
}
