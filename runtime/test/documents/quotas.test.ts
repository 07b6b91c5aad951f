import { z } from "zod";
import { defineCollection, localKeys, type Quota, QuotaExceededError } from "../../src/documents/index.ts";
import { until } from "../postgres/until.ts";
import { closeAll, J, J2, LAYOUTS, W, W2 } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const declared = { kind: "thing", version: 1, schema: z.object({ text: z.string() }) } as const;
const things = defineCollection({
  ...declared,
  indexes: [{ name: "text", fields: { "data.text": 1 }, unique: true }],
});
const exceeded = (work: Promise<unknown>) =>
  work.then(
    () => "written",
    (error: unknown) => (error instanceof QuotaExceededError ? error.resource : error),
  );
let last = 0;
const thing = (bytes = 5) => ({ text: `${++last}`.padStart(bytes, "x") });

// FerretDB knows no size of a document, and writes under a condition in two steps.
const testOfQuotas = server.testWith("atomic conditional updates");

describe.each(LAYOUTS)("%s", (layout) => {
  const place = { database: server.database().slice(0, 13) };
  let quota: Quota | undefined;
  const open = () =>
    openReal(
      { collections: { things }, layout, quota: (workspace) => (workspace === W ? quota : undefined) },
      place,
    );
  const [documents, others] = [open(), open()];
  const workspace = documents.workspace(W);
  const all = workspace.job(J).collections.things;
  beforeEach(async () => {
    quota = undefined;
    await workspace.drop();
  });

  testOfQuotas("a bulk write in order says what it has done before it was refused", async () => {
    await all.insert(thing(), { id: "a" });
    quota = { documents: 1 };
    const items = [{ replace: { text: "new" }, id: "a" }, { insert: thing() }, { delete: "b" }];
    const outcomes = await all.bulk(items, { ordered: true });
    expect(outcomes.map((each) => (each.ok ? "ok" : each.error.name))).toEqual([
      "ok",
      "QuotaExceededError",
      "QuotaExceededError",
    ]);
    expect((await all.find().toArray()).map(({ id, data }) => [id, data.text])).toEqual([["a", "new"]]);
  });

  testOfQuotas("many first writes to one job at once take room for one", async () => {
    // Of a workspace that nothing was deleted of within the last seconds.
    const fresh = { database: server.database().slice(0, 13) };
    const processes = [0, 1].map(() =>
      openReal({ collections: { things }, layout, quota: () => ({ jobs: 2 }) }, fresh),
    );
    const jobs = processes.map((each) => each.workspace(W).job(J).collections.things);
    const writes = Array.from({ length: 12 }, (_, i) => exceeded(jobs[i % 2]!.insert(thing())));
    expect(await Promise.all(writes)).toEqual(writes.map(() => "written"));
  });

  testOfQuotas("what drops leave is no document", async () => {
    await all.insert(thing());
    await workspace.drop();
    quota = { documents: 1 };
    await all.insert(thing());
    expect(await exceeded(all.insert(thing()))).toBe("documents");
  });

  testOfQuotas("documents: what is one too many is refused, by all ways to write", async () => {
    quota = { documents: 3 };
    await all.insert(thing(), { id: "a" });
    await all.upsert("b", thing());
    await all.bulk([{ insert: thing() }]);
    for (const write of [
      () => all.insert(thing()),
      () => workspace.job(J2).collections.things.insert(thing()),
      () => all.upsert("c", thing()),
      () => all.bulk([{ insert: thing() }, { upsert: thing(), id: "d" }]),
      () => others.workspace(W).job(J).collections.things.insert(thing()),
    ])
      expect(await exceeded(write())).toBe("documents");
    expect(await all.count()).toBe(3);
    // What is there may be changed, and what is deleted makes room.
    await all.update("a", thing());
    await all.replace("a", thing());
    await all.delete("a");
    await all.insert(thing());
    expect(await exceeded(all.insert(thing()))).toBe("documents");
    // Another workspace has its own.
    await documents.workspace(W2).job(J).collections.things.insert(thing());
    await documents.workspace(W2).drop();
    expect(await workspace.usage()).toMatchObject({ documents: 3, jobs: 1 });
  });

  testOfQuotas("bytes, of payloads too", async () => {
    const { payloads } = workspace.job(J);
    async function* bytes(number: number) {
      yield Buffer.alloc(number);
    }
    quota = { bytes: 100_000 };
    await all.insert(thing(60_000), { id: "a" });
    expect(await exceeded(all.insert(thing(60_000)))).toBe("bytes");
    expect(await exceeded(payloads.write("p", bytes(60_000)))).toBe("bytes");
    expect(await payloads.info("p")).toBe(null);
    await payloads.write("p", bytes(20_000));
    expect(await exceeded(all.update("a", thing(90_000)))).toBe("bytes");
    const { bytes: used } = await workspace.usage();
    expect(used).toBeGreaterThan(80_000);
    expect(used).toBeLessThan(90_000);
    quota = { bytes: 200_000 };
    await all.update("a", thing(90_000));
  });

  testOfQuotas("jobs", async () => {
    quota = { jobs: 1 };
    await all.insert(thing());
    await all.insert(thing());
    const second = workspace.job(J2);
    expect(await exceeded(second.collections.things.insert(thing()))).toBe("jobs");
    await workspace.job(J).drop();
    await second.collections.things.insert(thing());
    expect(await exceeded(all.insert(thing()))).toBe("jobs");
  });

  testOfQuotas("writers at the same time do not exceed it together", async () => {
    quota = { documents: 12 };
    await all.insert(thing());
    const theirs = others.workspace(W).job(J).collections.things;
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => exceeded((i % 2 === 0 ? all : theirs).insert(thing()))),
    );
    const written = outcomes.filter((each) => each === "written").length;
    // What is written while another counts may be counted twice, until the next count: too few, never too many.
    expect(written).toBeLessThanOrEqual(11);
    expect(written).toBeGreaterThan(5);
    expect(await all.count()).toBe(written + 1);
  });

  describe("what is under way is not counted away", () => {
    /** One more has been taken of two, by `write`, which ends when it is let go; and somebody else has the workspace counted. */
    const counted = async (write: (gate: Promise<void>, begun: () => void) => Promise<unknown>) => {
      quota = { documents: 2 };
      const theirs = others.workspace(W).job(J).collections.things;
      await all.insert(thing());
      let letGo = (): void => {};
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let writing: Promise<unknown> | undefined;
      await new Promise<void>((begun) => {
        writing = write(gate, begun);
      });
      await theirs.delete("what is not there");
      const outcome = await exceeded(theirs.insert(thing()));
      letGo();
      return { outcome, write: await exceeded(writing!), theirs };
    };

    testOfQuotas("a transaction's, until it is over", async () => {
      const insert = (end: () => void) => (gate: Promise<void>, begun: () => void) =>
        workspace.job(J).transaction(async ({ collections }) => {
          await collections.things.insert(thing());
          begun();
          await gate;
          end();
        });
      expect(await counted(insert(() => {}))).toMatchObject({ outcome: "documents", write: "written" });
      expect(await all.count()).toBe(2);
      await workspace.drop();
      const undo = new Error("undo");
      const undone = await counted(
        insert(() => {
          throw undo;
        }),
      );
      expect(undone).toMatchObject({ outcome: "documents", write: undo });
      // And nothing of it is left, also where nobody counts again.
      await until(async () => (await exceeded(undone.theirs.insert(thing()))) === "written");
      expect(await all.count()).toBe(2);
    });

    testOfQuotas("a write that was not sent yet", async () => {
      const held = { gate: Promise.resolve(), begun: () => {} };
      const local = localKeys({ current: "k", keys: { k: Buffer.alloc(32, 7) } });
      const slow = openReal(
        {
          collections: { things: defineCollection({ ...declared, encrypt: ["text"] }) },
          layout,
          quota: () => quota,
          keys: {
            ...local,
            async wrap(...given) {
              held.begun();
              await held.gate;
              return local.wrap(...given);
            },
          },
        },
        place,
      );
      const outcomes = await counted((gate, begun) => {
        Object.assign(held, { gate, begun });
        return slow.workspace(W).job(J).collections.things.insert(thing());
      });
      expect(outcomes).toMatchObject({ outcome: "documents", write: "written" });
      expect(await all.count()).toBe(2);
    });
  });

  testOfQuotas("what a transaction took that was rolled back is there for others", async () => {
    quota = { documents: 3 };
    await all.insert(thing());
    const transaction = workspace.job(J).transaction(async ({ collections }) => {
      for (let i = 0; i < 5; i++) await collections.things.insert(thing());
    });
    expect(await exceeded(transaction)).toBe("documents");
    for (let i = 0; i < 2; i++) await all.insert(thing());
  });

  testOfQuotas("what was there before is counted, and what failed takes no room", async () => {
    for (let i = 0; i < 4; i++) await all.insert(thing(), { id: String(i) });
    quota = { documents: 5 };
    const { data } = (await all.get("0"))!;
    for (let i = 0; i < 3; i++)
      expect(await exceeded(all.insert(data))).toMatchObject({ name: "DuplicateDocumentError" });
    await all.insert(thing());
    expect(await exceeded(all.insert(thing()))).toBe("documents");
  });
});

test("the error says what and how much, and quotes nothing", async () => {
  const error = new QuotaExceededError("the workspace has 3 documents and may have 3", "documents", 3);
  expect(error).toMatchObject({ name: "QuotaExceededError", resource: "documents", limit: 3 });
});
