import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type AgentVersionId,
  createSolitude,
  type JobDocumentOutboxId,
  type Solitude,
} from "@solitude/client";
import { type JobId, jobId, type WorkspaceId, workspaceId } from "@solitude/runtime";
import {
  createDocuments,
  createJobDelivery,
  type Documents,
  firstDocuments,
  type JobDelivery,
  PayloadCorruptError,
  solitudeCollections,
  storePayload,
} from "@solitude/runtime/documents";
import { sliceToRun } from "../long-form.ts";
import { mongoServer } from "../mongo/server.ts";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import { installWorld, makeWorld } from "../solitude/world.ts";

const mongo = await mongoServer();
const serverChecks = mongo.can("validators") ? "required" : "if-supported";
const mongodb = { url: mongo.url, database: mongo.database() };

let database: TestDatabase;
let db: Solitude;
let documents: Documents<typeof solitudeCollections>;
let delivery: JobDelivery;
let workspace: WorkspaceId;
let agentVersion: AgentVersionId;

beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
  db = createSolitude({ postgres: { connectionString: database.url, max: 2 } });
  documents = createDocuments(mongodb, { collections: solitudeCollections, serverChecks });
  delivery = createJobDelivery(documents, db.jobDocuments, { lease: 60_000 });
});
beforeEach(async () => {
  const world = await makeWorld(database.pool);
  workspace = workspaceId(world.workspace);
  agentVersion = world.published! as AgentVersionId;
});
afterAll(async () => {
  await db?.shutdown();
  await documents?.close();
  await database?.drop();
});

async function jobsWithRows(): Promise<string[]> {
  const { rows } = await database.pool.query("select id from jobs where workspace_id = $1", [workspace]);
  return rows.map(({ id }) => id).sort();
}

async function jobsWithDocuments(): Promise<string[]> {
  const jobs: string[] = [];
  for await (const job of documents.workspace(workspace).jobs()) jobs.push(job);
  return jobs.sort();
}

const namesIn = async (job: JobId) =>
  (await documents.workspace(workspace).job(job).collections.contexts.find().toArray()).map(({ id }) => id);

const rest = {
  priority: 0,
  input: {},
  parentJobId: null,
  activitySchemaId: null,
  activitySchemaVersion: null,
  idempotencyKey: null,
  runAfter: null,
  requestedBy: null,
};

const start = firstDocuments({ contexts: { first: { name: "first", value: 1 } } });

async function makeJob(): Promise<JobId> {
  return db.workspace(workspace).transaction(async (tx) => {
    const job = await tx.jobs.createJob({ agentVersionId: agentVersion, taskQueue: "q", ...rest });
    if (job === null) throw new Error("without a key of idempotency a job is always made");
    expect(await tx.jobDocuments.startJobWithDocuments({ jobId: job.id, documents: start })).toBe(1);
    return job.id;
  });
}

test("a job and its documents are made and erased together", async () => {
  const job = await makeJob();
  await delivery.deliver();
  expect(await jobsWithDocuments()).toEqual(await jobsWithRows());
  expect(await namesIn(job)).toEqual(["first"]);
  await db.workspace(workspace).jobDocuments.deleteJob({ id: job });
  await delivery.deliver();
  expect(await jobsWithRows()).not.toContain(job);
  expect(await jobsWithDocuments()).toEqual(await jobsWithRows());
});

