import { randomUUID } from "node:crypto";
import * as queries from "@solitude/client";
import { createPool } from "@solitude/runtime";
import { loadConfig } from "@solitude/runtime/config";

const EMAIL = "ada@example.com";

/**
 * Puts a person, a workspace with an agent and a job into an empty database, through the client that applications use.
 * Gives whether it did: what is there already stays.
 */
export async function seed(environment) {
  const pool = createPool(loadConfig(environment).postgres);
  try {
    if ((await queries.getUserByEmail(pool, { email: EMAIL })) !== null) return false;
    const user = await queries.signUpUser(pool, {
      email: EMAIL,
      displayName: "Ada",
      secretHash: "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$c29tZWhhc2g",
    });
    const workspaceId = randomUUID();
    await pool
      .scope({ "solitude.workspace_id": workspaceId, "solitude.actor_id": user.id })
      .transaction((tx) => fill(tx, workspaceId, user.id));
    return true;
  } finally {
    await pool.close();
  }
}

async function fill(tx, workspaceId, createdBy) {
  await queries.createWorkspace(tx, { workspaceId, slug: "acme", name: "Acme", region: null, createdBy });
  const agent = await queries.createAgent(tx, {
    workspaceId,
    slug: "helper",
    name: "Helper",
    description: "Writes letters",
    labels: { team: "post" },
    createdBy,
  });
  const version = await queries.createAgentVersion(tx, {
    workspaceId,
    agentId: agent.id,
    version: "1.0.0",
    model: "a-model",
    instructions: "Be kind.",
    parameters: { temperature: 0.5 },
    limits: { maxSteps: 10, maxSeconds: 60, maxTokens: null },
    inputSchema: null,
    outputSchema: null,
    releaseNotes: null,
    createdBy,
  });
  await queries.publishAgentVersion(tx, { workspaceId, id: version.id });
  await queries.appendAuditLog(tx, {
    workspaceId,
    actorKind: "user",
    action: "agent.created",
    targetKind: "agent",
    targetId: agent.id,
    details: { seeded: true },
    ipAddress: null,
    requestId: null,
  });
}
