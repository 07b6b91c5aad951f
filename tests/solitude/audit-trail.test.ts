import { randomUUID } from "node:crypto";
import pg from "pg";
import { until } from "../../runtime/test/postgres/until.ts";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { analysedQueries, caller, type World } from "./world.ts";

// The life of the trail: written in bulk, sealed, cut, copied, made room for.

const NIL = "00000000-0000-0000-0000-000000000000";
const queries = analysedQueries();
let database: TestDatabase;
let one: pg.Client;
let two: pg.Client;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  [one, two] = (await Promise.all(
    Array.from({ length: 2 }, async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      return client;
    }),
  )) as [pg.Client, pg.Client];
});
afterAll(async () => {
  await Promise.all([one?.end(), two?.end()]);
  await database?.drop();
});

const nowhere = { tag: "x", workspace: NIL } as World;
const on = (client: pg.Client) => caller(queries, client, () => nowhere);
const append = (client: pg.Client, workspace_id: string) => on(client)("AppendAuditLog", { workspace_id });
const verify = async (workspace_id: string) => (await on(one)("VerifyAuditChain", { workspace_id }))[0];
const verifyAfter = async (workspace_id: string, after_seq: number | string, after_hash: unknown) =>
  (await on(one)("VerifyAuditChainAfter", { workspace_id, after_seq, after_hash }))[0];
const hashAt = async (workspace: string, seq: number | string): Promise<Buffer> =>
  (await one.query("select hash from audit_logs where workspace_id = $1 and seq = $2", [workspace, seq]))
    .rows[0].hash;
const bulk = (client: pg.Client, workspaces: string, n: number) =>
  client.query(
    `insert into audit_logs (workspace_id, actor_kind, action, target_kind) select ${workspaces}, 'system', 'job.imported', 'job' from generate_series(1, ${n}) i`,
  );
/** What nobody may, and the triggers stop. */
async function behindTheTriggers(statements: string): Promise<void> {
  await one.query(`begin; set local session_replication_role = replica; ${statements}; commit`);
}

test("many entries in one statement are one chain each, and the head is written once", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  await bulk(one, `(array['${a}', '${b}']::uuid[])[1 + i % 2]`, 2000);
  for (const workspace of [a, b])
    expect(await verify(workspace)).toMatchObject({ entries: "1000", is_intact: true });
  const updates = async (): Promise<number> =>
    (
      await one.query(
        "select n_tup_upd::int as n from pg_stat_xact_user_tables where relname = 'audit_chain_heads'",
      )
    ).rows[0].n;
  await one.query("begin");
  const before = await updates();
  await bulk(one, `'${a}'::uuid`, 1000);
  expect((await updates()) - before).toBe(1);
  await one.query("commit");
  expect(await verify(a)).toMatchObject({ entries: "2000", is_intact: true });
});

test("of one workspace they cost what they cost of one workspace each, and no more when there are more", async () => {
  // In pages that are read or written, which are the same on every machine.
  const pagesOf = async (workspaces: string, entries: number): Promise<number> => {
    const { rows } = await one.query(
      `explain (analyze, buffers, timing off, format json)
       insert into audit_logs (workspace_id, actor_kind, action, target_kind) select ${workspaces}, 'system', 'job.imported', 'job' from generate_series(1, ${entries}) i`,
    );
    const plan = rows[0]["QUERY PLAN"][0].Plan;
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
  };
  await pagesOf(`'${randomUUID()}'::uuid`, 10);
  const each = await pagesOf("gen_random_uuid()", 800);
  const ofOne = await pagesOf(`'${randomUUID()}'::uuid`, 800);
  const ofOneMore = await pagesOf(`'${randomUUID()}'::uuid`, 1600);
  expect(ofOne / each).toBeLessThanOrEqual(1.2);
  // Nor where the statistics know of many workspaces with an entry each, and of none like the next.
  await one.query("analyze audit_logs");
  expect((await pagesOf(`'${randomUUID()}'::uuid`, 800)) / each).toBeLessThanOrEqual(1.2);
  expect(ofOneMore / ofOne).toBeLessThanOrEqual(2.2);
});

test("a trail of any length is verified in the memory of one entry", async () => {
  const workspace = randomUUID();
  await bulk(one, `'${workspace}'::uuid`, 4000);
  try {
    await one.query("set work_mem = '64kB'; set temp_file_limit = 0");
    expect(await verify(workspace)).toMatchObject({ entries: "4000", is_intact: true });
    expect(await verifyAfter(workspace, 0, Buffer.alloc(32))).toMatchObject({
      entries: "4000",
      first_problem: null,
    });
  } finally {
    await one.query("reset work_mem; reset temp_file_limit");
  }
});

