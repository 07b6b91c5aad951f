import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Client } from "pg";
import pg from "pg";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import {
  type AnalysedQuery,
  analysedQueries,
  installWorld,
  makeWorld,
  statementFor,
  type World,
} from "./world.ts";

// What each query reads, in pages, beside a tenant that is many times the size of the others: what belongs to one tenant
// does not cost more because there are others. Pages are the same on every machine, times are not.

const ORDINARY = 100;
const TENANTS = 60;

/** What reads more than an ordinary tenant's query may: it looks at all tenants. For all but the catalogue nobody waits. */
const BY_DESIGN: Readonly<Record<string, number>> = {
  SealAuditTrail: 900, // The head of every chain.
  ExpireFiles: 300, // A batch of whatever tenant's files, which it deletes.
  ReleaseExpiredJobs: 300, // A batch of whatever tenant's jobs, which it queues again.
  TakeJobDocumentChanges: 250, // A batch of whatever tenant's changes, from an outbox with all that waits.
  GetQueueDepths: 200, // All that waits.
  ListTopListingsByCategory: 550, // The best three of each category, of which the fixture has as many as tenants.
  RefreshListingStats: 3000,
  ListWorkspacesForAdministration: 1000, // When people of a page's workspaces were last seen, the large one's among them.
  CountSignUpsByDay: 550, // A month of the platform's sign-ups.
  VerifyAuditChain: 300, // Each month of the trail is looked into.
  VerifyAuditChainAfter: 300,
};

/** What reads more than that in the tenant that is many times as large: what is looked at is all of something that it has. */
const OF_WHALE: Readonly<Record<string, number>> = {
  CountAuditLogsByAction: 600, // The entries of a period.
  VerifyAuditChain: 1200, // Every entry.
  VerifyAuditChainAfter: 1200,
  ListAuditChainProblems: 600,
  ListPayloadFiles: 350, // Pages of its files.
  SumUsageByKindAndModel: 300, // The usage of a period.
  PickUpJobs: 250, // A batch, of a queue that nobody else has.
  CountJobsByStatus: 900, // The jobs of a period.
  GetJobDurations: 900,
  ListPublishedListings: 5500, // A page of a thousand offers, with the figures of each looked up by its key.
  ListWorkspaceMembers: 220, // Its thousand members.
  SynchroniseWorkspaceMembers: 2700,
};

/** Where the world's own arguments are refused, or pass an index by. */
const GIVEN: Readonly<Record<string, (world: World) => Record<string, unknown>>> = {
  CreatePasswordCredential: (w) => ({ user_id: w.eve }),
  CreateWorkspace: () => ({ workspace_id: randomUUID() }),
  SumWorkspaceCost: () => ({ from_time: new Date(Date.now() - 3_600_000) }),
  ListAuditLogs: (w) => ({ actor_id: w.ada }),
  ListJobs: () => ({ status: "running" }),
  ListUsers: () => ({ status: "active" }),
  SearchListings: () => ({ query: "zebra" }),
};

const queries = analysedQueries();
let database: TestDatabase;
let client: Client;
let ordinary: World;
let whale: World;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  whale = await makeWorld(database.pool);
  await database.pool.query("select make_world() from generate_series(1, $1)", [TENANTS]);
  ordinary = await makeWorld(database.pool);
  const text = readFileSync(new URL("whale.sql", import.meta.url), "utf8");
  await database.pool.query(text.replaceAll("$WORKSPACE", whale.workspace));
  await database.pool.query("select refresh_listing_stats(), refresh_workspace_usage()");
  // Last, so that no table is left for autovacuum to look into while the plans are made.
  await database.pool.query("vacuum analyze");
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
}, 120_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** The pages that the query reads in this world, from the cache or not; it changes nothing. */
async function pagesOf(query: AnalysedQuery, world: World): Promise<number> {
  const { sql, values } = statementFor(query, world, 0, GIVEN[query.name]?.(world));
  await client.query("begin");
  try {
    const { rows } = await client.query(`explain (analyze, buffers, timing off, format json) ${sql}`, values);
    const plan = rows[0]["QUERY PLAN"][0].Plan;
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
  } catch (error) {
    throw new Error(`${query.name}: ${(error as Error).message}`, { cause: error });
  } finally {
    await client.query("rollback");
  }
}

