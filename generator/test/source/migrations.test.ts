import { executableSchema } from "../../src/source/migrations.ts";

function kept(text: string): string {
  const result = executableSchema("x.sql", text);
  expect(result).toHaveLength(text.length);
  expect(result.split("\n")).toHaveLength(text.split("\n").length);
  return result.replace(/\s+/g, " ").trim();
}

test.each([
  ["goose", "-- +goose Up\na;\n-- +goose Down\nb;\n-- +goose Up\nc;", "-- +goose Up a; -- +goose Up c;"],
  ["sql-migrate", "a;\n-- +migrate Down notransaction\nb;", "a;"],
  ["tern", "a;\n---- create above / drop below ----\nb;", "a;"],
  ["dbmate, CRLF", "-- migrate:up\r\na;\r\n-- MIGRATE:DOWN\r\nb;", "-- migrate:up a;"],
  ["a marker in a string", "select $$\n-- migrate:down\n$$;", "select $$ -- migrate:down $$;"],
  ["meta-commands", "\\restrict abc'd\na;\n\\connect x\nselect '\n\\n';", "a; select ' \\n';"],
  ["dump data", "a;\nCOPY public.t (id, b) FROM stdin;\n1\tit's; $$ /*\n\\.\n\nb;", "a; b;"],
  ["rows to the end of the file", "a;\nCOPY t FROM stdin;\n1\tb;c\n2\td\n", "a;"],
  ["rows that are not there", "copy t from stdin;\ncreate table b ();\r\nc;", "create table b (); c;"],
  ["copy from a file", "copy t from '/x'; b;", "copy t from '/x'; b;"],
])("%s", (_, text, expected) => {
  expect(kept(text)).toBe(expected);
});
