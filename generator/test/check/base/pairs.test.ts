import { pairEntries } from "../../../src/check/base/pairs.ts";

const entry = (id: string, schema: string, queries: string, out: string, name?: string) => ({
  id,
  schema: [schema],
  queries: [queries],
  typescript: null,
  plugins: [{ out }],
  ...(name === undefined ? {} : { name }),
});
const pairs = (head: ReturnType<typeof entry>[], base: ReturnType<typeof entry>[]): Record<string, string> =>
  Object.fromEntries([...pairEntries(head, base)].map(([a, b]) => [a.id, b.id]));

test("an entry is what it reads and writes, not its place", () => {
  const [a, b] = [entry("a", "s", "qa", "oa"), entry("b", "s", "qb", "ob")];
  expect(pairs([b, a], [a, b])).toEqual({ a: "a", b: "b" });
  expect(pairs([entry("new", "s2", "qn", "on"), a, b], [a, b])).toEqual({ a: "a", b: "b" });
  expect(pairs([b], [a, b])).toEqual({ b: "b" });
});

test("a name counts for more than all else, and what was moved is found by the rest", () => {
  const [a, b] = [entry("a", "s", "q", "o", "one"), entry("b", "s", "q", "o", "two")];
  expect(pairs([entry("x", "s9", "q9", "o9", "two")], [a, b])).toEqual({ x: "b" });
  expect(
    pairs([entry("x", "s", "elsewhere", "oa")], [entry("a", "s", "qa", "oa"), entry("b", "s", "qb", "ob")]),
  ).toEqual({ x: "a" });
});

test("what is left over, one on either side, is the same", () => {
  expect(pairs([entry("x", "s1", "q1", "o1")], [entry("y", "s2", "q2", "o2")])).toEqual({ x: "y" });
  expect(
    pairs([entry("x", "s1", "q1", "o1"), entry("z", "s3", "q3", "o3")], [entry("y", "s2", "q2", "o2")]),
  ).toEqual({});
});

test("a folder that has another name is found among others that are new", () => {
  const [a, b] = [entry("a", "a/schema", "a/queries", "a/db"), entry("b", "b/schema", "b/queries", "b/db")];
  const moved = entry("moved", "c/schema", "c/queries", "c/db");
  const added = entry("added", "d.sql", "d.q.sql", "out");
  expect(pairs([moved, added, a], [a, b])).toEqual({ moved: "b", a: "a" });
});
