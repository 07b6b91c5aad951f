import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";
import { applySolitudeSchema } from "../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "./world.ts";

// What the comments of queries/ and schema/ promise and no other suite shows. promises.txt has every sentence of them with the
// test that shows it; the rest describes, and promises nothing. What is new is neither until somebody says so.

type Row = Record<string, unknown>;
const queries = analysedQueries();
let database: TestDatabase;
let world: World;
let call: Call;
beforeAll(async () => {
  database = await createDatabase();
  await applySolitudeSchema(database.pool);
  await installWorld(database.pool);
  call = caller(queries, database.pool, () => world);
});
beforeEach(async () => {
  world = await makeWorld(database.pool);
});
afterAll(() => database?.drop());

const sql = async (text: string, ...values: unknown[]): Promise<Row[]> =>
  (await database.pool.query(text, values)).rows;
const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const one = async (name: string, given?: Row): Promise<Row> => {
  const rows = await call(name, given);
  expect([name, rows.length]).toEqual([name, 1]);
  return rows[0]!;
};
/** Of each row that a query gives, one column. */
const column = async (of: string, name: string, given?: Row): Promise<unknown[]> =>
  (await call(name, given)).map((row) => row[of]);
/** How many rows a query without any changed. */
const changed = async (name: string, given?: Row): Promise<number> =>
  Number((await one(name, given)).rowCount);
const refused = (name: string, given?: Row): Promise<unknown> =>
  call(name, given).then(
    () => null,
    (error) => error.constraint ?? error.code,
  );
const address = (name: string): string => `${name}.${world.tag}@example.com`;
const rowOf = async (table: string, id: unknown, key = "id"): Promise<Row> =>
  (await sql(`select * from ${table} where ${key} = $1`, id))[0]!;
const sorted = (values: unknown[]): unknown[] => [...values].sort();

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The sentences of a file's comments, those that stay with the database included. */
function sentencesOf(path: string): readonly string[] {
  const text = readFileSync(`${ROOT}/${path}`, "utf8").split(/^-- migrate:down/m)[0]!;
  const comments: string[] = [];
  let block: string[] = [];
  for (const line of `${text}\n`.split("\n")) {
    const [, said] = /^\s*-- ?(.*)$/.exec(line) ?? [];
    if (said !== undefined && !/^(name:|migrate:|@\w|solitude-gen-ignore)/.test(said))
      block.push(said.trim());
    else if (block.length > 0) {
      comments.push(block.join(" "));
      block = [];
    }
  }
  for (const [, literals = ""] of text.matchAll(/^comment on [\s\S]*? is\s+((?:'(?:[^']|'')*'\s*)+);/gm))
    comments.push(
      Array.from(literals.matchAll(/'((?:[^']|'')*)'/g), ([, part]) => part!.replaceAll("''", "'")).join(""),
    );
  const sentences = comments.flatMap((comment) => comment.split(/(?<=\.)\s+(?=[A-Z*`])/));
  return [...new Set(sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== ""))];
}

describe("comments", () => {
  const sections = readFileSync(new URL("promises.txt", import.meta.url), "utf8")
    .split(/\n(?=\S)/)
    .map((section) => {
      const [title = "", ...sentences] = section.split("\n").filter((line) => line.trim() !== "");
      return { title, sentences: sentences.map((line) => line.trim()) };
    });

  test("every sentence is shown by a test, or describes", () => {
    const said = ["queries", "schema"].flatMap((folder) =>
      readdirSync(`${ROOT}/${folder}`).flatMap((file) =>
        sentencesOf(`${folder}/${file}`).map((sentence) => `${folder}/${file}: ${sentence}`),
      ),
    );
    const listed = sections.flatMap(({ sentences }) => sentences);
    expect(new Set(listed).size).toBe(listed.length);
    expect({
      new: said.filter((sentence) => !listed.includes(sentence)),
      gone: listed.filter((sentence) => !said.includes(sentence)),
    }).toEqual({ new: [], gone: [] });
  });

  test("every test that is named is there", () => {
    const named = sections.map(({ title }) => title).filter((title) => /^tests\//.test(title));
    expect(sections.length - named.length).toBe(2);
    const missing = named.filter((title) => {
      const [, file = "", name = ""] = /^(\S+): (.*)$/.exec(title) ?? [];
      const text = readFileSync(`${ROOT}/${file}`, "utf8");
      return !['"', "`", "'"].some((quote) => text.includes(`${quote}${name}${quote}`));
    });
    expect(missing).toEqual([]);
  });
});

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

describe("versions", () => {
  const add = (n: unknown, required: string[] = []) =>
    call("AddActivitySchemaVersion", {
      checksum: sha256(`${n}`),
      json_schema: { n },
      required_fields: required,
    });

  test("numbers have no gaps where many write at once; the same again makes none", async () => {
    const added = await Promise.all([1, 2, 3, 4, 5].map((n) => add(n)));
    expect(sorted(added.map(([row]) => row!.version))).toEqual([2, 3, 4, 5, 6]);
    const settings = await Promise.all([1, 2, 3, 4].map((n) => call("SetConfiguration", { value: `${n}` })));
    expect(sorted(settings.map(([row]) => row!.version))).toEqual([2, 3, 4, 5]);
    await add("last");
    expect(await add("last")).toEqual([]);
    expect((await call("CreateActivitySchema"))[0]).toMatchObject({ latest_version: 0 });
  });

  test("of two versions of a tool at the same moment one fails, and may be tried again", async () => {
    const made = await Promise.allSettled([1, 2, 3].map(() => call("CreateToolVersion")));
    const failed = made.filter((one) => one.status === "rejected");
    for (const one of failed) expect(one.reason.code).toBe("23505");
    expect(made.length - failed.length).toBeGreaterThan(0);
    await call("CreateToolVersion");
    const versions = await sql(
      "select version from tool_versions where tool_id = $1 order by version",
      world.tool,
    );
    expect(versions.map((row) => row.version)).toEqual(versions.map((_, i) => i + 1));
  });

  test("a retired schema is not given where none is named; those that have it find it", async () => {
    await add(2, ["subject"]);
    await call("RetireActivitySchemaVersion", { version: 2 });
    const get = (version: number | null) => column("version", "GetActivitySchemaVersion", { version });
    expect([await get(null), await get(2)]).toEqual([[1], [2]]);
    expect(await column("version", "GetActivitySchemaVersions")).toEqual([1]);
    expect(await changed("RetireActivitySchemaVersion", { version: 2 })).toBe(0);
  });

  test("what a version newly requires is told, and when the latest was made", async () => {
    await add(2, ["a", "b"]);
    await add(3, ["b", "c"]);
    expect(await column("newly_required_fields", "ListActivitySchemaVersions")).toEqual([
      ["c"],
      ["a", "b"],
      [],
    ]);
    const [listed] = await call("ListActivitySchemas");
    expect(listed).toMatchObject({ latest_checksum: sha256("3") });
  });

  test("a deprecated tool goes on where it is pinned, and GetTool gives an earlier one", async () => {
    await call("DeprecateToolVersion", { id: world.other_tool_version });
    const version = (await sql("select version from tool_versions where id = $1", world.tool_version))[0]!
      .version;
    expect(await one("GetTool")).toMatchObject({ version });
    await call("DeprecateToolVersion", { id: world.tool_version });
    expect(await one("GetTool")).toMatchObject({ version: null });
    const { tools } = await one("GetAgentDefinition", { id: world.published });
    expect(tools).toMatchObject([{ version: 1, secret_ref: "vault://tool/1" }]);
    expect(await column("agent_id", "ListToolUsers")).toEqual([world.agent]);
    expect(await column("id", "ListTools", { tags: ["mail", "other"] })).toEqual([]);
    expect(await column("id", "ListTools", { tags: ["mail"] })).toEqual([world.tool]);
    expect((await one("CreateTool", { slug: "bare" })).slug).toBe("bare");
    expect(await one("GetTool", { slug: "bare" })).toMatchObject({ version: null });
  });

  test("what is a version never changes: no service may write more of it than its end", async () => {
    const rows = await sql(`
      select distinct c.relname || '.' || a.attname as name
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      cross join unnest(array['solitude_app', 'solitude_worker', 'solitude_ops']) r (role)
      where c.relname in ('tool_versions', 'activity_schema_versions', 'configuration_versions', 'job_usage', 'audit_logs',
          'approval_request_steps', 'approval_decisions')
        and has_column_privilege(r.role, c.oid, a.attnum, 'UPDATE')
      order by 1`);
    expect(rows.map((row) => row.name)).toEqual([
      "activity_schema_versions.retired_at",
      "tool_versions.deprecated_at",
    ]);
  });
});

