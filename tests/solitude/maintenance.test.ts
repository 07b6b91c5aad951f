import { readFileSync } from "node:fs";
import pg from "pg";
import { maintain } from "../../stack/maintenance.mjs";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import {
  type AnalysedQuery,
  analysedQueries,
  type Call,
  caller,
  installWorld,
  makeWorld,
  type World,
} from "./world.ts";

// What has to happen again and again: each task by itself, twice, and twice at once; and that figures which are kept
// are those that counting would give.

let database: TestDatabase;
let queries: readonly AnalysedQuery[];
let world: World;
let call: Call;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  world = await makeWorld(database.pool);
  queries = analysedQueries();
  call = caller(queries, database.pool, () => world);
});
afterAll(() => database?.drop());

const sql = async (text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
  (await database.pool.query(text, values)).rows;

test("every task runs as solitude_ops, again and again, and nobody else may", async () => {
  const tasks = (await sql("select task from maintenance_tasks()")).map(({ task }) => task as string);
  expect(tasks).toHaveLength(9);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query("set role solitude_ops");
    expect((await client.query("select task from maintenance_due where is_late")).rows).toHaveLength(
      tasks.length,
    );
    for (const task of [...tasks, ...tasks]) {
      const { rows } = await client.query("select run_maintenance($1) as result", [task]);
      expect([task, rows[0].result]).toEqual([task, expect.stringMatching(/^\d+$/)]);
    }
    expect((await client.query("select task from maintenance_due where is_late")).rows).toEqual([]);
    await expect(client.query("select run_maintenance('tea')")).rejects.toThrow("no maintenance task tea");
    await client.query("set role solitude_app");
    await expect(client.query("select run_maintenance('usage')")).rejects.toThrow("permission denied");
  } finally {
    await client.end();
  }
});

test("twice at once: whoever comes second leaves it to the first, and waits for nothing", async () => {
  const tasks = (await sql("select task from maintenance_tasks()")).map(({ task }) => task as string);
  const [first, second] = [new pg.Client(database.url), new pg.Client(database.url)];
  await Promise.all([first.connect(), second.connect()]);
  try {
    for (const task of tasks) {
      await first.query("begin");
      await first.query("select run_maintenance($1)", [task]);
      const { rows } = await second.query("select run_maintenance($1) as result", [task]);
      expect([task, rows[0].result]).toEqual([task, null]);
      await first.query("commit");
    }
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
});

test("what is due is done; where the tables are on many nodes, what triggers cannot do there, each time", async () => {
  const tasks = (await sql("select task from maintenance_tasks()")).map(({ task }) => task as string);
  await sql("delete from maintenance_runs");
  const once = await maintain(database.url);
  expect(once.failed).toEqual([]);
  expect(once.done.map(([task]) => task).sort()).toEqual(tasks.sort());
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    const inPsql = readFileSync(new URL("../../stack/maintain.sql", import.meta.url), "utf8").replace(
      "\\gexec",
      "",
    );
    expect((await client.query(inPsql)).rows).toEqual([]);
    await client.query(
      "create function sweep_across_nodes() returns bigint language sql as 'select 3::bigint'",
    );
    expect(await maintain(database.url)).toEqual({ done: [["sweep_across_nodes", "3"]], failed: [] });
    const [[statement]] = (await client.query({ text: inPsql, rowMode: "array" })).rows as [[string]];
    expect((await client.query(statement)).rows).toEqual([{ task: "sweep_across_nodes", result: "3" }]);
  } finally {
    await client.query("drop function if exists sweep_across_nodes()");
    await client.end();
  }
});

const COUNTED_USAGE = `
  select workspace_id, (recorded_at at time zone 'UTC')::date as day, count(distinct job_id) as job_count,
    coalesce(sum(quantity) filter (where kind in ('input_tokens', 'output_tokens')), 0) as tokens,
    count(*) filter (where kind = 'tool_call') as tool_calls, sum(cost_micros) as cost_micros
  from job_usage group by 1, 2`;
const COUNTED_STORAGE = `
  select workspace_id, coalesce(extension, 'none') as extension, count(*) as file_count, sum(size_bytes) as stored_bytes
  from files where status = 'stored' group by 1, 2`;

/** The rows that one of the two has and the other has not. */
const difference = (kept: string, counted: string): Promise<Record<string, unknown>[]> =>
  sql(`with kept as (${kept}), counted as (${counted})
    (select 'kept', * from kept except all select 'kept', * from counted)
    union all (select 'counted', * from counted except all select 'counted', * from kept)`);

test("usage by day is what counting gives, after late entries and deletions too", async () => {
  const kept =
    "select workspace_id, day, job_count, tokens, tool_calls, cost_micros from workspace_usage_daily";
  const usage = (job: string | undefined, kind: string, at: string): Promise<unknown> =>
    sql(
      "insert into job_usage (workspace_id, job_id, kind, quantity, cost_micros, recorded_at) values ($1, $2, $3, 10, 5, $4)",
      world.workspace,
      job,
      kind,
      at,
    );
  await usage(world.running, "input_tokens", "2026-11-27 23:59:59.999+00");
  await usage(world.parent, "output_tokens", "2026-11-28 00:00:00+00");
  await usage(world.running, "tool_call", "2026-11-27 12:00:00+00");
  await call("RefreshWorkspaceUsage");
  expect(await difference(kept, COUNTED_USAGE)).toEqual([]);
  const before = (
    await sql("select sum(job_count) as n from workspace_usage_daily where day = '2026-11-27'")
  )[0]!.n;
  await usage(world.parent, "tool_call", "2026-11-27 13:00:00+00");
  await call("RefreshWorkspaceUsage");
  expect(await difference(kept, COUNTED_USAGE)).toEqual([]);
  const after = (
    await sql("select sum(job_count) as n from workspace_usage_daily where day = '2026-11-27'")
  )[0]!.n;
  expect(Number(after)).toBe(Number(before) + 1);
  await sql("delete from job_usage where recorded_at >= '2026-11-28' and recorded_at < '2026-11-29'");
  await call("RefreshWorkspaceUsage");
  expect(await difference(kept, COUNTED_USAGE)).toEqual([]);
  expect(await sql("select from workspace_usage_changes")).toEqual([]);
});

