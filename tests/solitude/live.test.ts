import { createHash } from "node:crypto";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { analysedQueries, type Call, caller, installWorld, makeWorld, type World } from "./world.ts";

// What ends a thing ends it everywhere: for whoever signs in, for what runs, and for what is offered.

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

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const address = (name: string): string => `${name}.${world.tag}@example.com`;
/** The link that the world holds, by the same query that a mail's link runs. */
const link = (purpose: string): Buffer => sha256(`${purpose} of ${world.tag}`);
const sendLink = (purpose: string, more = {}): Promise<unknown> =>
  call("CreateUserToken", { user_id: world.ada, purpose, token_hash: link(purpose), ...more });
const follow = (purpose: string) => call("UseUserToken", { purpose, token_hash: link(purpose) });

describe("people", () => {
  test.each<[string, () => Promise<unknown>]>([
    ["suspended", () => call("SetUserStatus", { id: world.cleo, status: "suspended" })],
    ["deleted", () => call("DeleteUser", { id: world.cleo })],
  ])("who is %s may do nothing, and cannot sign in", async (_, end) => {
    const may = () => call("MemberHasPermission", { user_id: world.cleo, permission: "agents.publish" });
    expect(await may()).toEqual([{ is_allowed: true }]);
    await end();
    expect((await may()).filter((row) => row.is_allowed)).toEqual([]);
  });

  test("a session, a password and an account elsewhere end with a suspension, and come back with its end", async () => {
    const issuer = { issuer: "https://id.example", subject: `ada ${world.tag}` };
    await call("LinkOauthCredential", { user_id: world.ada, ...issuer });
    const ways = async (): Promise<number[]> =>
      Promise.all([
        call("GetSession", { token_hash: sha256(`session ${world.tag}`) }),
        call("GetPasswordForSignIn", { email: address("ada") }),
        call("GetOauthCredential", issuer),
      ]).then((found) => found.map((rows) => rows.length));
    expect(await ways()).toEqual([1, 1, 1]);
    await call("SetUserStatus", { id: world.ada, status: "suspended" });
    expect(await ways()).toEqual([0, 0, 0]);
    await call("SetUserStatus", { id: world.ada, status: "active" });
    expect(await ways()).toEqual([1, 1, 1]);
  });

  test("who is suspended decides nothing, and their session gets no new token", async () => {
    const decide = () => call("RecordApprovalDecision", { decided_by: world.cleo });
    const rotate = () => call("RotateSessionToken");
    for (const id of [world.ada, world.cleo]) await call("SetUserStatus", { id, status: "suspended" });
    expect([await decide(), await rotate()]).toEqual([[], []]);
    for (const id of [world.ada, world.cleo]) await call("SetUserStatus", { id, status: "active" });
    expect([await decide(), await rotate()].map((rows) => rows.length)).toEqual([1, 1]);
  });

  test("who never verified an address is pending again after a suspension", async () => {
    const [user] = await call("CreateUser", { email: `pending.${world.tag}@example.com` });
    await call("SetUserStatus", { id: user!.id, status: "suspended" });
    await call("SetUserStatus", { id: user!.id, status: "active" });
    expect(await call("GetUser", { id: user!.id })).toMatchObject([{ status: "pending" }]);
  });

  test("a directory adopts an address without the stranger who signed up with it", async () => {
    const email = `victim.${world.tag}@example.com`;
    const [stranger] = await call("SignUpUser", { email });
    await call("CreateSession", { user_id: stranger!.id, token_hash: sha256(`stranger ${world.tag}`) });
    expect(await call("UpsertUserByEmail", { email })).toMatchObject([
      { id: stranger!.id, status: "active", is_new: false },
    ]);
    expect(await call("GetPasswordForSignIn", { email })).toEqual([]);
    expect(await call("GetSession", { token_hash: sha256(`stranger ${world.tag}`) })).toEqual([]);
    expect(await call("GetUserWithProfile", { id: stranger!.id })).toMatchObject([{ display_name: null }]);
  });

  test("a directory that says again what is verified takes no way to sign in", async () => {
    await call("UpsertUserByEmail", { email: address("ada") });
    expect(await call("GetPasswordForSignIn", { email: address("ada") })).toHaveLength(1);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      "the password changed",
      () => call("ChangePassword", { user_id: world.ada, secret_hash: "$argon2id$other" }),
    ],
    ["the address changed", () => call("ChangeUserEmail", { id: world.ada })],
    ["the account was suspended", () => call("SetUserStatus", { id: world.ada, status: "suspended" })],
    ["a later one was sent", () => sendLink("reset_password", { token_hash: sha256(`later ${world.tag}`) })],
  ])("a link to reset the password ends when %s", async (_, end) => {
    await sendLink("reset_password");
    await end();
    expect(await follow("reset_password")).toEqual([]);
  });

  test("a link to verify the address survives a new password", async () => {
    await sendLink("verify_email");
    await call("ChangePassword", { user_id: world.ada, secret_hash: "$argon2id$other" });
    expect(await follow("verify_email")).toEqual([{ user_id: world.ada, email: address("ada") }]);
  });

  test("a link to verify the address ends with a new address", async () => {
    await sendLink("verify_email");
    await call("ChangeUserEmail", { id: world.ada });
    expect(await follow("verify_email")).toEqual([]);
  });

  test("a link to change the address says which one it confirms", async () => {
    await sendLink("change_email", { new_email: "Next@Example.com" });
    expect(await follow("change_email")).toEqual([{ user_id: world.ada, email: "next@example.com" }]);
  });
});

