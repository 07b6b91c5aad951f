import { type Call, caller } from "../world.ts";
import { call, column, database, one, queries, sql, world } from "./fixture.ts";

describe("the trail", () => {
  test("it is read newest first, a thing's history oldest first, with names and counts", async () => {
    const target = { target_kind: "agent", target_id: world.agent };
    for (const action of ["agent.created", "agent.published", "agent.published"])
      await sql(
        `insert into audit_logs (workspace_id, actor_kind, actor_id, action, target_kind, target_id) values ($1, 'user', $2, $3, 'agent', $4)`,
        world.workspace,
        world.ada,
        action,
        world.agent,
      );
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
      "select proname as name from pg_proc where proname in ('attach_audit_log_partition', 'create_audit_log_partitions', 'detach_audit_log_partition') and 'lock_timeout=2s' = any(proconfig) order by 1",
    );
    expect(rows.map((row) => row.name)).toEqual([
      "attach_audit_log_partition",
      "create_audit_log_partitions",
      "detach_audit_log_partition",
    ]);
  });
});