describe("agents", () => {
  test("an agent has no version until one is published, which new jobs then run", async () => {
    const agent = await one("CreateAgent", { slug: "fresh" });
    expect(agent).toMatchObject({ status: "draft", current_version_id: null });
    expect(await one("GetAgentWithCurrentVersion", { slug: "fresh" })).toMatchObject({ version: null });
    const runnable = () => column("agent_id", "ListCurrentAgents");
    expect(await runnable()).not.toContain(agent.id);
    const version = await one("CreateAgentVersion", { agent_id: agent.id, version: "1.0.0", parameters: {} });
    expect(version.status).toBe("draft");
    expect(await call("CreateJobs", { agent_version_id: version.id })).toEqual([]);
    expect(await one("PublishAgentVersion", { id: version.id })).toMatchObject({ version_id: version.id });
    expect(await runnable()).toContain(agent.id);
    expect((await column("id", "ListAgents"))[0]).toBe(agent.id);
  });

  test("an archived agent is found by its id alone, and is no longer published", async () => {
    expect(await changed("ArchiveAgent", { id: world.agent })).toBe(0);
    await call("WithdrawListing");
    expect(await changed("ArchiveAgent", { id: world.agent })).toBe(1);
    expect(await call("GetAgent")).toHaveLength(1);
    expect(await call("GetAgentWithCurrentVersion")).toEqual([]);
    expect(await column("id", "ListAgents")).toEqual([world.spare_agent]);
    expect(await call("PublishAgentVersion")).toEqual([]);
    expect(await rowOf("agent_versions", world.draft)).toMatchObject({ status: "draft", published_at: null });
  });

  test("a copy has everything of the earlier version, its tools included", async () => {
    const copy = await one("CopyAgentVersion", { version: "2.0.0" });
    expect(copy).toMatchObject({ status: "draft", tool_count: "1" });
    const [was, is] = [
      await rowOf("agent_versions", world.published),
      await rowOf("agent_versions", copy.id),
    ];
    for (const part of ["model", "instructions", "parameters", "limits", "input_schema", "output_schema"])
      expect([part, is[part]]).toEqual([part, was[part]]);
  });

  test("a draft has exactly the tools that are given; what is published keeps its own, and everything else", async () => {
    await call("SetAgentVersionTools");
    const tools = () =>
      sql("select tool_version_id as id from agent_version_tools where agent_version_id = $1", world.draft);
    expect(await tools()).toEqual([{ id: world.other_tool_version }]);
    await call("PublishAgentVersion");
    expect(await changed("SetAgentVersionTools")).toBe(0);
    expect(await call("UpdateDraftAgentVersion")).toEqual([]);
    expect(await call("PublishAgentVersion")).toEqual([]);
    await expect(
      sql("delete from agent_version_tools where agent_version_id = $1", world.draft),
    ).rejects.toThrow("published");
    await expect(sql("update agent_versions set model = 'x' where id = $1", world.draft)).rejects.toThrow(
      "published",
    );
    expect(await changed("DeprecateAgentVersion", { id: world.draft })).toBe(1);
  });

  test("an earlier version is current again; a deprecated one goes on, and nothing new begins with it", async () => {
    await call("PublishAgentVersion");
    expect(await one("RollBackAgent")).toMatchObject({ version_id: world.published });
    const job = await one("CreateJob", { parent_job_id: null });
    await call("DeprecateAgentVersion", { id: world.published });
    expect(await one("GetJobAgent", { id: job.id })).toMatchObject({ agent_version_id: world.published });
    expect(await call("GetAgentDefinition", { id: world.published })).toHaveLength(1);
    expect(await call("CreateJobs")).toEqual([]);
    expect(await call("RollBackAgent")).toEqual([]);
  });

  test("versions are listed newest first, by their numbers, with whether the instructions changed", async () => {
    await call("CreateAgentVersion", { version: "1.10.0", instructions: "Be kinder.", parameters: {} });
    await call("CreateAgentVersion", { version: "1.9.0-rc.1", instructions: "Be kinder.", parameters: {} });
    const rows = await call("ListAgentVersions");
    expect(rows.map((row) => row.version)).toEqual(["1.10.0", "1.9.0-rc.1", "1.1.0", "1.0.0"]);
    expect(rows.map((row) => row.instructions_changed)).toEqual([false, false, true, true]);
    expect(rows.find((row) => row.is_current)!.version).toBe("1.0.0");
    await expect(
      sql("update agents set current_version_id = $2 where id = $1", world.agent, world.spare_version),
    ).rejects.toMatchObject({ code: "23503" });
  });
});

describe("keys and sessions", () => {
  test("a use is noted at most once a minute", async () => {
    for (const [touch, table, id] of [
      ["TouchApiKey", "api_keys", world.api_key],
      ["TouchSession", "sessions", world.session],
    ] as const) {
      const set = (ago: string) =>
        sql(`update ${table} set last_used_at = now() - interval '${ago}' where id = $1`, id);
      await set("50 seconds");
      expect(await changed(touch)).toBe(0);
      await set("70 seconds");
      expect(await changed(touch)).toBe(1);
    }
  });

  test("a revoked key opens nothing and is not listed; a rotated one goes on for the time that is given", async () => {
    const opens = (text: string) => call("AuthenticateApiKey", { key_hash: sha256(`${text} ${world.tag}`) });
    await call("RotateApiKey", { key_hash: sha256(`next ${world.tag}`), overlap: "1 minute" });
    expect([await opens("key"), await opens("next")].map((rows) => rows.length)).toEqual([1, 1]);
    const { expires_at, scopes } = await rowOf("api_keys", world.api_key);
    expect(Number(expires_at) < Date.now() + 70_000).toBe(true);
    const listed = await call("ListApiKeys");
    expect(listed.map((row) => row.scopes)).toEqual([scopes, scopes]);
    expect(Object.keys(listed[0]!)).not.toContain("key_hash");
    expect(await changed("RevokeApiKey")).toBe(1);
    expect(await opens("key")).toEqual([]);
    expect(await column("id", "ListApiKeys")).not.toContain(world.api_key);
    await sql(
      "update api_keys set created_at = now() - interval '31 days' where workspace_id = $1",
      world.workspace,
    );
    expect(await call("ListUnusedApiKeys")).toHaveLength(1);
    await sql(
      "update api_keys set allowed_networks = '{10.0.0.0/8}' where workspace_id = $1",
      world.workspace,
    );
    expect(await opens("next")).toEqual([]);
  });

  test("a session gets a new token and a new end; one that is over gets none, and ends are of its user alone", async () => {
    const rotated = await one("RotateSessionToken", { valid_for: "2 days" });
    expect(rotated.id).toBe(world.session);
    expect(await call("RotateSessionToken")).toEqual([]);
    await call("CreateSession", { user_id: world.ada, token_hash: sha256(`other ${world.tag}`) });
    await sql("update sessions set last_used_at = now() - interval '1 hour' where id = $1", world.session);
    expect((await call("ListSessions", { user_id: world.ada })).map((row) => row.is_current)).toEqual([
      false,
      true,
    ]);
    expect(await changed("RevokeSession", { user_id: world.bob })).toBe(0);
    expect(await changed("RevokeSession")).toBe(1);
    expect(await changed("RevokeAllSessions", { user_id: world.ada })).toBe(1);
    expect(await call("GetSession", { token_hash: sha256(`other ${world.tag}`) })).toEqual([]);
  });

  test("what is over is deleted in portions, until there is none", async () => {
    await sql(
      "insert into sessions (user_id, token_hash, created_at, expires_at) select $1, sha256(('s' || i || $2)::bytea), now() - interval '90 days', now() - interval '40 days' from generate_series(1, 3) i",
      world.ada,
      world.tag,
    );
    await sql(
      "insert into user_tokens (token_hash, user_id, purpose, created_at, expires_at) select sha256(('t' || i || $2)::bytea), $1, 'verify_email', now() - interval '9 days', now() - interval '3 days' from generate_series(1, 3) i",
      world.ada,
      world.tag,
    );
    await sql(
      "insert into sign_in_challenges (challenge_hash, user_id, purpose, created_at, expires_at) select sha256(('c' || i || $2)::bytea), $1, 'sign_in', now() - interval '9 days', now() - interval '3 days' from generate_series(1, 3) i",
      world.ada,
      world.tag,
    );
    for (const name of [
      "DeleteExpiredSessions",
      "DeleteExpiredUserTokens",
      "DeleteExpiredSignInChallenges",
    ]) {
      const portion = () => changed(name, { batch_size: 2 });
      expect([name, await portion(), await portion(), await portion()]).toEqual([name, 2, 1, 0]);
    }
    expect(await call("GetSession", { token_hash: sha256(`session ${world.tag}`) })).toHaveLength(1);
  });
});

