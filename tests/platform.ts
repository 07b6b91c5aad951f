import { createHash, randomUUID } from "node:crypto";
import type { WorkspaceId } from "@solitude/runtime";
import * as client from "../generated/src/index.ts";
import type { Pool } from "../runtime/src/index.ts";

/** What people do on the platform, each by the generated functions alone; what it leaves in the audit trail included. */

export const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
/** What one workspace sees and changes: a scope of row-level security. */
export const inWorkspace = (pool: Pool, workspaceId: WorkspaceId, by?: client.UserId) =>
  pool.scope({
    "solitude.workspace_id": workspaceId,
    ...(by === undefined ? {} : { "solitude.actor_id": by }),
  });

export const PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$c29tZWhhc2g";

export function must<T>(row: T | null): T {
  if (row === null) throw new Error("there is no such row");
  return row;
}

export interface Person {
  readonly id: client.UserId;
  readonly sessionId: client.SessionId;
  readonly sessionToken: Buffer;
}

/** From the form to the first session. */
export async function signUp(pool: Pool, email: string, displayName: string): Promise<Person> {
  const user = await client.signUpUserOrThrow(pool, { email, displayName, secretHash: PASSWORD_HASH });
  const tokenHash = sha256(`verify ${user.id}`);
  const purpose = "verify_email";
  await client.createUserToken(pool, {
    tokenHash,
    userId: user.id,
    purpose,
    validFor: "1 day",
    newEmail: null,
  });
  await pool.transaction(async (tx) => {
    const { userId } = await client.useUserTokenOrThrow(tx, { tokenHash, purpose });
    await client.verifyUserEmailOrThrow(tx, { id: userId });
  });
  const password = await client.getPasswordForSignInOrThrow(pool, { email });
  if (password.secretHash !== PASSWORD_HASH) throw new Error("not the password that was set");
  await client.recordSuccessfulSignIn(pool, { id: password.credentialId });
  const sessionToken = sha256(`session ${user.id}`);
  const session = await client.createSession(pool, {
    userId: user.id,
    tokenHash: sessionToken,
    ipAddress: "10.0.0.1",
    userAgent: null,
    validFor: "30 days",
  });
  return { id: user.id, sessionId: session.id, sessionToken };
}

/** Does something, and writes what was done into the workspace's trail, in one transaction. */
export function audited<T extends { id: string }>(
  pool: Pool,
  at: { workspaceId: WorkspaceId; by: client.UserId; action: string },
  work: (tx: client.Client) => Promise<T | null>,
): Promise<T> {
  return inWorkspace(pool, at.workspaceId, at.by).transaction(async (tx) => {
    const row = must(await work(tx));
    await client.appendAuditLog(tx, {
      workspaceId: at.workspaceId,
      actorKind: "user",
      action: at.action,
      targetKind: at.action.split(".")[0] ?? "",
      targetId: row.id,
      details: { note: 'a "quoted" value\n\\' },
      ipAddress: "2001:db8::1",
      requestId: "request-1",
    });
    return row;
  });
}

export async function foundWorkspace(pool: Pool, slug: string, founder: client.UserId): Promise<WorkspaceId> {
  const workspaceId = randomUUID() as WorkspaceId;
  const row = await client.createWorkspaceOrThrow(inWorkspace(pool, workspaceId), {
    workspaceId,
    slug,
    name: `The ${slug}`,
    region: null,
    createdBy: founder,
  });
  const at = { workspaceId: row.id, by: founder, action: "workspace.created" };
  await audited(pool, at, async () => row);
  return row.id;
}

/** An invitation and its acceptance. */
export async function join(
  pool: Pool,
  at: { workspaceId: WorkspaceId; by: client.UserId },
  invited: { id: client.UserId; email: string; role: "viewer" | "editor" | "admin" },
): Promise<void> {
  const { workspaceId, by } = at;
  const tokenHash = sha256(`invitation ${workspaceId} ${invited.id}`);
  const invitation = await audited(pool, { ...at, action: "invitation.created" }, (tx) =>
    client.createInvitation(tx, {
      workspaceId,
      email: invited.email,
      role: invited.role,
      tokenHash,
      message: null,
      invitedBy: by,
    }),
  );
  await audited(pool, { workspaceId, by: invited.id, action: "invitation.accepted" }, async (tx) => {
    await client.acceptInvitationOrThrow(tx, { workspaceId, tokenHash, userId: invited.id });
    return invitation;
  });
}

export interface Draft {
  readonly agentId: client.AgentId;
  readonly versionId: client.AgentVersionId;
}