test("every index is used, by a query or by what keeps rows consistent", async () => {
  await client.query("set enable_seqscan = off");
  await client.query("select pg_stat_reset()");
  for (const query of queries) for (const world of [ordinary, whale]) await pagesOf(query, world);
  const [user] = (await client.query("insert into users (email) values ('x@example.com') returning id")).rows;
  await client.query("delete from users where id = $1", [user.id]);
  await client.query("begin");
  await client.query("delete from workspaces where id = $1", [ordinary.workspace]);
  await client.query("set constraints all immediate");
  await client.query("rollback");
  await client.query("select pg_stat_force_next_flush()");
  // Unique ones hold what they say whether or not anybody looks it up.
  const { rows } = await client.query(`
    select coalesce(p.inhparent, i.indexrelid)::regclass::text as index
    from pg_stat_user_indexes i
    join pg_index x on x.indexrelid = i.indexrelid and not x.indisunique
    left join pg_inherits p on p.inhrelid = i.indexrelid
    group by 1 having sum(i.idx_scan) = 0 order by 1`);
  await client.query("reset enable_seqscan");
  expect(rows.map((row) => row.index)).toEqual([]);
});

test.each([
  ["an ordinary tenant", () => ordinary, BY_DESIGN],
  ["the large one", () => whale, { ...BY_DESIGN, ...OF_WHALE }],
] as const)("no query of %s reads more than its ceiling", async (_, world, ceilings) => {
  const above: [string, number][] = [];
  for (const query of queries) {
    await pagesOf(query, world()); // The first time the catalog is read, too.
    const pages = await pagesOf(query, world());
    if (pages > (ceilings[query.name as keyof typeof ceilings] ?? ORDINARY)) above.push([query.name, pages]);
  }
  expect(above).toEqual([]);
});

test("what triggers look for beside a query has an index, too", async () => {
  // A plan has no triggers in it. Without sequential scans as far as that goes, what is still read so has none.
  await client.query("set enable_seqscan = off");
  // What earlier transactions read is told with it until it has been passed on; a few rows are read more quickly than looked up.
  const read = async (): Promise<ReadonlyMap<string, number>> => {
    const { rows } = await client.query(
      `select s.relname as name, s.seq_tup_read::int as n
       from pg_stat_xact_user_tables s join pg_class c on c.oid = s.relid where c.reltuples > 100`,
    );
    return new Map(rows.map(({ name, n }) => [name, n]));
  };
  const found: string[] = [];
  for (const query of queries) {
    const { sql, values } = statementFor(query, ordinary, 0, GIVEN[query.name]?.(ordinary));
    await client.query("begin");
    const before = await read();
    await client.query(sql, values);
    await client.query("set constraints all immediate");
    for (const [name, n] of await read())
      if (n > (before.get(name) ?? 0)) found.push(`${query.name}: ${name}`);
    await client.query("rollback");
  }
  await client.query("reset enable_seqscan");
  expect(found).toEqual([]);
});

test("what is due later costs a poll nothing", async () => {
  const poll = ["PickUpJobs", "ReleaseExpiredJobs", "ResumeDecidedJobs", "FinishJob", "RenewJobLease"].map(
    (name) => queries.find((query) => query.name === name)!,
  );
  const pages = async (): Promise<[string, number][]> => {
    const read: [string, number][] = [];
    for (const query of poll) {
      await pagesOf(query, ordinary);
      read.push([query.name, await pagesOf(query, ordinary)]);
    }
    return read;
  };
  const before = await pages();
  await client.query("begin; set local session_replication_role = replica");
  await client.query(
    `insert into jobs (workspace_id, agent_version_id, status, is_ready, task_queue, requested_by, run_after)
     select j.workspace_id, j.agent_version_id, 'queued', false, j.task_queue, j.requested_by, now() + i * interval '1 minute'
     from jobs j, generate_series(1, 50000) i where j.workspace_id = $1 and j.id = $2`,
    [ordinary.workspace, ordinary.parent],
  );
  await client.query("commit");
  await client.query("analyze jobs");
  // What changes a batch of jobs goes down indexes that are a level higher, once for each.
  const dearer = (await pages()).filter(([, now], place) => now > 2 * before[place]![1] + 10);
  expect(dearer).toEqual([]);
  await client.query(
    "begin; set local session_replication_role = replica; delete from jobs where run_after > now() + interval '30 seconds'; commit",
  );
  await client.query("vacuum analyze jobs");
});
