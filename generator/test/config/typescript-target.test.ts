import { besideVersion1, withTypescriptTargets } from "../../src/config/typescript-target.ts";

const added = (text: string): string | undefined => withTypescriptTargets(text, "src/db")?.text;

test.each([
  [
    "at the end of the file, where sqlc leaves it alone",
    'version: "2"\nsql:\n- engine: postgresql # here\n  gen:\n      # Go first\n      go: &go\n        out: db\n# end\n',
    'version: "2"\nsql:\n- engine: postgresql # here\n  gen:\n      # Go first\n      go: &go\n        out: db\n# end\noptions:\n  solitude-gen:\n    typescript:\n      out: src/db\n',
  ],
  [
    "a file without a last line break",
    "sql:\n  - queries: q",
    "sql:\n  - queries: q\noptions:\n  solitude-gen:\n    typescript:\n      out: src/db\n",
  ],
  [
    "CRLF",
    "sql:\r\n  - queries: q\r\n",
    "sql:\r\n  - queries: q\r\noptions:\r\n  solitude-gen:\r\n    typescript:\r\n      out: src/db\r\n",
  ],
  [
    "among options of others, at their indentation",
    "options:\n    # theirs\n    other: { a: 1 }\nsql:\n  - queries: q\n",
    "options:\n    # theirs\n    solitude-gen:\n      typescript:\n        out: src/db\n    other: { a: 1 }\nsql:\n  - queries: q\n",
  ],
  [
    "among our own",
    "sql:\n  - queries: q\noptions:\n  solitude-gen:\n    vet: {}\n",
    "sql:\n  - queries: q\noptions:\n  solitude-gen:\n    typescript:\n      out: src/db\n    vet: {}\n",
  ],
  [
    "among options in flow style",
    "options: { solitude-gen: { vet: {} } }\nsql:\n  - queries: q\n",
    "options: { solitude-gen: { typescript: { out: src/db }, vet: {} } }\nsql:\n  - queries: q\n",
  ],
  [
    "an alias of another target is no hindrance",
    "x: &g { go: {} }\nsql:\n  - queries: q\n    gen: *g\n",
    "x: &g { go: {} }\nsql:\n  - queries: q\n    gen: *g\noptions:\n  solitude-gen:\n    typescript:\n      out: src/db\n",
  ],
  [
    "JSON",
    '\uFEFF{\n  "sql": [\n    {\n      "queries": "q"\n    }\n  ]\n}\n',
    '\uFEFF{\n  "options": { "solitude-gen": { "typescript": { "out": "src/db" } } },\n  "sql": [\n    {\n      "queries": "q"\n    }\n  ]\n}\n',
  ],
])("%s", (_, before, after) => {
  expect(added(before)).toBe(after);
});

test("each of several entries gets a folder of its own; other engines and entries that have one get none", () => {
  const text = `plugins:
  - { name: ts, wasm: { url: https://example.com/sqlc-gen-typescript_0.1.3.wasm } }
sql:
  - { queries: db/users/*.sql }
  - { queries: sql/users/ }
  - { engine: mysql, queries: m }
  - { gen: { go: { package: Billing } } }
  - { name: Old, gen: { typescript: { out: x } } }
  - { name: ofPlugin, codegen: [{ plugin: ts, out: y }] }
`;
  const result = withTypescriptTargets(text, "../src/db");
  expect(result?.outs).toEqual(["../src/db/users", "../src/db/users-2", "../src/db/billing"]);
  expect(result?.text).toContain(`options:
  solitude-gen:
    typescript:
      - { entry: 0, out: ../src/db/users }
      - { entry: 1, out: ../src/db/users-2 }
      - { entry: 3, out: ../src/db/billing }
`);
  expect(withTypescriptTargets(result!.text, "../src/db")).toEqual({ text: result!.text, outs: [] });
});

test("what cannot be done by inserting text is not tried", () => {
  expect(added("options: &o {}\nsql:\n  - queries: q\n")).toBeUndefined();
  expect(added("options: 1\nsql:\n  - queries: q\n")).toBeUndefined();
  expect(added("sql: []\n")).toBeUndefined();
  expect(added("packages:\n  - queries: q\n")).toBeUndefined();
  expect(added("- 1\n")).toBeUndefined();
});

test("version 1 has no such place: a file of its own stands beside it", () => {
  const text = "version: 1\npackages:\n  - name: a\n    schema: [a.sql, b.sql]\n    queries: q\n";
  expect(besideVersion1(text, "src/db")).toBe(
    'version: "2"\nsql:\n  - engine: postgresql\n    schema:\n      - a.sql\n      - b.sql\n    queries: q\n    gen:\n      typescript:\n        out: src/db\n',
  );
  expect(besideVersion1("sql:\n  - queries: q\n", "src/db")).toBeNull();
});
