import { MongoClient } from "mongodb";
import { z } from "zod";
import {
  CollectionLimitError,
  DuplicateDocumentError,
  defineCollection,
  jobId,
  UnsupportedByServerError,
} from "../../src/documents/index.ts";
import { closeAll, J, LAYOUTS, message, open, W } from "./fixture.ts";
import { openReal, server as real } from "./real-server.ts";
import { useScriptedServer } from "./scripted.ts";

const scripted = useScriptedServer();
afterAll(closeAll);

const count = (name: string) => scripted.server.seen.filter((each) => each.name === name).length;

describe.each(LAYOUTS)("%s", (layout) => {
  const person = (unique: boolean) =>
    defineCollection({
      kind: "person",
      version: 1,
      schema: z.object({ given: z.string(), email: z.email().optional() }),
      indexes: unique ? [{ name: "email", fields: { "data.email": 1 }, unique: true }] : [],
    });
  const people = (unique: boolean, database = real.database().slice(0, 13)) => {
    const documents = openReal({ collections: { people: person(unique) }, layout }, { database });
    return { documents, database, people: documents.workspace(W).job(J).collections.people };
  };

  real.testWith("partial indexes")("a field that may be absent is unique where it is present", async () => {
    const { people: all } = people(true);
    await all.insert({ given: "one" });
    await all.insert({ given: "two" });
    await all.insert({ given: "three", email: "a@b.example" });
    await expect(all.insert({ given: "four", email: "a@b.example" })).rejects.toThrow(DuplicateDocumentError);
  });

  real.testWith("partial indexes")(
    "elements of an array are unique, and that it has none is no value",
    async () => {
      const list = (name: string, array: z.ZodType, more: object = {}) =>
        defineCollection({
          kind: "list",
          version: 1,
          schema: z.object({ owner: z.string().default("o"), tags: array, ...more }),
          indexes: [{ name, fields: { "data.owner": 1, "data.tags": 1 } as never, unique: true }],
        });
      const texts = z.array(z.string());
      for (const tags of [texts, texts.default([]), texts.optional(), texts.min(1)]) {
        const all = openReal({ collections: { lists: list("tags", tags) }, layout })
          .workspace(W)
          .job(J).collections.lists;
        await all.insert({ tags: ["a", "b"] });
        await expect(all.insert({ tags: ["c", "b"] })).rejects.toThrow(DuplicateDocumentError);
        await all.insert({ tags: ["c", "b"], owner: "other" });
        await all.insert({ tags: ["c", "c"] });
        if (tags.safeParse([]).success) for (let i = 0; i < 2; i++) await all.insert({ tags: [] });
      }
    },
  );

  real.testWith("partial indexes")(
    "duplicates that are there keep nothing else from being written",
    async () => {
      const before = people(false);
      for (const given of ["one", "two"]) await before.people.insert({ given, email: "a@b.example" });
      const after = people(true, before.database);
      await after.people.insert({ given: "three" });
      expect(after.documents.leftOut).toEqual([expect.stringContaining("person_email")]);
    },
  );

  test("processes that race make the same collection, and no write is lost", async () => {
    const database = real.database();
    const processes = Array.from({ length: 6 }, () => openReal({ layout }, { database }));
    const inserts = processes.flatMap((process) =>
      Array.from({ length: 5 }, () => process.workspace(W).job(J).collections.messages.insert(message())),
    );
    await Promise.all(inserts);
    expect(await processes[0]!.workspace(W).job(J).collections.messages.count()).toBe(30);
    const client = new MongoClient(real.url);
    try {
      const name = layout === "database-per-workspace" ? `${database}-${W}` : database;
      const [made, ...more] = await client.db(name).listCollections({}, { nameOnly: true }).toArray();
      expect(more).toEqual([]);
      const indexes = await client.db(name).collection(made!.name).indexes();
      expect(indexes.map(({ name }) => name)).toContain("message_importance");
      expect(new Set(indexes.map(({ name }) => name)).size).toBe(indexes.length);
    } finally {
      await client.close();
    }
  });
});

test("many writes at once have the collection made once", async () => {
  const { messages } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  scripted.server.script(() => undefined);
  await Promise.all(Array.from({ length: 10 }, () => messages.insert(message())));
  expect([count("create"), count("createIndexes")]).toEqual([1, 1]);
  await messages.insert(message());
  expect([count("create"), count("createIndexes")]).toEqual([1, 1]);
});

test("reads make no collection", async () => {
  const { messages } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  scripted.server.script(() => undefined);
  await messages.find().toArray();
  await messages.count();
  expect([count("create"), count("createIndexes")]).toEqual([0, 0]);
});

test.each([112, 114, 117, 215, 276])(
  "error %d of somebody else's making the same is waited out",
  async (code) => {
    const { messages } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
    scripted.server.script((name, times) =>
      (name === "create" || name === "createIndexes") && times <= 2 ? { error: { code } } : undefined,
    );
    await messages.insert(message());
    expect(count("create") + count("createIndexes")).toBeGreaterThanOrEqual(5);
  },
);

test("what could not be made is tried again at the next write", async () => {
  const { messages } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
  scripted.server.script((name, times) =>
    name === "create" && times === 1 ? { error: { code: 13 } } : undefined,
  );
  await expect(messages.insert(message())).rejects.toMatchObject({ code: 13 });
  await messages.insert(message());
});