test("what is stored is what counting gives, merged or not", async () => {
  const kept = `select workspace_id, extension, sum(file_count) as file_count, sum(stored_bytes) as stored_bytes
    from stored_files group by 1, 2 having sum(file_count) <> 0 or sum(stored_bytes) <> 0`;
  expect(await difference(kept, COUNTED_STORAGE)).toEqual([]);
  await sql(
    `insert into files (workspace_id, bucket, object_key, name, size_bytes, sha256, status)
     select $1, 'b', 'many/' || i, 'n' || i || case when i % 2 = 0 then '.csv' else '' end, i, text_sha256('m' || i),
       case when i % 3 = 0 then 'pending' else 'stored' end::file_status
     from generate_series(1, 30) i`,
    world.workspace,
  );
  expect(await difference(kept, COUNTED_STORAGE)).toEqual([]);
  await sql("select run_maintenance('storage')");
  await sql("update files set status = 'stored' where status = 'pending' and object_key like 'many/%'");
  await sql(
    "update files set size_bytes = size_bytes + 1, name = name || '.txt' where object_key like 'many/1%'",
  );
  await sql("update files set status = 'deleted', deleted_at = now() where object_key like 'many/2%'");
  await sql("delete from files where object_key like 'many/3%'");
  expect(await difference(kept, COUNTED_STORAGE)).toEqual([]);
  await sql("select run_maintenance('storage')");
  expect(await difference(kept, COUNTED_STORAGE)).toEqual([]);
  expect(await sql("select from workspace_storage_changes")).toEqual([]);
  const pages = await call("SumFileSizes");
  expect(pages.map(({ extension }) => extension)).toEqual(expect.arrayContaining(["csv", "none", "txt"]));
});

test("a listing that is suspended leaves the charts at once, whatever the figures were counted from", async () => {
  await call("RefreshListingStats");
  const isCharted = async (): Promise<boolean> =>
    (await call("ListTopListingsByCategory", { places: 1000 })).some(
      (row) => row.listing_id === world.listing,
    );
  expect(await isCharted()).toBe(true);
  await sql("update listings set status = 'suspended' where id = $1", world.listing);
  expect(await isCharted()).toBe(false);
});

test("what has expired goes, however much it is", async () => {
  const much = 10_001;
  await sql(
    `insert into sessions (user_id, token_hash, expires_at, created_at)
     select $1, sha256(('late ' || i)::bytea), now() - interval '31 days', now() - interval '60 days' from generate_series(1, ${much}) i`,
    world.ada,
  );
  await sql(
    `insert into user_tokens (token_hash, user_id, purpose, expires_at, created_at)
     select sha256(('late ' || i)::bytea), $1, 'reset_password', now() - interval '2 days', now() - interval '3 days' from generate_series(1, ${much}) i`,
    world.ada,
  );
  for (const [task, table] of [
    ["sessions", "sessions"],
    ["links", "user_tokens"],
  ]) {
    const [{ result }] = (await sql("select run_maintenance($1) as result", task)) as [{ result: string }];
    expect([task, Number(result)]).toEqual([task, expect.any(Number)]);
    expect(Number(result)).toBeGreaterThanOrEqual(much);
    expect(await sql(`select from ${table} where expires_at < now() - interval '31 days'`)).toEqual([]);
  }
  expect(await sql("select from user_tokens where expires_at < now() - interval '1 day'")).toEqual([]);
});

test("who was deleted while the maintenance did not run is erased when it does", async () => {
  await call("DeleteUser", { id: world.dan });
  const client = await database.pool.connect();
  try {
    await client.query("begin; set local session_replication_role = replica");
    await client.query("update users set deleted_at = now() - interval '5 days' where id = $1", [world.dan]);
    await client.query("update reviews set body = 'still here' where author_id = $1", [world.dan]);
    await client.query(
      "update maintenance_runs set finished_at = now() - interval '6 days' where task = 'erasures'",
    );
    await client.query("commit");
  } finally {
    client.release();
  }
  expect(await sql("select run_maintenance('erasures') as n")).toEqual([{ n: "1" }]);
  expect(await sql("select from reviews where body = 'still here'")).toEqual([]);
  expect(await sql("select run_maintenance('erasures') as n")).toEqual([{ n: "0" }]);
});

test("a key of idempotency gives the job that it made, and nothing where something else is asked for", async () => {
  const ask = (input: string): Promise<Record<string, unknown>[]> =>
    call("CreateJob", { idempotency_key: `key ${world.tag}`, input });
  const [made] = await ask('{"a": 1}');
  expect(made).toMatchObject({ is_new: true });
  expect(await ask('{"a": 1}')).toMatchObject([{ id: made!.id, is_new: false }]);
  expect(await ask('{"a": 2}')).toEqual([]);
});