test("more workspaces in one statement than are kept in mind", async () => {
  const workspaces = Array.from({ length: 40 }, () => randomUUID());
  await bulk(one, `(array['${workspaces.join("','")}']::uuid[])[1 + i % 40]`, 400);
  for (const workspace of workspaces)
    expect(await verify(workspace)).toMatchObject({ entries: "10", is_intact: true });
});

test("a head that somebody puts into the setting is not believed", async () => {
  const workspace = randomUUID();
  await append(one, workspace);
  const forged = JSON.stringify({ [workspace]: { seq: 41, at: "2026-11-28", hash: "00".repeat(32) } });
  await one.query("select set_config('solitude.audit_heads', $1, false)", [forged]);
  expect(await append(one, workspace)).toMatchObject([{ seq: "2" }]);
  expect(await verify(workspace)).toMatchObject({ is_intact: true });
});

test("a place is given once, whatever a statement does to the setting meanwhile", async () => {
  const workspace = randomUUID();
  const asService = async (...statements: string[]): Promise<string | undefined> => {
    await one.query("begin");
    try {
      await one.query("select set_config('solitude.workspace_id', $1, true)", [workspace]);
      await one.query("set local role solitude_app");
      for (const statement of statements) await one.query(statement);
      await one.query("commit");
      return undefined;
    } catch (error) {
      await one.query("rollback");
      return (error as pg.DatabaseError).code;
    }
  };
  const insert = "insert into audit_logs (workspace_id, actor_kind, action, target_kind, target_id)";
  const entry = `'${workspace}'::uuid, 'system', 'a.b', 't'`;
  const clear = "set_config('solitude.audit_heads', '', true)";
  expect(await asService(`${insert} select ${entry}, ${clear} || i from generate_series(1, 3) i`)).toBe(
    "42501",
  );
  // The head is written of what there is.
  const one_entry = `${insert} values (${entry}, 'x')`;
  expect(
    await asService(`${one_entry} returning ${clear}`, `${one_entry} returning ${clear}`),
  ).toBeUndefined();
  expect(await asService(one_entry)).toBeUndefined();
  expect(await verify(workspace)).toMatchObject({ entries: "3", is_intact: true });
  // Two commands of one statement are one end.
  expect(
    await asService(
      `with a as (${one_entry}) ${insert} select ${entry}, i::text from generate_series(1, 2) i`,
    ),
  ).toBeUndefined();
  expect(await verify(workspace)).toMatchObject({ entries: "6", is_intact: true });
});

test("what belongs to no workspace waits for nobody", async () => {
  await append(one, NIL);
  await one.query("begin");
  await append(one, NIL);
  await two.query("set lock_timeout = '1s'");
  await append(two, NIL); // Else it fails.
  await one.query("commit");
  await two.query("reset lock_timeout");
  expect(await verify(NIL)).toMatchObject({ is_intact: true });
});

test("times are in the order of places", async () => {
  const workspace = randomUUID();
  await one.query("begin");
  await append(one, workspace);
  const other = append(two, workspace);
  await one.query("select pg_sleep(0.01)");
  await append(one, workspace);
  await one.query("commit");
  await other;
  const { rows } = await one.query(
    "select seq, occurred_at from audit_logs where workspace_id = $1 order by seq",
    [workspace],
  );
  expect(rows.map((r) => r.occurred_at)).toEqual(rows.map((r) => r.occurred_at).sort((x, y) => x - y));
});

test("a month is taken out, and the trail verifies", async () => {
  const workspace = randomUUID();
  for (const time of [
    "2026-09-30 23:59:59.7",
    "2026-10-01 00:00:00.1",
    "2026-09-30 23:59:59.9",
    "2026-10-01 00:00:02",
  ])
    await one.query(
      "insert into audit_logs (workspace_id, occurred_at, actor_kind, action, target_kind) values ($1, ($2 || '+00')::timestamptz, 'system', 'a.b', 't')",
      [workspace, time],
    );
  const hashes: Buffer[] = [Buffer.alloc(32)];
  for (const seq of [1, 2, 3, 4]) hashes.push(await hashAt(workspace, seq));
  await one.query("select detach_audit_log_partition('2026-09-01', 's3://archive/2026-09')");
  expect(await verify(workspace)).toMatchObject({ entries: "2", is_intact: true });
  // From wherever one has kept a place, in what was detached or beside it.
  for (const [seq, left] of [
    [0, "2"],
    [1, "2"],
    [2, "1"],
    [3, "1"],
    [4, "0"],
  ] as const)
    expect(await verifyAfter(workspace, seq, hashes[seq])).toEqual({
      entries: left,
      first_problem_seq: null,
      first_problem: null,
    });
  expect(await verifyAfter(workspace, 2, hashes[1])).toMatchObject({ first_problem: "link_broken" });
  const { rows } = await one.query("select to_regclass('audit_logs_2026_09') is not null as is_there");
  expect(rows).toEqual([{ is_there: true }]);
  const found = await on(one)("ListAuditCheckpoints", { workspace_id: workspace });
  expect(found.filter((c) => c.exported_to === "s3://archive/2026-09").map((c) => c.last_seq)).toEqual([
    "3",
    "1",
  ]);
  await behindTheTriggers(`delete from audit_logs where workspace_id = '${workspace}' and seq = 2`);
  expect(await verify(workspace)).toMatchObject({ is_intact: false, first_problem: "entries_missing" });
});

