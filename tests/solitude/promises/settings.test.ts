import {
  call,
  changed,
  column,
  database,
  one,
  queries,
  type Row,
  refused,
  rowOf,
  sql,
  world,
} from "./fixture.ts";

test.each<[string, string, () => unknown, Row, string?]>([
  ["UpdateAgent", "agents", () => world.agent, { name: "New" }],
  ["UpdateDraftAgentVersion", "agent_versions", () => world.draft, { model: "n" }],
  ["UpdateTool", "tool_definitions", () => world.tool, { tags: ["new"] }],
  ["UpdateListing", "listings", () => world.listing, { summary: "New" }],
  ["UpdateWorkspace", "workspaces", () => world.workspace, { name: "New" }],
  ["UpdateWorkspaceRole", "workspace_roles", () => world.role, { permissions: ["jobs.run"] }],
  ["UpdateUserProfile", "user_profiles", () => world.ada, { headline: "New" }, "user_id"],
  ["ConfigureInstallation", "installations", () => world.installation, { settings: { tone: "new" } }],
])("%s changes what is given and leaves the rest", async (name, table, id, given, key = "id") => {
  const before = await rowOf(table, id(), key);
  // The world's arguments are more than the one that is given here.
  const query = queries.find((q) => q.name === name)!;
  const variant = query.variants!.find(
    (v) => v.given.length === 1 && v.given[0] === Object.keys(given)[0] && !v.backwards,
  )!;
  const all: Row = {
    workspace_id: world.workspace,
    publisher_workspace_id: world.workspace,
    id: id(),
    user_id: id(),
    ...given,
  };
  const values = variant.params.map((n) => all[query.params[n - 1]!.name]);
  await database.pool.query(variant.sql, values);
  const after = await rowOf(table, id(), key);
  const differing = Object.keys(before).filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]));
  expect(differing.filter((k) => !["updated_at", "document", "search"].includes(k))).toEqual(
    Object.keys(given),
  );
  expect(after).toMatchObject(given);
});

test.each<[string, string, string, () => unknown, string?]>([
  ["UpdateAgent", "labels", "agents", () => world.agent],
  ["MergeUserPreferences", "preferences", "user_profiles", () => world.ada, "user_id"],
  ["ConfigureIntegration", "configuration", "integrations", () => world.integration],
])("%s sets the keys that are given and keeps the others", async (name, of, table, id, key = "id") => {
  await sql(`update ${table} set ${of} = '{"a": 1, "b": 2}' where ${key} = $1`, id());
  await call(name, { [of]: { b: 3, c: 4 }, ...(key === "id" ? {} : { user_id: id() }) });
  expect((await rowOf(table, id(), key))[of]).toEqual({ a: 1, b: 3, c: 4 });
});

test("null takes away what may be missing", async () => {
  const texts = { headline: "h", bio: "b", avatar_url: "https://x.example/a.png" };
  const profile = { user_id: world.ada, display_name: "A", locale: "en", time_zone: "UTC", links: [] };
  await call("UpdateUserProfile", { ...profile, ...texts });
  const bare = { headline: null, bio: null, avatar_url: null };
  expect(await one("UpdateUserProfile", { ...profile, ...bare })).toMatchObject(bare);
  expect(await one("UpdateWorkspaceRole", { description: null })).toMatchObject({ description: null });
});

test("updated_at is when a row changed last", async () => {
  const before = await rowOf("agents", world.agent);
  await sql("select pg_sleep(0.002)");
  const after = await one("UpdateAgent");
  expect(Number(after.updated_at) > Number(before.updated_at)).toBe(true);
});

describe("settings", () => {
  const set = (key: string, value: unknown) =>
    call("SetConfiguration", { key, value: JSON.stringify(value) });

  test("those below a prefix, those in force as one object, and the history of each", async () => {
    await set("jobs.retention.days", 7);
    await set("jobsite.x", 1);
    await call("DefineConfiguration", { key: "jobs.unset" });
    expect(await column("key", "ListConfigurations", { prefix: "jobs" })).toEqual([
      "jobs.days",
      "jobs.retention.days",
      "jobs.unset",
    ]);
    expect((await one("GetConfigurationDocument")).settings).toEqual({
      "jobs.days": 30,
      "jobs.retention.days": 7,
      "jobsite.x": 1,
    });
    expect(await one("GetConfiguration", { key: "jobs.unset" })).toMatchObject({ value: null });
    await set("jobs.days", 31);
    expect(
      (await call("ListConfigurationVersions")).map((row) => [row.value, row.previous_value, row.is_current]),
    ).toEqual([
      [31, 30, true],
      [30, null, false],
    ]);
  });

  test("going back leaves the history alone; what is locked changes by an approval only", async () => {
    await set("jobs.days", 31);
    expect(await one("RollBackConfiguration", { version: 1 })).toMatchObject({ value: 30 });
    expect(await column("version", "ListConfigurationVersions")).toEqual([2, 1]);
    await call("SetConfigurationLock");
    expect([await set("jobs.days", 32), await call("RollBackConfiguration", { version: 2 })]).toEqual([
      [],
      [],
    ]);
    expect(await one("ProposeConfiguration")).toMatchObject({ version: 3 });
    expect(await one("GetConfiguration")).toMatchObject({ value: 30 });
  });
});

