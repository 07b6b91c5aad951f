import { createHash } from "node:crypto";
import { isLongForm, pickRows } from "../../../tests/long-form.ts";
import type { Fault } from "../../../tests/mongo/scripted/scripted-server.ts";
import {
  type BulkOutcome,
  DatabaseError,
  type JobScope,
  type LayoutName,
  OutcomeUnknownError,
  type WorkspaceScope,
} from "../../src/documents/index.ts";
import { ARE_TOUCHED, type FixtureCollections, J, open, W } from "./fixture.ts";
import { useScriptedServer } from "./scripted.ts";

/**
 * A model of what the table of errors promises: after a fault at each command of each operation, the error is compared with what is
 * stored. Any error but OutcomeUnknownError says that nothing was written.
 */
const scripted = useScriptedServer();

type Job = JobScope<FixtureCollections>;
type Workspace = WorkspaceScope<FixtureCollections>;
type Operation = (job: Job, workspace: Workspace) => Promise<unknown>;
const OPERATIONS: Readonly<Record<string, Operation>> = {
  insert: ({ collections: { notes } }) => notes.insert({ text: "new" }, { id: "c" }),
  "insert of one that is there": ({ collections: { notes } }) => notes.insert({ text: "new" }, { id: "a" }),
  "upsert of a new one": ({ collections: { notes } }) => notes.upsert("c", { text: "new" }),
  "upsert of one that is there": ({ collections: { notes } }) => notes.upsert("a", { text: "new" }),
  replace: ({ collections: { notes } }) => notes.replace("a", { text: "new" }),
  "replace of none": ({ collections: { notes } }) => notes.replace("c", { text: "new" }),
  "replace under a wrong revision": ({ collections: { notes } }) =>
    notes.replace("a", { text: "new" }, { revision: "x" }),
  update: ({ collections: { notes } }) => notes.update("a", { text: "new" }),
  "delete under a wrong revision": ({ collections: { notes } }) => notes.delete("a", { revision: "x" }),
  delete: ({ collections: { notes } }) => notes.delete("a"),
  deleteMany: ({ collections: { notes } }) => notes.deleteMany({}),
  repair: ({ collections: { notes } }) => notes.repair("a", () => ({ text: "new" })),
  deleteOlder: (_, workspace) => workspace.deleteOlder({ notes: new Date("2040-01-01") }),
  "deleteOlder of two kinds": (_, workspace) =>
    workspace.deleteOlder({ notes: new Date("2040-01-01"), messages: new Date("2040-01-01") }),
  "drop of a workspace": (_, workspace) => workspace.drop(),
  "drop of a workspace's database, but for what is beside it": (_, workspace) =>
    workspace.drop({ keepPayloads: true }),
  "delete of a payload": (job) => job.payloads.delete("p"),
  "write of another": (job) => job.payloads.write("q", bytes()),
  "import of documents and a payload": (job) => job.import(exported()),
  expire: (job) => job.expire(new Date("2040-01-01")),
  "bulk, of which some are missing": ({ collections: { notes } }) =>
    notes.bulk([
      { replace: { text: "new" }, id: "a" },
      { replace: { text: "new" }, id: "missing" },
      { upsert: { text: "new" }, id: "c" },
      { delete: "b", revision: "x" },
      { insert: { text: "new" }, id: "d" },
    ]),
};

const FAULTS: readonly (Fault & { readonly drop?: string })[] = [
  { drop: "before" },
  { drop: "after" },
  ...[50, 112, 11600, 13, 11000].map((code) => ({ error: { code } })),
  ...[64, 100].map((code) => ({ writeConcernError: { code } })),
];

/** At every so-many-th command an operation meets a fault, each fault of it at others; where it meets all faults, each command meets one of them at least. */
const STEP = isLongForm ? 1 : ARE_TOUCHED ? 3 : 6;
const isFirst = pickRows("commands of documents at which a fault is met", STEP);
/** Where the first of this commit is. */
const FIRST = Array.from({ length: STEP }, (_, at) => at).findIndex((at) => isFirst(at));

const state = async ({ collections: { notes, messages }, payloads }: Job): Promise<Map<string, string>> => {
  const stored = [...(await notes.find().toArray()), ...(await messages.find().toArray())];
  const states = new Map(stored.map(({ id, data, expiresAt }) => [id, JSON.stringify([data, expiresAt])]));
  for await (const { id, size } of payloads.list()) states.set(id, String(size));
  return states;
};

