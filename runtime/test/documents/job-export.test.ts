import { z } from "zod";
import {
  DocumentTooNewError,
  DuplicateDocumentError,
  defineCollection,
  firstDocuments,
  JobExportError,
  json,
  openExport,
} from "../../src/documents/index.ts";
import { closeAll, J, J2, LAYOUTS, message, messages, W, W2 } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const payloads = defineCollection({
  kind: "payload",
  version: 2,
  schema: z.object({ value: json, at: z.date().optional(), bytes: z.instanceof(Uint8Array).optional() }),
  migrations: { 1: ({ old, ...rest }) => ({ ...rest, value: old as string }) },
});
const older = defineCollection({ kind: "payload", version: 1, schema: z.object({ old: z.string() }) });

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const result: string[] = [];
  for await (const line of lines) result.push(line);
  return result;
}

describe.each(LAYOUTS)("%s", (layout) => {
  const place = { database: server.database().slice(0, 13) };
  const documents = openReal({ layout, collections: { messages, payloads } }, place);
  const from = documents.workspace(W).job(J);
  const to = documents.workspace(W2).job(J2);
  beforeEach(async () => {
    for (const job of [from, to])
      for (const collection of Object.values(job.collections)) await collection.deleteMany({});
  });

  const dollars = server.testWith("dots in the names of fields");
  dollars("a job comes back elsewhere as it was: every value, time and version", async () => {
    const sent = await from.collections.messages.insert(
      message({ size: 9_007_199_254_740_993n, receivedAt: new Date(-1), subject: "\u2028\r\n$" }),
      { id: "a/b", expiresAt: new Date(Date.now() + 1e9) },
    );
    const value = { $date: "x", $$ref: { $id: 1, $ref: "y" }, $: [-0.5, { $numberLong: "1" }] };
    const bytes = new Uint8Array([0, 255]);
    const held = await from.collections.payloads.insert({ value, at: new Date(0), bytes });
    const row = { id: "j", createdAt: new Date(5), counter: 2n ** 60n, note: { $oid: "no" } };
    const lines = await all(from.export({ row }));
    expect(lines).toHaveLength(4);
    const opened = await openExport(lines);
    expect({ ...opened, lines: undefined }).toEqual({ workspace: W, job: J, row, lines: undefined });
    expect(await to.import(opened.lines)).toEqual({ imported: 2, present: 0, refused: [] });
    const { revision: _, ...same } = sent;
    expect(await to.collections.messages.get("a/b")).toMatchObject(same);
    expect((await to.collections.payloads.get(held.id))?.data).toEqual(held.data);
  });

  const unique = layout === "collection-per-job" ? server.testWith("partial indexes") : test;
  unique("run again it goes on; what differs is told of, and the rest is written", async () => {
    for (const id of ["1", "2", "3"]) await from.collections.messages.insert(message(), { id });
    const lines = await all(from.export());
    const [first] = lines
      .slice(1)
      .map((line) => JSON.parse(line) as { id: string; data: { externalId: string } });
    await to.collections.messages.insert(message({ externalId: first!.data.externalId }), { id: "other" });
    await to.collections.messages.insert(message(), { id: "2" });
    const outcome = await to.import((await openExport(lines)).lines);
    expect(outcome).toMatchObject({ imported: 1, present: 0 });
    expect(outcome.refused.map(({ id }) => id).sort()).toEqual(["1", "2"]);
    for (const { kind, error } of outcome.refused) {
      expect(kind).toBe("message");
      expect(error).toBeInstanceOf(DuplicateDocumentError);
    }
    const again = await to.import((await openExport(lines)).lines);
    expect(again).toMatchObject({ imported: 0, present: 1 });
  });

  test("older documents are migrated, and a newer one is told of", async () => {
    const theirs = openReal({ layout, collections: { messages, payloads: older } }, place)
      .workspace(W)
      .job(J);
    await theirs.collections.payloads.insert({ old: "text" }, { id: "o" });
    const lines = await all(from.export());
    expect(await to.import((await openExport(lines)).lines)).toMatchObject({ imported: 1, refused: [] });
    expect((await to.collections.payloads.get("o"))?.data).toEqual({ value: "text" });
    await from.collections.payloads.upsert("o", { value: [1] });
    const newer = await all(from.export());
    const { refused } = await theirs.import((await openExport(newer)).lines);
    expect(refused.map(({ error }) => error.constructor)).toEqual([DocumentTooNewError]);
  });

  test("lines that are none of an export, or not all of it, are an error", async () => {
    await from.collections.messages.insert(message(), { id: "x" });
    const lines = await all(from.export());
    const [header, document, end] = lines as [string, string, string];
    for (const wrong of [[], ["{}"], ["null\n"], [header.replace('"version":1', '"version":3')], ["{"]])
      await expect(openExport(wrong)).rejects.toThrow(JobExportError);
    for (const wrong of [
      [header, document],
      [header, end],
      [header, document, end, document],
      [header, "[]\n", end],
      [header, document.slice(0, -9)],
    ])
      await expect(to.import((await openExport(wrong)).lines)).rejects.toThrow(JobExportError);
    // In pieces of any size, without a last line feed.
    const bytes = Buffer.from(lines.join("").trimEnd());
    const pieces = Array.from({ length: bytes.length }, (_, index) => bytes.subarray(index, index + 1));
    await to.collections.messages.deleteMany({});
    expect(await to.import((await openExport(pieces)).lines)).toMatchObject({ imported: 1 });
  });

  if (layout !== "shared-collections")
    test("documents of a kind that is not declared are not left out without a word", async () => {
      await from.collections.payloads.insert({ value: 1 });
      const narrow = openReal({ layout, collections: { messages } }, place).workspace(W).job(J);
      if (layout === "collection-per-job")
        await expect(all(narrow.export())).rejects.toThrow(/the kind payload, which is not declared/);
      else expect(await all(narrow.export())).toHaveLength(2); // There each kind has a collection of its own.
    });
});

test("what a job starts with comes as it is, and what cannot be stored is refused before", () => {
  const value = { $date: "x", n: 2 ** 40 };
  expect(firstDocuments({ payloads: { a: { value } } }, { payloads })).toEqual({
    payloads: { a: { value: { $$date: "x", n: { $numberDouble: "1099511627776.0" } } } },
  });
  expect(() =>
    firstDocuments({ payloads: { a: { value, at: new Date(Number.NaN) } } }, { payloads }),
  ).toThrow(/: at: .*date/);
});
