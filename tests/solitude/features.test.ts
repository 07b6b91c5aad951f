import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "./world.ts";

// What can be stored can be used, from one end to the other.

const queries = analysedQueries();
let database: TestDatabase;
let world: World;
let call: Call;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  call = caller(queries, database.pool, () => world);
});
beforeEach(async () => {
  world = await makeWorld(database.pool);
});
afterAll(() => database?.drop());

describe("signing in", () => {
  test("a passkey is found by what the authenticator says, with its key; not that of somebody suspended", async () => {
    const [passkey] = await call("GetWebauthnCredential");
    expect(passkey).toMatchObject({
      credential_id: world.passkey,
      user_id: world.ada,
      public_key: Buffer.from([1]),
      sign_count: "5",
    });
    expect(await call("ListWebauthnCredentials")).toHaveLength(1);
    await call("SetUserStatus", { id: world.ada, status: "suspended" });
    expect(await call("GetWebauthnCredential")).toEqual([]);
  });

  test.each([
    [5, 6, 1],
    [5, 5, 0],
    [5, 0, 0],
    [0, 0, 1],
  ])("a counter that was %i and is %i changes %i rows", async (was, is, rows) => {
    await database.pool.query("update credentials set sign_count = $1 where id = $2", [was, world.passkey]);
    expect(await call("AdvanceWebauthnCounter", { sign_count: is })).toEqual([{ rowCount: rows }]);
  });

  test("a challenge is answered once, and not after its time", async () => {
    await call("CreateSignInChallenge");
    expect(await call("UseSignInChallenge")).toMatchObject([{ user_id: world.ada }]);
    expect(await call("UseSignInChallenge")).toEqual([]);
  });

  test("a recovery code is used once, and a new set replaces the old one", async () => {
    const [code] = await call("ListRecoveryCodes");
    const use = () => call("UseRecoveryCode", { id: code!.credential_id });
    expect(await use()).toEqual([{ rowCount: 1 }]);
    expect(await use()).toEqual([{ rowCount: 0 }]);
    expect(await call("ListRecoveryCodes")).toEqual([]);
    await call("CreateRecoveryCodes", { user_id: world.ada });
    await call("DeleteRecoveryCodes");
    expect(await call("ListRecoveryCodes")).toEqual([]);
    expect(await call("GetPasswordForSignIn", { email: `ada.${world.tag}@example.com` })).toHaveLength(1);
  });
});

describe("running an agent", () => {
  test("an installed one runs as its customer: the publisher's version, the customer's limits", async () => {
    const publisher = world;
    await call("SetWorkspaceLimits", { max_steps: 5000 });
    world = await makeWorld(database.pool);
    const customer = world;
    await call("SetWorkspaceLimits", { max_steps: 5 });
    const [installation] = await call("InstallListing", { listing_id: publisher.listing });
    const [job] = await call("CreateInstalledAgentJob", { installation_id: installation!.id });
    const [agent] = await call("GetJobAgent", { id: job!.id });
    expect(agent).toMatchObject({ agent_version_id: publisher.published });
    const [definition] = await call("GetAgentDefinition", {
      workspace_id: customer.workspace,
      id: agent!.agent_version_id,
    });
    expect(definition).toMatchObject({ publisher_workspace_id: publisher.workspace, max_steps: 5 });
    await call("UninstallListing", { id: installation!.id });
    expect(await call("GetAgentDefinition", { id: publisher.published })).toEqual([]);
    expect(await call("GetJobAgent", { id: job!.id })).toEqual([]);
  });

  test("a tool has the secret of the version that is pinned, an alias and settings", async () => {
    const tool = {
      tool_version_id: world.tool_version,
      requires_approval: false,
      alias: "mail",
      settings: { folder: "in" },
    };
    await call("SetAgentVersionTools", { tools: JSON.stringify([tool]) });
    const [definition] = await call("GetAgentDefinition", { id: world.draft });
    expect(definition!.tools).toEqual([
      expect.objectContaining({
        name: "mail",
        secret_ref: "vault://tool/1",
        settings: { folder: "in" },
        is_idempotent: false,
        output_schema: null,
      }),
    ]);
  });
});

test("a change of a locked setting that is approved is in force", async () => {
  await call("SetConfigurationLock");
  expect(await call("SetConfiguration")).toEqual([]);
  const [proposed] = await call("ProposeConfiguration");
  await database.pool.query(
    "update approval_workflows set subject_kind = 'configuration_version' where workspace_id = $1",
    [world.workspace],
  );
  const [request] = await call("CreateApprovalRequest", { subject_id: proposed!.id });
  expect(await call("GetConfiguration")).toMatchObject([{ value: 30 }]);
  await call("RecordApprovalDecision", { request_id: request!.id });
  expect(await call("AdvanceApprovalRequest", { request_id: request!.id })).toMatchObject([
    { status: "approved" },
  ]);
  expect(await call("GetConfiguration")).toMatchObject([{ value: 32 }]);
});

