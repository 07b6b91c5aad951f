import { withoutQueries } from "../../src/source/annotations.ts";
import { readQueries } from "../../src/source/queries.ts";

test("comments around the annotation become docs; flags, inner and trailing comments do not", () => {
  const text = [
    "create table t (id int); -- of the table",
    "-- First.",
    "/* name: GetOne :one */",
    "-- @sqlc-vet-disable",
    "-- Second.",
    "select 1 -- inner",
    "  as x ; select 2;",
    "/*",
    " * name: Two :execrows",
    " *",
    " * Block doc.",
    " */",
    "delete from t;",
  ].join("\r\n");
  const { queries, diagnostics } = readQueries("q.sql", text);
  expect(diagnostics).toEqual([]);
  expect(queries.map((q) => [q.name, q.command, q.line, q.comments, q.text])).toEqual([
    ["GetOne", ":one", 3, ["First.", "Second."], "select 1 -- inner\r\n  as x"],
    ["Two", ":execrows", 9, ["Block doc."], "delete from t"],
  ]);
  expect(text.slice(queries[0]!.span.start, queries[0]!.span.end)).toBe("/* name: GetOne :one */");
});

test.each([
  ["-- name: A", "missing query type"],
  ["-- name: A :one :many", "invalid query comment: -- name: A :one :many"],
  ["-- name: A :two", "invalid query type: :two"],
  ["--name: A :one", "invalid metadata: --name: A :one"],
  ["-- name: 1a :one", 'invalid query name "1a"'],
])("%s is refused", (annotation, message) => {
  const { queries, diagnostics } = readQueries(
    "q.sql",
    `${annotation}\nselect 1;\n-- name: B :one\nselect 2;\n`,
  );
  expect(queries.map((q) => q.name)).toEqual(["B"]);
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]!.message).toContain(message);
  expect(diagnostics[0]!.span).toEqual({ file: "q.sql", start: 0, end: annotation.length });
});

test(":execlastid is read with a warning: only a target can refuse it", () => {
  const { queries, diagnostics } = readQueries("q.sql", "-- name: A :execlastid\nselect 1;");
  expect(queries.map((q) => q.command)).toEqual([":execlastid"]);
  expect(diagnostics).toMatchObject([
    { severity: "warning", message: expect.stringContaining("no last insert id") },
  ]);
});

test("a missing semicolon is an error but costs no query", () => {
  const { queries, diagnostics } = readQueries(
    "q.sql",
    "-- name: A :one\nselect 1\n-- name: B :one\nselect 2",
  );
  expect(queries.map((q) => q.text)).toEqual(["select 1", "select 2"]);
  expect(diagnostics.map((d) => d.message)).toEqual([
    'missing semicolon at the end of query "A"',
    "missing semicolon at end of file",
  ]);
});

test("a BOM does not move offsets", () => {
  const text = "\uFEFF-- name: A :one\nselect @x;";
  const query = readQueries("q.sql", text).queries[0]!;
  expect([query.line, query.span.start, query.toFile(0)]).toEqual([1, 1, text.indexOf("select")]);
});

test("what is no query stays for the schema", () => {
  const text = "create table t (id int);\n-- name: A :one\nselect ';' from t;\ncreate view v as select 1;\n";
  const schema = withoutQueries(text);
  expect(schema).toHaveLength(text.length);
  expect(schema.split("\n").map((line) => line.trim())).toEqual([
    "create table t (id int);",
    "",
    "",
    "create view v as select 1;",
    "",
  ]);
});
