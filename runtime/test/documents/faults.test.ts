import { freePort } from "../../../stack/processes/free-port.mjs";
import { type ScriptedServer, startScriptedServer } from "../../../tests/mongo/scripted/scripted-server.ts";
import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  DocumentCommandError,
  DocumentConflictError,
  DuplicateDocumentError,
  InvalidDocumentError,
  OutcomeUnknownError,
  PoolClosedError,
  PoolExhaustedError,
  TimeoutError,
  UnsupportedByServerError,
} from "../../src/documents/index.ts";
import { until } from "../postgres/until.ts";
import { closeAll, J, message, open, W } from "./fixture.ts";

/** Milliseconds, more than a test has; what waits for so long ends with the server. */
const NEVER = 3_600_000;

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(async () => {
  await closeAll();
  await server.stop();
});

const opened = (connection: object = {}) =>
  open({ url: server.url, serverSelectionTimeout: 60_000, ...connection });
const collectionsOf = async (documents = opened()) => {
  const { collections } = documents.workspace(W).job(J);
  await collections.notes.insert({ text: "there" }, { id: "there" });
  return collections;
};
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as Error,
  );

beforeEach(() => server.script(() => undefined));

describe("a lost connection", () => {
  test.each(["before", "after", "mid-reply"] as const)("a read is tried again (%s)", async (drop) => {
    const { notes } = await collectionsOf();
    server.script((name, times) => (name === "find" && times === 1 ? { drop } : undefined));
    expect((await notes.get("there"))?.data).toEqual({ text: "there" });
  });

  test("a read fails where it is lost twice", async () => {
    const { notes } = await collectionsOf();
    server.script((name) => (name === "find" ? { drop: "before" } : undefined));
    expect(await errorOf(notes.get("there"))).toBeInstanceOf(ConnectionLostError);
  });

  test("a write is tried again under the same transaction number, by which a server knows it", async () => {
    const { notes } = await collectionsOf();
    server.script((name, times) => (name === "insert" && times === 1 ? { drop: "before" } : undefined));
    await notes.insert({ text: "once" }, { id: "once" });
    const numbers = server.seen
      .filter(({ name }) => name === "insert")
      .map(({ command }) => command.txnNumber);
    expect(numbers).toHaveLength(2);
    expect(numbers[0]).toEqual(numbers[1]);
  });

  test.each(["before", "mid-reply"] as const)(
    "whether a write has happened is not known where it is lost twice (%s)",
    async (drop) => {
      const { notes } = await collectionsOf();
      server.script((name) => (name === "update" || name === "findAndModify" ? { drop } : undefined));
      const error = await errorOf(notes.upsert("u", { text: "" }));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error.cause).toBeInstanceOf(ConnectionLostError);
    },
  );

  describe("on a server that forgets what it has done", () => {
    const forget = (command: string) =>
      server.script((name, times) =>
        name === command && times === 1 ? { drop: "after", forgets: true } : undefined,
      );

    test("what is tried again is known as one's own: a single write", async () => {
      const { notes } = await collectionsOf();
      forget("insert");
      expect(await notes.insert({ text: "1" }, { id: "own" })).toMatchObject({
        id: "own",
        data: { text: "1" },
      });
      let { revision } = (await notes.get("own"))!;
      for (const [command, write] of [
        ["findAndModify", (text: string) => notes.replace("own", { text }, { revision })],
        ["findAndModify", (text: string) => notes.upsert("own", { text }, { revision })],
        ["findAndModify", (text: string) => notes.repair("own", () => ({ text }))],
        ["update", (text: string) => notes.update("own", { text })],
      ] as const) {
        forget(command);
        const text = `after ${write}`;
        const written = await write(text);
        const stored = (await notes.get("own"))!;
        expect(stored).toEqual(written);
        expect(stored.data).toEqual({ text });
        revision = stored.revision;
      }
    });

    test("nor is it somebody else's in a bulk write", async () => {
      const { notes } = await collectionsOf();
      const { revision } = (await notes.get("there"))!;
      server.script((_, times) => (times === 1 ? { drop: "after", forgets: true } : undefined));
      const outcomes = await notes.bulk([
        { insert: { text: "1" }, id: "a" },
        { replace: { text: "2" }, id: "there", revision },
        { insert: { text: "3" }, id: "b" },
      ]);
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
      server.script(() => undefined);
      const again = await notes.bulk([{ insert: { text: "4" }, id: "a" }, { insert: { text: "5" } }]);
      expect(again.map((one) => (one.ok ? "ok" : one.error.name))).toEqual(["DuplicateDocumentError", "ok"]);
    });

    test("what somebody else has written is not", async () => {
      const { notes } = await collectionsOf();
      const { revision } = (await notes.get("there"))!;
      await notes.replace("there", { text: "theirs" });
      forget("findAndModify");
      await expect(notes.replace("there", { text: "mine" }, { revision })).rejects.toThrow(
        DocumentConflictError,
      );
      forget("insert");
      await expect(notes.insert({ text: "mine" }, { id: "there" })).rejects.toThrow(DuplicateDocumentError);
    });
  });

  test("of a bulk write, it is not known either", async () => {
    const { notes } = await collectionsOf();
    server.script((name) => (name === "insert" ? { drop: "after" } : undefined));
    expect(await errorOf(notes.bulk([{ insert: { text: "" } }]))).toBeInstanceOf(OutcomeUnknownError);
  });
});

