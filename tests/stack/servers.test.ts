import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import pg from "pg";
import { keepMaintained, maintain } from "../../stack/maintenance.mjs";
import { migrate } from "../../stack/migrate.mjs";
import { freePort } from "../../stack/processes/free-port.mjs";
import { MAIN, makeSecrets, startServer, TEMPORAL, urlOf } from "../../stack/servers.mjs";

// The servers of the development stack, which docker-compose.yml makes with the same scripts.

let stack: string;
let main: typeof MAIN;
let temporal: typeof TEMPORAL;
let running: Awaited<ReturnType<typeof startServer>>[] = [];

const start = async (): Promise<void> => {
  running = await Promise.all([startServer(stack, main), startServer(stack, temporal)]);
};
const stop = async (): Promise<void> => {
  await Promise.all(running.map((server) => server.stop()));
  running = [];
};
beforeAll(async () => {
  stack = mkdtempSync(join(tmpdir(), "solitude-stack-"));
  chmodSync(stack, 0o755);
  main = { ...MAIN, port: await freePort() };
  temporal = { ...TEMPORAL, port: await freePort() };
  makeSecrets(stack);
  await start();
  await migrate(stack, main);
});
afterAll(async () => {
  await stop();
  rmSync(stack, { recursive: true, force: true });
});

/** Runs statements as a role; rejects as the server does. */
async function as(
  server: typeof MAIN,
  role: string,
  database: string,
  statement: string,
  options: pg.ClientConfig = {},
): Promise<pg.QueryResult> {
  const password = server === temporal && role === "postgres" ? "temporal_postgres" : role;
  const url = new URL(urlOf(stack, server, role, database, password));
  if (options.ssl !== undefined) url.search = "";
  const client = new pg.Client({ connectionString: url.href, ...options });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

test("secrets are for their owner only, and made once", () => {
  const folder = join(stack, "secrets");
  const files = (at: string): string[] =>
    readdirSync(at, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [relative(at, join(entry.parentPath, entry.name))] : [],
    );
  const secret = files(folder).filter((name) => /password|key|pem/.test(name));
  expect(secret.length).toBeGreaterThan(10);
  for (const name of secret) expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0]);
  const read = () => files(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]);
  const before = read();
  makeSecrets(stack);
  expect(read()).toEqual(before);
});

test("nobody gets in without TLS, and the certificate is checked", async () => {
  await expect(as(main, "solitude_service", "solitude", "select 1", { ssl: false })).rejects.toThrow(
    /no encryption/,
  );
  await expect(as(main, "solitude_service", "solitude", "select 1", { ssl: true })).rejects.toThrow(
    /certificate/,
  );
  const { rows } = await as(
    main,
    "solitude_service",
    "solitude",
    "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
  );
  expect(rows).toEqual([{ ssl: true }]);
});

test("the migrations are the admin's; the services have the application's rights", async () => {
  const owner = "select tableowner from pg_tables where tablename = 'users'";
  expect((await as(main, "solitude_admin", "solitude", owner)).rows).toEqual([
    { tableowner: "solitude_admin" },
  ]);
  await as(main, "solitude_service", "solitude", "select id from users");
  for (const statement of [
    "create table t ()",
    "drop table users",
    "update audit_logs set action = 'a.b'",
    "set role solitude_admin",
  ]) {
    await expect(as(main, "solitude_service", "solitude", statement)).rejects.toMatchObject({
      code: "42501",
    });
  }
  await expect(as(main, "solitude_service", "postgres", "select 1")).rejects.toMatchObject({ code: "42501" });
});

test("the maintenance is done by a role of its own, and what is done is not due", async () => {
  const url = urlOf(stack, main, "solitude_maintenance", "solitude");
  const [first, second] = await Promise.all([maintain(url), maintain(url)]);
  expect([...first.failed, ...second.failed]).toEqual([]);
  expect(first.done.length + second.done.length).toBeGreaterThanOrEqual(9);
  expect(await maintain(url)).toEqual({ done: [], failed: [] });
  await expect(as(main, "solitude_maintenance", "solitude", "select from users")).rejects.toMatchObject({
    code: "42501",
  });
  await expect(as(main, "solitude_backup", "solitude", "select 1")).rejects.toMatchObject({ code: "42501" });
});

