import { z } from "zod";
import { DocumentTooNewError, defineCollection, InvalidDocumentError } from "../../src/documents/index.ts";
import { closeAll, J, LAYOUTS, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const first = defineCollection({ kind: "person", version: 1, schema: z.object({ name: z.string() }) });
const third = defineCollection({
  kind: "person",
  version: 3,
  schema: z.object({ given: z.string(), family: z.string().min(1), active: z.boolean() }),
  migrations: {
    1: ({ name, ...rest }) => {
      const [given, family] = String(name).split(" ");
      return { ...rest, given, family: family ?? "" };
    },
    2: (data) => ({ ...data, active: true }),
  },
});

describe.each(LAYOUTS)("%s", (layout) => {
  const database = server.database();
  const old = openReal({ layout, collections: { people: first } }, { database })
    .workspace(W)
    .job(J).collections.people;
  const now = openReal({ layout, collections: { people: third } }, { database })
    .workspace(W)
    .job(J).collections.people;
  const ada = { given: "Ada", family: "Lovelace", active: true };
  beforeEach(async () => {
    await now.deleteMany({});
    await old.insert({ name: "Ada Lovelace" }, { id: "ada" });
  });

  test("older documents are read in the current form, however they are read", async () => {
    expect((await now.get("ada"))?.data).toEqual(ada);
    expect((await now.find().toArray())[0]?.data).toEqual(ada);
    expect((await now.page({ limit: 1 })).documents[0]?.data).toEqual(ada);
    for await (const { data } of now.find({}, { fields: ["family"] }))
      expect(data).toEqual({ family: "Lovelace" });
    expect((await now.find({}, { fields: ["active"] }).toArray())[0]?.data).toEqual({ active: true });
  });

  test("reading does not write", async () => {
    await now.get("ada");
    expect((await old.get("ada"))?.data).toEqual({ name: "Ada Lovelace" });
  });

  test("an update writes the current form, which an older program does not misread", async () => {
    await now.update("ada", { active: false });
    expect((await now.get("ada"))?.data).toEqual({ ...ada, active: false });
    await expect(old.get("ada")).rejects.toThrow(DocumentTooNewError);
  });

  test("rewriting makes filters see the new form", async () => {
    expect(await now.count({ "data.family": "Lovelace" })).toBe(0);
    expect(await now.rewriteOlder()).toBe(1);
    expect(await now.count({ "data.family": "Lovelace" })).toBe(1);
    expect(await now.rewriteOlder()).toBe(0);
  });

  test("what a migration makes is checked, and rewriting does the rest before it says so", async () => {
    await old.insert({ name: "Plato" }, { id: "a first one" });
    const error = await now.get("a first one").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(error).toMatchObject({ id: "a first one", issues: [{ path: ["family"] }] });
    await expect(now.rewriteOlder()).rejects.toThrow(InvalidDocumentError);
    expect(await now.count({ "data.family": "Lovelace" })).toBe(1);
  });
});
