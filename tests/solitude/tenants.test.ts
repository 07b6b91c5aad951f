import pg from "pg";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import {
  type AnalysedQuery,
  analysedQueries,
  installWorld,
  makeWorld,
  queriesAcrossTenants,
  run,
  statementFor,
  type World,
} from "./world.ts";

// Two tenants in one database. Every query of the application runs in the scope of the second with what is the first's:
// it gives and changes nothing of it. In the scope of the first it does what it does for the owner of the tables.

const across = queriesAcrossTenants();
const queries = analysedQueries().filter(({ name }) => !across.has(name));
let database: TestDatabase;
let client: pg.Client;
let first: World;
let second: World;
let everything: string;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  first = await makeWorld(database.pool);
  second = await makeWorld(database.pool);
  everything = await contentsOfTenant();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** A statement that gives a digest of all rows of a workspace, table by table. */
async function contentsOfTenant(): Promise<string> {
  const { rows } = await client.query(`
    select string_agg(
      format('select %L as name, md5(string_agg(t::text, '';'' order by t::text)) as digest from %I t where %I = $1',
        c.relname, c.relname, case c.relname when 'workspaces' then 'id' when 'listings' then 'publisher_workspace_id' else 'workspace_id' end),
      ' union all ') as sql
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relrowsecurity`);
  return rows[0].sql;
}
const contents = async (world: World) => (await client.query(everything, [world.workspace])).rows;

/** The same, within a transaction; null where it has written nothing, which PostgreSQL tells by the number that it has not got. */
async function contentsAfterwards(world: World): Promise<unknown> {
  const { rows } = await client.query(
    "select pg_current_xact_id_if_assigned() is null as has_written_nothing",
  );
  return rows[0].has_written_nothing ? null : contents(world);
}

/**
 * What comes of a query in a scope, in a transaction that leaves nothing; as the owner of the tables where there is no role.
 * @param look what is looked at, as their owner, before it is undone
 */
async function attempt(
  query: AnalysedQuery,
  scope: string | null,
  role: string | null,
  world: World,
  look = async (): Promise<unknown> => null,
) {
  await client.query("begin");
  try {
    if (scope !== null) await client.query("select set_config('solitude.workspace_id', $1, true)", [scope]);
    if (role !== null) await client.query(`set local role ${role}`);
    const { rows, rowCount } = await run(client, query, world);
    await client.query("reset role");
    return { rows, rowCount, contents: await look() };
  } catch (error) {
    return { rows: [], rowCount: 0, contents: null, code: (error as pg.DatabaseError).code };
  } finally {
    await client.query("rollback");
  }
}

test("every table with a tenant's key is kept apart", async () => {
  const { rows } = await client.query(`
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname ~ '^(publisher_)?workspace_id$'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity`);
  expect(rows).toEqual([]);
});

/** Ids that say nothing of a tenant: people belong to the platform, and what is in the catalogue is everybody's. */
const OPEN = ["ada", "bob", "cleo", "dan", "eve", "password", "passkey", "session", "category", "tag"];
const CATALOGUE = ["listing", "workspace", "agent", "published"];
const READS_LISTINGS = /\blistings\b|\blive_installations\b/;

test.each([
  ["in the scope of another tenant", () => second.workspace],
  ["outside of any scope", () => null],
])("no query gives or changes anything of a tenant %s", async (_, scope) => {
  const before = await contents(first);
  for (const query of queries) {
    const { rows, contents: after } = await attempt(query, scope(), "solitude_app", first, () =>
      contentsAfterwards(first),
    );
    const hidden = Object.entries(first).filter(
      ([name]) => !OPEN.includes(name) && !(READS_LISTINGS.test(query.sql) && CATALOGUE.includes(name)),
    );
    const given = JSON.stringify(rows);
    const seen =
      query.name === "FindWorkspace"
        ? []
        : hidden.filter(([, id]) => given.includes(id)).map(([name]) => name);
    expect([query.name, seen]).toEqual([query.name, []]);
    // A person who leaves the platform leaves its workspaces: that is not a tenant's doing.
    if (after !== null && query.name !== "DeleteUser")
      expect([query.name, after]).toEqual([query.name, before]);
  }
});

test("in its own scope the application gets what there is", async () => {
  for (const query of queries) {
    const asOwner = await attempt(query, first.workspace, null, first);
    const asApplication = await attempt(query, first.workspace, "solitude_app", first);
    expect([query.name, asApplication.code, asApplication.rowCount]).toEqual([
      query.name,
      asOwner.code,
      asOwner.rowCount,
    ]);
  }
});

