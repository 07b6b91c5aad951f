import type { SchemaDiff } from "../../../src/check/schema/diff.ts";
import { effectOf } from "../../../src/check/schema/effect.ts";
import type { Side } from "../../../src/check/schema/side.ts";
import { Bench } from "./bench.ts";

const BASE = `create type mood as enum ('ok', 'bad');
  create table people (id int primary key, name text unique, price numeric(8,2) default 1, mood mood, note text);
  create function f(a int) returns int language sql as 'select a';
  create view v as select id, name from people;
  create index people_note on people (note);
  create table secrets (id int); grant select on secrets to public;`;

let bench: Bench;
let base: Side;
beforeAll(async () => {
  bench = await Bench.start();
  base = await bench.side(BASE);
});
afterAll(() => bench.close());

/** The migration is none of what is asked here. */
const changed = async (...head: readonly string[]): Promise<SchemaDiff> =>
  bench.between(base, await bench.side(...head), { migration: "none" });

test.each([
  ["a table goes", "drop table secrets", "destructive"],
  ["a column goes", "alter table people drop column mood", "destructive"],
  ["digits are lost", "alter table people alter column price type int", "destructive"],
  ["a type changes", "alter table people alter column mood type text", "breaking"],
  ["a value is asked for", "alter table people alter column name set not null", "breaking"],
  ["a column without a default", "alter table people add column age int not null", "breaking"],
  ["a column with one", "alter table people add column age int not null default 0", "harmless"],
  ["a nullable column", "alter table people add column age int", "harmless"],
  ["a default goes", "alter table people alter column price drop default", "breaking"],
  ["a rule comes", "alter table people add check (id > 0)", "breaking"],
  ["a unique index comes", "create unique index on people (note)", "breaking"],
  ["an index comes", "create index on people (mood)", "harmless"],
  ["an index goes", "drop index people_note", "harmless"],
  ["a key goes", "alter table people drop constraint people_name_key", "breaking"],
  ["a label comes", "alter type mood add value 'fine'", "harmless"],
  ["a function goes", "drop function f", "breaking"],
  [
    "a function's body",
    "create or replace function f(a int) returns int language sql as 'select a + 1'",
    "harmless",
  ],
  ["a view goes", "drop view v", "breaking"],
  ["a right goes", "revoke select on secrets from public", "breaking"],
  ["a right comes", "grant update on secrets to public", "harmless"],
  ["row security comes", "alter table people enable row level security", "breaking"],
  ["a column has another name", "alter table people rename column note to remark", "breaking"],
  ["a comment comes", "comment on table people is 'p'", "harmless"],
])("%s", async (_, statement, effect) => {
  const diff = await changed(BASE, statement);
  expect(diff.changes.map((change) => effectOf(change, diff))).toContain(effect);
  expect(diff.changes.every((change) => effectOf(change, diff) === effect)).toBe(true);
});

test("a label that goes is missed by whoever wrote it", async () => {
  const diff = await changed(BASE.replace("'ok', 'bad'", "'ok'"));
  expect(diff.changes.map((change) => effectOf(change, diff))).toEqual(["breaking"]);
});
