import { withTypescriptTargets } from "../../src/config/typescript-target.ts";

const added = (text: string): string | undefined => withTypescriptTargets(text, "src/db")?.text;

test.each([
  [
    "beside another target, at its indentation",
    'version: "2"\nsql:\n- engine: postgresql # here\n  gen:\n      # Go first\n      go: &go\n        out: db\n',
    'version: "2"\nsql:\n- engine: postgresql # here\n  gen:\n      # Go first\n      typescript: { out: src/db }\n      go: &go\n        out: db\n',
  ],
  [
    "an entry without targets, which ends in a list and comments",
    "version: 1\npackages:\n  - name: a\n    schema:\n      - a.sql # the first\n      # - b.sql\n# end\n",
    "version: 1\npackages:\n  - name: a\n    schema:\n      - a.sql # the first\n    gen:\n      typescript:\n        out: src/db\n      # - b.sql\n# end\n",
  ],
  [
    "a file without a last line break",
    "sql:\n  - queries: q",
    "sql:\n  - queries: q\n    gen:\n      typescript:\n        out: src/db",
  ],
  [
    "CRLF",
    "sql:\r\n  - queries: q\r\n    gen:\r\n      go: {}\r\n",
    "sql:\r\n  - queries: q\r\n    gen:\r\n      typescript: { out: src/db }\r\n      go: {}\r\n",
  ],
  [
    "flow style",
    "sql: [{ queries: q, gen: { go: {} } }]\n",
    "sql: [{ queries: q, gen: { typescript: { out: src/db }, go: {} } }]\n",
  ],
  [
    "JSON",
    '\uFEFF{\n  "packages": [\n    {\n      "queries": "q"\n    }\n  ]\n}\n',
    '\uFEFF{\n  "packages": [\n    {\n      "gen": { "typescript": { "out": "src/db" } },\n      "queries": "q"\n    }\n  ]\n}\n',
  ],
])("%s", (_, before, after) => {
  expect(added(before)).toBe(after);
});

test("each of several entries gets a folder of its own; other engines and entries that have one get none", () => {
  const text = `sql:
  - { queries: db/users/*.sql }
  - { queries: sql/users/ }
  - { engine: mysql, queries: m }
  - { gen: { go: { package: Billing } } }
  - { name: Old, gen: { typescript: { out: x } } }
`;
  const result = withTypescriptTargets(text, "../src/db");
  expect(result?.outs).toEqual(["../src/db/users", "../src/db/users-2", "../src/db/billing"]);
  expect(withTypescriptTargets(result!.text, "../src/db")).toEqual({ text: result!.text, outs: [] });
});

test("what cannot be done by inserting text is not tried", () => {
  expect(added("x: &g { go: {} }\nsql:\n  - queries: q\n    gen: *g\n")).toBeUndefined();
  expect(added("sql:\n  - queries: q\n    gen:\n")).toBeUndefined();
  expect(added("sql: []\n")).toBeUndefined();
  expect(added("- 1\n")).toBeUndefined();
});
