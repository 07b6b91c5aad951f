/**
 * A job, from its row in PostgreSQL to its documents in MongoDB, through the packages that applications use.
 *
 *   npm run stack -- --run "node stack/sample.mjs"
 */
import { createSolitude } from "@solitude/client";
import { loadConfig } from "@solitude/runtime/config";
import { createDocuments, jobId, solitudeCollections, workspaceId } from "@solitude/runtime/documents";

const config = loadConfig(process.env);
const solitude = createSolitude(config);
try {
  const ada = await solitude.users.getUserByEmailOrThrow({ email: "ada@example.com" });
  const { id } = await solitude.workspaces.findWorkspace({ slug: "acme" });
  // What is done in its scope is of this workspace; the server sees to it.
  const acme = solitude.workspace(id, { actor: ada.id });
  const { name } = await acme.workspaces.getWorkspaceOrThrow();
  const agent = await acme.agents.getAgentWithCurrentVersionOrThrow({ slug: "helper" });
  const job = await acme.transaction(async (tx) => {
    const created = await tx.jobs.createJob({
      agentVersionId: agent.version.id,
      parentJobId: null,
      activitySchemaId: null,
      activitySchemaVersion: null,
      taskQueue: "default",
      priority: 0,
      input: { letter: "to whom it may concern" },
      idempotencyKey: null,
      runAfter: null,
      requestedBy: ada.id,
    });
    await tx.auditLogs.appendAuditLog({
      actorKind: "user",
      action: "job.requested",
      targetKind: "job",
      targetId: created.id,
      details: {},
      ipAddress: null,
      requestId: null,
    });
    return created;
  });
  console.log(`PostgreSQL: job ${job.id} of workspace ${name} is ${job.status}`);
  if (config.mongodb === undefined) console.log("MongoDB: there is none");
  else await writeDocuments(id, job.id);
} finally {
  await solitude.shutdown();
}

async function writeDocuments(workspace, job) {
  const documents = createDocuments(config.mongodb, {
    collections: solitudeCollections,
    // FerretDB, which stands in where there is no MongoDB, has no validators.
    serverChecks: "if-supported",
  });
  try {
    const { collections } = documents.workspace(workspaceId(workspace)).job(jobId(job));
    const execution = await collections.executions.insert({
      workflowId: `job-${job}`,
      runId: "1",
      worker: "sample",
      status: "running",
      startedAt: new Date(),
      steps: [],
    });
    await collections.contexts.upsert("draft", { name: "draft", value: { text: "Dear Sir or Madam," } });
    const draft = await collections.contexts.get("draft");
    console.log(
      `MongoDB: execution ${execution.id}, and the draft says ${JSON.stringify(draft.data.value.text)}`,
    );
  } finally {
    await documents.close();
  }
}
