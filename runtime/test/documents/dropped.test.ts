import { Socket } from "node:net";
import { jest } from "@jest/globals";
import { MongoClient } from "mongodb";
import { CollectionLimitError, DuplicateDocumentError, jobId } from "../../src/documents/index.ts";
import { sweepTombstones } from "../../src/documents/tombstone.ts";
import { until } from "../postgres/until.ts";
import { closeAll, J, J2, LAYOUTS, message, W } from "./fixture.ts";
import { openReal, server as real } from "./real-server.ts";

const raw = new MongoClient(real.url);
afterAll(async () => {
  await closeAll();
  await raw.close();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe.each(["collection-per-job", "database-per-workspace"] as const)("%s", (layout) => {
  /** A process that knows the collection, which another has dropped. */
  async function dropped() {
    const database = real.database().slice(0, 13);
    const worker = openReal({ layout }, { database });
    const janitor = openReal({ layout }, { database });
    await worker.workspace(W).job(J).collections.messages.insert(message());
    await janitor.workspace(W).drop();
    const name = layout === "collection-per-job" ? database : `${database}-${W}`;
    return { job: worker.workspace(W).job(J), janitor: janitor.workspace(W), db: raw.db(name) };
  }

  const guarded = real.testWith("validators", "partial indexes");

  guarded("it is gone for all, and who knew it makes it anew as it should be", async () => {
    const { job, janitor, db } = await dropped();
    expect(await job.collections.messages.count()).toBe(0);
    expect(await all(janitor.jobs())).toEqual([]);
    await job.collections.messages.insert(message({ externalId: "one" }));
    await expect(job.collections.messages.insert(message({ externalId: "one" }))).rejects.toThrow(
      DuplicateDocumentError,
    );
    const [made] = await db.listCollections().toArray();
    expect(made).toHaveProperty("options.validator.$jsonSchema");
    expect(await db.collection(made!.name).countDocuments()).toBe(1);
    expect(await all(janitor.jobs())).toEqual([J]);
  });

  guarded("a bulk write does, and an upsert", async () => {
    const one = await dropped();
    const items = ["x", "x", "y"].map((externalId) => ({ insert: message({ externalId }) }));
    const outcomes = await one.job.collections.messages.bulk(items);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
    const two = await dropped();
    await two.job.collections.messages.upsert("a", message({ externalId: "x" }));
    await expect(two.job.collections.messages.insert(message({ externalId: "x" }))).rejects.toThrow(
      DuplicateDocumentError,
    );
  });

  real.testWith("validators", "transactions")("a transaction does, which runs again", async () => {
    const { job } = await dropped();
    await job.transaction(async ({ collections }) => {
      await collections.messages.insert(message());
      await collections.messages.insert(message());
    });
    expect(await job.collections.messages.count()).toBe(2);
  });

  guarded("many that write at once leave no duplicate and lose nothing", async () => {
    const { job, janitor } = await dropped();
    const others = Array.from({ length: 4 }, () => janitor.job(J));
    const writes = [job, ...others].flatMap(({ collections }) =>
      ["a", "b", "a"].map((externalId) => collections.messages.insert(message({ externalId }))),
    );
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(await job.collections.messages.count()).toBe(2);
  });

  guarded("what stands in its place is swept when nobody can know it any more", async () => {
    const { job, db } = await dropped();
    expect(await sweepTombstones(db, () => true)).toEqual([]);
    expect(await sweepTombstones(db, () => true, 0)).toHaveLength(1);
    expect(await db.listCollections().toArray()).toEqual([]);
    await job.collections.notes.insert({ text: "" });
    expect(await sweepTombstones(db, () => true, 0)).toEqual([]);
  });

  guarded("who has begun to sweep and is gone blocks nobody", async () => {
    const { job, db } = await dropped();
    const [tombstone] = await db.listCollections({}, { nameOnly: true }).toArray();
    await db
      .collection<{ _id: string }>(tombstone!.name)
      .updateOne({ _id: "~dropped" }, { $set: { state: "sweeping", at: new Date(0) } });
    await job.collections.notes.insert({ text: "" });
    expect(await job.collections.notes.count()).toBe(1);
  });
});

describe.each(LAYOUTS)("%s, where a shell drops what a process knows", (layout) => {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  /** The process has written, a shell has dropped, and some time is over. */
  async function droppedByHand(what: "collection" | "database") {
    const database = real.database().slice(0, 13);
    const { messages } = openReal({ layout }, { database }).workspace(W).job(J).collections;
    await messages.insert(message());
    const db = raw.db(layout === "database-per-workspace" ? `${database}-${W}` : database);
    if (what === "database") await db.dropDatabase();
    else for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, "now").mockImplementation(() => now() + 10_001);
    return { messages, db };
  }

  for (const what of ["collection", "database"] as const)
    real.testWith("validators", "partial indexes")(
      `its ${what} gets validator and indexes again`,
      async () => {
        const { messages, db } = await droppedByHand(what);
        // The server has made the collection by itself, and nobody writes any more.
        await messages.insert(message({ externalId: "one" }));
        await until(async () => {
          const [made] = await db.listCollections().toArray();
          const indexes = await db.collection(made!.name).indexes();
          return indexes.some(({ name }) => name === "message_external");
        });
        const [made] = await db.listCollections().toArray();
        expect(made).toHaveProperty("options.validator.$jsonSchema");
        await expect(messages.insert(message({ externalId: "one" }))).rejects.toThrow(DuplicateDocumentError);
        expect(await messages.count()).toBe(1);
      },
    );
});

test("the limit of collections holds when many are made at once", async () => {
  const documents = openReal({ maxCollections: 3 });
  const write = (_: unknown, index: number) =>
    documents
      .workspace(W)
      .job(jobId(`j${index}`))
      .collections.notes.insert({ text: "" });
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, write));
  const failed = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  expect(failed).toHaveLength(7);
  for (const error of failed) expect(error).toBeInstanceOf(CollectionLimitError);
  expect(await all(documents.workspace(W).jobs())).toHaveLength(3);
});

test("a workspace's jobs are given while they are read", async () => {
  const workspace = openReal().workspace(W);
  for (const job of [J, J2]) await workspace.job(job).collections.notes.insert({ text: "" });
  for await (const job of workspace.jobs()) {
    expect([J, J2]).toContain(job);
    break;
  }
});

real.testWith("validators")("dropping one job after the other costs the same for each", async () => {
  const workspace = openReal({ layout: "collection-per-job" }).workspace(W);
  const jobs = Array.from({ length: 8 }, (_, i) => workspace.job(jobId(`drop-${i}`)));
  for (const { collections } of jobs) await collections.messages.insert(message());
  const { write } = Socket.prototype;
  let sent = 0;
  Socket.prototype.write = function (...args: unknown[]) {
    sent++;
    return (write as (...args: unknown[]) => boolean).apply(this, args);
  };
  try {
    const costs: number[] = [];
    for (const job of jobs) {
      const before = sent;
      await job.drop();
      costs.push(sent - before);
    }
    // The driver itself asks at times how the server is: the cheapest of each half have none of that.
    const [first, last] = [costs.slice(1, 4), costs.slice(-3)].map((some) => Math.min(...some));
    expect(last).toBeLessThanOrEqual(first!);
  } finally {
    Socket.prototype.write = write;
  }
});
