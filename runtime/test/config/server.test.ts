import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../stack/processes/free-port.mjs";
import { execute, MAIN, makeSecrets, startServer, urlOf } from "../../../stack/servers.mjs";
import { type Config, loadConfig } from "../../src/config/load-config.ts";
import { createHealth } from "../../src/health/health.ts";
import { postgresCheck } from "../../src/health/postgres-check.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { run } from "../postgres/run.ts";
import { createRecorder } from "../telemetry/recorder.ts";

// What the environment says, on a server that wants TLS and passwords.

let stack: string;
let main: typeof MAIN;
let running: Awaited<ReturnType<typeof startServer>> | undefined;
const pools: Pool[] = [];
beforeAll(async () => {
  stack = mkdtempSync(join(tmpdir(), "solitude-config-"));
  chmodSync(stack, 0o755);
  main = { ...MAIN, port: await freePort() };
  makeSecrets(stack);
  running = await startServer(stack, main);
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
afterAll(async () => {
  await running?.stop();
  rmSync(stack, { recursive: true, force: true });
});

const secret = (name: string) => join(stack, "secrets", name);
const parts = () => ({
  DATABASE_HOST: "localhost",
  DATABASE_PORT: String(main.port),
  DATABASE_NAME: "solitude",
  DATABASE_USER: "solitude_service",
  DATABASE_PASSWORD_FILE: secret("solitude_service.password"),
});
const open = ({ postgres }: Config): Pool => {
  const pool = createPool(postgres);
  pools.push(pool);
  return pool;
};
const failure = async (variables: Record<string, string>): Promise<{ name: string; cause: string }> => {
  const error = await run(open(loadConfig(variables)), "select 1").catch((thrown: Error) => thrown);
  if (!(error instanceof Error)) throw new Error("it succeeded");
  return { name: error.name, cause: String((error.cause as { code?: string }).code) };
};
const ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

test("verify-full by URL, as the development stack gives it", async () => {
  const url = urlOf(stack, main, "solitude_service", "solitude");
  expect(await run(open(loadConfig({ DATABASE_URL: url })), ENCRYPTED)).toEqual([["t"]]);
});

test("by parts, with the password in a file; require asks for no certificate", async () => {
  const config = loadConfig({ ...parts(), DATABASE_SSLMODE: "require" });
  expect(await run(open(config), ENCRYPTED)).toEqual([["t"]]);
});

test.each(["verify-ca", "verify-full"])(
  "%s does not connect where another authority has signed",
  async (mode) => {
    const other = mkdtempSync(join(tmpdir(), "solitude-other-ca-"));
    try {
      makeSecrets(other);
      const trusted = { ...parts(), DATABASE_SSLMODE: mode, DATABASE_SSLROOTCERT: secret("ca.crt") };
      expect(await run(open(loadConfig(trusted)), ENCRYPTED)).toEqual([["t"]]);
      const untrusted = { ...trusted, DATABASE_SSLROOTCERT: join(other, "secrets/ca.crt") };
      expect(await failure(untrusted)).toMatchObject({ name: "ConnectionFailedError" });
    } finally {
      rmSync(other, { recursive: true });
    }
  },
);

test("without TLS the server does not let anyone in, and a health check says no more than that", async () => {
  expect(await failure({ ...parts() })).toEqual({ name: "ConnectionFailedError", cause: "28000" });
  const { postgres, health } = loadConfig({ ...parts() });
  await using watching = createHealth({ ...health, timeout: 60_000, checks: [postgresCheck(postgres)] });
  const report = await watching.check();
  expect(report.checks[0]?.last).toMatchObject({ status: "down", reason: "refused" });
});

test("a password that was rotated in its file is used for the next connection", async () => {
  const file = secret("rotating.password");
  const original = readFileSync(secret("solitude_service.password"), "utf8");
  writeFileSync(file, original);
  const admin = urlOf(stack, main, "postgres", "solitude", main.superuserPassword);
  const pool = open(loadConfig({ ...parts(), DATABASE_PASSWORD_FILE: file, DATABASE_SSLMODE: "require" }));
  await run(pool, "select 1");
  try {
    await execute(admin, "alter role solitude_service password 'rotated'");
    writeFileSync(file, "rotated\n");
    pool.reset();
    expect(await run(pool, "select 1")).toEqual([["1"]]);
  } finally {
    await execute(admin, `alter role solitude_service password '${original}'`);
  }
});

test("the session has the settings that the environment gives", async () => {
  const pool = open(
    loadConfig({
      ...parts(),
      DATABASE_SSLMODE: "require",
      DATABASE_APPLICATION_NAME: "worker",
      DATABASE_STATEMENT_TIMEOUT: "30s",
      DATABASE_LOCK_TIMEOUT: "1s",
      DATABASE_IDLE_IN_TRANSACTION_TIMEOUT: "2min",
      DATABASE_POOL_MAX: "3",
    }),
  );
  const settings = [
    "application_name",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
  ];
  const text = `select ${settings.map((name) => `current_setting('${name}')`).join(", ")}`;
  expect(await run(pool, text)).toEqual([["worker", "30s", "1s", "2min"]]);
  expect(pool.stat().maxConns).toBe(3);
});

test("configuration, pool, telemetry and health fit together", async () => {
  const recorder = createRecorder();
  const config = loadConfig({
    DATABASE_URL: urlOf(stack, main, "solitude_service", "solitude"),
    DATABASE_REPLICA_URLS: urlOf(stack, main, "solitude_service", "solitude"),
    TELEMETRY_RETURNED_ROWS: "on",
  });
  const telemetry = createTelemetry({ ...config.telemetry, ...recorder });
  await using pool = createPool({ ...config.postgres, telemetry });
  await using health = createHealth({
    ...config.health,
    timeout: 60_000,
    checks: [postgresCheck(config.postgres)],
  });
  await pool.execute("select $1::int", ["1"], { name: "One" });
  await pool.replica.query({
    text: "select 2",
    values: [],
    rowMode: "array",
    types: { getTypeParser: () => (text) => text },
    query: { name: "Two", command: ":one", operation: "SELECT", relations: [] },
  });
  expect((await health.check()).state).toBe("ready");
  for (const name of ["One", "Two"])
    expect(recorder.span(name).attributes).toMatchObject({
      "db.namespace": "solitude",
      "server.address": "localhost",
      "server.port": main.port,
      "db.response.returned_rows": 1,
    });
  await recorder.shutdown();
});
