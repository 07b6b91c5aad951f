import { readQueries } from "../../src/source/queries.ts";

// What a comment asks for is done, or said not to be.

const found = (text: string) =>
  readQueries("q.sql", text).diagnostics.map(({ code, severity, span }) => [
    code,
    severity,
    text.slice(span!.start, span!.end),
  ]);
const query = (flag: string, statement = "select 1;"): string => `-- name: A :many\n${flag}\n${statement}\n`;

test.each([
  ["-- @optinal a", "@optinal"],
  ["-- @options a", "@options"],
  ["--  @Sort a | b", "@Sort"],
  ["-- @key-set", "@key-set"],
  ["-- @wohle", "@wohle"],
  ["/*\n * @keysett\n */", "@keysett"],
])("%s is no flag, and said to be none", (flag, word) => {
  expect(found(query(flag))).toEqual([["flag-unknown", "warning", word]]);
});

test.each([
  "@deprecated",
  "@internal",
  "@see",
  "@role owner: a",
  "@param a int",
  "@host",
  "@sqlc-vet-disable",
  "a@sor",
])("%s is for others", (line) => {
  expect(found(query(`-- ${line}`))).toEqual([]);
});

test("a flag within the statement or behind it is not read, and said not to be", () => {
  const text =
    "-- name: A :many\nselect a -- @optional a\nfrom t /* @keyset */; -- @whole\n-- @sort a | b\nselect 2;\n";
  expect(found(text)).toEqual([
    ["flag-misplaced", "warning", "@optional"],
    ["flag-misplaced", "warning", "@keyset"],
    ["flag-misplaced", "warning", "@whole"],
  ]);
  expect(found("-- name: A :many\nselect '-- @optional a';\n")).toEqual([]);
});

test("a flag is one line, and some have nothing but their name", () => {
  expect(found(query("-- @optional a,\n--   b"))).toEqual([["flag-unfinished", "error", ","]]);
  expect(found(query("-- @sort a: b | "))).toEqual([["flag-unfinished", "error", "|"]]);
  expect(found(query("-- @sort a:"))).toEqual([["flag-unfinished", "error", ":"]]);
  expect(found(query("-- @keyset id"))).toEqual([["flag-text", "warning", "id"]]);
  expect(found(query("-- @whole, please"))).toEqual([["flag-text", "warning", ", please"]]);
  expect(found(query("-- @optional a, b\n-- @optional c\n-- @sort a | b\n-- @keyset"))).toEqual([]);
});
