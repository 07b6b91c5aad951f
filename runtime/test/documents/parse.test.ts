import { z } from "zod";
import { defineCollection, InvalidDocumentError, isReadable } from "../../src/documents/index.ts";
import { closeAll, J, notes, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const fallsOver = (text: string): boolean => {
  if (text.startsWith("bad")) throw new RangeError(`cannot look at ${text}`);
  return true;
};
const picky = defineCollection({
  kind: "note",
  version: 1,
  schema: z.object({ text: z.string().refine(fallsOver) }),
});
const slow = defineCollection({
  kind: "note",
  version: 1,
  schema: z.object({ text: z.string().refine(async (text) => text !== "") }),
});

test("what a schema's own code throws is an invalid document: not written, and no other is kept from being read", async () => {
  const place = { database: server.database() };
  const { notes: plain } = openReal({ collections: { notes } }, place).workspace(W).job(J).collections;
  const { notes: strict } = openReal({ collections: { notes: picky } }, place)
    .workspace(W)
    .job(J).collections;
  await plain.insert({ text: "good" }, { id: "1" });
  await plain.insert({ text: "bad: a secret" }, { id: "2" });
  await plain.insert({ text: "good" }, { id: "3" });

  for (const refused of [
    strict.insert({ text: "bad" }),
    strict.upsert("1", { text: "bad" }),
    strict.update("1", { text: "bad" }),
    strict.get("2"),
    strict
      .aggregate([{ $match: {} }], z.object({ _id: z.string().refine(() => fallsOver("bad")) }))
      .toArray(),
  ]) {
    const error = await refused.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/its schema has thrown \(RangeError\)/),
      cause: expect.any(RangeError),
    });
    expect((error as Error).message).not.toContain("secret");
  }
  expect(await plain.count()).toBe(3);
  const outcomes = await strict.bulk([
    { insert: { text: "bad" }, id: "4" },
    { insert: { text: "good" }, id: "5" },
  ]);
  expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);

  for (const list of [
    await strict.find().toArray(),
    await strict.getMany(["1", "2", "3", "5"]),
    (await strict.page({ limit: 9 })).documents,
    await strict.find({}, { fields: ["text"] }).toArray(),
  ])
    expect(list.map((each) => [each.id, isReadable(each)])).toEqual([
      ["1", true],
      ["2", false],
      ["3", true],
      ["5", true],
    ]);
});

test("a schema that needs to be waited for writes nothing", async () => {
  const { notes: late } = openReal({ collections: { notes: slow } })
    .workspace(W)
    .job(J).collections;
  await expect(late.insert({ text: "x" })).rejects.toThrow(InvalidDocumentError);
  expect(await late.count()).toBe(0);
});
