import { readFileSync } from "node:fs";
import type { PoolClient } from "pg";
import pg from "pg";
import { planDistribution } from "../../stack/distributed/plan.mjs";
import type { TestDatabase } from "../postgres/database.ts";
import { applySolitudeSchema, createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { loadTestcontainers } from "../servers/docker.mjs";
import {
  analysedQueries,
  installWorld,
  makeWorld,
  queriesAcrossTenants,
  statementFor,
  type World,
} from "./world.ts";

// What one machine can tell of the tables on many: the plan against the catalog, and its statements on a plain server, where
// what Citus adds does nothing. On Citus itself it is tried with SOLITUDE_CITUS.

let database: TestDatabase;
let world: World;
let client: PoolClient;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  world = await makeWorld(database.pool);
  client = await database.pool.connect();
});
afterAll(async () => {
  client?.release();
  await database?.drop();
});
beforeEach(() => client.query("begin"));
afterEach(() => client.query("rollback"));

const rows = async (sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
  (await client.query(sql, values)).rows;

test("every key, foreign key and trigger is what many nodes can have, or is settled", async () => {
  const { kinds, problems } = await planDistribution(client);
  expect(problems).toEqual([]);
  expect(kinds.get("jobs")).toBe("distributed");
  const distributed = [...kinds.values()].filter((kind) => kind === "distributed").length;
  expect(readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8")).toContain(
    `| ${distributed} with a tenant's key `,
  );
  expect(kinds.get("users")).toBe("reference");
  expect(kinds.get("sessions")).toBe("coordinator");
});

test.each([
  [
    "create table notes (workspace_id uuid, slug text unique)",
    "notes_slug_key: unique without notes.workspace_id",
  ],
  [
    "create table notes (id int primary key, workspace_id uuid, job_id uuid, unique (workspace_id, id)); alter table notes add constraint k foreign key (job_id, workspace_id) references jobs (id, workspace_id)",
    null,
  ],
  [
    "create table notes (workspace_id uuid, other uuid, id uuid, constraint k foreign key (other, id) references jobs)",
    "k: refers to another tenant's rows",
  ],
  [
    "create table notes (other uuid, id uuid, constraint k foreign key (other, id) references jobs)",
    "k: notes is reference, and refers to jobs, which is distributed",
  ],
  [
    "create table notes (workspace_id uuid, id uuid, constraint k foreign key (workspace_id, id) references jobs on delete set null (id))",
    "k: sets columns of a key with the tenant's",
  ],
  [
    "create table notes (workspace_id uuid, id uuid constraint k references sessions)",
    "k: refers to sessions, which is the coordinator's",
  ],
  [
    "create function f() returns trigger language plpgsql as $$begin update users set email = email; return new; end$$; create trigger t before insert on jobs for each row execute function f()",
    "f on jobs → users: distributed writes reference",
  ],
  [
    "create function f() returns trigger language plpgsql as $$begin perform from jobs; return new; end$$; create trigger t before insert on users for each row execute function f()",
    "f on users → jobs: reference reads distributed",
  ],
  [
    "create function g() returns void language sql as 'delete from jobs'; create function f() returns trigger language plpgsql as $$begin perform g(); return new; end$$; create trigger t before insert on users for each row execute function f()",
    "f on users → jobs: reference writes distributed",
  ],
  [
    "drop trigger end_archived_workspace on workspaces",
    "end_archived_workspace on workspaces → listings: is not there",
  ],
])("what many nodes cannot have is told: %s", async (sql, problem) => {
  // Whichever order a unique constraint has its columns in, a foreign key may have another.
  if (sql.includes("references jobs (id"))
    await client.query("create unique index on jobs (id, workspace_id)");
  await client.query(sql);
  expect((await planDistribution(client)).problems).toEqual(problem === null ? [] : [problem]);
});

/** Carries the plan out where Citus' functions note that they were called, and refuse what it refuses. */
async function carryOut(): Promise<readonly string[]> {
  await client.query(readFileSync(new URL("citus-rules.sql", import.meta.url), "utf8"));
  const { statements } = await planDistribution(client);
  for (const statement of statements) await client.query(statement);
  return statements;
}

test("its statements run, in their order, and every foreign key is there again or has its trigger", async () => {
  const keys = "select conname as name from pg_constraint where contype = 'f' and conparentid = 0 order by 1";
  const before = await rows(keys);
  await carryOut();
  const after = new Set((await rows(keys)).map(({ name }) => name));
  const gone = before.map(({ name }) => name).filter((name) => !after.has(name));
  expect(gone).toEqual([
    "listings_publisher_workspace_id_agent_id_agent_version_id_fkey",
    "listings_publisher_workspace_id_fkey",
  ]);
  expect(
    await rows(
      "select conname, problem_of(c) as problem from pg_constraint c where contype = 'f' and conparentid = 0 and problem_of(c) is not null",
    ),
  ).toEqual([]);
  const tables = await rows(
    "select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and kind_of(c.oid) = 'local' order by 1",
  );
  expect(tables.map(({ name }) => name)).toEqual([
    "audit_seals",
    "credentials",
    "maintenance_runs",
    "sessions",
    "sign_in_challenges",
    "user_tokens",
  ]);
  const made = await rows("select relation::text as table from made where key is not null order by place");
  expect(made[0]).toEqual({ table: "workspaces" });
  expect(made.length).toBeGreaterThan(35);
});

const ON =
  "set local citus.enable_unsafe_triggers = on; select create_distributed_table('workspaces', 'id');";
test.each([
  ["triggers", "select create_distributed_table('agents', 'workspace_id')", "because it has triggers"],
  [
    "a key that may be null",
    `${ON} select create_distributed_table('listings', 'publisher_workspace_id')`,
    "may be null",
  ],
  [
    "a unique key without the column",
    `${ON} select create_distributed_table('reviews', 'workspace_id')`,
    "reviews_author_key",
  ],
  [
    "a foreign key to a local table",
    `${ON} create table n (workspace_id uuid not null, s uuid references sessions); select create_distributed_table('n', 'workspace_id')`,
    "leads to a local table",
  ],
  [
    "a reference to a distributed table",
    `${ON} create table n (w uuid references workspaces); select create_reference_table('n')`,
    "leads from a reference table",
  ],
  [
    "a key elsewhere in the foreign key",
    `${ON} create table n (workspace_id uuid not null, w uuid references workspaces); select create_distributed_table('n', 'workspace_id')`,
    "not colocated",
  ],
  [
    "an identity that is no bigint",
    `${ON} create table n (workspace_id uuid not null, n int generated always as identity); select create_distributed_table('n', 'workspace_id')`,
    "must be bigint",
  ],
])("what stands in for Citus refuses %s", async (_, sql, message) => {
  await client.query(readFileSync(new URL("citus-rules.sql", import.meta.url), "utf8"));
  await client.query("alter table workspaces drop constraint workspaces_slug_key");
  await client.query(
    (
      await rows(
        "select string_agg(format('alter table %s drop constraint %I', conrelid::regclass, conname), ';') as sql from pg_constraint where contype = 'f' and conparentid = 0",
      )
    )[0]!.sql as string,
  );
  await expect(client.query(sql)).rejects.toThrow(message);
});

test("what stands in for foreign keys does what they did", async () => {
  await carryOut();
  // But for what a trigger before the deletion cannot have right yet.
  await client.query(
    "set constraints all immediate; set constraints refuse_agent_without_its_version deferred",
  );
  const refused = async (sql: string, ...values: unknown[]): Promise<unknown> => {
    await client.query("savepoint s");
    const error = await client.query(sql, values).then(
      () => null,
      (e: { constraint?: string }) => e.constraint,
    );
    await client.query("rollback to s");
    return error;
  };
  const [listing] = await rows(
    "select publisher_workspace_id, agent_version_id from listings where id = $1",
    world.listing,
  );
  expect(
    await refused(
      "delete from agent_versions where workspace_id = $1 and id = $2",
      listing!.publisher_workspace_id,
      listing!.agent_version_id,
    ),
  ).toMatch(/fkey$/);
  const [role] = await rows("select id from workspace_roles where workspace_id = $1", world.workspace);
  await client.query(
    "update workspace_members set custom_role_id = $2 where workspace_id = $1 and user_id = $3",
    [world.workspace, role!.id, world.cleo],
  );
  await client.query("delete from workspace_roles where workspace_id = $1 and id = $2", [
    world.workspace,
    role!.id,
  ]);
  expect(
    await rows(
      "select custom_role_id from workspace_members where workspace_id = $1 and user_id = $2",
      world.workspace,
      world.cleo,
    ),
  ).toEqual([{ custom_role_id: null }]);
  const [agent] = await rows(
    "insert into agents (workspace_id, slug, name, created_by) values ($1, 'gone-soon', 'G', $2) returning id",
    world.workspace,
    world.ada,
  );
  const [version] = await rows(
    `insert into agent_versions (workspace_id, agent_id, version, model, instructions, created_by, status, published_at)
     values ($1, $2, '1.0.0', 'm', 'i', $3, 'published', now()) returning id`,
    world.workspace,
    agent!.id,
    world.ada,
  );
  await client.query("update agents set current_version_id = $3 where workspace_id = $1 and id = $2", [
    world.workspace,
    agent!.id,
    version!.id,
  ]);
  await client.query("delete from agent_versions where workspace_id = $1 and id = $2", [
    world.workspace,
    version!.id,
  ]);
  expect(await rows("select current_version_id from agents where id = $1", agent!.id)).toEqual([
    { current_version_id: null },
  ]);
  expect(
    await rows(
      "select workspace_of_slug(slug) = id as is_found from workspaces where id = $1",
      world.workspace,
    ),
  ).toEqual([{ is_found: true }]);
});

/** The numbers of shards that the parts of a plan of Citus' go to. */
function tasksOf(plan: unknown): readonly number[] {
  if (Array.isArray(plan)) return plan.flatMap(tasksOf);
  if (typeof plan !== "object" || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) =>
    key === "Task Count" ? [Number(value)] : tasksOf(value),
  );
}