describe("a month that was taken out", () => {
  const write = (client: pg.Client, workspace: string, time: string, details: unknown = {}) =>
    client.query(
      "insert into audit_logs (workspace_id, occurred_at, actor_kind, action, target_kind, details) values ($1, $2, 'system', 'a.b', 't', $3)",
      [workspace, time, JSON.stringify(details)],
    );
  const newUser = async (): Promise<string> =>
    (
      await one.query(
        "insert into users (email, status, email_verified_at) values (gen_random_uuid() || '@example.com', 'active', now()) returning id",
      )
    ).rows[0].id;
  const remove = (id: string) =>
    one.query(
      "update users set status = 'deleted', deleted_at = now(), email = 'deleted+' || id || '@users.invalid', email_verified_at = null where id = $1",
      [id],
    );
  const details = async (workspace: string) =>
    (
      await one.query("select details from audit_logs where workspace_id = $1 order by seq", [workspace])
    ).rows.map((row) => row.details);

  test("has what was being written at that moment", async () => {
    const workspace = randomUUID();
    await write(one, workspace, "2027-03-05Z");
    await two.query("begin");
    await write(two, workspace, "2027-03-06Z");
    const { rows: sessions } = await one.query("select pg_backend_pid() as pid");
    const detached = one.query("select detach_audit_log_partition('2027-03-01', 'nowhere')");
    await until(
      async () =>
        (await two.query("select cardinality(pg_blocking_pids($1)) > 0 as waits", [sessions[0].pid])).rows[0]
          .waits,
    );
    await two.query("commit");
    await detached;
    await append(one, workspace);
    expect(await verify(workspace)).toMatchObject({ entries: "1", is_intact: true });
  });

  test("comes back, and goes again; of whoever was deleted meanwhile it has nothing", async () => {
    const [workspace, person] = [randomUUID(), await newUser()];
    await write(one, workspace, "2027-04-30 23:59:59Z", { of: person });
    await write(one, workspace, "2027-05-01Z", { of: "nobody" });
    await write(one, workspace, "2027-04-30Z", { of: person });
    await on(one)("SealAuditTrail");
    await one.query("select detach_audit_log_partition('2027-04-01', 'nowhere')");
    await on(one)("SealAuditTrail");
    await remove(person);
    expect(await verify(workspace)).toMatchObject({ entries: "1", is_intact: true });
    await one.query("select attach_audit_log_partition('2027-04-01')");
    expect(await details(workspace)).toEqual([{}, { of: "nobody" }, {}]);
    expect(await verify(workspace)).toMatchObject({ entries: "3", is_intact: true });
    expect(await on(one)("ListAuditChainProblems", { workspace_id: workspace })).toEqual([]);
    expect((await on(one)("VerifyAuditSeals", { known_seal: null, known_hash: null }))[0]).toMatchObject({
      first_problem: null,
    });
    await one.query("select detach_audit_log_partition('2027-04-01', 'nowhere')");
    expect(await verify(workspace)).toMatchObject({ entries: "1", is_intact: true });
    // What comes back has to be what went.
    await one.query("delete from audit_logs_2027_04 where workspace_id = $1 and seq = 3", [workspace]);
    await one.query("select attach_audit_log_partition('2027-04-01')");
    expect(await verify(workspace)).toMatchObject({ is_intact: false });
  });

  test("is copied back without whoever was deleted meanwhile, where nothing says whom it was about, too", async () => {
    for (const persons of ["delete from audit_log_persons", ""]) {
      const [workspace, person] = [randomUUID(), await newUser()];
      await write(one, workspace, "2027-06-30Z", { of: person });
      await append(one, workspace);
      await one.query("begin; create temp table l on commit drop as select * from audit_logs");
      await one.query("set local session_replication_role = replica");
      await one.query("delete from audit_logs where workspace_id = $1", [workspace]);
      if (persons !== "") await one.query(`${persons} where workspace_id = $1`, [workspace]);
      await one.query("set local session_replication_role = origin");
      await remove(person);
      await one.query("insert into audit_logs select * from l where workspace_id = $1 order by seq", [
        workspace,
      ]);
      await one.query("commit");
      expect((await details(workspace))[0]).toEqual({});
      expect(await verify(workspace)).toMatchObject({ entries: "2", is_intact: true });
    }
  });
});

