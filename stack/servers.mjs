import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { hasBinaries, serverUser, startPostgres } from "./embedded-postgres.mjs";
import { endLeftOver } from "./left-over.mjs";
import { statementsOf } from "./sql-script.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The PostgreSQL servers; docker-compose.yml has the same under the same names. */
export const MAIN = {
  name: "postgres",
  version: 16,
  port: Number(process.env.SOLITUDE_POSTGRES_PORT ?? 5432),
  portVariable: "SOLITUDE_POSTGRES_PORT",
  superuserPassword: "postgres",
  setUp: "main.sql",
};
export const TEMPORAL = {
  name: "postgres-temporal",
  // Elsewhere than on Linux x64 there are no binaries of 12; Temporal runs on 16 as well.
  version: hasBinaries(12) ? 12 : 16,
  port: Number(process.env.SOLITUDE_TEMPORAL_POSTGRES_PORT ?? 5433),
  portVariable: "SOLITUDE_TEMPORAL_POSTGRES_PORT",
  superuserPassword: "temporal_postgres",
  setUp: "temporal.sql",
};

/** Makes what is secret and still missing in `<stack>/secrets`. */
export function makeSecrets(stack) {
  const folder = join(stack, "secrets");
  const { uid } = serverUser();
  const owner = uid === undefined ? [] : [String(uid)];
  const run = spawnSync("sh", [join(HERE, "secrets.sh"), folder, ...owner], { encoding: "utf8" });
  if (run.status !== 0)
    throw new Error(`stack/secrets.sh, which needs openssl: ${run.error?.message ?? run.stderr}`);
  // Beside them, since the server's user may not be able to enter the clone.
  copyFileSync(join(HERE, "postgres/pg_hba.conf"), join(folder, "pg_hba.conf"));
}

/** A URL that checks the server's certificate. */
export function urlOf(stack, server, role, database, passwordName = role) {
  const secrets = join(stack, "secrets");
  const password = readFileSync(join(secrets, `${passwordName}.password`), "utf8");
  const ca = encodeURIComponent(join(secrets, "ca.crt"));
  return `postgres://${role}:${password}@localhost:${server.port}/${database}?sslmode=verify-full&sslrootcert=${ca}`;
}

/**
 * Starts a server on its data in `<stack>/<name>`; the first time with its roles and databases.
 * @throws when its port is taken, or it does not start
 */
export async function startServer(stack, server) {
  const home = join(stack, server.name);
  await endLeftOver(join(home, "data/postmaster.pid"), join(home, "data"));
  if (await isTaken(server.port)) {
    throw new Error(`port ${server.port} is taken: stop what listens there, or set ${server.portVariable}`);
  }
  const secrets = join(stack, "secrets");
  const isSetUp = join(home, "set-up");
  // What an interrupted first start has left holds nothing of anybody's.
  if (!existsSync(isSetUp)) rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const running = await startPostgres({
    version: server.version,
    home,
    port: server.port,
    passwordFile: join(secrets, `${server.superuserPassword}.password`),
    settings: {
      listen_addresses: "localhost",
      ssl: "on",
      ssl_cert_file: join(secrets, `${server.name}.crt`),
      ssl_key_file: join(secrets, `${server.name}.key`),
      ssl_ca_file: join(secrets, "ca.crt"),
      hba_file: join(secrets, "pg_hba.conf"),
      password_encryption: "scram-sha-256",
      shared_buffers: "64MB",
      "stack.secrets": secrets,
    },
  });
  try {
    if (!existsSync(isSetUp)) {
      await runScript(stack, server, readFileSync(join(HERE, "postgres", server.setUp), "utf8"));
      writeFileSync(isSetUp, "");
    }
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { what: `PostgreSQL ${server.version}`, ...running };
}

async function runScript(stack, server, text) {
  for (const { database, statement } of statementsOf(text, "postgres")) {
    const url = urlOf(stack, server, "postgres", database, server.superuserPassword);
    await execute(url, statement);
  }
}

/** Runs statements on a connection of their own. */
export async function execute(url, statements) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

function isTaken(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "localhost");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