describe("integrations", () => {
  test("the secret's reference is given with the connection, and back when it ends; lists leave it out", async () => {
    expect(await one("GetIntegration")).toMatchObject({ secret_ref: "vault://slack" });
    for (const row of await call("ListIntegrations")) expect(Object.keys(row)).not.toContain("secret_ref");
    expect(await column("id", "ListIntegrationsToRenew", { batch_size: 10_000 })).toContain(
      world.integration,
    );
    expect(
      await column("id", "ListIntegrationsToRenew", { batch_size: 10_000, within: "1 second" }),
    ).not.toContain(world.integration);
    await call("ConfigureIntegration", { configuration: { tenant_id: "t" } });
    expect(
      await column("id", "FindIntegrationsByConfiguration", { configuration: { tenant_id: "t" } }),
    ).toEqual([world.integration]);
    expect(await refused("ConfigureIntegration", { configuration: { access_token: "x" } })).toBe(
      "integrations_configuration_check",
    );
    expect(await changed("SetIntegrationStatus", { status: "disconnected" })).toBe(0);
    expect(await one("DisconnectIntegration")).toMatchObject({ secret_ref: "vault://slack" });
    expect(await call("GetIntegration")).toEqual([]);
    expect(await refused("CreateIntegration", { secret_ref: "the secret itself" })).toBe(
      "secret_reference_names_a_store",
    );
  });

  test("a synchronisation that went well moves the cursor on, one that failed leaves it", async () => {
    const state = async () => (await call("ListIntegrationSyncStates"))[0];
    await call("RecordIntegrationSync", { cursor: "c1" });
    await call("RecordIntegrationSyncFailure", { error: "down" });
    expect(await state()).toMatchObject({ cursor: "c1", error: "down", synced_items: "1" });
    await call("RecordIntegrationSync", { cursor: "c2" });
    expect(await state()).toMatchObject({ cursor: "c2", error: null, failed_at: null, synced_items: "2" });
    await call("SetIntegrationResources", { resources: ["mail", "calendar"] });
    expect((await call("ListIntegrationSyncStates")).map((row) => [row.resource, row.cursor])).toEqual([
      ["calendar", null],
      ["mail", "c2"],
    ]);
    await call("SetIntegrationResources", { resources: ["calendar"] });
    expect(await column("resource", "ListIntegrationSyncStates")).toEqual(["calendar"]);
    expect((await call("ListIntegrations"))[0]).toMatchObject({ resource_count: "1" });
  });
});

describe("what a value may be", () => {
  test.each([
    ["email_address", "a@b.example", ["A@b.example", "a@b", "a b@c.example"]],
    ["url_slug", "a-b-1", ["A-b", "a--b", "-a", "a"]],
    ["semantic_version", "1.10.0-rc.1+5", ["1.0", "01.0.0", "v1.0.0"]],
    ["json_document", '{"a": 1}', ["[]", "1", "null"]],
    ["secret_reference", "vault://a/b", ["s3cret", "http://a"]],
    ["currency_code", "USD", ["usd", "US"]],
    ["sha256_digest", `\\x${"00".repeat(32)}`, ["\\x00", ""]],
  ])("%s takes %j and not %j", async (domain, good, bad) => {
    const accepts = (value: string) =>
      sql(`select $1::${domain}`, value).then(
        () => true,
        () => false,
      );
    expect(await accepts(good)).toBe(true);
    expect(await Promise.all(bad.map(accepts))).toEqual(bad.map(() => false));
  });

  test("versions sort by their numbers, and roles by their power", async () => {
    expect(
      await sql(
        "select semantic_version_order('1.10.0') > semantic_version_order('1.9.0-rc.1') as is_so, semantic_version_order('1.9.0') = semantic_version_order('1.9.0-rc.1') as is_same, 'owner'::workspace_role > 'admin' and 'admin'::workspace_role > 'editor' and 'editor'::workspace_role > 'viewer' as is_power",
      ),
    ).toEqual([{ is_so: true, is_same: true, is_power: true }]);
    const [{ editor, owner }] = (await sql(
      "select built_in_permissions('editor') as editor, built_in_permissions('owner') as owner",
    )) as [{ editor: string[]; owner: string[] }];
    expect(owner).toEqual(expect.arrayContaining(editor));
    expect(editor).not.toContain("workspace.delete");
  });

  test("keys of tenants lead with the tenant, and no foreign key leaves it", async () => {
    expect(
      await sql(`
        select k.conname as name from pg_constraint k
        join pg_class t on t.oid = k.conrelid and t.relnamespace = 'public'::regnamespace and not t.relispartition
        join pg_attribute a on a.attrelid = t.oid and a.attname = 'workspace_id'
        where k.contype = 'f' and k.conparentid = 0
          and exists (select from pg_attribute b where b.attrelid = k.confrelid and b.attname = 'workspace_id')
          and not a.attnum = any(k.conkey)`),
    ).toEqual([]);
    expect(
      await sql(`
        select t.relname as name from pg_index i
        join pg_class t on t.oid = i.indrelid and t.relnamespace = 'public'::regnamespace and not t.relispartition
        join pg_attribute a on a.attrelid = t.oid and a.attname = 'workspace_id'
        where i.indisprimary and a.attnum <> i.indkey[0]
        order by 1`),
      // The outbox outlives its workspace, and is delivered in the order of its ids.
    ).toEqual([{ name: "job_document_outbox" }]);
  });
});