test("what the maintenance has sealed is signed, and kept beside the data", async () => {
  const said: string[] = [];
  const folder = join(stack, "seals");
  const seals = { key: join(stack, "secrets/seals.pem"), folder };
  await keepMaintained(urlOf(stack, main, "solitude_maintenance", "solitude"), seals, (text) =>
    said.push(text),
  ).stop();
  expect(said).toEqual([]);
  const { rows } = await as(
    main,
    "postgres",
    "solitude",
    "select seal, encode(hash, 'hex') as hash, signed_by from audit_seals where signature is not null order by seal",
  );
  expect(rows.length).toBeGreaterThan(0);
  const kept = readFileSync(join(folder, "seals.txt"), "utf8").trimEnd().split("\n");
  expect(kept.map((line) => line.split(" ").toSpliced(2, 1))).toEqual(
    rows.map((r) => [r.seal, r.hash, r.signed_by]),
  );
});

test("no role that signs in has endless statements, transactions or connections, nor temporary tables", async () => {
  const limits = async (server: typeof MAIN, database: string, password: string): Promise<unknown> => {
    const { rows } = await as(
      server,
      password,
      database,
      `select r.rolname as role, r.rolconnlimit > 0 as connections,
         coalesce(s.setconfig::text, '') ~ 'statement_timeout' as statements,
         coalesce(s.setconfig::text, '') ~ 'idle_in_transaction_session_timeout' as transactions,
         has_database_privilege(r.rolname, current_database(), 'TEMP') as temporary
       from pg_roles r left join pg_db_role_setting s on s.setrole = r.oid and s.setdatabase = 0
       where r.rolcanlogin and not r.rolsuper order by 1`,
    );
    return rows;
  };
  const limited = { connections: true, statements: true, transactions: true, temporary: false };
  expect(await limits(main, "solitude", "solitude_admin")).toEqual([
    // A migration takes the time that it takes, and is the owner of the database.
    { role: "solitude_admin", ...limited, statements: false, temporary: true },
    // It copies the data directory, and signs in to no database.
    { role: "solitude_backup", ...limited, statements: false, transactions: false },
    { role: "solitude_maintenance", ...limited },
    { role: "solitude_service", ...limited },
    { role: "solitude_worker_service", ...limited },
  ]);
  expect(await limits(temporal, "temporal", "temporal_admin")).toEqual([
    { role: "temporal", ...limited },
    { role: "temporal_admin", ...limited, statements: false, temporary: true },
  ]);
  await expect(
    as(main, "solitude_service", "solitude", "create temp table users (id int)"),
  ).rejects.toMatchObject({ code: "42501" });
});

test("Temporal's roles and the main server's cannot reach each other's databases", async () => {
  await as(temporal, "temporal_admin", "temporal", "create table executions (id int primary key)");
  await as(temporal, "temporal", "temporal", "insert into executions values (1)");
  await as(temporal, "temporal_admin", "temporal_visibility", "create extension if not exists btree_gin");
  for (const statement of ["create table t ()", "drop table executions", "create database d"]) {
    await expect(as(temporal, "temporal", "temporal", statement)).rejects.toMatchObject({
      code: expect.stringMatching(/42501/),
    });
  }
  await expect(as(temporal, "temporal", "postgres", "select 1")).rejects.toMatchObject({ code: "42501" });
  for (const role of ["solitude_service", "solitude_admin"]) {
    await expect(as(temporal, role, "temporal", "select 1")).rejects.toMatchObject({ code: "28P01" });
  }
  for (const role of ["temporal", "temporal_admin"]) {
    await expect(as(main, role, "solitude", "select 1")).rejects.toMatchObject({ code: "28P01" });
  }
});

test("what was written is there after a restart, and nothing is migrated twice", async () => {
  await as(main, "solitude_admin", "solitude", "insert into users (email) values ('kept@example.com')");
  await stop();
  await start();
  const { rows } = await as(main, "solitude_service", "solitude", "select email from users");
  expect(rows).toEqual([{ email: "kept@example.com" }]);
  expect(await migrate(stack, main)).toEqual([]);
});

test("a port that is taken is said, with the variable that changes it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  try {
    await expect(startServer(stack, { ...main, name: "elsewhere", port })).rejects.toThrow(
      `port ${port} is taken: stop what listens there, or set SOLITUDE_POSTGRES_PORT`,
    );
  } finally {
    other.close();
  }
});

test("the server is the version that the platform runs", async () => {
  const version = "select current_setting('server_version_num')::int / 10000 as v";
  expect((await as(main, "solitude_service", "solitude", version)).rows).toEqual([{ v: 16 }]);
  expect((await as(temporal, "temporal", "temporal", version)).rows).toEqual([{ v: 12 }]);
});