test("what is rolled back leaves nothing to deliver", async () => {
  await delivery.deliver();
  const failing = db.workspace(workspace).transaction(async (tx) => {
    await tx.jobs.createJob({ agentVersionId: agentVersion, taskQueue: "q", ...rest });
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await delivery.deliver()).toBe(0);
});

test("delivered again, it is the same; overtaken by the deletion, it makes nothing", async () => {
  const job = await makeJob();
  const change = {
    id: "0" as JobDocumentOutboxId,
    workspaceId: workspace,
    jobId: job,
    action: "create" as const,
    documents: start,
    attempts: 1,
    hasJob: true,
  };
  const changes = [change, change, { ...change, action: "erase" as const }];
  const again = (more: object) =>
    createJobDelivery(documents, {
      ...db.jobDocuments,
      takeJobDocumentChanges: async () => {
        const [next, ...others] = changes.splice(0);
        changes.push(...others);
        return next === undefined ? [] : [{ ...next, ...more }];
      },
    });
  expect(await again({}).deliver()).toBe(3);
  // The row was there, so nothing was erased.
  expect(await namesIn(job)).toEqual(["first"]);
  // What the application has deleted since is made again: the page says so.
  await documents.workspace(workspace).job(job).collections.contexts.delete("first");
  changes.push(change);
  await again({}).deliver();
  expect(await namesIn(job)).toEqual(["first"]);
  changes.push({ ...change, jobId: jobId("0197c1de-8c1f-7000-8000-0000000000ff") });
  await again({ hasJob: false }).deliver();
  expect(await jobsWithDocuments()).not.toContain("0197c1de-8c1f-7000-8000-0000000000ff");
});

test("what fails comes again later, and holds nothing else up", async () => {
  const bad = await makeJob();
  await database.pool.query(
    `update job_document_outbox set documents = '{"unknown": {"a": {}}}' where job_id = $1`,
    [bad],
  );
  const good = await makeJob();
  const failed: string[] = [];
  const told = createJobDelivery(documents, db.jobDocuments, {
    onError: (_, { jobId: id }) => failed.push(id),
  });
  await told.deliver();
  expect(failed).toEqual([bad]);
  expect(await namesIn(good)).toEqual(["first"]);
  const { rows } = await database.pool.query(
    "select last_error, locked_until > now() as later from job_document_outbox where job_id = $1",
    [bad],
  );
  expect(rows).toEqual([{ last_error: "RefusedError", later: true }]);
  await database.pool.query(
    "update job_document_outbox set locked_until = now(), documents = '{}' where job_id = $1",
    [bad],
  );
  await delivery.deliver();
  expect(await jobsWithDocuments()).toContain(bad);
});

test("the sweep finds orphans on both sides, and leaves alone what is under way", async () => {
  const job = await makeJob();
  await delivery.deliver();
  const orphan = jobId("0197c1de-8c1f-7000-8000-0000000000aa");
  await documents.workspace(workspace).job(orphan).collections.contexts.insert({ name: "lost", value: 1 });
  await documents.workspace(workspace).job(job).drop();
  const pending = await makeJob();
  expect(await delivery.sweep(workspace)).toEqual({ erased: 1, restored: 1 });
  expect(await delivery.sweep(workspace)).toEqual({ erased: 0, restored: 0 });
  await delivery.deliver();
  expect(await jobsWithDocuments()).toEqual(await jobsWithRows());
  expect(await namesIn(pending)).toEqual(["first"]);
  expect(await delivery.sweep(workspace)).toEqual({ erased: 0, restored: 0 });
});

/** The payloads of both sides: bytes that are all there, and files that are not deleted. */
async function payloads(): Promise<{ stored: string[]; files: string[] }> {
  const stored: string[] = [];
  for await (const { job, id, isWhole } of documents.workspace(workspace).payloads())
    stored.push(`${job}/${id}${isWhole ? "" : " in part"}`);
  const { rows } = await database.pool.query(
    "select bucket, object_key from files where workspace_id = $1 and storage = 'gridfs' and status <> 'deleted'",
    [workspace],
  );
  return { stored: stored.sort(), files: rows.map((row) => `${row.bucket}/${row.object_key}`).sort() };
}
const soon = () => new Date(Date.now() + 60_000);
async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

test("a payload has a file, and goes with its job", async () => {
  const job = await makeJob();
  await delivery.deliver();
  const scope = db.workspace(workspace);
  const own = documents.workspace(workspace).job(job);
  const about = { name: "mail.eml", contentType: "message/rfc822" };
  const file = await storePayload(scope, own, "mail", bytes("hello"), about);
  expect(file).toMatchObject({ status: "stored", sizeBytes: "5", extension: "eml", payload: { size: 5 } });
  // Again, it is the same.
  const again = await storePayload(scope, own, "mail", bytes("hello"), about);
  expect(again).toEqual({ ...file, updatedAt: expect.any(String) });
  expect((await scope.files.getFile({ id: file.id }))?.objectKey).toBe("mail");
  const wrong = { ...about, sha256: Buffer.alloc(32) };
  await expect(storePayload(scope, own, "other", bytes("hello"), wrong)).rejects.toThrow(PayloadCorruptError);
  // The file of what was not stored is pending, until a sweep.
  expect(await delivery.sweepPayloads(workspace, new Date(0))).toEqual({
    erased: 0,
    abandoned: 0,
    missing: [],
  });
  expect(await delivery.sweepPayloads(workspace, soon())).toEqual({ erased: 0, abandoned: 1, missing: [] });
  expect(await payloads()).toEqual({ stored: [`${job}/mail`], files: [`${job}/mail`] });
  await scope.jobDocuments.deleteJob({ id: job });
  await delivery.deliver();
  expect(await payloads()).toEqual({ stored: [], files: [] });
  await expect(storePayload(scope, own, "late", bytes("hello"), about)).rejects.toThrow(/deleted/);
});

test("a sweep of payloads finds what only one side has", async () => {
  const job = await makeJob();
  const own = documents.workspace(workspace).job(job);
  const scope = db.workspace(workspace);
  await own.payloads.write("orphan", bytes("nobody's"));
  const lost = await storePayload(scope, own, "lost", bytes("a"), { name: "a" });
  const deleted = await storePayload(scope, own, "deleted", bytes("b"), { name: "b" });
  await own.payloads.delete("lost");
  await scope.files.deleteFile({ id: deleted.id });
  expect(await delivery.sweepPayloads(workspace, new Date(0))).toMatchObject({ erased: 0 });
  expect(await delivery.sweepPayloads(workspace, soon())).toMatchObject({
    erased: 2,
    missing: [{ id: lost.id, payload: "lost" }],
  });
  expect((await payloads()).stored).toEqual([]);
  await delivery.deliver();
});

/** Runs the life of a job in a process of its own. @returns how many messages it sent; undefined where it was killed */
function live(killAt: number): Promise<number | undefined> {
  const script = fileURLToPath(new URL("job-life.mjs", import.meta.url));
  const settings = { postgres: database.url, mongodb, serverChecks, workspace, agentVersion, killAt };
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let problems = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    problems += text;
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      if (code === 0) resolve(Number(output));
      else if (signal === "SIGKILL") resolve(undefined);
      else reject(new Error(problems));
    });
  });
}