test("a trail that vanished as a whole is missed", async () => {
  const workspace = randomUUID();
  await append(one, workspace);
  await append(one, workspace);
  await behindTheTriggers(
    `delete from audit_logs where workspace_id = '${workspace}'; delete from audit_chain_heads where workspace_id = '${workspace}'`,
  );
  expect(await verify(workspace)).toMatchObject({
    entries: "0",
    is_intact: false,
    first_problem: "trail_missing",
  });
  expect(await verify(randomUUID())).toMatchObject({ entries: "0", is_intact: true });
});

test("an end that was cut off, its head set back, is missed once it was sealed", async () => {
  const workspace = randomUUID();
  const [first] = await append(one, workspace);
  await append(one, workspace);
  await on(one)("SealAuditTrail");
  await behindTheTriggers(
    `delete from audit_logs where workspace_id = '${workspace}' and seq = 2;
     update audit_chain_heads set last_seq = 1, last_hash = '\\x${(first!.hash as Buffer).toString("hex")}' where workspace_id = '${workspace}'`,
  );
  expect(await verify(workspace)).toMatchObject({
    is_intact: false,
    first_problem: "trail_missing",
    first_problem_seq: "2",
  });
});

test("seals are a chain, each is signed once, and nothing of them changes", async () => {
  const [made] = await on(one)("SealAuditTrail");
  await append(one, randomUUID());
  await on(one)("SealAuditTrail");
  const seals = await on(one)("ListAuditSeals", { after_seal: Number(made!.seal) - 1 });
  expect(seals[1]!.previous_hash).toEqual(seals[0]!.hash);
  expect(await on(one)("SignAuditSeal", { seal: made!.seal })).toEqual([{ rowCount: 1 }]);
  expect(await on(one)("SignAuditSeal", { seal: made!.seal })).toEqual([{ rowCount: 0 }]);
  for (const change of [
    "update audit_seals set hash = previous_hash",
    "delete from audit_seals",
    "delete from audit_checkpoints",
  ])
    await expect(one.query(change)).rejects.toMatchObject({ code: "42501" });
});

test("seals are computed again from what they are over", async () => {
  const verifySeals = async (known: { seal?: unknown; hash?: unknown } = {}) =>
    (
      await on(one)("VerifyAuditSeals", { known_seal: known.seal ?? null, known_hash: known.hash ?? null })
    )[0];
  await append(one, randomUUID());
  await on(one)("SealAuditTrail");
  await append(one, randomUUID());
  await on(one)("SealAuditTrail");
  const seals = await on(one)("ListAuditSeals", { page_size: 1000 });
  const [before, last] = seals.slice(-2);
  expect(await verifySeals(last)).toEqual({
    seals: `${seals.length}`,
    first_problem_seal: null,
    first_problem: null,
  });
  expect(await verifySeals({ ...last, hash: before!.hash })).toMatchObject({ first_problem: "seal_missing" });
  for (const [change, first_problem] of [
    [`delete from audit_checkpoints where seal = ${before!.seal}`, "checkpoints_differ"],
    [
      `update audit_checkpoints set last_hash = sha256('x') where seal = ${before!.seal}`,
      "checkpoints_differ",
    ],
    [`delete from audit_seals where seal = ${before!.seal}`, "link_broken"],
    [
      `delete from audit_seals where seal = ${last!.seal}; delete from audit_checkpoints where seal = ${last!.seal}`,
      "seal_missing",
    ],
  ] as const) {
    await one.query("begin; set local session_replication_role = replica");
    try {
      await one.query(change);
      expect([change, await verifySeals(last)]).toMatchObject([change, { first_problem }]);
    } finally {
      await one.query("rollback");
    }
  }
});