describe("credentials", () => {
  test("an account elsewhere is one person's, and linking it again is harmless", async () => {
    const account = { issuer: "https://id.example", subject: `account ${world.tag}` };
    const first = await one("LinkOauthCredential", { user_id: world.ada, ...account });
    expect(await one("LinkOauthCredential", { user_id: world.ada, ...account })).toMatchObject({
      id: first.id,
    });
    expect(await call("LinkOauthCredential", { user_id: world.bob, ...account })).toEqual([]);
    expect(await one("GetOauthCredential", account)).toMatchObject({ id: world.ada });
  });

  test("a password is for who has none, and its hash is told to nobody but a sign-in", async () => {
    expect(await refused("CreatePasswordCredential", { user_id: world.ada })).toBe(
      "credentials_password_key",
    );
    expect(await refused("CreatePasswordCredential", { user_id: world.bob })).toBe(null);
    for (const row of await call("ListCredentials", { user_id: world.ada }))
      expect(Object.keys(row)).not.toContain("secret_hash");
    await expect(
      sql("update credentials set secret_hash = 'plain' where id = $1", world.password),
    ).rejects.toMatchObject({ constraint: "credentials_secret_hash_check" });
  });

  test("each failure from the fifth on locks for longer, up to an hour; a success ends the count", async () => {
    const fail = async () => {
      const { failed_attempts, locked_until } = await one("RecordFailedSignIn");
      return [failed_attempts, locked_until && Math.round((Number(locked_until) - Date.now()) / 60_000)];
    };
    for (const n of [1, 2, 3, 4]) expect(await fail()).toEqual([n, null]);
    expect([await fail(), await fail()]).toEqual([
      [5, 1],
      [6, 2],
    ]);
    await sql("update credentials set failed_attempts = 500 where id = $1", world.password);
    expect(await fail()).toEqual([501, 60]);
    await call("RecordSuccessfulSignIn");
    expect(await rowOf("credentials", world.password)).toMatchObject({
      failed_attempts: 0,
      locked_until: null,
    });
    expect((await rowOf("credentials", world.password)).last_used_at).not.toBe(null);
  });

  test("a new password ends every other session", async () => {
    await call("CreateSession", { user_id: world.ada, token_hash: sha256(`other ${world.tag}`) });
    expect(await one("ChangePassword", { user_id: world.ada })).toMatchObject({ ended_sessions: "1" });
    expect(await column("id", "ListSessions", { user_id: world.ada })).toEqual([world.session]);
  });

  test("the last way in stays, whatever else there is", async () => {
    expect(await changed("RevokeCredential", { id: world.passkey })).toBe(1);
    expect(await changed("RevokeCredential", { id: world.password })).toBe(0);
    await expect(
      sql("update credentials set revoked_at = now() where id = $1", world.password),
    ).rejects.toMatchObject({ constraint: "credentials_last_check" });
  });

  test("a link works once", async () => {
    await call("CreateUserToken", { user_id: world.ada, token_hash: sha256(`once ${world.tag}`) });
    const follow = () =>
      call("UseUserToken", { token_hash: sha256(`once ${world.tag}`), purpose: "reset_password" });
    const both = await Promise.all([follow(), follow()]);
    expect(both.map((rows) => rows.length).sort()).toEqual([0, 1]);
  });
});