/** What follows the first line of an export: a document of each kind, and bytes. */
async function* exported(): AsyncGenerator<string> {
  const times = { createdAt: { $date: { $numberLong: "0" } }, updatedAt: { $date: { $numberLong: "0" } } };
  const message = { provider: "p", externalId: "new" };
  yield JSON.stringify({ kind: "note", id: "x", version: 1, ...times, data: { text: "new" } });
  yield JSON.stringify({ kind: "message", id: "y", version: 1, ...times, data: message });
  const [text, sha256] = [Buffer.from("payload"), createHash("sha256").update("payload").digest("hex")];
  yield JSON.stringify({ payload: "q", name: "", contentType: "", size: text.length, sha256 });
  yield JSON.stringify({ bytes: text.toString("base64") });
  yield JSON.stringify({ end: true, documents: 2, payloads: 1 });
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("payload");
}

let databases = 0;
/** A job of an accessor of its own, which ends with it: hundreds that go on asking for the server's state are no load to test under. */
const withJob = async (
  { needsPayload, layout }: { needsPayload: boolean; layout: LayoutName },
  work: (job: Job, workspace: Workspace) => Promise<void>,
): Promise<void> => {
  // As often as the driver likes: it looks for the server again after each loss.
  const url = new URL(scripted.server.url);
  url.searchParams.set("minHeartbeatFrequencyMS", "10");
  const database = `promises${++databases}`;
  const place = { url: url.href, database, serverSelectionTimeout: 2_000 };
  await using documents = open(place, { layout });
  const workspace = documents.workspace(W);
  const job = workspace.job(J);
  for (const id of ["a", "b"]) await job.collections.notes.insert({ text: id }, { id });
  await job.collections.messages.insert({ provider: "p", externalId: "m" }, { id: "m" });
  if (needsPayload) await job.payloads.write("p", bytes());
  await work(job, workspace);
};

describe.each(Object.entries(OPERATIONS))("%s", (name, operate) => {
  const layout = name.includes("database") ? "database-per-workspace" : "collection-per-job";
  const kind = { needsPayload: /drop|payload/.test(name), layout } as const;
  // These have many commands, which take long to be tried one by one: the errors that say the most.
  const faults = /^(drop|import|write)/.test(name)
    ? FAULTS.filter((fault) => [13, 100].some((code) => JSON.stringify(fault).includes(String(code))))
    : FAULTS;
  const turn = Object.keys(OPERATIONS).indexOf(name);
  /** How many it has without a fault. */
  let commands = 0;
  const count = () =>
    withJob(kind, async (plain, workspace) => {
      scripted.server.script(() => undefined);
      await operate(plain, workspace).catch(() => {});
      commands = scripted.server.seen.length;
    });
  test.each(faults)("%j at each of its commands", async (fault) => {
    if (commands === 0) await count();
    expect(commands).toBeGreaterThan(0);
    for (
      let at = (FIRST + turn + faults.indexOf(fault)) % Math.min(STEP, commands);
      at < commands;
      at += STEP
    )
      for (const forGood of fault.drop === "after" ? [false, true] : [true]) {
        scripted.server.script(() => undefined);
        await withJob(kind, async (job, workspace) => {
          const before = await state(job);
          scripted.server.script(() => {
            const number = scripted.server.seen.length - 1;
            return (forGood ? number >= at : number === at) ? fault : undefined;
          });
          const error: unknown = await operate(job, workspace).then(checkOutcomes, (error: unknown) => error);
          scripted.server.script(() => undefined);
          const after = await state(job);
          if (typeof error === "function") error(before, after);
          else {
            // Not the error itself: jest would print all that its cause leads to.
            expect([fault, at, String(error), error instanceof DatabaseError]).toContain(true);
            if (!(error instanceof OutcomeUnknownError))
              expect([(error as Error).name, ...after]).toEqual([(error as Error).name, ...before]);
          }
        });
      }
  });
});

/** Of a bulk write, each item by itself. */
function checkOutcomes(result: unknown) {
  const outcomes = Array.isArray(result) ? (result as readonly BulkOutcome[]) : [];
  return (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) => {
    for (const outcome of outcomes) {
      const { id } = outcome;
      if (outcome.ok) expect(after.get(id)).toContain("new");
      else if (!(outcome.error instanceof OutcomeUnknownError))
        expect([id, outcome.error.name, after.get(id)]).toEqual([id, outcome.error.name, before.get(id)]);
    }
  };
}
