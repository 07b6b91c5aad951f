/**
 * Measures what a job costs a database with the migrations: made, picked up, one heartbeat, finished, four rows of usage and
 * four audit entries. Gives jobs a second, WAL and bytes on disk for each; the last two depend on no machine.
 *
 *   node bench/jobs.mjs <url of a database that may be written to> [<seconds>] [<sessions>]
 */
import { createHash, randomUUID } from "node:crypto";
import pg from "pg";

const [url, seconds = "10", sessions = "4"] = process.argv.slice(2);
if (url === undefined) throw new Error("usage: node bench/jobs.mjs <url> [<seconds>] [<sessions>]");
const pool = new pg.Pool({ connectionString: url, max: Number(sessions) + 1 });
const TENANTS = 200;

const tag = randomUUID().slice(0, 8);
const setUp = await pool.query(
  `with u as (
     insert into users (email, status, email_verified_at) values ($1, 'active', now()) returning id
   ), w as (
     insert into workspaces (slug, name, created_by)
     select 'b' || $2 || '-' || i, 'Bench', u.id from u, generate_series(1, ${TENANTS}) i returning id, created_by
   ), m as (
     insert into workspace_members (workspace_id, user_id, role) select id, created_by, 'owner' from w
   ), a as (
     insert into agents (workspace_id, slug, name, created_by) select id, 'agent', 'A', created_by from w
     returning workspace_id, id, created_by
   )
   insert into agent_versions (workspace_id, agent_id, version, model, instructions, created_by, status, published_at)
   select workspace_id, id, '1.0.0', 'm', 'i', created_by, 'published', now() from a
   returning workspace_id, id`,
  [`bench.${tag}@example.com`, tag],
);
const input = JSON.stringify({ text: createHash("sha256").update(tag).digest("hex").repeat(4) });

async function lifeOf({ workspace_id, id }, client) {
  const audit = (action, job) =>
    client.query(
      "insert into audit_logs (workspace_id, actor_kind, action, target_kind, target_id) values ($1, 'system', $2, 'job', $3)",
      [workspace_id, action, job],
    );
  const { rows } = await client.query(
    "insert into jobs (workspace_id, agent_version_id, task_queue, input) values ($1, $2, $3, $4) returning id",
    [workspace_id, id, `bench ${tag}`, input],
  );
  const job = rows[0].id;
  await audit("job.requested", job);
  await client.query(
    "update jobs set status = 'running', locked_by = 'w', locked_until = now() + interval '1 minute', lease_number = lease_number + 1, attempt = 1, started_at = now() where workspace_id = $1 and id = $2",
    [workspace_id, job],
  );
  await audit("job.started", job);
  await client.query(
    "update jobs set locked_until = now() + interval '1 minute' where workspace_id = $1 and id = $2",
    [workspace_id, job],
  );
  await client.query(
    "insert into job_usage (workspace_id, job_id, kind, model, quantity, cost_micros) select $1, $2, k, 'm', 10, 5 from unnest(array['input_tokens', 'output_tokens', 'tool_call', 'compute_seconds']) k",
    [workspace_id, job],
  );
  await audit("tool.called", job);
  await client.query(
    "update jobs set status = 'succeeded', output = $3, finished_at = now(), locked_by = null, locked_until = null where workspace_id = $1 and id = $2",
    [workspace_id, job, input],
  );
  await audit("job.finished", job);
}

const bytes = async () =>
  (
    await pool.query(
      `select pg_current_wal_insert_lsn() - '0/0' as wal,
         pg_total_relation_size('jobs') as jobs, pg_total_relation_size('job_usage') as usage,
         (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'audit_logs'::regclass) as audit`,
    )
  ).rows[0];

const before = await bytes();
const end = Date.now() + Number(seconds) * 1000;
let done = 0;
await Promise.all(
  Array.from({ length: Number(sessions) }, async (_, lane) => {
    const client = await pool.connect();
    for (let i = lane; Date.now() < end; i += Number(sessions), done++)
      await lifeOf(setUp.rows[i % TENANTS], client);
    client.release();
  }),
);
const after = await bytes();
const each = (name) => Math.round((Number(after[name]) - Number(before[name])) / done);
console.log(
  JSON.stringify({
    jobs: done,
    perSecond: Math.round(done / Number(seconds)),
    walBytes: each("wal"),
    jobBytes: each("jobs"),
    usageBytes: each("usage"),
    auditBytes: each("audit"),
  }),
);
await pool.end();