describe("keys", () => {
  const expiry = (hash: Buffer) =>
    database.pool
      .query("select expires_at from api_keys where key_hash = $1", [hash])
      .then(({ rows }) => rows[0]?.expires_at);
  const made = (text: string): Buffer => sha256(`${text} ${world.tag}`);

  test("rotation keeps a key's end", async () => {
    await call("RotateApiKey", { key_hash: made("rotated") });
    expect(await expiry(made("rotated"))).not.toBe(null);
  });

  test.each(["expires_at = now() - interval '1 hour'", "revoked_at = now()"])(
    "rotation revives none that is over: %s",
    async (over) => {
      await database.pool.query(`update api_keys set ${over} where id = $1`, [world.api_key]);
      expect(await call("RotateApiKey", { key_hash: made("rotated") })).toEqual([]);
      expect(await call("AuthenticateApiKey")).toEqual([]);
    },
  );
});

describe("workspaces", () => {
  test("nothing begins in an archived one, and what ran there has ended", async () => {
    await call("ArchiveWorkspace");
    for (const name of [
      "CreateJob",
      "CreateJobs",
      "CreateApiKey",
      "CreateInvitation",
      "CreateIntegration",
      "CreateApprovalRequest",
      "CreateListing",
    ])
      await expect([name, await call(name).catch((e) => e.constraint)]).toEqual([
        name,
        "workspaces_archived_check",
      ]);
    expect(await call("MemberHasPermission", { permission: "workspace.delete" })).toEqual([
      { is_allowed: false },
    ]);
    expect(await call("AuthenticateApiKey")).toEqual([]);
    expect(await call("FailJob")).toEqual([]);
    expect((await call("ListIntegrationsToRenew")).filter((i) => i.workspace_id === world.workspace)).toEqual(
      [],
    );
    const { rows } = await database.pool.query(
      "select (select count(*)::int from jobs where workspace_id = $1 and status in ('queued', 'running', 'waiting_approval')) as jobs, (select count(*)::int from approval_requests where workspace_id = $1 and status = 'pending') as requests, (select status from listings where publisher_workspace_id = $1) as listing",
      [world.workspace],
    );
    expect(rows).toEqual([{ jobs: 0, requests: 0, listing: "withdrawn" }]);
    await call("RestoreWorkspace");
    const archive = queries.find(({ name }) => name === "ArchiveWorkspace")!;
    const client = await database.pool.connect();
    await client.query("begin isolation level repeatable read");
    await expect(client.query(archive.sql, [world.workspace])).rejects.toMatchObject({ code: "25000" });
    await client.query("rollback");
    client.release();
    await call("ArchiveWorkspace");
    expect(await call("RestoreWorkspace")).toMatchObject([{ id: world.workspace }]);
    expect(await call("CreateJob", { parent_job_id: null })).toMatchObject([{ status: "queued" }]);
  });

  test("an invitation that has expired stands in nobody's way", async () => {
    await database.pool.query(
      "update invitations set expires_at = now() - interval '1 minute' where id = $1",
      [world.dans_invitation],
    );
    const invite = (hash: string) =>
      call("CreateInvitations", { email: address("dan"), token_hash: sha256(hash + world.tag) });
    expect(await invite("once")).toMatchObject([{ email: address("dan") }]);
    expect(await invite("twice")).toEqual([]);
  });
});

describe("listings", () => {
  test("what is suspended neither runs nor ships; what is withdrawn goes on with those who have it", async () => {
    const runs = async (): Promise<number> => (await call("CreateInstalledAgentJob")).length;
    expect(await runs()).toBe(1);
    await call("SetListingStatus", { status: "suspended" });
    expect(await runs()).toBe(0);
    expect(await call("ReleaseListingVersion")).toEqual([]);
    await call("SetListingStatus", { status: "published" });
    await call("WithdrawListing");
    expect(await runs()).toBe(1);
    await expect(call("SetListingStatus", { status: "published" })).rejects.toMatchObject({
      constraint: "listings_status_transition",
    });
  });

  test.each(["WithdrawListing", "ArchiveWorkspace"])(
    "what is suspended runs nowhere after %s either",
    async (query) => {
      const runs = async (): Promise<number> => {
        const text = "select from live_installations where listing_id = $1";
        return (await database.pool.query(text, [world.listing])).rows.length;
      };
      expect(await runs()).toBe(1);
      await call("SetListingStatus", { status: "suspended" });
      await call(query);
      const { rows } = await database.pool.query("select status from listings where id = $1", [
        world.listing,
      ]);
      expect([rows, await runs()]).toEqual([[{ status: "withdrawn" }], 0]);
    },
  );

  test("a release writes nothing of its customers, and reaches those who follow it", async () => {
    await call("PublishAgentVersion");
    const version = () =>
      database.pool
        .query("select agent_version_id from live_installations where id = $1", [world.installation])
        .then(({ rows }) => rows[0].agent_version_id);
    await call("ReleaseListingVersion", { agent_version_id: world.draft });
    expect(await version()).toBe(world.published);
    await call("ConfigureInstallation", { auto_update: true });
    expect(await version()).toBe(world.draft);
  });

  test("a person rates a listing once, from whichever workspace, and not their own", async () => {
    const other = await makeWorld(database.pool);
    await call("InstallListing", { workspace_id: other.workspace });
    expect(await call("UpsertReview", { workspace_id: other.workspace, author_id: world.dan })).toEqual([]);
    expect(await call("UpsertReview", { rating: 2, author_id: world.dan })).toMatchObject([{ rating: 2 }]);
    await expect(call("UpsertReview", { author_id: world.bob })).rejects.toMatchObject({
      constraint: "reviews_author_check",
    });
    await call("UninstallListing");
    expect(await call("UpsertReview", { author_id: world.eve })).toEqual([]);
  });
});
