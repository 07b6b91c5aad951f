import type { Fault } from "../../../tests/mongo/scripted/scripted-server.ts";
import {
  type BulkOutcome,
  DatabaseError,
  type JobScope,
  jobId,
  OutcomeUnknownError,
} from "../../src/documents/index.ts";
import { type FixtureCollections, open, W } from "./fixture.ts";
import { useScriptedServer } from "./scripted.ts";

/**
 * A model of what the table of errors promises: after a fault at each command of each operation, the error is compared with what is
 * stored. Any error but OutcomeUnknownError says that nothing was written.
 */
const scripted = useScriptedServer();

type Job = JobScope<FixtureCollections>;
const OPERATIONS: Readonly<Record<string, (job: Job) => Promise<unknown>>> = {
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
  { writeConcernError: { code: 64 } },
];

const state = async ({ collections: { notes, messages } }: Job): Promise<Map<string, string>> => {
  const stored = [...(await notes.find().toArray()), ...(await messages.find().toArray())];
  return new Map(stored.map(({ id, data, expiresAt }) => [id, JSON.stringify([data, expiresAt])]));
};

let jobs = 0;
/** A job of an accessor of its own, which ends with it: hundreds that go on asking for the server's state are no load to test under. */
const withJob = async (work: (job: Job) => Promise<void>): Promise<void> => {
  // As often as the driver likes: it looks for the server again after each loss.
  const url = new URL(scripted.server.url);
  url.searchParams.set("minHeartbeatFrequencyMS", "10");
  await using documents = open({ url: url.href, database: "promises", serverSelectionTimeout: 2_000 });
  const job = documents.workspace(W).job(jobId(`j${++jobs}`));
  for (const id of ["a", "b"]) await job.collections.notes.insert({ text: id }, { id });
  await job.collections.messages.insert({ provider: "p", externalId: "m" }, { id: "m" });
  await work(job);
};

describe.each(Object.entries(OPERATIONS))("%s", (_, operate) => {
  test.each(FAULTS)("%j at each of its commands", async (fault) => {
    let commands = 0;
    await withJob(async (plain) => {
      scripted.server.script(() => undefined);
      await operate(plain).catch(() => {});
      commands = scripted.server.seen.length;
    });
    expect(commands).toBeGreaterThan(0);
    for (let at = 0; at < commands; at++)
      for (const forGood of fault.drop === "after" ? [false, true] : [true]) {
        scripted.server.script(() => undefined);
        await withJob(async (job) => {
          const before = await state(job);
          scripted.server.script(() => {
            const number = scripted.server.seen.length - 1;
            return (forGood ? number >= at : number === at) ? fault : undefined;
          });
          const error: unknown = await operate(job).then(checkOutcomes, (error: unknown) => error);
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