describe("a server that is not there", () => {
  test("nothing was sent", async () => {
    const documents = open({
      url: "mongodb://127.0.0.1:9/?directConnection=true",
      serverSelectionTimeout: 200,
    });
    const { notes } = documents.workspace(W).job(J).collections;
    expect(await errorOf(notes.get("x"))).toBeInstanceOf(ConnectionFailedError);
    expect(await errorOf(notes.insert({ text: "" }))).toBeInstanceOf(ConnectionFailedError);
    expect(await errorOf(documents.ping())).toBeInstanceOf(ConnectionFailedError);
    const loop = async () => {
      for await (const _ of notes.find({}));
    };
    expect(await errorOf(loop())).toBeInstanceOf(ConnectionFailedError);
  });

  test("it is found when it comes, also by a process that was there before it", async () => {
    const port = await freePort();
    const first = await startScriptedServer(port);
    await first.stop();
    const { notes } = open({ url: first.url, serverSelectionTimeout: 200 }).workspace(W).job(J).collections;
    const insert = () => notes.insert({ text: "" });
    expect(await errorOf(insert())).toBeInstanceOf(ConnectionFailedError);
    const second = await startScriptedServer(port);
    // On a busy machine it is not found within its 200 ms at once.
    await until(() =>
      insert().then(
        () => true,
        () => false,
      ),
    );
    await closeAll();
    await second.stop();
  });
});