describe("approvals", () => {
  test("a workflow is started once it has steps and is active; a request keeps the steps it began with", async () => {
    const workflow_id = (await one("CreateApprovalWorkflow", { slug: "fresh" })).id;
    const start = () => call("CreateApprovalRequest", { workflow_id, subject_id: randomUUID() });
    expect(await start()).toEqual([]);
    for (const name of ["First", "Second"])
      await call("AddApprovalWorkflowStep", { workflow_id, name, approver_ids: null });
    const [request] = await start();
    expect(request).toMatchObject({ current_position: 1, step_count: "2", status: "pending" });
    const { steps } = await one("GetApprovalWorkflow", { id: workflow_id });
    expect((steps as Row[]).map((step) => step.name)).toEqual(["First", "Second"]);
    expect((await call("ListApprovalWorkflows")).find((row) => row.id === workflow_id)).toMatchObject({
      step_count: "2",
    });
    expect(await changed("SetApprovalWorkflowActive", { id: workflow_id, is_active: false })).toBe(1);
    expect(await start()).toEqual([]);
    expect(await changed("RemoveApprovalWorkflowSteps", { workflow_id })).toBe(2);
    expect((await one("GetApprovalRequestTree", { id: request!.id })).steps).toHaveLength(2);
  });

  test("nobody is asked twice about the same thing at the same time", async () => {
    expect(await refused("CreateApprovalRequest", { subject_id: world.waiting })).toBe(
      "approval_requests_open_subject_key",
    );
  });

  test("who asked, who decided, and whoever it is not up to decide nothing", async () => {
    const decide = (decided_by: string | undefined, more: Row = {}) =>
      call("RecordApprovalDecision", { decided_by, comment: "because", ...more });
    expect(await decide(world.ada)).toEqual([]);
    expect(await decide(world.dan)).toEqual([]);
    expect(await decide(world.cleo)).toHaveLength(1);
    expect(await decide(world.cleo)).toEqual([]);
    await sql(
      "update approval_request_steps set approver_ids = array[$2::uuid] where request_id = $1",
      world.open_request,
      world.cleo,
    );
    expect(await decide(world.bob)).toEqual([]);
    await sql(
      "update approval_request_steps set approver_ids = '{}', approver_role = 'owner' where request_id = $1",
      world.open_request,
    );
    const inbox = (user_id: string | undefined) => column("id", "ListApprovalsAwaitingUser", { user_id });
    expect(
      [await inbox(world.bob), await inbox(world.cleo), await inbox(world.ada)].map((ids) =>
        ids.includes(world.open_request),
      ),
    ).toEqual([true, false, false]);
    expect(
      await refused("RecordApprovalDecision", { decided_by: world.bob, verdict: "rejected", comment: null }),
    ).toBe("approval_decisions_comment_check");
    await sql("update approval_requests set expires_at = now() where id = $1", world.open_request);
    expect(await decide(world.bob)).toEqual([]);
    expect((await column("id", "ExpireApprovalRequests")).includes(world.open_request)).toBe(true);
  });

  test("enough approvals lead on, one rejection ends it, and what no longer waits is left alone", async () => {
    const workflow_id = (await one("CreateApprovalWorkflow", { slug: "two" })).id;
    for (const name of ["First", "Second"])
      await call("AddApprovalWorkflowStep", { workflow_id, name, approver_ids: null });
    const start = async () =>
      String((await one("CreateApprovalRequest", { workflow_id, subject_id: randomUUID() })).id);
    const decide = async (request_id: string, decided_by: string | undefined, verdict: string) => {
      await call("RecordApprovalDecision", { request_id, decided_by, verdict, comment: "so" });
      const [row] = await call("AdvanceApprovalRequest", { request_id });
      return [row?.status, row?.current_position];
    };
    const id = await start();
    expect(await decide(id, world.bob, "approved")).toEqual(["pending", 2]);
    expect(await decide(id, world.cleo, "approved")).toEqual(["approved", 2]);
    expect(await decide(id, world.cleo, "approved")).toEqual([undefined, undefined]);
    const other = await start();
    expect(await decide(other, world.bob, "rejected")).toEqual(["rejected", 1]);
    expect(
      (await call("ListApprovalDecisions", { request_id: id })).map((d) => [
        d.step_position,
        d.decided_by_name,
      ]),
    ).toEqual([
      [1, "Bob"],
      [2, "Cleo"],
    ]);
    expect(await one("GetApprovalRequest", { id })).toMatchObject({
      workflow_name: expect.any(String),
      requested_by_name: "Ada",
    });
    const durations = await call("GetApprovalDurations");
    expect(durations.find((row) => row.workflow_id === workflow_id)).toMatchObject({
      completed_requests: "2",
      approved_requests: "1",
    });
    expect(await column("id", "ListApprovalRequests", { statuses: ["rejected"] })).toEqual([other]);
    expect(
      await column("status", "ListApprovalRequests", { statuses: ["pending", "approved"] }),
    ).toHaveLength(3);
  });

  test("a list of approvers names people", async () => {
    expect(await refused("AddApprovalWorkflowStep", { approver_ids: [null] })).toBe(
      "approval_workflow_steps_approvers_check",
    );
    expect(await refused("AddApprovalWorkflowStep", { approver_ids: [world.cleo] })).toBe(null);
  });

  test("only the one who asked can take a request back", async () => {
    expect(await changed("CancelApprovalRequest", { id: world.open_request, requested_by: world.bob })).toBe(
      0,
    );
    expect(await changed("CancelApprovalRequest", { id: world.open_request, requested_by: world.ada })).toBe(
      1,
    );
  });
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

describe("datasets and files", () => {
  test("a dataset has the latest version that is ready; deleted, its name is free and its versions stay", async () => {
    const latest = async () =>
      (await call("ListDatasets", { tags: ["mail", "none"] })).map((row) => row.version_id);
    expect(await latest()).toEqual([null]);
    const ready = await one("FinishDatasetVersion");
    expect(ready).toMatchObject({ status: "ready", record_count: "100", size_bytes: "10" });
    const next = await one("CreateDatasetVersion", { parent_version_id: ready.id });
    expect(next).toMatchObject({ version: 2, status: "building" });
    expect(await latest()).toEqual([ready.id]);
    expect((await call("ListDatasetLineage", { id: next.id })).map((row) => [row.id, row.distance])).toEqual([
      [next.id, 0],
      [ready.id, 1],
    ]);
    expect(await changed("FailDatasetVersion", { id: next.id, error: "broken" })).toBe(1);
    expect(await rowOf("dataset_versions", next.id)).toMatchObject({ status: "failed", error: "broken" });
    expect(await changed("FailDatasetVersion", { id: ready.id })).toBe(0);
    expect(await call("FinishDatasetVersion", { id: next.id })).toEqual([]);
    expect(await one("ReclassifyDataset", { id: world.dataset, classification: "restricted" })).toMatchObject(
      { classification: "restricted" },
    );
    expect(await changed("DeleteDataset")).toBe(1);
    expect(await call("GetDataset")).toEqual([]);
    expect((await rowOf("dataset_versions", ready.id)).status).toBe("ready");
    expect(await one("CreateDataset", { slug: "data", tags: ["a", "mail"] })).toMatchObject({ slug: "data" });
    await call("CreateDataset", { slug: "more", tags: ["mail"] });
    expect(await column("tag", "ListDatasetTags")).toEqual(["mail", "a"]);
  });

  test("a ready version keeps the files that it has, and waits until all of them are stored", async () => {
    const add = (file_id: string | undefined, position: number) =>
      sql(
        "insert into dataset_version_files (workspace_id, dataset_version_id, file_id, position) values ($1, $2, $3, $4)",
        world.workspace,
        world.dataset_version,
        file_id,
        position,
      );
    await add(world.pending_file, 2);
    expect(await call("FinishDatasetVersion")).toEqual([]);
    await call("ConfirmFileUpload");
    // Put into another order within a transaction.
    await sql(
      "update dataset_version_files set position = 3 - position where dataset_version_id = $1",
      world.dataset_version,
    );
    expect(await call("FinishDatasetVersion")).toHaveLength(1);
    await expect(add(world.other_file, 3)).rejects.toThrow("not being built");
    await expect(
      sql("delete from dataset_version_files where dataset_version_id = $1", world.dataset_version),
    ).rejects.toThrow("not being built");
    await call("QuarantineFile", { id: world.stored_file });
    const { files } = await one("GetDatasetVersionTree");
    expect((files as Row[]).map((file) => file.status)).toEqual(["stored", "quarantined"]);
    expect(await changed("DeleteFile", { id: world.stored_file })).toBe(0);
  });

  test("a file is pending until its upload is confirmed, once", async () => {
    const file = await one("CreateFile", { name: "Some.Name.CSV", metadata: { a: 1, b: { c: 2 } } });
    expect(file).toMatchObject({ status: "pending", extension: "csv" });
    expect(await column("id", "ListFiles")).not.toContain(file.id);
    expect(await call("ConfirmFileUpload", { id: file.id })).toHaveLength(1);
    expect(await call("ConfirmFileUpload", { id: file.id })).toEqual([]);
    expect((await column("id", "ListFiles", { extension: "CSV" }))[0]).toBe(file.id);
    expect(await column("id", "ListFilesByIds", { ids: [file.id, world.pending_file] })).toEqual([file.id]);
    expect(await column("id", "FindFilesByMetadata", { metadata: { b: { c: 2 } } })).toEqual([file.id]);
    expect(await column("id", "FindFilesByMetadata", { metadata: { b: { c: 3 } } })).toEqual([]);
    expect(await column("id", "FindFilesByHash")).toContain(world.stored_file);
    await call("QuarantineFile", { id: file.id, reason: "virus" });
    expect(await one("GetFile", { id: file.id })).toMatchObject({
      status: "quarantined",
      metadata: { a: 1, quarantine_reason: "virus" },
    });
    expect(await changed("DeleteFile", { id: file.id })).toBe(1);
    expect(await call("GetFile", { id: file.id })).toEqual([]);
    const expired = await call("ExpireFiles", { batch_size: 10_000 });
    expect(expired.find((row) => row.id === world.other_file)).toMatchObject({
      bucket: "b",
      object_key: "other",
    });
    expect((await call("SumFileSizes")).map((row) => row.percent)).toEqual(["100.0"]);
  });
});

describe("the marketplace", () => {
  const listing = () => ({ publisher_workspace_id: world.workspace, id: world.listing });

  test("a listing begins as a draft, offers what is published, and has a price in both its parts", async () => {
    const agent = await one("CreateAgent", { slug: "sold" });
    const version = await one("CreateAgentVersion", { agent_id: agent.id, version: "1.0.0", parameters: {} });
    const made = await one("CreateListing", { agent_id: agent.id, agent_version_id: version.id });
    expect(made.status).toBe("draft");
    expect(await call("SubmitListing", { id: made.id })).toEqual([]);
    await call("PublishAgentVersion", { id: version.id });
    expect(await call("PublishListing", { id: made.id })).toEqual([]);
    expect(await call("SubmitListing", { id: made.id })).toHaveLength(1);
    expect(await one("PublishListing", { id: made.id })).toMatchObject({
      status: "published",
      published_at: expect.any(Date),
    });
    expect(await column("id", "ListPublishedListings")).toEqual([made.id, world.listing]);
    for (const price of [
      { price_amount_minor: 5 },
      { billing: "monthly" },
      { price_amount_minor: 5, price_currency: "USD" },
    ])
      expect(await refused("CreateListing", { slug: `p-${world.tag}`, ...price })).toBe(
        "listings_price_check",
      );
    expect(await changed("WithdrawListing", { id: made.id })).toBe(1);
  });

  test("a private listing is its publisher's alone", async () => {
    await call("UpdateListing", { visibility: "private", category_id: world.category });
    const slug = `l${world.tag}`;
    const page = (viewer: string | null) => call("GetListing", { slug, viewer_workspace_id: viewer });
    expect([await page(world.workspace), await page(null)].map((rows) => rows.length)).toEqual([1, 0]);
    const { listing: id } = world;
    world = await makeWorld(database.pool);
    expect(await call("InstallListing", { listing_id: id })).toEqual([]);
    expect(await page(world.workspace)).toEqual([]);
  });

  test("people search as they type: words, phrases, exclusions, or", async () => {
    const word = `zebra${world.tag}`;
    await call("UpdateListing", {
      title: `The ${word} striped`,
      description: "of many colours",
      category_id: world.category,
      visibility: "public",
    });
    const finds = async (query: string) =>
      (await column("id", "SearchListings", { query, billing: undefined })).includes(world.listing);
    expect(
      await Promise.all(
        [word, `${word} stripe`, `"${word} striped"`, `nothing${world.tag} or ${word}`].map(finds),
      ),
    ).toEqual([true, true, true, true]);
    expect(await Promise.all([`"striped ${word}"`, `${word} -striped`].map(finds))).toEqual([false, false]);
  });

  test("a category is browsed with all below it, newest first, and its charts are the best of it", async () => {
    const child = await one("CreateCategory", { parent_id: world.category, slug: `below-${world.tag}` });
    await sql("update listings set category_id = $2 where id = $1", world.listing, child.id);
    expect(await column("id", "ListCatalogue")).toEqual([world.listing]);
    await call("RefreshListingStats");
    const tree = await call("ListCategoryTree");
    const at = tree.findIndex((row) => row.id === child.id);
    expect(tree[at]).toMatchObject({ depth: 2, listing_count: "1", path: ["Category", expect.any(String)] });
    expect(tree.findIndex((row) => row.id === world.category)).toBeLessThan(at);
    const chart = await call("ListTopListingsByCategory", { places: 1 });
    expect(chart.find((row) => row.category_id === child.id)).toMatchObject({
      place: "1",
      listing_id: world.listing,
    });
    // Drawn towards the middle: one review of four stars is not four stars.
    expect(Number(chart.find((row) => row.category_id === child.id)!.ranking_score)).toBeCloseTo(
      (4 + 15) / 6,
      5,
    );
  });

  test("installing again resumes; what is paused or uninstalled starts nothing, and what ran keeps it", async () => {
    const runs = async () => (await call("CreateInstalledAgentJob")).length;
    expect(await runs()).toBe(1);
    await call("PauseInstallation");
    expect(await runs()).toBe(0);
    expect(await one("InstallListing")).toMatchObject({ id: world.installation, status: "active" });
    expect(await runs()).toBe(1);
    await call("PublishAgentVersion");
    await call("ReleaseListingVersion", { agent_version_id: world.draft });
    expect(await one("ListInstallations", { user_id: world.dan })).toMatchObject({
      has_update: true,
      own_rating: 4,
    });
    await call("UninstallListing");
    expect(await runs()).toBe(0);
    const jobs = await sql(
      "select count(*)::int as n from jobs where installation_id = $1",
      world.installation,
    );
    expect(jobs).toEqual([{ n: 2 }]);
    expect(await call("ListInstallations")).toEqual([]);
    const again = await one("InstallListing");
    expect(again.agent_version_id).toBe(world.draft);
    expect(await call("CountInstallationsByWeek")).toMatchObject([{ installations: "2", change: null }]);
  });

  test("a review is its author's to delete, its publisher's to answer, and a moderator's to hide", async () => {
    expect(await call("ReplyToReview", { publisher_workspace_id: randomUUID() })).toEqual([]);
    expect(await one("ReplyToReview")).toMatchObject({ reply: "Thank you" });
    expect(await one("GetRatingSummary")).toMatchObject({ review_count: "1", four_stars: "1" });
    expect(await column("author_name", "ListReviews")).toEqual(["Dan"]);
    await call("ModerateReview", { status: "hidden" });
    expect(await call("ListReviews")).toEqual([]);
    expect(await one("GetRatingSummary")).toMatchObject({ review_count: "0", average_rating: null });
    await call("ModerateReview", { status: "visible" });
    expect(await changed("DeleteReview", { author_id: world.cleo })).toBe(0);
    expect(await changed("DeleteReview", { author_id: world.dan })).toBe(1);
    expect((await one("GetInstallation")).title).toBe("Listing");
    expect(listing().id).toBe(world.listing);
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

describe("invitations and members", () => {
  const token = (text: string): Buffer => sha256(`${text} ${world.tag}`);

  test("inviting again renews: the earlier link stops working, and the new one is shown", async () => {
    const shown = (text: string) => call("GetInvitationByToken", { token_hash: token(text) });
    expect(await shown("dan")).toMatchObject([{ workspace_name: "Workspace", invited_by_name: "Ada" }]);
    await call("CreateInvitation", { email: address("DAN"), token_hash: token("newer") });
    expect([await shown("dan"), await shown("newer")].map((rows) => rows.length)).toEqual([0, 1]);
    expect(await column("workspace_id", "ListOpenInvitationsForEmail", { email: address("dan") })).toEqual([
      world.workspace,
    ]);
    expect(await call("CreateInvitations", { email: address("cleo") })).toEqual([]);
    expect(await refused("CreateInvitation", { email: address("x"), role: "owner" })).toBe(
      "invitations_role_check",
    );
    expect(await changed("RevokeInvitation", { id: world.dans_invitation })).toBe(1);
    expect(await shown("newer")).toEqual([]);
    await sql("update invitations set expires_at = now() where id = $1", world.eves_invitation);
    expect(sorted(await column("state", "ListInvitations"))).toEqual(["expired", "revoked"]);
  });

  test("an invitation is accepted by whom it is for, once, while there is a seat", async () => {
    const accept = (user_id: string | undefined, text: string) =>
      call("AcceptInvitation", { user_id, token_hash: token(text) });
    expect(await accept(world.eve, "dan")).toEqual([]);
    expect(await accept(world.dan, "dan")).toMatchObject([{ user_id: world.dan, role: "viewer" }]);
    expect(await accept(world.dan, "dan")).toEqual([]);
    // Four seats are taken now.
    expect(await accept(world.eve, "eve")).toEqual([]);
    expect(await call("ChangeWorkspacePlan", { seat_limit: 3 })).toEqual([]);
    expect(await call("ChangeWorkspacePlan", { seat_limit: undefined })).toHaveLength(1);
    expect(await accept(world.eve, "eve")).toHaveLength(1);
  });

  test("who is a member already gets the role; a role of the workspace adds to it, and leaves it when it goes", async () => {
    const may = (permission: string, user_id = world.cleo) =>
      column("is_allowed", "MemberHasPermission", { user_id, permission });
    expect(await one("AddWorkspaceMember", { user_id: world.cleo, role: "viewer" })).toMatchObject({
      role: "viewer",
    });
    expect([await may("audit.read"), await may("agents.publish"), await may("x", world.dan)]).toEqual([
      [true],
      [false],
      [],
    ]);
    expect((await call("ListWorkspaceRoles"))[0]).toMatchObject({ member_count: "1" });
    await call("DeleteWorkspaceRole");
    expect([await may("audit.read"), await may("jobs.read")]).toEqual([[false], [true]]);
    expect(await one("GetWorkspaceMember", { user_id: world.cleo })).toMatchObject({
      custom_role_id: null,
      role: "viewer",
    });
    expect(await one("ChangeMemberRole", { user_id: world.cleo, role: "admin" })).toMatchObject({
      role: "admin",
      custom_role_id: null,
    });
    expect(await column("display_name", "ListWorkspaceMembers")).toEqual(["Ada", "Bob", "Cleo"]);
    expect(await column("user_id", "ListMemberEmailsByRole", { least_role: "owner" })).toEqual([
      world.ada,
      world.bob,
    ]);
    expect(await one("CreateWorkspaceRole", { name: "R" })).toMatchObject({ permissions: ["jobs.read"] });
  });

  test("ownership goes to a member who can sign in, or not at all", async () => {
    const transfer = (given: Row) => changed("TransferWorkspaceOwnership", given);
    expect(await transfer({ new_owner_id: world.dan })).toBe(0);
    expect(await transfer({ old_owner_id: world.cleo, new_owner_id: world.bob })).toBe(0);
    await call("SetUserStatus", { id: world.cleo, status: "suspended" });
    expect(await transfer({})).toBe(0);
    await call("SetUserStatus", { id: world.cleo, status: "active" });
    expect(await transfer({})).toBe(2);
    expect(await one("GetWorkspaceMember", { user_id: world.ada })).toMatchObject({ role: "admin" });
  });

  test("the last owner neither leaves nor is deleted; within a transaction the order does not matter", async () => {
    expect(await changed("RemoveWorkspaceMember", { user_id: world.bob })).toBe(1);
    expect(await refused("RemoveWorkspaceMember", { user_id: world.ada })).toBe(
      "workspace_members_owner_check",
    );
    expect(await refused("DeleteUser", { id: world.ada })).toBe("workspace_members_owner_check");
    const client = await database.pool.connect();
    try {
      const on = caller(queries, client, () => world);
      await client.query("begin");
      await on("RemoveWorkspaceMember", { user_id: world.ada });
      await on("AddWorkspaceMember", { user_id: world.cleo, role: "owner" });
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("a directory adds, changes and removes members, and leaves owners alone", async () => {
    await call("SynchroniseWorkspaceMembers", {
      members: JSON.stringify([
        { user_id: world.dan, role: "editor" },
        { user_id: world.ada, role: "viewer" },
      ]),
    });
    const rows = await sql(
      "select user_id, role::text from workspace_members where workspace_id = $1",
      world.workspace,
    );
    expect(Object.fromEntries(rows.map((row) => [row.user_id, row.role]))).toEqual({
      [world.ada!]: "owner",
      [world.bob!]: "owner",
      [world.dan!]: "editor",
    });
  });
});

describe("jobs", () => {
  const pick = async (worker = "v") => one("PickUpJobs", { task_queue: `spare ${world.tag}`, worker });

  test("a job that fails goes back while it has attempts left, later each time, and then has failed", async () => {
    const waits: number[] = [];
    for (const attempt of [1, 2]) {
      const job = await pick();
      expect(job).toMatchObject({ id: world.spare_job, attempt, status: "running" });
      const failed = await one("FailJob", { id: job.id, worker: "v", lease_number: job.lease_number });
      expect(failed.status).toBe("queued");
      waits.push(Number(failed.run_after) - Date.now());
      await sql("update jobs set run_after = now() where id = $1", world.spare_job);
    }
    expect(waits[1]!).toBeGreaterThan(waits[0]!);
    const last = await pick();
    expect(await one("FailJob", { id: last.id, worker: "v", lease_number: last.lease_number })).toMatchObject(
      { status: "failed" },
    );
    expect(await rowOf("jobs", world.spare_job)).toMatchObject({
      error: "failed",
      finished_at: expect.any(Date),
    });
  });

  test("what a silent worker had goes back, or has failed after the last attempt, in portions", async () => {
    await sql("update jobs set attempt = 3, lease_number = 3 where id = $1", world.silent);
    const released = await call("ReleaseExpiredJobs", { batch_size: 100_000 });
    expect(released.find((row) => row.id === world.silent)).toMatchObject({ status: "failed" });
    expect(await call("ReleaseExpiredJobs")).toEqual([]);
  });

  test("two workers at once take different jobs, and neither waits", async () => {
    await call("CreateJobs", { inputs: ["{}", "{}"], task_queue: `spare ${world.tag}` });
    const client = await database.pool.connect();
    try {
      await client.query("begin; set local lock_timeout = '2s'");
      const mine = await caller(
        queries,
        client,
        () => world,
      )("PickUpJobs", { task_queue: `spare ${world.tag}`, batch_size: 2 });
      const theirs = await call("PickUpJobs", { task_queue: `spare ${world.tag}`, batch_size: 2 });
      expect([mine.length, theirs.length]).toEqual([2, 1]);
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("a job runs an agent of its own workspace or an installed one, and not both", async () => {
    const make = (agent: unknown, installation: unknown) =>
      sql(
        "insert into jobs (workspace_id, agent_version_id, installation_id, task_queue) values ($1, $2, $3, 'q')",
        world.workspace,
        agent,
        installation,
      ).then(
        () => null,
        (error) => error.constraint,
      );
    expect([await make(world.published, null), await make(null, world.installation)]).toEqual([null, null]);
    expect([await make(world.published, world.installation), await make(null, null)]).toEqual(
      Array(2).fill("jobs_what_runs_check"),
    );
  });

  test("a lease is renewed while it is held, and a finished job has its output", async () => {
    expect(await changed("RenewJobLease", { worker: "another" })).toBe(0);
    const [renewed] = await call("RenewJobLeases", { lease: "2 hours" });
    expect(Number(renewed!.locked_until) > Date.now() + 7_000_000).toBe(true);
    expect(await one("FinishJob", { output: { done: true } })).toMatchObject({
      status: "succeeded",
      output: { done: true },
      locked_by: null,
    });
    expect(await call("FinishJob")).toEqual([]);
  });

  test("what waited for an approval goes on, or is cancelled, and the wait was no attempt", async () => {
    await call("RecordApprovalDecision", { decided_by: world.bob, verdict: "rejected", comment: "no" });
    await call("AdvanceApprovalRequest", { request_id: world.open_request });
    expect(await column("status", "ResumeApprovedJobs")).toEqual(["cancelled"]);
    expect(await rowOf("jobs", world.waiting)).toMatchObject({ attempt: 0, error: "approval rejected" });
  });

  test("a cancelled tree has nothing that goes on, and takes no child", async () => {
    expect(sorted(await column("id", "CancelJobTree"))).toEqual(sorted([world.parent, world.child]));
    expect(await one("CreateJob", { parent_job_id: world.parent })).toMatchObject({ status: "cancelled" });
    expect(await call("CancelJobTree")).toEqual([]);
  });

  test("a job's page, its place, its tree and what it cost", async () => {
    await call("AddJobUsage", {
      job_id: world.running,
      kind: "tool_call",
      model: null,
      quantity: 2,
      cost_micros: 7,
    });
    expect(await one("GetJobDetails", { id: world.running })).toMatchObject({
      agent_name: "Agent",
      agent_version: "1.0.0",
      cost_micros: "12",
      tokens: "100",
    });
    expect(await call("GetJobUsage")).toMatchObject([
      { kind: "input_tokens", quantity: "100.000000" },
      { kind: "tool_call", cost_micros: "7" },
    ]);
    expect(await one("GetJobLocation")).toMatchObject({
      mongo_collection: `${world.workspace}/${world.running}`,
    });
    await call("SetJobTemporalRun");
    expect(await one("GetJobByTemporalWorkflow", { temporal_workflow_id: `t ${world.tag}-0` })).toMatchObject(
      { id: world.running },
    );
    expect((await call("ListJobTree", { id: world.parent })).map((row) => [row.id, row.depth])).toEqual([
      [world.parent, 0],
      [world.child, 1],
    ]);
    expect(await column("id", "ListJobs", { status: "running" })).toHaveLength(2);
    const counted = await call("CountJobsByStatus");
    expect(counted).toHaveLength(6);
    expect(counted.find((row) => row.status === "failed")).toMatchObject({ job_count: "0" });
    await call("FinishJob");
    expect(await call("GetJobDurations")).toMatchObject([
      { agent_id: world.agent, finished_jobs: "1", failed_jobs: "0", failure_rank: "1" },
    ]);
    expect((await call("GetQueueDepths")).find((row) => row.task_queue === `q${world.tag}`)).toMatchObject({
      waiting: "2",
      workspaces: "1",
    });
    expect(await call("CreateJobs", { inputs: ["{}", "{}", "{}"] })).toHaveLength(3);
  });

  test("usage of jobs that are gone is passed over; the bill has its subtotals and its total", async () => {
    expect(
      (await sql("select count(*)::int as n from job_usage where workspace_id = $1", world.workspace))[0]!.n,
    ).toBe(1);
    await call("AddJobUsage", { job_id: randomUUID(), kind: "tool_call" });
    expect(
      (await sql("select count(*)::int as n from job_usage where workspace_id = $1", world.workspace))[0]!.n,
    ).toBe(1);
    expect(await one("SumWorkspaceCost")).toMatchObject({
      cost_micros: "5",
      input_tokens: "100.000000",
      output_tokens: "0",
    });
    expect(await one("SumWorkspaceCost", { workspace_id: randomUUID() })).toMatchObject({
      cost_micros: "0",
      latest_at: null,
    });
    expect(
      (await call("SumUsageByKindAndModel")).map((row) => [
        row.kind,
        row.model,
        row.is_subtotal,
        row.is_total,
      ]),
    ).toEqual([
      ["input_tokens", "m", false, false],
      ["input_tokens", null, true, false],
      [null, null, false, true],
    ]);
  });

  test("documents are given while they are not made; a job that others come from stays", async () => {
    const start = () =>
      changed("StartJobWithDocuments", { job_id: world.spare_job, documents: { letters: { a: {} } } });
    expect(await start()).toBe(1);
    await sql("delete from job_document_outbox where job_id = $1", world.spare_job);
    expect(await start()).toBe(0);
    await expect(call("DeleteJob", { id: world.parent })).rejects.toMatchObject({ code: "23503" });
    expect(await changed("DeleteJob", { id: world.spare_job })).toBe(1);
  });

  test("a payload's file is the same when it is asked for again, and none without its job", async () => {
    const file = await one("CreatePayloadFile");
    expect(file).toMatchObject({ status: "pending", storage: "gridfs", bucket: world.running });
    expect((await one("CreatePayloadFile")).id).toBe(file.id);
    expect(await call("CreatePayloadFile", { job_id: randomUUID() })).toEqual([]);
    await call("DeletePayloadFiles", { job_id: world.running });
    expect(await call("CreatePayloadFile")).toEqual([]);
  });
});

describe("the trail", () => {
  test("it is read newest first, a thing's history oldest first, with names and counts", async () => {
    const target = { target_kind: "agent", target_id: world.agent };
    for (const action of ["agent.created", "agent.published", "agent.published"])
      await call("AppendAuditLog", { actor_kind: "user", actor_id: world.ada, action, ...target });
    const rows = await call("ListAuditLogs", { actor_id: undefined, actions: undefined });
    expect(rows.map((row) => row.seq)).toEqual(["4", "3", "2", "1"]);
    expect(rows[0]).toMatchObject({ actor_name: "Ada", action: "agent.published" });
    expect(await column("action", "ListAuditLogsOfTarget", target)).toEqual([
      "agent.created",
      "agent.published",
      "agent.published",
    ]);
    expect((await call("CountAuditLogsByAction"))[0]).toMatchObject({
      action: "agent.published",
      entries: "2",
      actors: "1",
    });
    expect(await one("GetAuditLog", { seq: 2 })).toMatchObject({ action: "agent.created" });
    const head = await one("GetAuditChainHead");
    expect(head.last_seq).toBe("4");
    expect(
      (await call("ListAuditChainHeads")).find((row) => row.workspace_id === world.workspace),
    ).toMatchObject({ last_hash: head.last_hash, lane: 0 });
    expect(await call("ListAuditChainHeads", { since: "2100-01-01" })).toEqual([]);
  });

  test("place and hashes are the database's, whatever a service says they are", async () => {
    const rows = await sql(`
      select a.attname as name from pg_attribute a
      where a.attrelid = 'audit_logs'::regclass and a.attname in ('seq', 'hash', 'previous_hash', 'details_key')
        and (has_column_privilege('solitude_app', a.attrelid, a.attnum, 'INSERT') or has_column_privilege('solitude_worker', a.attrelid, a.attnum, 'INSERT'))`);
    expect(rows).toEqual([]);
    await sql(
      "insert into audit_logs (workspace_id, seq, actor_kind, action, target_kind) values ($1, 77, 'system', 'a.b', 't')",
      world.workspace,
    );
    const [head] = await call("GetAuditChainHead");
    expect(head!.last_seq).toBe("2");
    const hash = (zone: string) =>
      sql(
        `select set_config('timezone', '${zone}', false), audit_log_hash(l) as hash from audit_logs l where workspace_id = $1 and seq = 1`,
        world.workspace,
      );
    const [[here], [there]] = [await hash("UTC"), await hash("Asia/Tokyo")];
    expect(here!.hash).toEqual(there!.hash);
    await sql("reset timezone");
  });

  test("what the trail is about may go, workspace and all: no foreign key holds it", async () => {
    expect(
      await sql(
        "select conname from pg_constraint where contype = 'f' and 'audit_logs'::regclass in (conrelid, confrelid)",
      ),
    ).toEqual([]);
  });
});

describe("people and workspaces", () => {
  test("a person is there as a whole, or not at all", async () => {
    const email = address("New");
    expect(await one("SignUpUser", { email })).toMatchObject({
      status: "pending",
      email: email.toLowerCase(),
    });
    expect(await refused("SignUpUser", { email: address("other"), secret_hash: "plain" })).toBe(
      "credentials_secret_hash_check",
    );
    expect(await call("GetUserByEmail", { email: address("other") })).toEqual([]);
    expect(await one("CreateUserProfile")).toMatchObject({ locale: "en", time_zone: "UTC" });
    expect(await one("UpsertUserByEmail", { email: address("dir") })).toMatchObject({
      is_new: true,
      status: "active",
    });
    expect(await one("UpsertUserByEmail", { email: address("dir") })).toMatchObject({ is_new: false });
    const [user] = await call("CreateUser", { email: address("pending") });
    expect(await one("GetUserWithProfile", { id: user!.id })).toMatchObject({
      status: "pending",
      display_name: null,
    });
    expect(await one("VerifyUserEmail", { id: user!.id })).toMatchObject({ status: "active" });
    expect(await one("ChangeUserEmail", { id: user!.id, new_email: address("Changed") })).toMatchObject({
      email: address("changed"),
    });
  });

  test("a deleted person is found by nobody, stays a row, and frees the address", async () => {
    await call("DeleteUser", { id: world.cleo });
    expect(await call("GetUser", { id: world.cleo })).toEqual([]);
    expect(await call("GetUserByEmail", { email: address("cleo") })).toEqual([]);
    expect(await rowOf("users", world.cleo)).toMatchObject({ status: "deleted" });
    expect(await one("CreateUser", { email: address("cleo") })).toMatchObject({ email: address("cleo") });
    expect(await changed("SetUserStatus", { id: world.cleo, status: "active" })).toBe(0);
  });

  test("people are found as a name is typed, listed for administrators, and seen at most forward", async () => {
    await call("UpdateUserProfile", {
      user_id: world.ada,
      display_name: `Zz${world.tag} Up`,
      headline: null,
      bio: null,
      avatar_url: null,
      locale: "en",
      time_zone: "UTC",
      links: [],
    });
    expect(await column("id", "SearchUsersByName", { prefix: `zZ${world.tag}` })).toEqual([world.ada]);
    await call("SetUserStatus", { id: world.ada, status: "suspended" });
    expect(await call("SearchUsersByName", { prefix: `zz${world.tag}` })).toEqual([]);
    expect(await changed("SetUserStatus", { id: world.ada, status: "suspended" })).toBe(0);
    expect(await column("id", "ListUsersByIds", { ids: [world.bob] })).toEqual([world.bob]);
    const [newest] = await sql("select id from users order by created_at desc, id desc limit 1");
    expect((await column("id", "ListUsers", { status: undefined, page_size: 1 }))[0]).toBe(newest!.id);
    await call("TouchUsersLastSeen", { id: world.ada, seen_at: "2027-01-02" });
    await call("TouchUsersLastSeen", { id: world.ada, seen_at: "2027-01-01" });
    expect((await rowOf("users", world.ada)).last_seen_at).toEqual(new Date("2027-01-02"));
    const days = await call("CountSignUpsByDay", { first_day: "2020-01-01", last_day: "2020-01-03" });
    expect(days.map((row) => [row.sign_ups, row.running_total])).toEqual(Array(3).fill(["0", "0"]));
  });

  test("a workspace has its founder as owner, and no founder without it", async () => {
    expect(await one("CreateWorkspace", { workspace_id: null, slug: `new-${world.tag}` })).toMatchObject({
      founder_role: "owner",
      region: "eu",
    });
    expect(await refused("CreateWorkspace", { workspace_id: null, slug: "No Slug" })).toBe(
      "url_slug_is_well_formed",
    );
    const slug = `w${world.tag}`;
    expect(await column("id", "FindWorkspace", { slug })).toEqual([world.workspace]);
    expect(await column("id", "FindWorkspace", { slug: "nowhere-at-all" })).toEqual([null]);
    expect((await one("GetWorkspaceBySlug", { slug, user_id: world.cleo })).member_role).toBe("admin");
    expect((await one("GetWorkspaceBySlug", { slug, user_id: world.dan })).member_role).toBe(null);
    await sql("update jobs set created_at = now() + interval '1 hour' where id = $1", world.parent);
    expect((await column("id", "ListWorkspacesOfUser", { user_id: world.ada }))[0]).toBe(world.workspace);
    expect(await one("GetWorkspaceOverview")).toMatchObject({
      member_count: "3",
      agent_count: "2",
      installation_count: "1",
      open_job_count: "6",
      stored_bytes: "30",
    });
    expect(await call("ListWorkspacesForAdministration", { plan: undefined, page_size: 1 })).toHaveLength(1);
    const { document } = await one("GetWorkspaceTree");
    expect(document).toMatchObject({
      workspace: { id: world.workspace },
      agents: [{ slug: "agent", versions: [{ version: "1.0.0" }, { version: "1.1.0" }] }, {}],
    });
    await call("ArchiveWorkspace");
    expect(await call("GetWorkspace")).toEqual([]);
    expect(await column("id", "FindWorkspace", { slug })).toEqual([null]);
    await call("RestoreWorkspace");
    expect(await call("AuthenticateApiKey")).toEqual([]);
    expect(await call("GetWorkspace")).toHaveLength(1);
  });

  test("a workspace is searched by words, and its usage shown with an average of seven days", async () => {
    expect(sorted(await column("kind", "SearchWorkspace", { text: "T" }))).toEqual([
      "agent",
      "dataset",
      "tool",
    ]);
    await sql(
      "insert into job_usage (workspace_id, job_id, kind, quantity, cost_micros, recorded_at) select $1, $2, 'tool_call', 1, i, date '2026-06-01' + i from generate_series(1, 9) i",
      world.workspace,
      world.running,
    );
    await call("RefreshWorkspaceUsage");
    const client = await database.pool.connect();
    await client.query("select set_config('solitude.workspace_id', $1, false)", [world.workspace]);
    const month = { first_day: "2026-06-01", last_day: "2026-06-30" };
    const rows = await caller(queries, client, () => world)("ListDailyUsage", month);
    await client.query("reset all");
    client.release();
    expect(Number(rows.at(-1)!.average_cost_micros)).toBe(6);
    const spenders = await call("ListTopSpenders", { first_day: "2026-06-01", last_day: "2026-06-30" });
    expect(spenders).toMatchObject([
      { id: world.workspace, cost_micros: "45", percent: "100.00", place: "1" },
    ]);
  });

  test("limits of a workspace hold where a version has none of its own", async () => {
    await call("SetWorkspaceLimits", { max_steps: 5, max_seconds: 6, max_tokens: 7 });
    await sql("update agent_versions set limits = row(3, null, null) where id = $1", world.draft);
    expect(await one("GetAgentDefinition", { id: world.draft })).toMatchObject({
      max_steps: 3,
      max_seconds: 6,
      max_tokens: "7",
    });
  });
});

describe("who waits for whom", () => {
  test("figures are brought up to date without stopping who reads them", async () => {
    const client = await database.pool.connect();
    try {
      await client.query("begin; set local lock_timeout = '2s'");
      await client.query("select refresh_listing_stats(), refresh_workspace_usage()");
      const reader = await database.pool.connect();
      await reader.query("set lock_timeout = '2s'");
      await reader.query("select from listing_stats, category_stats, workspace_usage_daily limit 1");
      await reader.query("reset lock_timeout");
      reader.release();
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("what changes figures adds a row, and waits for nobody", async () => {
    const client = await database.pool.connect();
    const work = async (on: Call, file: string | undefined) => {
      await on("AddJobUsage", { job_id: world.running, kind: "tool_call" });
      await on("QuarantineFile", { id: file });
    };
    try {
      await client.query("begin");
      await work(
        caller(queries, client, () => world),
        world.stored_file,
      );
      const other = await database.pool.connect();
      await other.query("set lock_timeout = '2s'");
      await work(
        caller(queries, other, () => world),
        world.other_file,
      );
      await other.query("reset lock_timeout");
      other.release();
      await client.query("commit");
    } finally {
      client.release();
    }
  });

  test("what locks the trail gives up after two seconds", async () => {
    const rows = await sql(
      "select proname as name from pg_proc where proname in ('create_audit_log_partitions', 'detach_audit_log_partition') and 'lock_timeout=2s' = any(proconfig) order by 1",
    );
    expect(rows.map((row) => row.name)).toEqual([
      "create_audit_log_partitions",
      "detach_audit_log_partition",
    ]);
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