export async function draftAgent(
  pool: Pool,
  at: { workspaceId: WorkspaceId; by: client.UserId },
  slug: string,
): Promise<Draft> {
  const { workspaceId, by } = at;
  const agent = await audited(pool, { ...at, action: "agent.created" }, (tx) =>
    client.createAgent(tx, {
      workspaceId,
      slug,
      name: "Helper",
      description: "Writes letters",
      labels: { team: "post" },
      createdBy: by,
    }),
  );
  const version = await client.createAgentVersion(inWorkspace(pool, workspaceId), {
    workspaceId,
    agentId: agent.id,
    version: "1.9.0",
    model: "a-model",
    instructions: "Be kind.",
    parameters: { temperature: 0.5 },
    limits: { maxSteps: 10, maxSeconds: 60, maxTokens: null },
    inputSchema: null,
    outputSchema: null,
    releaseNotes: null,
    createdBy: by,
  });
  return { agentId: agent.id, versionId: version.id };
}

/** A workflow of one step that needs two admins, and a request for this version. */
export async function requestApproval(
  pool: Pool,
  at: { workspaceId: WorkspaceId; by: client.UserId },
  versionId: client.AgentVersionId,
): Promise<client.ApprovalRequestId> {
  const { workspaceId, by } = at;
  const workflow = await client.createApprovalWorkflow(inWorkspace(pool, workspaceId), {
    workspaceId,
    slug: "publish",
    name: "Publish",
    description: "",
    subjectKind: "agent_version",
    expiresAfter: "3 days",
    createdBy: by,
  });
  await client.addApprovalWorkflowStepOrThrow(inWorkspace(pool, workspaceId), {
    workspaceId,
    workflowId: workflow.id,
    name: "Peers",
    approverRole: "admin",
    approverIds: null,
    requiredApprovals: 2,
  });
  const request = await audited(pool, { ...at, action: "approval.requested" }, (tx) =>
    client.createApprovalRequest(tx, {
      workspaceId,
      workflowId: workflow.id,
      subjectId: versionId,
      title: "Publish 1.9.0",
      context: null,
      requestedBy: by,
      temporalWorkflowId: null,
    }),
  );
  return request.id;
}

/** The decision and what follows from it, in one transaction; null when this person may not decide. */
export function decide(
  pool: Pool,
  request: { workspaceId: WorkspaceId; requestId: client.ApprovalRequestId },
  decidedBy: client.UserId,
): Promise<client.AdvanceApprovalRequestRow | null> {
  return inWorkspace(pool, request.workspaceId).transaction(async (tx) => {
    const decision = { ...request, decidedBy, verdict: "approved", comment: "fine" } as const;
    if ((await client.recordApprovalDecision(tx, decision)) === null) return null;
    return client.advanceApprovalRequest(tx, request);
  });
}

/** Publishes an agent's version, and offers it on the marketplace. */
export async function publish(
  pool: Pool,
  at: { workspaceId: WorkspaceId; by: client.UserId },
  draft: Draft,
): Promise<client.ListingId> {
  const { workspaceId, by } = at;
  await audited(pool, { ...at, action: "agent.published" }, async (tx) => {
    const published = await client.publishAgentVersionOrThrow(tx, { workspaceId, id: draft.versionId });
    return { id: published.agentId };
  });
  const category = await client.createCategory(pool, {
    parentId: null,
    slug: "work",
    name: "Work",
    position: 1,
  });
  const { id } = await client.createListing(inWorkspace(pool, workspaceId), {
    publisherWorkspaceId: workspaceId,
    agentId: draft.agentId,
    agentVersionId: draft.versionId,
    categoryId: category.id,
    slug: "letter-helper",
    title: "Letter helper",
    summary: "It helps writing letters",
    description: "A helper that writes letters for you.",
    tags: ["letters", 'with "quotes", {braces}'],
    language: null,
    visibility: "public",
    billing: "monthly",
    priceAmountMinor: "1999",
    priceCurrency: "USD",
    createdBy: by,
  });
  const listing = { id, publisherWorkspaceId: workspaceId };
  await client.submitListingOrThrow(inWorkspace(pool, workspaceId), listing);
  await audited(pool, { ...at, action: "listing.published" }, (tx) => client.publishListing(tx, listing));
  return id;
}

/** Installs a listing elsewhere, and rates it. */
export async function installAndReview(
  pool: Pool,
  at: { workspaceId: WorkspaceId; by: client.UserId },
  listingId: client.ListingId,
): Promise<void> {
  const { workspaceId, by } = at;
  const place = { workspaceId, listingId };
  await audited(pool, { ...at, action: "listing.installed" }, (tx) =>
    client.installListing(tx, { ...place, settings: { tone: "warm" }, autoUpdate: null, installedBy: by }),
  );
  const review = { ...place, authorId: by, title: "Nice" };
  await client.upsertReviewOrThrow(inWorkspace(pool, workspaceId), { ...review, rating: 2, body: "Hm." });
  await client.upsertReviewOrThrow(inWorkspace(pool, workspaceId), {
    ...review,
    rating: 5,
    body: "It grows on one.",
  });
}
