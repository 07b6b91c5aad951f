import { createHash } from "node:crypto";
import pg from "pg";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "./world.ts";

// A person's erasure leaves nothing of the person anywhere, and every chain of the trail verifies.

const queries = analysedQueries();
const IP = "203.0.113.77";
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

const address = (name: string): string => `${name}.${world.tag}@example.com`;
const verify = async () => (await call("VerifyAuditChain"))[0];
/** Appends what somebody did: ada, where nobody else is named. */
async function append(given: Record<string, unknown>, actor = world.ada): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('solitude.actor_id', $1, true)", [actor]);
    await caller(queries, client, () => world)("AppendAuditLog", { actor_kind: "user", ...given });
    await client.query("commit");
  } finally {
    client.release();
  }
}
const entries = async (action: string) =>
  (
    await database.pool.query(
      "select actor_id, target_id, details, ip_address from audit_logs where workspace_id = $1 and action = $2 order by seq",
      [world.workspace, action],
    )
  ).rows;
const erased = { target_id: null, details: {}, ip_address: null };

/** Where any of these texts stands in the database, as "table: text". */
async function whereStand(texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await database.pool.query(
    "select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'",
  );
  const found: string[] = [];
  for (const { name } of tables)
    for (const text of texts) {
      const { rows } = await database.pool.query(
        `select 1 from ${name} t where t::text ilike '%' || $1 || '%' limit 1`,
        [text],
      );
      if (rows.length > 0) found.push(`${name}: ${text}`);
    }
  return found;
}

test("nothing of a deleted person is left in any table, and the chains verify", async () => {
  const words = ["Ada Quillfeather", "quill.example", "a quill of words", "quillish"];
  await call("UpdateUserProfile", {
    user_id: world.cleo,
    display_name: words[0],
    headline: words[2],
    bio: words[2],
    avatar_url: `https://${words[1]}/a.png`,
    locale: "en",
    time_zone: "UTC",
    links: [`https://${words[1]}`],
  });
  await call("MergeUserPreferences", { user_id: world.cleo, preferences: { nick: words[3] } });
  await call("CreateSession", { user_id: world.cleo, ip_address: IP, user_agent: words[3] });
  await call("CreateInvitation", { email: address("cleo"), message: words[2] });
  await call("CreateUserToken", {
    user_id: world.cleo,
    purpose: "change_email",
    new_email: "c@quill.example",
  });
  await append({ target_kind: "user", target_id: address("cleo"), details: { email: address("cleo") } });
  await append({ target_kind: "user", target_id: world.cleo, details: { name: words[0] } });
  await append({ details: { from: words[3] }, ip_address: IP }, world.cleo);
  await call("AppendAuditLog", {
    actor_kind: "system",
    details: { to: [address("cleo").toUpperCase()] },
  });
  const personal = [...words, address("cleo"), IP];
  expect((await whereStand(personal)).length).toBeGreaterThan(8);

  await call("DeleteUser", { id: world.cleo });
  expect(await whereStand(personal)).toEqual([]);
  expect(await verify()).toMatchObject({ is_intact: true });
  expect(await call("ListAuditChainProblems")).toEqual([]);
  expect(await call("VerifyAuditChainAfter", { after_seq: 0, after_hash: Buffer.alloc(32) })).toMatchObject([
    { first_problem: null },
  ]);
});

test("invitations to an earlier address are theirs, and go with them", async () => {
  const invite = (email: string) =>
    call("CreateInvitation", {
      email,
      token_hash: createHash("sha256").update(email).digest(),
      message: "Come",
    });
  const email = address("eve");
  await call("VerifyUserEmail", { id: world.eve });
  await invite(email);
  await invite(address("eve2"));
  await call("ChangeUserEmail", { id: world.eve, new_email: address("eve2") });
  const { rows } = await database.pool.query(
    "select email, revoked_at is null as is_open from invitations where workspace_id = $1 and email like 'eve%' order by created_at",
    [world.workspace],
  );
  // Of two open ones that of the new address stays.
  expect(rows).toEqual([
    { email: address("eve2"), is_open: false },
    { email: address("eve2"), is_open: true },
  ]);
  await call("DeleteUser", { id: world.eve });
  expect(await whereStand([email, address("eve2")])).toEqual([]);
});

test("others keep what is theirs: who did it, from where, and what is about nobody", async () => {
  await append({ action: "user.invited", details: { email: address("bob") }, ip_address: IP });
  await append({
    action: "agent.published",
    target_id: world.agent,
    details: { version: "1.0.0" },
    ip_address: IP,
  });
  await call("DeleteUser", { id: world.bob });
  expect(await entries("user.invited")).toEqual([
    { ...erased, target_id: world.workspace, actor_id: world.ada, ip_address: IP },
  ]);
  expect(await entries("agent.published")).toMatchObject([
    { target_id: world.agent, details: { version: "1.0.0" }, ip_address: IP },
  ]);
});

test("an address that was written before it was anybody's goes with who verified it", async () => {
  const email = address("later");
  await append({ action: "user.invited", target_id: email });
  const [claimed] = await call("CreateUser", { email });
  await call("DeleteUser", { id: claimed!.id });
  expect(await entries("user.invited")).toMatchObject([{ target_id: email }]);
  const [user] = await call("CreateUser", { email });
  await call("VerifyUserEmail", { id: user!.id });
  await call("DeleteUser", { id: user!.id });
  expect(await entries("user.invited")).toMatchObject([{ target_id: null }]);
  expect(await verify()).toMatchObject({ is_intact: true });
});

