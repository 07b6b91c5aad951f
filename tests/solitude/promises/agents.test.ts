import { call, changed, column, one, rowOf, sha256, sorted, sql, world } from "./fixture.ts";

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