describe("errors of the server's", () => {
  test.each([
    [50, TimeoutError],
    [262, TimeoutError],
    [112, DocumentConflictError],
    [10107, ConnectionLostError],
    [13435, ConnectionLostError],
    [238, UnsupportedByServerError],
    [11000, DuplicateDocumentError],
    [13, DocumentCommandError],
    [8000, DocumentCommandError],
  ] as const)("%d", async (code, type) => {
    const { notes } = await collectionsOf();
    server.script((name) => (name === "insert" ? { error: { code } } : undefined));
    const error = await errorOf(notes.insert({ text: "" }));
    expect(error).toBeInstanceOf(type);
    expect(error.message).not.toContain("secret");
  });

  test.each([11600, 11602, 189, 91])("%d: a write may have happened, a read has not", async (code) => {
    const { notes } = await collectionsOf();
    server.script((name) => (name === "insert" || name === "find" ? { error: { code } } : undefined));
    expect(await errorOf(notes.insert({ text: "" }))).toBeInstanceOf(OutcomeUnknownError);
    expect(await errorOf(notes.get("there"))).toBeInstanceOf(ConnectionLostError);
  });

  test("NoWritesPerformed says that it has not", async () => {
    const { notes } = await collectionsOf();
    const error = { code: 91, labels: ["RetryableWriteError", "NoWritesPerformed"] };
    server.script((name) => (name === "insert" ? { error } : undefined));
    expect(await errorOf(notes.insert({ text: "" }))).toBeInstanceOf(ConnectionLostError);
  });

  test("RetryableWriteError has the driver try again", async () => {
    const { notes } = await collectionsOf();
    const error = { code: 10107, labels: ["RetryableWriteError"] };
    server.script((name, times) => (name === "insert" && times === 1 ? { error } : undefined));
    await notes.insert({ text: "" });
  });

  test("an upsert is tried again while others insert and delete the document", async () => {
    const { notes } = await collectionsOf();
    const error = { code: 11000 };
    server.script((name, times) => (name === "findAndModify" && times <= 3 ? { error } : undefined));
    await notes.upsert("u", { text: "" });
    server.script((name) => (name === "findAndModify" ? { error } : undefined));
    expect(await errorOf(notes.upsert("u", { text: "" }))).toBeInstanceOf(DuplicateDocumentError);
  });

  test("a write that no majority has confirmed may be rolled back", async () => {
    const { notes } = await collectionsOf();
    server.script((name) => (name === "insert" ? { writeConcernError: { code: 64 } } : undefined));
    expect(await errorOf(notes.insert({ text: "" }))).toBeInstanceOf(OutcomeUnknownError);
  });

  test("the validator's refusal names the path, also of one item among many", async () => {
    const { messages } = await collectionsOf();
    const errInfo = {
      failingDocumentId: "message/x",
      details: {
        operatorName: "$jsonSchema",
        schemaRulesNotSatisfied: [
          {
            operatorName: "anyOf",
            schemasNotSatisfied: [
              {
                index: 0,
                details: [
                  {
                    operatorName: "properties",
                    propertiesNotSatisfied: [
                      {
                        propertyName: "data",
                        details: [
                          {
                            operatorName: "properties",
                            propertiesNotSatisfied: [
                              {
                                propertyName: "subject",
                                details: [
                                  {
                                    operatorName: "bsonType",
                                    specifiedAs: { bsonType: "string" },
                                    reason: "type did not match",
                                    consideredValue: "secret",
                                    consideredType: "int",
                                  },
                                ],
                              },
                            ],
                          },
                          {
                            operatorName: "required",
                            specifiedAs: { required: ["provider"] },
                            missingProperties: ["provider"],
                          },
                        ],
                      },
                    ],
                  },
                ],
              },
              {
                index: 1,
                details: [
                  {
                    operatorName: "properties",
                    propertiesNotSatisfied: [
                      {
                        propertyName: "version",
                        details: [{ operatorName: "not", reason: "child expression matched" }],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    };
    server.script((name) => (name === "insert" ? { writeError: { code: 121, errInfo } } : undefined));
    const issues = [
      { path: ["subject"], message: "type did not match (bsonType)" },
      { path: ["provider"], message: "is missing" },
    ];
    const error = await errorOf(messages.insert(message()));
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(error).toMatchObject({ issues });
    expect(error.message).not.toContain("secret");
    const [outcome] = await messages.bulk([{ insert: message() }]);
    expect(outcome).toMatchObject({ ok: false, error: { name: "InvalidDocumentError", issues } });
  });

  test("a duplicate names the index as it was declared", async () => {
    const { messages } = await collectionsOf();
    const same = message();
    await messages.insert(same);
    expect(await errorOf(messages.insert(same))).toMatchObject({
      name: "DuplicateDocumentError",
      index: "external",
      message: "insert message: there is such a document already (unique index external)",
    });
    const [outcome] = await messages.bulk([{ insert: same }]);
    expect(outcome).toMatchObject({
      ok: false,
      error: { name: "DuplicateDocumentError", index: "external" },
    });
  });
});

describe("signals and deadlines", () => {
  /** Not answered while the test runs, so that nothing but what the test is about can end it. */
  const silent = (command: string) =>
    server.script((name) => (name === command ? { delay: NEVER } : undefined));
  const hasCome = (command: string) => until(() => server.seen.some(({ name }) => name === command));

  test("a read is cancelled at once, and told the server its deadline", async () => {
    const { notes } = await collectionsOf();
    silent("find");
    const controller = new AbortController();
    const reading = errorOf(notes.get("there", { signal: controller.signal, timeout: 600_000 }));
    await hasCome("find");
    controller.abort(new Error("no longer wanted"));
    const error = await reading;
    expect(error).toBeInstanceOf(CancelledError);
    expect(error.cause).toMatchObject({ message: "no longer wanted" });
    const { command } = server.seen.find(({ name }) => name === "find")!;
    expect(Number(command.maxTimeMS)).toBeGreaterThan(500_000);
  });

  test.each([
    ["get", "find", (c: Collections) => c.notes.get("there", { timeout: 50 })],
    ["find", "find", (c: Collections) => c.notes.find({}, { timeout: 50 }).toArray()],
    ["page", "find", (c: Collections) => c.notes.page({ limit: 1, timeout: 50 })],
    ["count", "aggregate", (c: Collections) => c.notes.count({}, { timeout: 50 })],
  ])("%s ends at its deadline", async (_, command, read) => {
    const collections = await collectionsOf();
    silent(command);
    expect(await errorOf(read(collections))).toBeInstanceOf(TimeoutError);
  });

  test.each([
    ["insert", "insert", (c: Collections) => c.notes.insert({ text: "" }, { timeout: 1000 })],
    ["upsert", "findAndModify", (c: Collections) => c.notes.upsert("u", { text: "" }, { timeout: 1000 })],
    ["update", "update", (c: Collections) => c.notes.update("there", { text: "" }, { timeout: 1000 })],
    ["delete", "delete", (c: Collections) => c.notes.delete("there", { timeout: 1000 })],
    ["bulk", "insert", (c: Collections) => c.notes.bulk([{ insert: { text: "" } }], { timeout: 1000 })],
  ])("%s, once sent, may have happened", async (_, command, write) => {
    const collections = await collectionsOf();
    silent(command);
    const error = await errorOf(write(collections));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(server.seen.find(({ name }) => name === command)?.command.maxTimeMS).toBeLessThanOrEqual(1000);
  });

  test("what is cancelled before is not sent", async () => {
    const { notes } = await collectionsOf();
    const signal = AbortSignal.abort();
    server.script(() => undefined);
    for (const attempt of [
      notes.get("there", { signal }),
      notes.insert({ text: "" }, { signal }),
      notes.delete("there", { signal }),
      notes.bulk([{ delete: "there" }], { signal }),
    ])
      expect(await errorOf(attempt)).toBeInstanceOf(CancelledError);
    expect(server.seen).toEqual([]);
  });

  describe("what was never sent is not sent later", () => {
    const writes: [string, (c: Collections, timeout: number) => Promise<unknown>][] = [
      ["insert", (c, timeout) => c.notes.insert({ text: "" }, { id: "late", timeout })],
      ["upsert", (c, timeout) => c.notes.upsert("late", { text: "" }, { timeout })],
      ["replace", (c, timeout) => c.notes.replace("there", { text: "late" }, { timeout })],
      ["delete", (c, timeout) => c.notes.delete("there", { timeout })],
      ["deleteMany", (c, timeout) => c.notes.deleteMany({}, { timeout })],
      ["bulk", (c, timeout) => c.notes.bulk([{ insert: { text: "" }, id: "late" }], { timeout })],
    ];

    test.each(writes)("%s, waiting for a connection", async (_, write) => {
      const documents = opened({ pool: { max: 1 } });
      const { collections } = documents.workspace(W).job(J);
      await collections.notes.upsert("there", { text: "there" });
      silent("find");
      const reading = errorOf(collections.notes.get("there", { timeout: 600 }));
      await hasCome("find");
      expect(await errorOf(write(collections, 50))).toBeInstanceOf(TimeoutError);
      expect(await reading).toBeInstanceOf(TimeoutError);
      server.script(() => undefined);
      // Behind whatever would still have waited.
      expect((await collections.notes.get("there"))?.data).toEqual({ text: "there" });
      await documents.close();
      expect(server.seen.map(({ name }) => name).filter((name) => !/find|endSessions/.test(name))).toEqual(
        [],
      );
    });
  });

  test("one deadline holds for all steps of an operation", async () => {
    const { notes } = await collectionsOf();
    const delays: Record<string, number> = { find: 500, update: NEVER };
    server.script((name) => (delays[name] === undefined ? undefined : { delay: delays[name] }));
    expect(await errorOf(notes.update("there", { text: "" }, { timeout: 3000 }))).toBeInstanceOf(
      OutcomeUnknownError,
    );
    // What the first step has left of it; timers are exact to a millisecond.
    const { command } = server.seen.find(({ name }) => name === "update")!;
    expect(Number(command.maxTimeMS)).toBeLessThanOrEqual(2502);
  });

  test("a loop over documents ends at the deadline", async () => {
    const { notes } = await collectionsOf();
    silent("find");
    const loop = async () => {
      for await (const _ of notes.find({}, { timeout: 50 }));
    };
    expect(await errorOf(loop())).toBeInstanceOf(TimeoutError);
  });

  test("a free connection that does not come in time is its own error", async () => {
    const documents = opened({ pool: { max: 1, acquireTimeout: 1000 } });
    const { notes } = await collectionsOf(documents);
    silent("find");
    const controller = new AbortController();
    const first = errorOf(notes.get("there", { signal: controller.signal }));
    await hasCome("find");
    expect(await errorOf(notes.get("there"))).toBeInstanceOf(PoolExhaustedError);
    controller.abort();
    await first;
  });

  test("a server that says nothing at all is given up", async () => {
    const { notes } = await collectionsOf(opened({ socketTimeout: 1000 }));
    silent("find");
    expect(await errorOf(notes.get("there"))).toBeInstanceOf(TimeoutError);
  });
});

describe("closing", () => {
  test("waits for what is under way, takes nothing new, and leaves no connection", async () => {
    const documents = opened();
    const { notes } = await collectionsOf(documents);
    const before = server.open;
    expect(before).toBeGreaterThan(0);
    server.script((name) => (name === "insert" ? { delay: 500 } : undefined));
    const writing = notes.insert({ text: "last" }, { id: "last" });
    await until(() => server.seen.some(({ name }) => name === "insert"));
    const closing = documents.close();
    expect(await errorOf(notes.get("there"))).toBeInstanceOf(PoolClosedError);
    expect((await writing).id).toBe("last");
    await closing;
    await closeAll();
    await until(() => server.open === 0);
  });

  test("does not wait for ever", async () => {
    const documents = opened();
    const { notes } = await collectionsOf(documents);
    server.script((name) => (name === "find" ? { delay: NEVER } : undefined));
    const reading = errorOf(notes.get("there"));
    await until(() => server.seen.some(({ name }) => name === "find"));
    await documents.close(100);
    await reading;
  });
});

type Collections = Awaited<ReturnType<typeof collectionsOf>>;
