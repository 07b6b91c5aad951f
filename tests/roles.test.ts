import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PoolClient } from "pg";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import { applySolitudeSchema } from "./postgres/solitude-schema.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COMMITTED = readFileSync(`${ROOT}/roles/solitude_app.sql`, "utf8");
const cli = (...args: string[]): string =>
  execFileSync(process.execPath, [`${ROOT}/generator/bin/solitude-gen.js`, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });

interface AnalysedQuery {
  readonly name: string;
  readonly sql: string;
}
const { queries } = JSON.parse(cli("analyze", "--json")) as { queries: readonly AnalysedQuery[] };

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await applySolitudeSchema(database.pool);
});
afterAll(() => database?.drop());

test("the committed rights are those that the queries need", () => {
  expect(cli("grants", "--role", "solitude_app")).toBe(COMMITTED);
});

/** Runs `work` in a transaction that leaves nothing, as a superuser who can become the application. */
async function inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await work(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** What stops the application from running the query: the executor checks rights before it explains. */
async function refusal(client: PoolClient, { sql }: AnalysedQuery): Promise<string | null> {
  await client.query("savepoint s; set local role solitude_app");
  const error = await client.query(`explain (generic_plan) ${sql}`).then(
    () => null,
    (e: Error & { code?: string }) => e,
  );
  await client.query("rollback to savepoint s");
  if (error === null) return null;
  if (error.code !== "42501") throw error;
  return error.message;
}

test("the application may run every query", async () => {
  expect(queries.length).toBeGreaterThan(200);
  await inTransaction(async (client) => {
    for (const query of queries)
      expect([query.name, await refusal(client, query)]).toEqual([query.name, null]);
  });
});

test("it has no right that no query needs: without any one of them, one cannot run", async () => {
  const rights = Array.from(
    COMMITTED.matchAll(/^grant (\w+)(?: \((.*)\))? on (\S+) to "solitude_app";$/gm),
    (m) => ({
      kind: m[1],
      columns: m[2]?.split(", ") ?? [null],
      table: m[3] ?? "",
    }),
  ).flatMap(({ columns, ...right }) => columns.map((column) => ({ ...right, column })));
  expect(rights.length).toBeGreaterThan(300);
  const needless: unknown[] = [];
  await inTransaction(async (client) => {
    for (const { kind, table, column } of rights) {
      await client.query(
        `savepoint r; revoke ${kind} ${column ? `(${column})` : ""} on ${table} from solitude_app`,
      );
      const name = table.split('"')[3] ?? "";
      let isNeeded = false;
      for (const query of queries) {
        if (!query.sql.includes(name)) continue;
        isNeeded = (await refusal(client, query)) !== null;
        if (isNeeded) break;
      }
      if (!isNeeded) needless.push({ kind, table, column });
      await client.query("rollback to savepoint r; release savepoint r");
    }
  });
  expect(needless).toEqual([]);
});

test.each([
  "update audit_logs set action = 'a.b'",
  "truncate users",
  "delete from users",
  "update users set id = gen_random_uuid()",
  "insert into audit_logs (seq) values (1)",
  "create table own (n int)",
  "alter table users add column admin boolean",
  "select * from pg_authid",
  "set role solitude_ops",
  "select create_audit_log_partitions(current_date, 1)",
])("it may not: %s", async (statement) => {
  const app = database.poolAs("solitude_app");
  // poolAs signs in as the superuser; the role in effect is what is checked.
  await expect(
    app.connect().then(async (client) => {
      try {
        await client.query("begin; set local session authorization solitude_app");
        await client.query(statement);
      } finally {
        await client.query("rollback");
        client.release();
      }
    }),
  ).rejects.toMatchObject({ code: "42501" });
});