test("verification goes on from a checkpoint", async () => {
  const workspace = randomUUID();
  await bulk(one, `'${workspace}'::uuid`, 10);
  const { rows } = await one.query("select hash from audit_logs where workspace_id = $1 and seq = 4", [
    workspace,
  ]);
  const after = (hash: Buffer) => verifyAfter(workspace, 4, hash);
  expect(await after(rows[0].hash)).toEqual({ entries: "6", first_problem_seq: null, first_problem: null });
  expect(await after(Buffer.alloc(32))).toMatchObject({
    first_problem_seq: "5",
    first_problem: "link_broken",
  });
  await behindTheTriggers(`delete from audit_logs where workspace_id = '${workspace}' and seq = 10`);
  expect(await after(rows[0].hash)).toMatchObject({
    entries: "5",
    first_problem_seq: "9",
    first_problem: "head_differs",
  });
  expect(await verify(workspace)).toMatchObject({
    is_intact: false,
    first_problem: "head_differs",
    first_problem_seq: "9",
  });
});

test("of what belongs to no workspace each lane is verified to its end", async () => {
  await one.query("begin");
  await append(one, NIL);
  await append(two, NIL);
  await one.query("commit");
  const { rows: lanes } = await one.query(
    "select lane, last_seq, last_hash from audit_chain_heads where workspace_id = $1 and last_seq & 281474976710655 > 0 order by lane",
    [NIL],
  );
  expect(lanes.length).toBeGreaterThan(1);
  for (const { lane, last_seq, last_hash } of lanes) {
    const begin = (BigInt(lane) << 48n).toString();
    expect(await verifyAfter(NIL, begin, Buffer.alloc(32))).toMatchObject({ first_problem: null });
    expect(await verifyAfter(NIL, last_seq, last_hash)).toMatchObject({ entries: "0", first_problem: null });
  }
  const last = lanes.at(-1)!.last_seq;
  await one.query("begin");
  try {
    await one.query("set local session_replication_role = replica");
    await one.query("delete from audit_logs where workspace_id = $1 and seq = $2", [NIL, last]);
    expect(await verify(NIL)).toMatchObject({ is_intact: false });
  } finally {
    await one.query("rollback");
  }
});

test("a copy keeps its places and hashes; what does not fit is refused", async () => {
  const workspace = randomUUID();
  await bulk(one, `'${workspace}'::uuid`, 3);
  const rows = async () =>
    (await one.query("select seq, hash from audit_logs where workspace_id = $1 order by seq", [workspace]))
      .rows;
  const before = await rows();
  await one.query(
    "begin; create temp table h as select * from audit_chain_heads; create temp table l as select * from audit_logs",
  );
  await one.query("set local session_replication_role = replica");
  await one.query("delete from audit_logs where workspace_id = $1", [workspace]);
  await one.query("delete from audit_chain_heads where workspace_id = $1", [workspace]);
  await one.query("set local session_replication_role = origin");
  await one.query("insert into audit_chain_heads select * from h where workspace_id = $1", [workspace]);
  await one.query("insert into audit_logs select * from l where workspace_id = $1 order by seq desc", [
    workspace,
  ]);
  expect(await rows()).toEqual(before);
  expect(await verify(workspace)).toMatchObject({ entries: "3", is_intact: true });
  const forge = one.query(
    'insert into audit_logs select (jsonb_populate_record(l, \'{"action": "c.d", "seq": 4}\')).* from l where workspace_id = $1 and seq = 3',
    [workspace],
  );
  await expect(forge).rejects.toMatchObject({ code: "22000" });
  await one.query("rollback");
  expect(await append(one, workspace)).toMatchObject([{ seq: "4" }]);
});

test("a partition is made while others append, and takes what the default one has", async () => {
  const workspace = randomUUID();
  await one.query(
    "insert into audit_logs (workspace_id, occurred_at, actor_kind, action, target_kind) values ($1, '2029-05-05', 'system', 'a.b', 't')",
    [workspace],
  );
  await one.query("begin");
  await append(one, workspace);
  await two.query("select create_audit_log_partitions('2029-05-01', 2)"); // Its lock would be waited for two seconds only.
  await one.query("commit");
  const { rows } = await one.query(
    "select tableoid::regclass::text as at from audit_logs where workspace_id = $1 order by seq",
    [workspace],
  );
  expect(rows[0]).toEqual({ at: "audit_logs_2029_05" });
  expect(await verify(workspace)).toMatchObject({ entries: "2", is_intact: true });
  for (const statement of [
    "delete from audit_logs_2029_05",
    "truncate audit_logs_2029_05",
    "truncate audit_logs_default",
  ])
    await expect(one.query(statement).then((r) => r.rowCount)).rejects.toMatchObject({ code: "42501" });
});
