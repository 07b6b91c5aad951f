import fc from "../../../tests/properties.ts";
import { createLayout, isKind, type LayoutName, type Scope } from "../../src/documents/layout.ts";
import { InvalidIdError, type JobId, jobId, type WorkspaceId, workspaceId } from "../../src/ids.ts";

const LAYOUTS: LayoutName[] = ["collection-per-job", "database-per-workspace", "shared-collections"];

/** Short, and of few characters, so that two of them are often nearly the same. */
const id = fc.stringMatching(/^[a0][a0_-]{0,3}$/);
const kind = fc.stringMatching(/^[ab][a0_]{0,2}$/);
const scope: fc.Arbitrary<Scope> = fc.record({
  workspace: id as fc.Arbitrary<WorkspaceId>,
  job: id as fc.Arbitrary<JobId>,
  kind,
});
const documentId = fc.oneof(fc.stringMatching(/^[a0/_-]{1,4}$/), fc.string({ minLength: 1 }));

describe.each(LAYOUTS)("%s", (name) => {
  const layout = createLayout(name, "solitude");

  test("no two documents of different scopes share a name", () => {
    fc.assert(
      fc.property(scope, documentId, scope, documentId, (a, idA, b, idB) => {
        const [placeA, placeB] = [layout.place(a), layout.place(b)];
        const nameOf = ({ database, collection, prefix }: typeof placeA, id: string) =>
          JSON.stringify([database, collection, prefix + id]);
        const same = JSON.stringify([a, idA]) === JSON.stringify([b, idB]);
        expect(nameOf(placeA, idA) === nameOf(placeB, idB)).toBe(same);
      }),
      { numRuns: 5_000 },
    );
  });

  test("no scope's range of keys reaches into another's", () => {
    fc.assert(
      fc.property(scope, scope, documentId, (a, b, id) => {
        const [mine, other] = [layout.place(a), layout.place(b)];
        if (mine.database !== other.database || mine.collection !== other.collection) return;
        const within = (other.prefix + id).startsWith(mine.prefix);
        expect(within).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 5_000 },
    );
  });

  test("the scope and the id are read back from a name", () => {
    fc.assert(
      fc.property(scope, documentId, (scope, id) => {
        const { database, collection, prefix } = layout.place(scope);
        expect(layout.scopeOf(database, collection, prefix + id)).toEqual({ ...scope, id });
      }),
    );
  });

  test("what is no name of a document is read as none", () => {
    const any = fc.string({ unit: fc.constantFrom("a", "0", "/", "-", "A", ".", "$") });
    fc.assert(
      fc.property(any, any, any, (database, collection, key) => {
        const read = layout.scopeOf(database, collection, key);
        if (read === undefined) return;
        const { id, ...scope } = read;
        const place = layout.place(scope);
        expect([place.database, place.collection, place.prefix + id]).toEqual([database, collection, key]);
      }),
    );
  });

  test("the longest ids and kind fit into MongoDB's limits", () => {
    const layout = createLayout(name, "a".repeat(name === "database-per-workspace" ? 14 : 63));
    const { database, collection } = layout.place({
      workspace: workspaceId("w".repeat(48)),
      job: jobId("j".repeat(48)),
      kind: "k".repeat(32),
    });
    expect(Buffer.byteLength(database)).toBeLessThanOrEqual(63);
    expect(Buffer.byteLength(`${database}.${collection}`)).toBeLessThanOrEqual(235);
  });
});

test("the default layout's collections are called {workspaceID}/{jobID}, as PostgreSQL's jobs.mongo_collection has it", () => {
  const scope = {
    workspace: workspaceId("0197c1de-8c1f-7000-8000-000000000001"),
    job: jobId("0197c1de-8c1f-7000-8000-000000000002"),
    kind: "execution",
  };
  expect(createLayout("collection-per-job", "solitude").place(scope)).toMatchObject({
    database: "solitude",
    collection: "0197c1de-8c1f-7000-8000-000000000001/0197c1de-8c1f-7000-8000-000000000002",
  });
});

test.each(["", "a/b", "a.b", "$a", "a\0", "a b", "A", "ä", "-a", "_a", "..", "a\n", "x".repeat(49)])(
  "%j is no id",
  (text) => {
    expect(() => workspaceId(text)).toThrow(InvalidIdError);
    expect(() => jobId(text)).toThrow(InvalidIdError);
  },
);

test("a value of another type is no id", () => {
  for (const value of [undefined, null, 1, { $gt: "" }, ["a"]])
    expect(() => workspaceId(value as never)).toThrow(InvalidIdError);
});

test("every UUID of PostgreSQL's is an id", () => {
  fc.assert(fc.property(fc.uuid(), (uuid) => expect(workspaceId(uuid)).toBe(uuid)));
});

test("system. collections of MongoDB's are no kinds", () => {
  expect(["system", "systemusers", "a.b", "A", "a/b", ""].filter(isKind)).toEqual([]);
});

test.each([
  ["database-per-workspace", "a-b"],
  ["database-per-workspace", "a".repeat(15)],
  ["collection-per-job", "a.b"],
  ["shared-collections", "a".repeat(64)],
] as const)("%s refuses the database name %j", (name, base) => {
  expect(() => createLayout(name, base)).toThrow(/the first a letter/);
});
