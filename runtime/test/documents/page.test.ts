import { z } from "zod";
import fc from "../../../tests/properties.ts";
import { DeclarationError, defineCollection, jobId, RefusedError } from "../../src/documents/index.ts";
import { sortableTypes } from "../../src/documents/sortable.ts";
import { closeAll, J, LAYOUTS, message, W } from "./fixture.ts";
import { openReal } from "./real-server.ts";

afterAll(closeAll);

describe.each(LAYOUTS)("%s", (layout) => {
  const documents = openReal({ layout });

  test("pages have every document once, in order, whatever the sort", async () => {
    let run = 0;
    const value = fc.record({
      importance: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
      subject: fc.option(fc.constantFrom("", "a", "b"), { nil: undefined }),
    });
    const direction = fc.constantFrom(1 as const, -1 as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 12 }),
        direction,
        fc.option(direction, { nil: undefined }),
        fc.option(direction, { nil: undefined }),
        fc.integer({ min: 1, max: 5 }),
        async (values, a, b, byId, limit) => {
          const { messages } = documents.workspace(W).job(jobId(`page${++run}`)).collections;
          const inserts = values.map((each) => ({ insert: message(each) }));
          await messages.bulk([...inserts, { insert: message({ importance: 1 }) }]);
          const sort = {
            "data.importance": a,
            ...(b === undefined ? {} : { "data.subject": b }),
            ...(byId === undefined ? {} : { id: byId }),
          };
          const ids: string[] = [];
          let after: string | null | undefined;
          do {
            const page = await messages.page({ sort, limit, ...(after ? { after } : {}) });
            expect(page.documents.length).toBeLessThanOrEqual(limit);
            ids.push(...page.documents.map(({ id }) => id));
            after = page.next;
          } while (after !== null);
          const whole = await messages.find({}, { sort: { ...sort, id: byId ?? 1 } }).toArray();
          expect(ids).toEqual(whole.map(({ id }) => id));
        },
      ),
      { numRuns: 25 },
    );
  });

  test("what is written in between neither repeats nor hides the rest", async () => {
    const { notes } = documents.workspace(W).job(J).collections;
    for (const id of ["b", "d", "f", "h"]) await notes.insert({ text: "" }, { id });
    const first = await notes.page({ limit: 2 });
    for (const id of ["a", "e"]) await notes.insert({ text: "" }, { id });
    await notes.delete("d");
    const second = await notes.page({ limit: 2, after: first.next! });
    const third = await notes.page({ limit: 2, after: second.next! });
    const ids = [first, second, third].flatMap(({ documents }) => documents.map(({ id }) => id));
    expect(ids).toEqual(["b", "d", "e", "f", "h"]);
    expect(third.next).toBeNull();
  });
});

describe("cursors", () => {
  const { notes } = openReal().workspace(W).job(J).collections;
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test.each([
    ["nothing", ""],
    ["no cursor", "xyz"],
    ["something else", encode({ $gt: "" })],
    ["an empty list", encode([])],
  ])("%s is refused", async (_, after) => {
    await expect(notes.page({ limit: 1, after })).rejects.toThrow(RefusedError);
  });

  test("one of another sort, or with operators put in, is refused", async () => {
    for (let i = 0; i < 3; i++) await notes.insert({ text: "x", number: i });
    const { next } = await notes.page({ limit: 1, sort: { "data.number": 1 } });
    await expect(notes.page({ limit: 1, after: next! })).rejects.toThrow(RefusedError);
    const content = JSON.parse(Buffer.from(next!, "base64url").toString());
    for (const put of [{ $gt: "" }, { $where: "true" }, ["a"], { $code: "true" }]) {
      const forged = encode([content[0], put, content[2]]);
      await expect(notes.page({ limit: 1, sort: { "data.number": 1 }, after: forged })).rejects.toThrow(
        RefusedError,
      );
    }
    const forgedId = encode([content[0], content[1], { $ne: "" }]);
    await expect(notes.page({ limit: 1, sort: { "data.number": 1 }, after: forgedId })).rejects.toThrow(
      RefusedError,
    );
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("a limit of %d is refused", async (limit) => {
    await expect(notes.page({ limit })).rejects.toThrow(RefusedError);
  });

  test("a field whose values have no one order is refused", async () => {
    const { messages } = openReal().workspace(W).job(J).collections;
    for (const path of ["data.tags", "data.from", "data", "data.nothing"])
      await expect(messages.page({ limit: 1, sort: { [path]: 1 } as never })).rejects.toThrow(
        DeclarationError,
      );
  });
});

test("sortable fields are those of one type", () => {
  const schema = z.object({
    text: z.string(),
    maybe: z.string().nullish(),
    number: z.number(),
    whole: z.int().optional(),
    either: z.union([z.string(), z.number()]),
    numbers: z.union([z.int(), z.bigint()]),
    choice: z.enum(["a", "b"]),
    mixed: z.literal(["a", 1]),
    date: z.date().nullable(),
    list: z.array(z.string()),
    nested: z.object({ inner: z.boolean() }).optional(),
    any: z.unknown(),
    open: z.record(z.string(), z.string()),
  });
  const declaration = defineCollection({ kind: "k", version: 1, schema });
  const sortable = Object.keys(schema.shape).filter((key) => sortableTypes(declaration, `data.${key}`));
  expect(sortable).toEqual(["text", "maybe", "number", "whole", "numbers", "choice", "date"]);
  expect(sortableTypes(declaration, "data.nested.inner")).toEqual(["bool"]);
  expect(sortableTypes(declaration, "data.open.key")).toBeUndefined();
  expect(sortableTypes(declaration, "updatedAt")).toEqual(["date"]);
});
