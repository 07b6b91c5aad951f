import { randomUUID } from "node:crypto";
import { createPool } from "@solitude/runtime";
import pg from "pg";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { type Citus, isCitusThere, startCitus, tasksOf } from "./on-citus.ts";
import {
  type AnalysedQuery,
  analysedQueries,
  installWorld,
  makeWorld,
  queriesAcrossTenants,
  statementFor,
  type World,
  writes,
} from "./world.ts";

// Solitude's tables on Citus beside the same on one server, with everything sent as the roles that the services have, in a tenant's scope.

let database: TestDatabase;
let citus: Citus;
let queries: readonly AnalysedQuery[];
beforeAll(async () => {
  if (!isCitusThere) return;
  // Reading comes first, while both have one and the same world.
  queries = analysedQueries().toSorted((one, other) => Number(writes(one)) - Number(writes(other)));
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  citus = await startCitus();
  await installWorld(citus.pool);
}, 600_000);
afterAll(async () => {
  await citus?.stop();
  await database?.drop();
});

const onCitus = (name: string, run: () => Promise<void>): void =>
  isCitusThere
    ? test(name, run, 1_200_000)
    : test.skip(`${name} (not tried: SOLITUDE_CITUS names no image or server)`, run);

type Role = "solitude_app" | "solitude_worker";
type Statement = readonly [sql: string, values?: unknown[] | undefined];

/** Sends statements in a transaction that is committed. Gives the last one's answer but for those that follow it. */
async function inTransaction(
  pool: pg.Pool,
  opening: readonly Statement[],
  statements: readonly Statement[],
): Promise<readonly pg.QueryResult[]> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    for (const [sql, values] of opening) await client.query(sql, values);
    const answers: pg.QueryResult[] = [];
    for (const [sql, values] of statements) answers.push(await client.query(sql, values));
    await client.query("commit");
    return answers;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

const onOne = (role: Role, workspace: string, ...statements: Statement[]) =>
  inTransaction(
    database.pool,
    [[`set local role ${role}`], ["select set_config('solitude.workspace_id', $1, true)", [workspace]]],
    statements,
  );

const onMany = (role: Role, workspace: string, ...statements: Statement[]) =>
  inTransaction(citus.as(role), [[`set local solitude.workspace_id = '${workspace}'`]], statements);

const queryFor = (name: string, world: World, given: Readonly<Record<string, unknown>> = {}): Statement => {
  const { sql, values } = statementFor(queries.find((query) => query.name === name)!, world, 0, given);
  return [sql, values];
};