/** What a worker that is gone had taken comes again when its lease is over. */
async function deliverAll(): Promise<void> {
  for (;;) {
    await delivery.deliver();
    const { rows } = await database.pool.query("select from job_document_outbox");
    if (rows.length === 0) return;
  }
}

test("killed before any of its messages, both stores agree in the end", async () => {
  const whole = await live(0);
  if (whole === undefined) throw new Error("it was killed by somebody else");
  const messages = Array.from({ length: whole }, (_, i) => i + 1);
  // Three of a short life.
  const parts = Math.max(1, Math.floor(whole / 3));
  for (const killAt of sliceToRun("messages before which a job's worker is killed", messages, parts)) {
    await live(killAt);
    await deliverAll();
    await delivery.sweep(workspace);
    await deliverAll();
    await delivery.sweepPayloads(workspace, soon());
    const { stored, files } = await payloads();
    expect({ killAt, stored }).toEqual({ killAt, stored: files });
    const rows = await jobsWithRows();
    expect({ killAt, jobs: await jobsWithDocuments() }).toEqual({ killAt, jobs: rows });
    const { rows: made } = await database.pool.query(
      "select id from jobs where workspace_id = $1 and task_queue = 'two stores'",
      [workspace],
    );
    for (const { id } of made)
      expect({ killAt, names: await namesIn(id) }).toEqual({
        killAt,
        names: expect.arrayContaining(["first"]),
      });
  }
});

test("the facade opens, checks and closes documents", async () => {
  let opened: Documents<typeof solitudeCollections> | undefined;
  const own = createSolitude({
    postgres: { connectionString: database.url, max: 1 },
    documents: () => {
      opened = createDocuments(mongodb, { collections: solitudeCollections, serverChecks });
      return opened;
    },
  });
  const { contexts } = own.workspace(workspace).documents.job(jobId("opened")).collections;
  await contexts.insert({ name: "a", value: 1 });
  const report = await own.health.check();
  expect(JSON.stringify(report)).toContain("documents");
  await own.shutdown();
  await expect(contexts.count()).rejects.toMatchObject({ name: "PoolClosedError" });
  // What was given open is its owner's.
  const given = createSolitude({ postgres: { connectionString: database.url, max: 1 }, documents });
  await given.shutdown();
  await documents.ping();
});
