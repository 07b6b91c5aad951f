import { randomUUID } from "node:crypto";
import type { WorkspaceId } from "@solitude/runtime";
import * as client from "../generated/src/index.ts";
import { createPool, type Pool, UniqueViolationError } from "../runtime/src/index.ts";
import {
  type Draft,
  decide,
  draftAgent,
  foundWorkspace,
  installAndReview,
  inWorkspace,
  join,
  PASSWORD_HASH,
  type Person,
  publish,
  requestApproval,
  sha256,
  signUp,
} from "./platform.ts";
import type { TestDatabase } from "./postgres/database.ts";
import { createSolitudeDatabase } from "./postgres/solitude-schema.ts";

// The story of one workspace, told in order: each test starts where the last one ended.

let database: TestDatabase;
/** The services' role: what it may not do, no test here can do by accident. */
let app: Pool;
/** The role of what works across tenants. */
let worker: Pool;
/** The one that owns the tables, whom triggers stop. */
let owner: Pool;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  app = createPool({ connectionString: database.urlAs("solitude_app"), max: 5 });
  worker = createPool({ connectionString: database.urlAs("solitude_worker"), max: 2 });
  owner = createPool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await Promise.all([app?.close(), worker?.close(), owner?.close()]);
  await database?.drop();
});

let ada: Person;
let bob: Person;
let cleo: Person;
let workspaceId: WorkspaceId;
let draft: Draft;
let listingId: client.ListingId;

const always = { fromTime: "2000-01-01", toTime: "infinity" };
/** PostgreSQL's own words are in the cause. */
const rejection = (sqlState: string, words = /./): unknown =>
  expect.objectContaining({
    sqlState,
    cause: expect.objectContaining({ message: expect.stringMatching(words) }),
  });

test("people sign up, verify their address and sign in", async () => {
  ada = await signUp(app, "Ada@Example.com", "Ada");
  [bob, cleo] = await Promise.all([
    signUp(app, "bob@example.com", "Bob"),
    signUp(app, "cleo@example.com", "Cleo"),
  ]);
  expect(await client.getSession(app, { tokenHash: ada.sessionToken })).toEqual({
    sessionId: ada.sessionId,
    expiresAt: expect.any(String),
    lastUsedAt: expect.any(String),
    userId: ada.id,
    email: "ada@example.com",
    status: "active",
    displayName: "Ada",
    locale: "en",
  });
  expect(
    await client.useUserToken(app, { tokenHash: sha256(`verify ${ada.id}`), purpose: "verify_email" }),
  ).toBe(null);
  expect(await client.getSession(app, { tokenHash: sha256("of nobody") })).toBe(null);
});

test("the same address cannot sign up twice", async () => {
  const again = { email: "ADA@example.com", displayName: "Eve", secretHash: PASSWORD_HASH };
  const error = await client.signUpUser(app, again).catch((e) => e);
  expect(error).toBeInstanceOf(UniqueViolationError);
  expect(error).toMatchObject({ query: "SignUpUser", constraint: "users_email_key" });
});

test("a workspace has its founder as owner, and those who accept its invitations as members", async () => {
  workspaceId = await foundWorkspace(app, "acme", ada.id);
  const at = { workspaceId, by: ada.id };
  await join(app, at, { id: bob.id, email: "Bob@example.com", role: "admin" });
  await join(app, at, { id: cleo.id, email: "cleo@example.com", role: "admin" });
  const members = await client.listWorkspaceMembers(inWorkspace(app, workspaceId), { workspaceId });
  expect(members.map((m) => [m.email, m.role])).toEqual(
    expect.arrayContaining([
      ["ada@example.com", "owner"],
      ["bob@example.com", "admin"],
      ["cleo@example.com", "admin"],
    ]),
  );
  expect(await client.getWorkspaceBySlugOrThrow(worker, { slug: "acme", userId: bob.id })).toMatchObject({
    workspace: { id: workspaceId, plan: "free", defaultLimits: null },
    memberRole: "admin",
  });
});