test.each([
  [
    "installs what is another's draft",
    "insert into installations (workspace_id, listing_id, agent_version_id, installed_by) values ($1, $2, $3, $4)",
    () => [second.workspace, first.listing, first.draft, second.ada],
    "installations_offer_check",
  ],
  [
    "has an installation run another's draft",
    "update installations set agent_version_id = $2 where workspace_id = $1 and id = $3",
    () => [second.workspace, first.draft, second.installation],
    "installations_offer_check",
  ],
  [
    "reviews what it has not installed",
    "insert into reviews (workspace_id, listing_id, installation_id, author_id, rating, body) values ($1, $2, $3, $4, 1, 'bad')",
    () => [second.workspace, first.listing, second.installation, second.eve],
    "reviews_installation_check",
  ],
])("in its own scope nobody %s", async (_, statement, values, constraint) => {
  await client.query("begin");
  try {
    await client.query("select set_config('solitude.workspace_id', $1, true)", [second.workspace]);
    await client.query("set local role solitude_app");
    await expect(client.query(statement, values())).rejects.toMatchObject({ constraint });
  } finally {
    await client.query("rollback");
  }
});

test("an entry of the trail names whom the session acts for, and nobody where that is not said", async () => {
  const append = queries.find((q) => q.name === "AppendAuditLog")!;
  expect(append.params.map(({ name }) => name)).not.toContain("actor_id");
  const insert = (kind: string, actor: string | null | undefined) => () =>
    client.query(
      "insert into audit_logs (workspace_id, actor_kind, actor_id, action, target_kind) values ($1, $2, $3, 'a.b', 't')",
      [first.workspace, kind, actor],
    );
  const call = (kind: string) => () => {
    const { sql, values } = statementFor(append, first, 0, { actor_kind: kind });
    return client.query(sql, values);
  };
  const attempts: readonly [actor: string | undefined, append: () => Promise<unknown>, is: unknown][] = [
    [first.ada, call("user"), [first.ada]],
    [first.ada, call("system"), [null]],
    [first.ada, insert("user", first.ada), [first.ada]],
    [first.ada, insert("user", first.bob), "42501"],
    [first.ada, insert("system", first.bob), "42501"],
    [undefined, call("system"), [null]],
    [undefined, call("user"), "42501"],
    [undefined, insert("user", first.ada), "42501"],
    [undefined, insert("system", first.ada), "42501"],
    [undefined, insert("api_key", null), "42501"],
  ];
  for (const [place, [actor, send, expected]] of attempts.entries()) {
    await client.query("begin");
    try {
      await client.query("select set_config('solitude.workspace_id', $1, true)", [first.workspace]);
      if (actor !== undefined)
        await client.query("select set_config('solitude.actor_id', $1, true)", [actor]);
      await client.query("set local role solitude_app");
      const code = await send().then(
        () => null,
        (error: pg.DatabaseError) => error.code,
      );
      await client.query(code === null ? "reset role" : "rollback");
      const { rows } = await client.query(
        "select actor_id from audit_logs where workspace_id = $1 and action in ('a.b', 'job.requested')",
        [first.workspace],
      );
      expect([place, code ?? rows.map(({ actor_id }) => actor_id)]).toEqual([place, expected]);
    } finally {
      await client.query("rollback");
    }
  }
});

test("what the platform suspended is withdrawn by its publisher, and published by the platform", async () => {
  const after = async (role: string, status: string): Promise<unknown> => {
    await client.query("begin");
    try {
      await client.query("update listings set status = 'suspended' where id = $1", [first.listing]);
      await client.query("select set_config('solitude.workspace_id', $1, true)", [first.workspace]);
      await client.query(`set local role ${role}`);
      await client.query("update listings set status = $2 where id = $1", [first.listing, status]);
      return (await client.query("select status from listings where id = $1", [first.listing])).rows[0]
        .status;
    } catch (error) {
      return (error as pg.DatabaseError).code;
    } finally {
      await client.query("rollback");
    }
  };
  expect(await after("solitude_app", "published")).toBe("42501");
  expect(await after("solitude_app", "withdrawn")).toBe("withdrawn");
  expect(await after("solitude_worker", "published")).toBe("published");
});