test("what is written of somebody after their address changed, and after they are deleted, goes too", async () => {
  await append({ action: "user.seen", details: { email: address("eve") } });
  await call("VerifyUserEmail", { id: world.eve });
  await call("ChangeUserEmail", { id: world.eve, new_email: address("eve2") });
  await call("DeleteUser", { id: world.eve });
  await append({ action: "user.deleted", details: { why: "asked" }, ip_address: IP }, world.eve);
  expect(await entries("user.seen")).toMatchObject([{ details: {} }]);
  expect(await entries("user.deleted")).toEqual([
    { ...erased, actor_id: world.eve, target_id: world.workspace },
  ]);
  expect(await verify()).toMatchObject({ is_intact: true });
});

test("an entry that was being written while a person was deleted is erased by the maintenance", async () => {
  const writer = await database.pool.connect();
  try {
    await writer.query("begin");
    const written = { action: "user.named", actor_kind: "system" };
    await caller(
      queries,
      writer,
      () => world,
    )("AppendAuditLog", {
      ...written,
      details: { email: address("cleo") },
    });
    await call("DeleteUser", { id: world.cleo });
    await writer.query("commit");
    expect(await entries("user.named")).toMatchObject([{ details: { email: address("cleo") } }]);
    const erase = async () =>
      (await database.pool.query("select run_maintenance('erasures') as n")).rows[0].n;
    expect([await erase(), await erase()]).toEqual(["1", "0"]);
    expect(await entries("user.named")).toMatchObject([{ details: {} }]);
    expect(await verify()).toMatchObject({ is_intact: true });
  } finally {
    writer.release();
  }
});

test.each<[string, Record<string, unknown>]>([
  ["UpdateUserProfile", { display_name: "Back again" }],
  ["MergeUserPreferences", { preferences: { back: true } }],
  ["CreateSession", {}],
  ["CreateRecoveryCodes", {}],
  ["RegisterWebauthnCredential", {}],
  ["CreateSignInChallenge", {}],
])("nothing comes to a deleted user: %s", async (name, more) => {
  await call("DeleteUser", { id: world.cleo });
  const late = call(name, { user_id: world.cleo, ...more });
  await expect(late).rejects.toMatchObject({ constraint: "users_deleted_check" });
});

describe("whoever may do anything", () => {
  let owner: pg.Client;
  beforeEach(async () => {
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    await append({ action: "user.named", details: { a: 1, of: world.eve } });
  });
  afterEach(() => owner.end());
  const where = () => `where workspace_id = '${world.workspace}' and action = 'user.named'`;

  test.each([
    ["changes content", `details = '{"a": 2}'`],
    ["takes content without its key", `details = '{}'`],
    ["takes content and key", `details = '{}', details_key = null`],
    [
      "erases somebody who is there",
      "details = '{}', details_key = audit_digest(details_key, details::text)",
    ],
    [
      "passes it off as of before there were keys",
      "details = '{}', details_key = decode(repeat('00', 32), 'hex')",
    ],
    ["changes who it was", `actor_id = gen_random_uuid()`],
  ])("is refused where they %s, and found out where the triggers rest", async (_, change) => {
    const statement = `update audit_logs set ${change} ${where()}`;
    await expect(owner.query(statement)).rejects.toMatchObject({ code: "42501" });
    await owner.query(`begin; set local session_replication_role = replica; ${statement}; commit`);
    expect(await verify()).toMatchObject({ is_intact: false, first_problem: "entry_altered" });
  });

  test("cannot delete, nor give back what was erased as something else", async () => {
    await expect(owner.query(`delete from audit_logs ${where()}`)).rejects.toMatchObject({ code: "42501" });
    await call("DeleteUser", { id: world.eve });
    expect(await verify()).toMatchObject({ is_intact: true });
    await expect(owner.query(`update audit_logs set details = '{"a": 1}' ${where()}`)).rejects.toMatchObject({
      code: "42501",
    });
  });
});

test("the digest of an erased content is not the one of a guess", async () => {
  await append({ action: "user.named", details: { email: address("dan") } });
  await append({ action: "user.named", details: { email: address("dan") } });
  await call("DeleteUser", { id: world.dan });
  const { rows } = await database.pool.query(
    "select octet_length(details_key) as n, details_key <> sha256(convert_to($2::jsonb::text, 'UTF8')) as is_salted, count(*) over ()::int from audit_logs where workspace_id = $1 and action = 'user.named' group by details_key",
    [world.workspace, JSON.stringify({ email: address("dan") })],
  );
  expect(rows).toEqual(Array(2).fill({ n: 32, is_salted: true, count: 2 }));
});

test("entries from before there were keys are erased too, and no others can pass as such", async () => {
  const before = (seq: number) => `
    with head as (select * from audit_chain_heads where workspace_id = '${world.workspace}'), made as (
      select h.last_hash as previous, h.last_seq + ${seq} as seq, '2026-10-05'::timestamptz as at,
        jsonb_build_object('email', '${address("eve")}')::json_document as details from head h)
    insert into audit_logs (workspace_id, seq, occurred_at, actor_kind, actor_id, action, target_kind, details, previous_hash, hash)
    select '${world.workspace}', seq, at, 'user', '${world.eve}', 'user.old', 'user', details, previous,
      audit_log_hash(previous, '${world.workspace}', seq, at, 'user', '${world.eve}', 'user.old', 'user', null, details, null, null)
    from made`;
  await database.pool.query(before(1));
  await database.pool.query(
    "update audit_log_persons set was_in_clear = true where workspace_id = $1 and seq = 2",
    [world.workspace],
  );
  expect(await verify()).toMatchObject({ is_intact: true });
  await call("DeleteUser", { id: world.eve });
  expect(await entries("user.old")).toMatchObject([{ details: {} }]);
  expect(await verify()).toMatchObject({ is_intact: true });
});