test("another workspace's scope sees nothing of it, and neither does no scope", async () => {
  for (const on of [inWorkspace(app, randomUUID() as WorkspaceId), app]) {
    expect(await client.getWorkspace(on, { workspaceId })).toBe(null);
    expect(await client.listWorkspaceMembers(on, { workspaceId })).toEqual([]);
  }
  expect(await client.findWorkspace(app, { slug: "acme" })).toEqual({ id: workspaceId });
});

test("a transaction that fails leaves nothing", async () => {
  const workspaceId = randomUUID() as WorkspaceId;
  const attempt = inWorkspace(app, workspaceId).transaction(async (tx) => {
    await client.createWorkspace(tx, {
      slug: "never",
      name: "Never",
      region: "us",
      workspaceId,
      createdBy: bob.id,
    });
    await client.createWorkspace(tx, {
      slug: "acme",
      name: "Taken",
      region: "us",
      workspaceId,
      createdBy: bob.id,
    });
  });
  await expect(attempt).rejects.toEqual(rejection("23505"));
  expect(await client.getWorkspaceBySlug(worker, { slug: "never", userId: bob.id })).toBe(null);
});

test("an agent's version is published once two admins have approved", async () => {
  const at = { workspaceId, by: ada.id };
  draft = await draftAgent(app, at, "helper");
  const requestId = await requestApproval(app, at, draft.versionId);
  const request = { workspaceId, requestId };
  expect(await decide(app, request, ada.id)).toBe(null); // She asked for it.
  expect(await decide(app, request, bob.id)).toMatchObject({ status: "pending", approvals: "1" });
  expect(await decide(app, request, bob.id)).toBe(null); // Once each.
  expect(await decide(app, request, cleo.id)).toMatchObject({ status: "approved", approvals: "2" });
  const tree = await client.getApprovalRequestTreeOrThrow(inWorkspace(app, workspaceId), {
    workspaceId,
    id: requestId,
  });
  expect(tree).toMatchObject({ status: "approved", completedAt: expect.any(String) });
  expect(tree.steps).toEqual([expect.objectContaining({ name: "Peers" })]);

  listingId = await publish(app, at, draft);
  const definition = await client.getAgentDefinitionOrThrow(worker, { workspaceId, id: draft.versionId });
  expect(definition).toMatchObject({
    version: "1.9.0",
    parameters: { temperature: 0.5 },
    maxSteps: 10,
    maxTokens: null,
    tools: [],
  });
});

test("another workspace installs and reviews it", async () => {
  // Bob belongs to the publisher, whose members do not rate it.
  const dora = await signUp(app, "dora@example.com", "Dora");
  const other = await foundWorkspace(app, "other", dora.id);
  await installAndReview(app, { workspaceId: other, by: dora.id }, listingId);
  await client.refreshListingStats(worker);
  expect(await client.getListing(worker, { slug: "letter-helper", viewerWorkspaceId: null })).toMatchObject({
    listing: {
      id: listingId,
      tags: ["letters", 'with "quotes", {braces}'],
      price: { amountMinor: "1999", currency: "USD" },
    },
    publisherName: "The acme",
    version: "1.9.0",
    activeInstallations: "1",
    reviewCount: "1",
    averageRating: "5.00",
  });
  const found = await client.searchListings(app, {
    query: "writing letter",
    language: null,
    pageSize: "5",
    pageOffset: "0",
  });
  expect(found.map((l) => l.id)).toEqual([listingId]);
});

test(":copyfrom inserts more rows than one statement takes", async () => {
  async function* entries(): AsyncGenerator<client.AppendAuditLogsArgs> {
    for (let i = 0; i < 1001; i++) {
      yield {
        workspaceId,
        actorKind: "system",
        actorId: null,
        action: "job.imported",
        targetKind: "job",
        targetId: i % 2 === 0 ? null : `job "${i}", {\\}`,
        details: { i, text: "NULL" },
      };
    }
  }
  expect(await client.appendAuditLogs(inWorkspace(app, workspaceId), entries())).toBe(1001);
});