const refusalOf = (sent: Promise<unknown>): Promise<string | null> =>
  sent.then(
    () => null,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

/** Statements that lock rows of many tenants as they go: each node runs them on its shards. */
const ON_EACH_NODE = [
  "ExpireFiles",
  "PickUpJobs",
  "ReleaseExpiredJobs",
  "ResumeDecidedJobs",
  "TakeJobDocumentChanges",
];

/**
 * Statements that are sent as two: those that change what every node has by what is a tenant's, one that looks and one that changes; and a
 * MERGE, which Citus refuses where there are policies.
 */
const IN_TWO: Readonly<Record<string, (world: World) => readonly [Statement, Statement]>> = {
  SubmitListing: ({ workspace, published, listing }) => [
    lookAtVersion(workspace, published),
    [
      "update listings l set status = 'in_review' where l.publisher_workspace_id = $1 and l.agent_version_id = $2 and l.id = $3 and l.status = 'draft'",
      [workspace, published, listing],
    ],
  ],
  ReleaseListingVersion: ({ workspace, published, listing }) => [
    lookAtVersion(workspace, published),
    [
      "update listings l set agent_version_id = $2 where l.publisher_workspace_id = $1 and l.id = $3 and l.status in ('draft', 'in_review', 'published')",
      [workspace, published, listing],
    ],
  ],
  SetIntegrationResources: ({ workspace, integration }) => [
    [
      "insert into integration_sync_states (workspace_id, integration_id, resource) select $1::uuid, $2::uuid, r from unnest($3::text[]) r on conflict do nothing",
      [workspace, integration, ["mail", "calendar"]],
    ],
    [
      "delete from integration_sync_states s where s.workspace_id = $1 and s.integration_id = $2 and s.resource <> all ($3::text[])",
      [workspace, integration, ["mail", "calendar"]],
    ],
  ],
};
const lookAtVersion = (workspace: string, version: string | undefined): Statement => [
  "select v.id from agent_versions v where v.workspace_id = $1 and v.id = $2 and v.status = 'published'",
  [workspace, version],
];

const takeName = (slug: string, workspace: string): Statement => [
  "insert into workspace_slugs (slug, workspace_id) values ($1, $2)",
  [slug, workspace],
];
const giveUpOtherNames = (slug: string, workspace: string): Statement => [
  "delete from workspace_slugs where workspace_id = $1 and slug <> $2",
  [workspace, slug],
];

/** What is written on every node before a statement, and behind it, in its transaction. */
const ON_EVERY_NODE: Readonly<Record<string, (world: World) => { before?: Statement; behind?: Statement }>> =
  {
    UpdateWorkspace: ({ workspace, tag }) => ({
      before: takeName(`s-${tag}-0`, workspace),
      behind: giveUpOtherNames(`s-${tag}-0`, workspace),
    }),
    UpsertReview: ({ workspace, listing, dan }) => ({
      before: [
        "insert into listing_reviewers (listing_id, author_id, workspace_id) values ($1, $2, $3) on conflict do nothing",
        [listing, dan, workspace],
      ],
    }),
    DeleteReview: ({ workspace, listing, dan }) => ({
      behind: [
        "delete from listing_reviewers where workspace_id = $1 and listing_id = $2 and author_id = $3",
        [workspace, listing, dan],
      ],
    }),
  };

const outcomeOf = (sent: Promise<pg.QueryResult>): Promise<string> =>
  sent.then(
    ({ rowCount }) => `${rowCount} rows`,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

onCitus("every query of each role runs on Citus", async () => {
  const across = queriesAcrossTenants();
  const differ: string[] = [];
  const scattered: string[] = [];
  const onePlace = { here: await makeWorld(database.pool), there: await makeWorld(citus.pool) };
  for (const query of queries) {
    const role = across.has(query.name) ? "solitude_worker" : "solitude_app";
    const { here, there } = writes(query)
      ? { here: await makeWorld(database.pool), there: await makeWorld(citus.pool) }
      : onePlace;
    const expected = queryFor(query.name, here);
    const [sql, values] = queryFor(query.name, there);
    const plan = await onMany(role, there.workspace, [`explain (format json) ${sql}`, values]).catch(
      () => null,
    );
    if (!across.has(query.name) && plan && tasksOf(plan[0]!.rows[0]["QUERY PLAN"]).some((tasks) => tasks > 1))
      scattered.push(query.name);
    const wanted = await outcomeOf(onOne(role, here.workspace, expected).then(([answer]) => answer!));
    const { before, behind } = ON_EVERY_NODE[query.name]?.(there) ?? {};
    const got = ON_EACH_NODE.includes(query.name)
      ? await citus.onShardOf(there.workspace, (client) => outcomeOf(client.query(sql, values)))
      : await outcomeOf(
          onMany(
            role,
            there.workspace,
            ...(before ? [before] : []),
            [sql, values],
            ...(behind ? [behind] : []),
          ).then((answers) => answers[before ? 1 : 0]!),
        );
    if (query.name in IN_TWO) {
      expect([query.name, got]).toEqual([query.name, expect.stringMatching(/^(0A000|XX000)$/)]);
      const [found] = await onMany(role, there.workspace, ...IN_TWO[query.name]!(there));
      expect([query.name, found!.rowCount! > 0]).toEqual([query.name, true]);
    } else if (got !== wanted && !(across.has(query.name) && /rows$/.test(got) && /rows$/.test(wanted)))
      differ.push(`${query.name}: ${got}, not ${wanted}`);
  }
  expect(scattered).toEqual([]);
  expect(differ).toEqual([]);
});

onCitus("the setting of a scope reaches the nodes as `set local`, and nothing else does", async () => {
  const [own, other] = [await makeWorld(citus.pool), await makeWorld(citus.pool)];
  const { connectionString } = citus.as("solitude_app").options;
  const pools = (["set local", "set_config"] as const).map((scopeBy) =>
    createPool({ connectionString: connectionString!, scopeBy, max: 1 }),
  );
  try {
    const [byLocal, byConfig] = pools.map((pool) => pool.scope({ "solitude.workspace_id": own.workspace }));
    const jobsOf = async (scope: typeof byLocal, workspace: string): Promise<number> =>
      (await scope!.execute("select id from jobs where workspace_id = $1", [workspace])).rows.length;
    expect(await jobsOf(byLocal, own.workspace)).toBeGreaterThan(1);
    expect(await jobsOf(byLocal, other.workspace)).toBe(0);
    expect(await jobsOf(byConfig, own.workspace)).toBe(0);
    const insert = (workspace: string) =>
      byLocal!.execute(
        "insert into agents (workspace_id, slug, name, created_by) values ($1, 'apart', 'A', $2)",
        [workspace, own.ada!],
      );
    expect((await insert(own.workspace)).rowCount).toBe(1);
    await expect(insert(other.workspace)).rejects.toThrow(/42501/);
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
});

onCitus("a name is one workspace's, whoever is first, and free when it is given up", async () => {
  const world = await makeWorld(citus.pool, true);
  const [slug, later] = [`race-${world.tag}`, `later-${world.tag}`];
  const create = (workspace: string): Statement =>
    queryFor("CreateWorkspace", world, { workspace_id: workspace, slug });
  const make = (workspace: string) =>
    onMany("solitude_app", workspace, takeName(slug, workspace), create(workspace));
  // Not without the name, and nobody else's in its stead.
  const nobody = randomUUID();
  expect(await refusalOf(onMany("solitude_app", nobody, create(nobody)))).toBe("23503");
  expect(await refusalOf(onMany("solitude_app", nobody, takeName(slug, world.workspace)))).toBe("42501");

  const [first, second] = [randomUUID(), randomUUID()];
  // Two of one login's sessions: each has the one connection of a pool of its own.
  const { connectionString } = citus.as("solitude_app").options;
  const other = new pg.Client({ connectionString: connectionString! });
  await other.connect();
  try {
    await other.query("begin");
    await other.query(`set local solitude.workspace_id = '${first}'`);
    for (const [sql, values] of [takeName(slug, first), create(first)]) await other.query(sql, values);
    const waiting = refusalOf(make(second));
    await other.query("commit");
    expect(await waiting).toBe("23505");
  } finally {
    await other.end();
  }
  const rename = (workspace: string, name: string) =>
    onMany(
      "solitude_app",
      workspace,
      takeName(name, workspace),
      queryFor("UpdateWorkspace", world, { workspace_id: workspace, slug: name }),
      giveUpOtherNames(name, workspace),
    );
  expect(await refusalOf(rename(world.workspace, slug))).toBe("23505");
  await rename(first, later);
  await make(second);
  const owns = "select workspace_of_slug($1) as id";
  expect((await citus.pool.query(owns, [slug])).rows).toEqual([{ id: second }]);
  expect((await citus.pool.query(owns, [later])).rows).toEqual([{ id: first }]);
});

onCitus("a person reviews a listing once, in whichever workspace", async () => {
  const [publisher, customer, another] = [
    await makeWorld(citus.pool),
    await makeWorld(citus.pool),
    await makeWorld(citus.pool),
  ];
  const review = async ({ workspace }: World) => {
    const installation = randomUUID();
    await onMany("solitude_app", workspace, [
      "insert into installations (workspace_id, id, listing_id, agent_version_id, installed_by) values ($1, $2, $3, $4, $5)",
      [workspace, installation, publisher.listing, publisher.published, publisher.eve],
    ]);
    const given = { workspace_id: workspace, listing_id: publisher.listing, author_id: publisher.eve };
    await onMany(
      "solitude_app",
      workspace,
      [
        "insert into listing_reviewers (listing_id, author_id, workspace_id) values ($1, $2, $3)",
        [publisher.listing, publisher.eve, workspace],
      ],
      queryFor("UpsertReview", publisher, given),
    );
  };
  await review(customer);
  expect(await refusalOf(review(another))).toBe("23505");
});

onCitus("offers are changed, suspended and withdrawn on every node", async () => {
  const world = await makeWorld(citus.pool);
  const here = (sql: string) =>
    onMany("solitude_app", world.workspace, [sql, [world.workspace, world.listing]]);
  await here("update listings set title = 'Better' where publisher_workspace_id = $1 and id = $2");
  const onNodes = async () =>
    new Set(
      (
        await citus.pool.query(
          `select result from run_command_on_all_nodes(format('select title || '' '' || status from listings where id = %L', $1::text))`,
          [world.listing],
        )
      ).rows.map(({ result }) => result),
    );
  expect(await onNodes()).toEqual(new Set(["Better published"]));
  await onMany("solitude_worker", world.workspace, queryFor("SetListingStatus", world));
  expect(await onNodes()).toEqual(new Set(["Better suspended"]));
  // What gives the right to lock gives none to change.
  await onMany("solitude_app", world.workspace, [
    "update categories set position = 7 where id = $1",
    [world.category],
  ]);
  await onMany("solitude_worker", world.workspace, [
    "update users set last_seen_at = now() where id = $1",
    [world.ada],
  ]);
  expect(
    (
      await citus.pool.query(
        "select c.position = 7 or u.last_seen_at is not null as is_changed from categories c, users u where c.id = $1 and u.id = $2",
        [world.category, world.ada],
      )
    ).rows,
  ).toEqual([{ is_changed: false }]);
});

/** Rows of a tenant's or a person's that are there, by table, in whichever column. */
async function rowsWith(text: string): Promise<readonly string[]> {
  const { rows: tables } = await citus.pool.query(
    "select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await citus.pool.query(`select count(*) as n from ${name} t where t::text like $1`, [
      `%${text}%`,
    ]);
    if (rows[0].n !== "0") found.push(name);
  }
  return found;
}

onCitus("a person is deleted by the application, and nothing that says who it was stays", async () => {
  const world = await makeWorld(citus.pool);
  const { workspace, dan, tag } = world;
  const address = `dan.${tag}@example.com`;
  await citus.pool.query("update user_profiles set bio = $2 where user_id = $1", [dan, address]);
  await citus.pool.query(
    "insert into credentials (user_id, kind, subject, public_key, sign_count) values ($1, 'webauthn', $2, '\\x01', 5)",
    [dan, address],
  );
  await onMany(
    "solitude_app",
    workspace,
    [`set local solitude.actor_id = '${dan}'`],
    [
      "insert into audit_logs (workspace_id, actor_kind, action, target_kind, target_id, details, ip_address) values ($1, 'user', 'a.b', 'user', $2, $3, '192.0.2.77')",
      [workspace, address, JSON.stringify({ about: address })],
    ],
  );
  expect(await rowsWith(address)).toEqual([
    "audit_logs",
    "credentials",
    "invitations",
    "user_profiles",
    "users",
  ]);
  await onMany("solitude_app", workspace, queryFor("DeleteUser", world, { id: dan }));
  // The trail asks whether the person is deleted, which is so once that is committed.
  expect(await rowsWith(address)).toEqual(["audit_logs"]);
  expect((await citus.pool.query("select sweep_across_nodes() as changed")).rows[0].changed).not.toBe("0");
  expect(await rowsWith(address)).toEqual([]);
  expect(
    (
      await citus.pool.query(
        "select body, p.display_name from reviews r join user_profiles p on p.user_id = r.author_id where r.author_id = $1",
        [dan],
      )
    ).rows,
  ).toEqual([{ body: "", display_name: "Deleted user" }]);
  const verified = await citus.pool.query(
    "select entries, first_problem from verify_audit_chain($1, 0, decode(repeat('00', 32), 'hex'))",
    [workspace],
  );
  expect(verified.rows).toEqual([{ entries: "2", first_problem: null }]);
  expect((await citus.pool.query("select run_maintenance('erasures') as erased")).rows).toEqual([
    { erased: "0" },
  ]);
});

onCitus("a workspace with a row in every table is erased, and its name is free", async () => {
  const world = await makeWorld(citus.pool);
  await inTransaction(
    citus.pool,
    [],
    [
      ["delete from workspaces where id = $1", [world.workspace]],
      ["select leave_every_node($1)", [world.workspace]],
    ],
  );
  // The trail outlives it, and documents are still to be erased.
  expect((await rowsWith(world.workspace)).filter((name) => !name.startsWith("audit_"))).toEqual([
    "job_document_outbox",
  ]);
  expect(await rowsWith(`w${world.tag}`)).toEqual([]);
});