/**
 * What to try it on: the image of one, which is large and needs Docker (`SOLITUDE_CITUS=citusdata/citus:13.0`), or the URL of an empty
 * database of a server that has it.
 */
const citus = process.env.SOLITUDE_CITUS;

async function startCitus(from: string): Promise<{ readonly url: string; stop(): Promise<unknown> }> {
  if (/^postgres(?:ql)?:/.test(from)) return { url: from, stop: async () => {} };
  const docker = await loadTestcontainers();
  const container = await new docker.GenericContainer(from)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: "trust" })
    .withExposedPorts(5432)
    .withWaitStrategy(docker.Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const url = `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
  return { url, stop: () => container.stop() };
}

const onCitus = citus === undefined ? test.skip : test;
onCitus(
  `every query runs on Citus${citus === undefined ? " (not tried: SOLITUDE_CITUS names no image or server)" : ""}`,
  async () => {
    const server = await startCitus(citus!);
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    try {
      await applySolitudeSchema(pool);
      await pool.query("create extension if not exists citus");
      await pool.query(
        `select citus_set_coordinator_host('localhost', own), citus_set_node_property('localhost', own, 'shouldhaveshards', true)
         from (select current_setting('port')::int as own) p`,
      );
      for (const statement of (await planDistribution(pool)).statements) await pool.query(statement);
      await installWorld(pool);
      const there = await makeWorld(pool);
      const across = queriesAcrossTenants();
      const failed: string[] = [];
      const scattered: string[] = [];
      for (const query of analysedQueries()) {
        if (across.has(query.name)) continue;
        const { sql, values } = statementFor(query, there);
        const plan = await pool.query(`explain (format json) ${sql}`, values).catch(() => null);
        if (plan !== null && tasksOf(plan.rows[0]["QUERY PLAN"]).some((tasks) => tasks > 1))
          scattered.push(query.name);
        await pool.query("begin");
        await pool.query(sql, values).catch((error: { code?: string; message: string }) => {
          if (/^(0A|XX)/.test(error.code ?? "")) failed.push(`${query.name}: ${error.message}`);
        });
        await pool.query("rollback");
      }
      expect(scattered).toEqual([]);
      // solitude-gen-ignore refused-when-distributed is above these; docs/scale.md says what is done instead.
      expect(failed.filter((text) => !/^(SubmitListing|ReleaseListingVersion):/.test(text))).toEqual([]);
    } finally {
      await pool.end();
      await server.stop();
    }
  },
  600_000,
);