test("a :batch settles each in its place", async () => {
  const invitation = { workspaceId, role: "viewer", invitedBy: ada.id } as const;
  const settled = await client.createInvitations(inWorkspace(app, workspaceId), [
    { ...invitation, email: "new@example.com", tokenHash: sha256("new") },
    { ...invitation, email: "not an address", tokenHash: sha256("bad") },
    { ...invitation, email: "bob@example.com", tokenHash: sha256("member") },
  ]);
  expect(settled).toEqual([
    { status: "fulfilled", value: expect.objectContaining({ email: "new@example.com" }) },
    { status: "rejected", reason: rejection("23514", /email_address_has_a_domain/) },
    { status: "fulfilled", value: null },
  ]);
});

test("the trail tells the story, newest first, and its chain is intact", async () => {
  const list = { workspaceId, ...always, pageSize: 50 };
  const { rows: trail } = await client.listAuditLogs(inWorkspace(app, workspaceId), {
    ...list,
    actorId: ada.id,
  });
  expect(trail.map((l) => l.action)).toEqual([
    "listing.published",
    "agent.published",
    "approval.requested",
    "agent.created",
    "invitation.created",
    "invitation.created",
    "workspace.created",
  ]);
  expect(trail[0]).toMatchObject({
    actorName: "Ada",
    actorKind: "user",
    targetId: listingId,
    details: { note: 'a "quoted" value\n\\' },
    ipAddress: "2001:db8::1",
  });
  const all = { ...list, actions: ["job.imported"] };
  const { rows: imported, next } = await client.listAuditLogs(inWorkspace(app, workspaceId), all);
  expect(imported[0]?.details).toEqual({ i: 1000, text: "NULL" });
  expect(imported[1]?.targetId).toBe('job "999", {\\}');
  const second = await client.listAuditLogs(inWorkspace(app, workspaceId), { ...all, after: next });
  expect(second.rows[0]?.details).toEqual({ i: 950, text: "NULL" });
  expect(await client.verifyAuditChain(inWorkspace(app, workspaceId), { workspaceId })).toEqual({
    entries: "1010",
    problems: "0",
    isIntact: true,
    firstProblemSeq: null,
    firstProblem: null,
  });
});

test.each(["update audit_logs set action = 'a.b'", "delete from audit_logs", "truncate audit_logs"])(
  "nobody may: %s",
  async (statement) => {
    await expect(app.execute(statement)).rejects.toEqual(rejection("42501", /permission denied/));
    await expect(owner.execute(statement)).rejects.toEqual(rejection("42501", /immutable/));
  },
);

test.each([
  ["altered", "update audit_logs set action = 'agent.deleted' where seq = 3", "3", "entry_altered"],
  ["removed", "delete from audit_logs where seq = 2", "3", "entries_missing"],
  ["removed at the end", "delete from audit_logs where seq = 1010", "1009", "head_differs"],
])("an entry that is %s behind the triggers' back is found", async (_, statement, seq, problem) => {
  const tampering = owner.transaction(async (tx) => {
    await tx.execute("set local session_replication_role = replica");
    await tx.execute(`${statement} and workspace_id = '${workspaceId}'`);
    expect(await client.verifyAuditChain(tx, { workspaceId })).toMatchObject({
      isIntact: false,
      firstProblemSeq: seq,
      firstProblem: problem,
    });
    const [first] = await client.listAuditChainProblems(tx, { workspaceId });
    // The head is not an entry.
    if (problem !== "head_differs") expect(first).toMatchObject({ seq, problem });
    throw new Error("undo");
  });
  await expect(tampering).rejects.toThrow("undo");
  expect(await client.verifyAuditChain(inWorkspace(app, workspaceId), { workspaceId })).toMatchObject({
    isIntact: true,
  });
});