test.each([
  ["en", ["databases", "CRM"], ["databases", "crm", "Database"]],
  ["de", ["Häuser"], ["häuser", "Haus"]],
  ["xx", ["Foo"], ["foo"]],
])("a listing in %s with the tags %j is found by %j", async (language, tags, words) => {
  await database.pool.query("update listings set language = $1, tags = $2 where id = $3", [
    language,
    tags,
    world.listing,
  ]);
  for (const word of words) {
    const found = await call("SearchListings", { query: word, language, page_size: 1000 });
    expect([word, found.map(({ id }) => id)]).toEqual([word, expect.arrayContaining([world.listing])]);
  }
});

describe("the queue", () => {
  const many = (n: number) => call("CreateJobs", { inputs: Array(n).fill("{}"), task_queue: queue() });
  let shared: string;
  const queue = (): string => shared;

  test("one tenant does not keep another waiting", async () => {
    shared = `shared ${world.tag}`;
    await many(50);
    world = await makeWorld(database.pool);
    await many(1);
    const taken = await call("PickUpJobs", { task_queue: queue() });
    expect(taken).toHaveLength(10);
    expect(taken.filter(({ workspace_id }) => workspace_id === world.workspace)).toHaveLength(1);
  });

  test("the most urgent of a tenant comes first; what is scheduled for later does not, and then does", async () => {
    shared = `own ${world.tag}`;
    await many(2);
    const create = (more: Record<string, unknown>) =>
      call("CreateJob", { task_queue: queue(), parent_job_id: null, ...more });
    const [urgent] = await create({ priority: 9 });
    const [later] = await create({ priority: 100, run_after: "2100-01-01" });
    const pick = async () =>
      (await call("PickUpJobs", { task_queue: queue(), batch_size: 1 })).map(({ id }) => id);
    expect(await pick()).toEqual([urgent!.id]);
    await database.pool.query("update jobs set run_after = now() where id = $1", [later!.id]);
    expect(await pick()).toEqual([later!.id]);
  });

  test("what became due while it waited is taken", async () => {
    shared = `due ${world.tag}`;
    const [job] = await call("CreateJob", { task_queue: queue(), parent_job_id: null });
    await database.pool.query("alter table jobs disable trigger note_job_readiness");
    await database.pool.query("update jobs set is_ready = false where id = $1", [job!.id]);
    await database.pool.query("alter table jobs enable trigger note_job_readiness");
    expect(await call("PickUpJobs", { task_queue: queue() })).toMatchObject([{ id: job!.id }]);
  });

  test("a heartbeat writes no index", async () => {
    const client = await database.pool.connect();
    try {
      await client.query("select pg_stat_force_next_flush()");
      const { rows } = await client.query(
        "select pg_stat_get_xact_tuples_hot_updated('jobs'::regclass)::int as before",
      );
      expect(rows[0].before).toBe(0);
      await client.query("begin");
      await caller(queries, client, () => world)("RenewJobLease");
      const after = await client.query(
        "select pg_stat_get_xact_tuples_hot_updated('jobs'::regclass)::int as n",
      );
      expect(after.rows).toEqual([{ n: 1 }]);
      await client.query("rollback");
    } finally {
      client.release();
    }
  });
});

test("keys that are made one after the other sort that way", async () => {
  const { rows } = await database.pool.query(
    "select uuid_v7()::text as id, pg_sleep(0.002) from generate_series(1, 5)",
  );
  const ids = rows.map(({ id }) => id as string);
  expect(ids).toEqual([...ids].sort());
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
});

test("a workspace with a row in every table is erased; the trail, and what others have of its listings, stay", async () => {
  const publisher = world;
  const tables = await database.pool
    .query(
      "select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition",
    )
    .then(({ rows }) => rows.map(({ name }) => name as string));
  const left = async () => {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = await database.pool.query(
        `select count(*)::int as n from ${table} where workspace_id = $1`,
        [publisher.workspace],
      );
      counts[table] = rows[0].n;
    }
    return counts;
  };
  // What is kept for figures is brought up to date by maintenance, which leaves none of what is still to be added.
  for (const row of [
    "workspace_storage values ($1, 'txt', 1, 1)",
    "workspace_usage_daily values ($1, now(), 1, 1, 1, 1)",
  ])
    await database.pool.query(`insert into ${row} on conflict do nothing`, [publisher.workspace]);
  const before = await left();
  expect(Object.entries(before).filter(([, n]) => n === 0)).toEqual([]);
  world = await makeWorld(database.pool);
  const [installation] = await call("InstallListing", { listing_id: publisher.listing });
  await database.pool.query("delete from workspaces where id = $1", [publisher.workspace]);
  const after = await left();
  const stays = (name: string) => name.startsWith("audit_") || name === "job_document_outbox";
  expect(Object.entries(after).filter(([name, n]) => n > 0 && !stays(name))).toEqual([]);
  // What is still to be done elsewhere: the documents of each of its jobs are to go.
  const { rows: last } = await database.pool.query(
    "select distinct on (job_id) action::text as action from job_document_outbox where workspace_id = $1 order by job_id, id desc",
    [publisher.workspace],
  );
  expect(new Set(last.map(({ action }) => action))).toEqual(new Set(["erase"]));
  expect(after.audit_logs).toBe(before.audit_logs);
  expect(await call("GetInstallation", { id: installation!.id })).toMatchObject([{ title: "Withdrawn" }]);
});
