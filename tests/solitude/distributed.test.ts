import { readFileSync } from "node:fs";
import type pg from "pg";
import { planDependents } from "../../stack/distributed/dependents.mjs";
import { planDistribution } from "../../stack/distributed/plan.mjs";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { installWorld, makeWorld, type World } from "./world.ts";

// What one machine can tell of the tables on many: the plan against the catalog, and its statements on a plain server, where
// what Citus adds does nothing. On Citus itself it is tried by distributed-on-citus.test.ts.

let database: TestDatabase;
let world: World;
let client: pg.PoolClient;
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
    "create function f() returns trigger language plpgsql as $$begin perform from users for share; return new; end$$; create trigger t before insert on jobs for each row execute function f()",
    "f on jobs → users: distributed writes reference",
  ],
  [
    "create function g() returns void language sql as 'delete from listings'; create function f() returns trigger language plpgsql as $$begin perform g(); return new; end$$; create trigger t before insert on jobs for each row execute function f()",
    "f on jobs → listings: distributed writes reference",
  ],
  [
    "create function f(jobs) returns boolean language sql immutable as 'select true'; alter table jobs add constraint c check (f(jobs.*))",
    "constraint c on table jobs: needs function f(jobs), which is there only behind its tables",
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

test("a trigger of what every node has runs on the coordinator, where it does more than to its row", async () => {
  await client.query(
    "create function f() returns trigger language plpgsql as $$begin perform from jobs; return new; end$$; create trigger t before insert on users for each row when (new.email <> '') execute function f()",
  );
  const { statements } = await planDistribution(client);
  expect(statements).toEqual(
    expect.arrayContaining([
      'drop trigger "t" on "users"',
      expect.stringMatching(/CREATE TRIGGER t .* WHEN \(is_coordinator\(\) AND .*\) EXECUTE FUNCTION f\(\)/),
      'alter function "f"() set citus.allow_nested_distributed_execution = on',
    ]),
  );
});

/** Carries the plan out where Citus' functions note that they were called, and refuse what it refuses. */
async function carryOut(): Promise<readonly string[]> {
  await client.query(readFileSync(new URL("citus-rules.sql", import.meta.url), "utf8"));
  const { statements } = await planDistribution(client);
  // One statement at a time, as Citus takes what it hands on.
  for (const text of statements) await client.query({ text, queryMode: "extended" } as pg.QueryConfig);
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

test("no function in SQL that takes arguments reads a tenant's table", async () => {
  await carryOut();
  expect(
    await rows(
      `select distinct p.oid::regprocedure::text as function
       from pg_proc p
       join pg_language l on l.oid = p.prolang and l.lanname = 'sql'
       join made m on m.key is not null
         and coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ~ format('\\m(from|join|into|update) \\(?%s\\M', m.relation)
       where p.pronamespace = 'public'::regnamespace and p.pronargs > 0`,
    ),
  ).toEqual([]);
});

test("who may write what is copied may lock what that refers to", async () => {
  await carryOut();
  expect(
    await rows(
      `select k.confrelid::regclass::text as table, r.rolname as role
       from pg_constraint k
       join made w on w.relation = k.conrelid and w.key is null
       join pg_roles r on r.rolname ~ '^solitude_'
       where k.contype = 'f'
         and (has_any_column_privilege(r.oid, k.conrelid, 'insert, update') or has_table_privilege(r.oid, k.conrelid, 'delete'))
         and not has_any_column_privilege(r.oid, k.confrelid, 'update')
         and not has_table_privilege(r.oid, k.confrelid, 'delete')`,
    ),
  ).toEqual([]);
});

test("rights that a release takes away are given again", async () => {
  await carryOut();
  const rights = () =>
    rows(
      "select c.relname, (select array_agg(x order by x::text) from aclexplode(c.relacl) x)::text as all, (select string_agg(a.attname || a.attacl::text, ' ' order by a.attname) from pg_attribute a where a.attrelid = c.oid and a.attacl is not null) as each from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relispartition order by 1",
    );
  const before = await rights();
  for (const role of ["solitude_app", "solitude_worker"])
    await client.query(
      readFileSync(new URL(`../../roles/${role}.sql`, import.meta.url), "utf8").replace(
        /^(begin|commit);$/gm,
        "",
      ),
    );
  expect(await rights()).not.toEqual(before);
  await client.query("call grant_rights_of_nodes()");
  expect(await rights()).toEqual(before);
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
    "a view that calls what takes the table's row",
    `${ON} create table n (workspace_id uuid not null); create function f(n) returns int language sql immutable as 'select 1'; create view v as select f(n) from n where workspace_id is not null; select create_distributed_table('n', 'workspace_id')`,
    "circularly depends itself",
  ],
  [
    "a view that calls what reads a local table",
    `${ON} create table n (workspace_id uuid not null); create function f() returns bigint language sql begin atomic select count(*) from sessions s where s.id is not null; end; create view v as select f() from n where workspace_id is not null; select create_distributed_table('n', 'workspace_id')`,
    "has dependency to sessions",
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

test("rows of a statement go into no statement on a distributed table", async () => {
  await carryOut();
  expect(
    await rows(
      `select distinct p.proname as function, o.relation::text as table
       from pg_trigger g
       join made m on m.relation = g.tgrelid
       join pg_proc p on p.oid = g.tgfoid
       cross join regexp_split_to_table(p.prosrc, ';|\\mloop\\M') s (text)
       join made o on o.key is not null and s.text ~ format('\\m(from|join|into|update) %s\\M', o.relation)
       where s.text ~ format('\\m(from|join) (%s)\\M', concat_ws('|', g.tgoldtable, g.tgnewtable))
         and coalesce(g.tgoldtable, g.tgnewtable) is not null`,
    ),
  ).toEqual([]);
});

test("views and functions that need tables are made again as they were", async () => {
  const all = `select c.relname::text as name, pg_get_viewdef(c.oid) as definition, c.reloptions as options, c.relowner as owner,
      (select array_agg(a order by a::text) from unnest(c.relacl) a)::text as rights, obj_description(c.oid, 'pg_class') as comment
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
    union all
    select p.oid::regprocedure::text, pg_get_functiondef(p.oid), null, p.proowner,
      (select array_agg(a order by a::text) from unnest(p.proacl) a)::text, obj_description(p.oid, 'pg_proc')
    from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.proname ~ 'audit|lawful'
    order by 1`;
  await client.query(
    "create view of_notes with (security_barrier = true) as select w.id, current_date as today from live_workspaces w; comment on view of_notes is 'Notes'; comment on column of_notes.id is 'Whose'; grant select (id) on of_notes to solitude_app; grant insert on of_notes to solitude_worker with grant option; alter view of_notes owner to solitude_ops",
  );
  const before = await rows(all);
  const { off, again } = await planDependents(client, () => true);
  expect(off.length).toBeGreaterThan(10);
  for (const statement of off) await client.query(statement);
  expect((await rows(all)).length).toBe(before.length - off.length);
  for (const statement of again) await client.query(statement);
  const after = await rows(all);
  const changed = before.filter((one, place) => JSON.stringify(one) !== JSON.stringify(after[place]));
  // What has the default rights may have them written out.
  expect(changed.filter((one) => one.rights !== null)).toEqual([]);
  expect(
    await rows(
      "select col_description('of_notes'::regclass, 1) as comment, (select attacl::text from pg_attribute where attrelid = 'of_notes'::regclass and attnum = 1) as rights",
    ),
  ).toEqual([{ comment: "Whose", rights: "{solitude_app=r/solitude_ops}" }]);
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
