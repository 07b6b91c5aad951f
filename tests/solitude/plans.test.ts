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
const BY_DESIGN: ReadonlySet<string> = new Set([
  "SealAuditTrail", // The head of every chain.
  "ExpireFiles", // A batch of whatever tenant's files, which it deletes.
  "ReleaseExpiredJobs", // A batch of whatever tenant's jobs, which it queues again.
  "TakeJobDocumentChanges", // A batch of whatever tenant's changes, from an outbox with all that waits.
  "GetQueueDepths", // All that waits.
  "ListTopListingsByCategory", // The best three of each category, of which the fixture has as many as tenants.
  "RefreshListingStats",
  "ListWorkspacesForAdministration", // When people of a page's workspaces were last seen, the large one's among them.
  "CountSignUpsByDay", // A month of the platform's sign-ups.
]);

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
  await database.pool.query("vacuum analyze");
  await database.pool.query("select refresh_listing_stats(), refresh_workspace_usage()");
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

test("no query of an ordinary tenant reads more than its ceiling", async () => {
  const above: [string, number][] = [];
  for (const query of queries) {
    await pagesOf(query, ordinary); // The first time the catalog is read, too.
    const pages = await pagesOf(query, ordinary);
    if (pages > ORDINARY) above.push([query.name, pages]);
  }
  expect(above.filter(([name]) => !BY_DESIGN.has(name))).toEqual([]);
});

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
  expect(rows.map((row) => row.index)).toEqual([]);
});