test("an index that a release has merely renamed is the one that is there", async () => {
  const named = (name: string, direction: 1 | -1 = 1) =>
    defineCollection({
      kind: "note",
      version: 1,
      schema: z.object({ text: z.string() }),
      indexes: [
        { name: "first", fields: { createdAt: 1 } },
        { name, fields: { "data.text": direction } },
        { name: "last", fields: { updatedAt: 1 } },
      ],
    });
  const write = (declared: ReturnType<typeof named>) =>
    open({ url: scripted.server.url, database: "renamed" }, { collections: { notes: declared } })
      .workspace(W)
      .job(J)
      .collections.notes.insert({ text: "" });
  await write(named("old"));
  await write(named("new"));
  await expect(write(named("old", -1))).rejects.toThrow(UnsupportedByServerError);
});

const note = (version: number, more: Record<string, z.ZodType> = {}) =>
  defineCollection({
    kind: "note",
    version,
    schema: z.object({ text: z.string(), ...more }),
    migrations: Object.fromEntries(Array.from({ length: version - 1 }, (_, i) => [i + 1, (data) => data])),
  });

test("the validator follows the newest declaration, whoever writes last", async () => {
  const connection = { url: scripted.server.url, database: "rollout" };
  const versionNow = async () => {
    const client = new MongoClient(scripted.server.url);
    try {
      const [found] = await client.db("rollout").listCollections().toArray();
      const { $jsonSchema } = (
        found as unknown as { options: { validator: { $jsonSchema: { description: string } } } }
      ).options.validator;
      return JSON.parse($jsonSchema.description).versions.note;
    } finally {
      await client.close();
    }
  };
  const write = (version: number) =>
    open(connection, { collections: { notes: note(version) } })
      .workspace(W)
      .job(J)
      .collections.notes.insert({ text: "" });
  await write(1);
  expect(await versionNow()).toBe(1);
  await write(2);
  expect(await versionNow()).toBe(2);
  await write(1);
  expect(await versionNow()).toBe(2);
});

real.testWith("validators")("the server refuses what a program without the accessor writes", async () => {
  const database = real.database();
  const documents = openReal({}, { database });
  await documents.workspace(W).job(J).collections.messages.insert(message());
  const client = new MongoClient(real.url);
  try {
    const past = client.db(database).collection(`${W}/${J}`);
    await expect(past.insertOne({ _id: "message/x" as never, kind: "message" })).rejects.toMatchObject({
      code: 121,
    });
    const stored = await past.findOne({});
    const bad = { ...stored, _id: "message/y" as never, data: { ...stored?.data, externalId: 1 } };
    await expect(past.insertOne(bad)).rejects.toMatchObject({ code: 121 });
  } finally {
    await client.close();
  }
});

real.testWith("TTL indexes")("documents that expire have a TTL index", async () => {
  const database = real.database();
  await openReal({}, { database }).workspace(W).job(J).collections.messages.insert(message());
  const client = new MongoClient(real.url);
  try {
    const indexes = await client.db(database).collection(`${W}/${J}`).indexes();
    expect(indexes.find(({ name }) => name === "expiry")).toMatchObject({ expireAfterSeconds: 0 });
  } finally {
    await client.close();
  }
});

describe("a server without validators", () => {
  const lacking = () =>
    scripted.server.script((name, _, command) =>
      name === "create" && "validator" in command ? { error: { code: 238 } } : undefined,
    );

  test("is an error where they are required", async () => {
    lacking();
    const { notes } = open({ url: scripted.server.url }).workspace(W).job(J).collections;
    await expect(notes.insert({ text: "" })).rejects.toThrow(UnsupportedByServerError);
  });

  test("is done without where that is allowed, and says so", async () => {
    lacking();
    const documents = open({ url: scripted.server.url }, { serverChecks: "if-supported" });
    await documents.workspace(W).job(J).collections.notes.insert({ text: "" });
    expect(documents.leftOut).toEqual(["validators"]);
  });
});

describe("the limit of collections", () => {
  test("no collection is made beyond it, and those that are there go on", async () => {
    const documents = openReal({ maxCollections: 2 });
    const notesOf = (job: string) => documents.workspace(W).job(jobId(job)).collections.notes;
    await notesOf("a").insert({ text: "" });
    await notesOf("b").insert({ text: "" });
    expect(documents.collectionCount).toBe(2);
    await expect(notesOf("c").insert({ text: "" })).rejects.toThrow(CollectionLimitError);
    await notesOf("a").insert({ text: "" });
    await documents.workspace(W).job(jobId("a")).drop();
    await notesOf("c").insert({ text: "" });
  });

  test("another process at the limit writes to what is there", async () => {
    const database = real.database();
    await openReal({ maxCollections: 1 }, { database })
      .workspace(W)
      .job(J)
      .collections.notes.insert({ text: "" });
    const other = openReal({ maxCollections: 1 }, { database }).workspace(W);
    await other.job(J).collections.notes.insert({ text: "" });
    await expect(other.job(jobId("more")).collections.notes.insert({ text: "" })).rejects.toThrow(
      CollectionLimitError,
    );
  });
});
