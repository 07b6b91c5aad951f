// Makes a job and its documents, writes to them, stores a payload, erases all, and makes another; killed before its nth message to a server.
import { Socket } from "node:net";
import { createSolitude } from "@solitude/client";
import {
  createDocuments,
  createJobDelivery,
  firstDocuments,
  solitudeCollections,
  storePayload,
} from "@solitude/runtime/documents";

const { postgres, mongodb, serverChecks, workspace, agentVersion, killAt } = JSON.parse(process.argv[2]);
let sent = 0;
const { write } = Socket.prototype;
Socket.prototype.write = function (...args) {
  // What is printed goes to a pipe.
  if (this.remotePort !== undefined && ++sent === killAt) process.kill(process.pid, "SIGKILL");
  return write.apply(this, args);
};

const db = createSolitude({
  postgres: { connectionString: postgres, max: 1 },
  documents: () => createDocuments(mongodb, { collections: solitudeCollections, serverChecks }),
  health: { interval: 600_000 },
});
const scope = db.workspace(workspace);
const source = createDocuments(mongodb, { collections: solitudeCollections, serverChecks });
const delivery = createJobDelivery(source, db.jobDocuments, { lease: 1 });

const makeJob = () =>
  scope.transaction(async (tx) => {
    const job = await tx.jobs.createJob({
      agentVersionId: agentVersion,
      taskQueue: "two stores",
      priority: 0,
      input: {},
      parentJobId: null,
      activitySchemaId: null,
      activitySchemaVersion: null,
      idempotencyKey: null,
      runAfter: null,
      requestedBy: null,
    });
    const documents = firstDocuments({ contexts: { first: { name: "first", value: { at: "the start" } } } });
    await tx.jobDocuments.startJobWithDocuments({ jobId: job.id, documents });
    return job.id;
  });

const id = await makeJob();
await delivery.deliver();
await scope.documents.job(id).collections.contexts.insert({ name: "second", value: {} });
async function* bytes() {
  yield Buffer.from("as large as it may be");
}
const store = (job, payload) =>
  storePayload(scope, scope.documents.job(job), payload, () => bytes(), {
    name: "mail.eml",
  });
await store(id, "first");
await scope.jobDocuments.deleteJob({ id });
await delivery.deliver();
const next = await makeJob();
await delivery.deliver();
await store(next, "second");
await Promise.all([source.close(), db.shutdown()]);
console.log(sent);
