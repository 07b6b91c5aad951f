import { z } from "zod";
import { loadConfig } from "../../src/config/load-config.ts";
import {
  createDocuments,
  DeclarationError,
  type DeclarationOptions,
  defineCollection,
} from "../../src/documents/index.ts";
import { indexesOf } from "../../src/documents/indexes.ts";
import { createLayout } from "../../src/documents/layout.ts";
import { solitudeCollections } from "../../src/documents/solitude.ts";
import { createValidator, mergeValidator } from "../../src/documents/validator.ts";
import { J, LAYOUTS, messages, notes, W } from "./fixture.ts";

const schema = z.object({ a: z.string() });
const base = { kind: "k", version: 1, schema };

test.each<[string, Partial<DeclarationOptions<typeof schema>>, RegExp]>([
  ["a kind with a slash", { kind: "a/b" }, /a kind is/],
  ["a version of 0", { version: 0 }, /a version is/],
  ["a missing migration", { version: 3, migrations: { 1: (data) => data } }, /no migration from version 2/],
  ["a migration from the future", { migrations: { 1: (data) => data } }, /no version 1 to migrate from/],
  ["an index of no fields", { indexes: [{ name: "i", fields: {} }] }, /has no fields/],
  ["a path that is not there", { indexes: [{ name: "i", fields: { workspace: 1 } as never }] }, /is no path/],
  ["an operator as path", { indexes: [{ name: "i", fields: { "data.$where": 1 } as never }] }, /is no path/],
  [
    "two indexes of one name",
    {
      indexes: [
        { name: "i", fields: { "data.a": 1 } },
        { name: "i", fields: { createdAt: 1 } },
      ],
    },
    /two indexes/,
  ],
  [
    "an index under two names",
    {
      indexes: [
        { name: "i", fields: { "data.a": 1, createdAt: -1 } },
        { name: "j", fields: { "data.a": 1, createdAt: -1 } },
      ],
    },
    /the same as another/,
  ],
])("%s is refused", (_, options, message) => {
  expect(() => defineCollection({ ...base, ...options })).toThrow(DeclarationError);
  expect(() => defineCollection({ ...base, ...options })).toThrow(message);
});

test("two collections of one kind are refused", () => {
  const connection = { url: "mongodb://127.0.0.1:9", database: "d" };
  expect(() => createDocuments(connection, { collections: { a: notes, b: notes } })).toThrow(
    DeclarationError,
  );
  expect(() => createDocuments(connection, { collections: {} })).toThrow(DeclarationError);
});

test("indexes of two collections that the database could not tell apart are refused", () => {
  const of = (kind: string, name: string) =>
    defineCollection({ kind, version: 1, schema, indexes: [{ name, fields: { "data.a": 1 } }] });
  const connection = { url: "mongodb://127.0.0.1:9", database: "d" };
  const collections = { tasks: of("task", "list_a"), lists: of("task_list", "a") };
  expect(() => createDocuments(connection, { collections })).toThrow(/one name in the database/);
});

describe("validators", () => {
  const place = createLayout("collection-per-job", "d").place({ workspace: W, job: J, kind: "note" });
  const of = (version: number, more: object = {}) => {
    const migrations = Object.fromEntries(
      Array.from({ length: version - 1 }, (_, i) => [i + 1, (d: object) => d]),
    );
    const shape = z.object({ text: z.string(), ...more });
    return defineCollection({ kind: "note", version, schema: shape, migrations: migrations as never });
  };

  const merge = (present: unknown, ...wanted: Parameters<typeof createValidator>[0]) =>
    mergeValidator(present, createValidator(wanted, place), place);
  const validator = (...declared: Parameters<typeof createValidator>[0]) => createValidator(declared, place);

  test("the same declaration is not written twice", () => {
    expect(merge(validator(of(1)), of(1))).toBeUndefined();
  });

  test("a newer version replaces an older, and never the other way round", () => {
    expect(merge(validator(of(1)), of(2))).toEqual(validator(of(2)));
    expect(merge(validator(of(2)), of(1))).toBeUndefined();
  });

  test("of one version, what either schema takes passes, whoever comes last", () => {
    const changed = of(1, { more: z.string() });
    const both = merge(validator(of(1)), changed);
    const schemas = JSON.stringify(both);
    expect(schemas).toContain(JSON.stringify(of(1).serverSchema));
    expect(schemas).toContain(JSON.stringify(changed.serverSchema));
    expect(merge(both, of(1))).toBeUndefined();
    expect(merge(both, changed)).toBeUndefined();
    expect(merge(both, of(2))).toEqual(validator(of(2)));
  });

  test("a validator does not grow without end", () => {
    let present: unknown = validator(of(1));
    for (let i = 0; i < 30; i++) present = merge(present, of(1, { [`field${i}`]: z.string() }));
    expect(JSON.stringify(present).match(/"data":/g)!.length).toBeLessThan(12);
    expect(JSON.stringify(present)).toContain("field29");
  });

  test("a kind that is not declared here stays, and keeps no other from its new version", () => {
    const more = validator(of(1), messages);
    expect(merge(more, of(1))).toBeUndefined();
    expect(merge(validator(of(1)), of(1), messages)).toEqual(more);
    expect(merge(more, of(2))).toEqual(validator(of(2), messages));
  });

  test("none, and somebody else's, are replaced", () => {
    for (const theirs of [undefined, {}, { $jsonSchema: {} }, { $jsonSchema: { description: "{" } }])
      expect(merge(theirs, of(1))).toEqual(validator(of(1)));
  });
});

test.each(LAYOUTS)("%s: every index is confined to what its collection mixes", (name) => {
  const layout = createLayout(name, "d");
  const place = layout.place({ workspace: W, job: J, kind: "message" });
  const indexes = indexesOf(layout.collectionPerKind ? [messages] : [messages, notes], place);
  const own = { "data.provider": 1, "data.externalId": 1 };
  const scope = {
    "collection-per-job": {},
    "database-per-workspace": { job: 1 },
    "shared-collections": { workspace: 1, job: 1 },
  }[name];
  const partial = name === "collection-per-job" ? { partialFilterExpression: { kind: "message" } } : {};
  expect(indexes).toEqual([
    { name: "message_external", key: { ...scope, ...own }, unique: true, ...partial },
    {
      name: "message_importance",
      key: { ...(name === "collection-per-job" ? { kind: 1 } : scope), "data.importance": -1 },
    },
    { name: "expiry", key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ]);
});

test("Solitude's own collections are declared, each of its own kind", () => {
  const kinds = Object.values(solitudeCollections).map(({ kind }) => kind);
  expect(kinds).toEqual(["activity", "integration", "execution", "context"]);
});

test("the configuration's MongoDB can be connected to as it is", async () => {
  const { mongodb } = loadConfig({
    DATABASE_URL: "postgres://u:p@h/d",
    MONGODB_URL: "mongodb://u:p@127.0.0.1:9/solitude",
  });
  const documents = createDocuments(mongodb!, { collections: solitudeCollections });
  await documents.close();
});
