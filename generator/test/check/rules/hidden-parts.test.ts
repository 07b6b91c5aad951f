import { severityOf } from "../../../src/check/rules/severity.ts";
import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";
import { readExample } from "./examples.ts";
import { vetExample } from "./vet-example.ts";

// What a statement's text does not say: a block and a function may do anything, and CASCADE takes along what depends on what it drops. It is seen, as it runs.

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine.close());

const BEFORE = `
create type mood as enum ('good', 'bad');
create table users (id bigint generated always as identity primary key, email text not null unique, name text, mood mood);
create index users_name_idx on users (name);
create table pets (id bigint generated always as identity primary key, owner bigint constraint of_owner references users);
create view names as select email from users;
create schema attic;
create function full_name(first text, last text) returns text language sql immutable as $$ select first || last $$;
create function of_mood(mood) returns text language sql immutable as $$ select $1::text $$;
create type pair as (a int, b int);
create table pairs of pair (primary key (a));
create procedure tidy() language sql as 'select 1';
`;

async function found(change: string): Promise<string[]> {
  const all = await vetExample(
    engine,
    readExample(`-- file: 1_before.sql\n${BEFORE}\n-- file: 2_change.sql\n${change}`),
  );
  return all
    .filter(({ span, code }) => span.file === "2_change.sql" && severityOf(code, {}) !== "off")
    .map(({ code, message }) => `${code}: ${message}`);
}

test.each<[change: string, expected: readonly string[]]>([
  [
    "do $$ begin alter table users drop column name; end $$;",
    [`drop-column: the column "name" of "users" is dropped`],
  ],
  [
    "do $$ declare what text := 'email'; begin execute format('alter table users rename column %I to mail', what); end $$;",
    [`rename-column: the column "email" of "users" is called "mail" from now on`],
  ],
  [
    "create function untidy() returns void language sql as 'drop table pets'; select untidy();",
    [`drop-table: the table "pets" and its rows are dropped`],
  ],
  [
    "create procedure untidy() language plpgsql as 'begin alter table pets rename to animals; end'; call untidy();",
    [`rename-table: "pets" is called "animals" from now on`],
  ],
  [
    "do $$ begin drop index users_name_idx; end $$;",
    [`drop-index-not-concurrent: dropping "users_name_idx" locks "users" against reads and writes`],
  ],
  // A key and an index of a column that gets another type are built anew, and are there.
  [
    "do $$ begin alter table users alter name type varchar(40); end $$;",
    [`table-rewrite: "users" is rewritten under an ACCESS EXCLUSIVE lock, which blocks reads and writes`],
  ],
  [
    "alter type pair alter attribute a type bigint cascade;",
    [`table-rewrite: "pairs" is rewritten under an ACCESS EXCLUSIVE lock, which blocks reads and writes`],
  ],
  // Made and dropped by itself, or made again.
  ["do $$ begin create table draft (id bigint); drop table draft; end $$;", []],
  ["drop view names; create view names as select email, name from users;", []],
  ["drop view names;", [`drop-table: the view "names" is dropped`]],
  ["alter table users set schema attic;", [`rename-table: "users" is in the schema "attic" from now on`]],
  [
    "alter table users drop constraint users_pkey cascade;",
    [
      `cascade-takes-along: the constraint "of_owner" of "pets" is dropped along with it`,
      `drop-constraint: the primary key "users_pkey" of "users" is dropped`,
    ],
  ],
  [
    "update users set name = '' where true;",
    [`backfill-in-migration: every row of "users" is updated in one transaction`],
  ],
  [
    "delete from pets where 1 = 1;",
    [`backfill-in-migration: every row of "pets" is deleted in one transaction`],
  ],
  [
    "do $$ begin update users set name = ''; execute 'delete from pets'; end $$;",
    [
      `backfill-in-migration: every row of "users" is updated in one transaction`,
      `backfill-in-migration: every row of "pets" is deleted in one transaction`,
    ],
  ],
  [
    "do $$ declare one record; begin for one in select id from users loop update users set name = '' where id = one.id; end loop; end $$;",
    [],
  ],
  [
    "do $$ declare one record; begin for one in update users set name = '' returning id loop null; end loop; end $$;",
    [`backfill-in-migration: every row of "users" is updated in one transaction`],
  ],
  ["do $$ begin create temp table draft (id bigint); update draft set id = 1; end $$;", []],
  [
    "create procedure fill() language plpgsql as $$ begin update users set name = ''; end $$; call fill();",
    [`backfill-in-migration: every row of "users" is updated in one transaction`],
  ],
  [
    "create function fill() returns void language sql as 'update users set name = email'; select fill();",
    [`backfill-in-migration: every row of "users" is updated in one transaction`],
  ],
  ["drop function full_name;", [`drop-function: the function full_name(first text, last text) is dropped`]],
  ["do $$ begin drop procedure tidy; end $$;", [`drop-function: the procedure tidy() is dropped`]],
  [
    "drop type mood cascade;",
    [
      `cascade-takes-along: the column "mood" of "users" is dropped along with it`,
      `drop-function: the function of_mood(mood) is dropped`,
    ],
  ],
  [
    "drop function full_name; create function full_name(text, text) returns varchar language sql return $1;",
    [],
  ],
  ["create function passing() returns int language sql return 1; drop function passing();", []],
  [
    "create function touch() returns trigger language plpgsql as 'begin return new; end'; drop function touch();",
    [],
  ],
  [
    "alter table pets set unlogged;",
    [
      `table-rewrite: "pets" is rewritten under an ACCESS EXCLUSIVE lock, which blocks reads and writes: it becomes unlogged`,
    ],
  ],
])("%s", async (change, expected) => {
  expect((await found(change)).sort()).toEqual([...expected].sort());
});
