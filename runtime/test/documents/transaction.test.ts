import {
  type Documents,
  OutcomeUnknownError,
  TransactionClosedError,
  TransactionRolledBackError,
  UnsupportedByServerError,
} from "../../src/documents/index.ts";
import { closeAll, type FixtureCollections, J, J2, open, W } from "./fixture.ts";
import { openReal, server as real } from "./real-server.ts";
import { useScriptedServer } from "./scripted.ts";

const scripted = useScriptedServer();
afterAll(closeAll);

type Test = (name: string, work: () => Promise<void>) => void;

/** The same on a real server, where it can, and on the scripted one, which keeps the rules but proves nothing. */
const servers: [string, () => Documents<FixtureCollections>, Test][] = [
  ["on the run's server", () => openReal(), real.testWith("transactions")],
  ["on the scripted server", () => open({ url: scripted.server.url }), test],
];
describe.each(servers)("%s", (_, opened, run) => {
  run("all of a transaction happens", async () => {
    const workspace = opened().workspace(W);
    const result = await workspace.transaction(async (tx) => {
      await tx.job(J).collections.notes.insert({ text: "a" }, { id: "a" });
      await tx.job(J2).collections.notes.insert({ text: "b" }, { id: "b" });
      expect((await tx.job(J).collections.notes.get("a"))?.data.text).toBe("a");
      return "done";
    });
    expect(result).toBe("done");
    expect(await workspace.job(J).collections.notes.count()).toBe(1);
    expect(await workspace.job(J2).collections.notes.count()).toBe(1);
  });

  run("nothing of a transaction happens that ends with an error", async () => {
    const job = opened().workspace(W).job(J);
    const failing = job.transaction(async (tx) => {
      await tx.collections.notes.insert({ text: "a" });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await job.collections.notes.count()).toBe(0);
  });

  run("operations that are started at once run one after the other", async () => {
    const job = opened().workspace(W).job(J);
    await job.transaction(async ({ collections: { notes } }) => {
      await Promise.all(Array.from({ length: 5 }, (_, i) => notes.insert({ text: String(i) })));
      expect(await notes.count()).toBe(5);
    });
    expect(await job.collections.notes.count()).toBe(5);
  });

  run("an error that was swallowed rolls it back, and is an error", async () => {
    const job = opened().workspace(W).job(J);
    const swallowing = job.transaction(async ({ collections: { notes } }) => {
      await notes.insert({ text: "a" }, { id: "same" });
      await notes.insert({ text: "b" }, { id: "same" }).catch(() => {});
    });
    await expect(swallowing).rejects.toThrow(TransactionRolledBackError);
    expect(await job.collections.notes.count()).toBe(0);
  });

  run("what was refused before it was sent may be swallowed", async () => {
    const job = opened().workspace(W).job(J);
    await job.transaction(async ({ collections: { notes } }) => {
      await notes.insert({ text: 1 as never }).catch(() => {});
      await notes.insert({ text: "b" });
    });
    expect(await job.collections.notes.count()).toBe(1);
  });

  run("its scope cannot be used when it is over", async () => {
    const job = opened().workspace(W).job(J);
    let kept = job;
    await job.transaction(async (tx) => {
      kept = tx;
    });
    await expect(kept.collections.notes.insert({ text: "late" })).rejects.toThrow(TransactionClosedError);
  });
});

describe("tried again", () => {
  const insertsOf = () => scripted.server.seen.filter(({ name }) => name === "insert").length;

  test("where the server says that it may be", async () => {
    const job = open({ url: scripted.server.url }).workspace(W).job(J);
    const error = { code: 112, labels: ["TransientTransactionError"] };
    scripted.server.script((name, times) => (name === "insert" && times <= 2 ? { error } : undefined));
    let runs = 0;
    await job.transaction(async ({ collections: { notes } }) => {
      runs++;
      await notes.insert({ text: "a" });
    });
    expect([runs, insertsOf()]).toEqual([3, 3]);
    expect(await job.collections.notes.count()).toBe(1);
  });

  test("where it says so at the commit", async () => {
    const job = open({ url: scripted.server.url }).workspace(W).job(J);
    const error = { code: 112, labels: ["TransientTransactionError"] };
    scripted.server.script((name, times) =>
      name === "commitTransaction" && times === 1 ? { error } : undefined,
    );
    await job.transaction(({ collections: { notes } }) => notes.insert({ text: "a" }));
    expect(insertsOf()).toBe(2);
  });

  test.each([{ code: 50 }, { code: 50, labels: ["UnknownTransactionCommitResult"] }])(
    "that a commit was done is not known where the server says so (%j)",
    async (error) => {
      const job = open({ url: scripted.server.url }).workspace(W).job(J);
      scripted.server.script((name) => (name === "commitTransaction" ? { error } : undefined));
      const failing = job.transaction(({ collections: { notes } }) => notes.insert({ text: "a" }));
      await expect(failing).rejects.toThrow(OutcomeUnknownError);
    },
  );

  test("not where it does not, and the error is ours", async () => {
    const job = open({ url: scripted.server.url }).workspace(W).job(J);
    scripted.server.script((name) => (name === "insert" ? { error: { code: 11000 } } : undefined));
    const failing = job.transaction(({ collections: { notes } }) => notes.insert({ text: "a" }));
    await expect(failing).rejects.toMatchObject({ name: "DuplicateDocumentError" });
    expect(insertsOf()).toBe(1);
  });

  test("not once it is cancelled", async () => {
    const job = open({ url: scripted.server.url }).workspace(W).job(J);
    const controller = new AbortController();
    const error = { code: 112, labels: ["TransientTransactionError"] };
    scripted.server.script((name) => (name === "insert" ? { error } : undefined));
    const running = job.transaction(
      async ({ collections: { notes } }) => {
        controller.abort();
        await notes.insert({ text: "a" });
      },
      { signal: controller.signal },
    );
    await expect(running).rejects.toMatchObject({
      cause: expect.objectContaining({ name: "CancelledError" }),
    });
    expect(insertsOf()).toBeLessThanOrEqual(1);
  });
});

if (!real.can("transactions"))
  test("a server that has no transactions says so before anything is done", async () => {
    const job = openReal().workspace(W).job(J);
    let runs = 0;
    const work = async () => {
      runs++;
    };
    await expect(job.transaction(work)).rejects.toThrow(UnsupportedByServerError);
    expect(runs).toBe(0);
  });
