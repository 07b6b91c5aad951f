import { addedStatements } from "../../../src/check/verify/added-files.ts";
import { Routines } from "../../../src/check/verify/called.ts";
import { touchedBy } from "../../../src/check/verify/trial/touched.ts";
import { Bench } from "../schema/bench.ts";

// What a migration may have to do with: only there its effect on rows is watched. A table that is left out by mistake has its new values told by nobody.

const SCHEMA = `
create table people (id bigint primary key, name text not null, note text);
create table pets (id bigint primary key, owner_id bigint references people on update cascade, name text);
create table visits (id bigint primary key, pet_id bigint references pets);
create table log (what text);
create table counts (n int);
create table "odd-name" (id int);
create table events (id bigint, day date not null) partition by range (day);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create type address as (street text);
create table homes (id bigint, at address);
create table kept (was people);
create view named as select id, name from people;
create function logged() returns trigger language plpgsql as $$ begin insert into log (what) values (tg_op); return new; end $$;
create trigger logs after update on visits for each row execute function logged();
create function renumber() returns void language sql as $$ update counts set n = n + 1 where exists (select from log) $$;
create function anywhere(t text) returns void language plpgsql as $$ begin execute format('delete from %I', t); end $$;
`;

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

async function touched(...migrations: readonly string[]) {
  const base = await bench.known(SCHEMA);
  const head = await bench.side(SCHEMA, ...migrations);
  const catalogs = [base.catalog, head.catalog] as const;
  return touchedBy(await addedStatements(base.files, head.files), catalogs, new Routines(catalogs));
}

const last = (tables: ReadonlySet<string> | undefined): string[] =>
  [...(tables ?? [])].map((path) => path.replace("public.", "")).sort();

test.each<[string, string]>([
  // Nothing that is stored gets another value, and no name another meaning.
  ["alter table visits add column day date", ""],
  ["alter table visits rename column id to number", ""],
  ["alter table pets add column note text", ""],
  ["alter table visits rename to calls", ""],
  ["create index on visits (pet_id); create table other (id int); comment on table visits is 'x'", ""],
  // A name that was there comes to mean something else.
  ["alter table visits drop column id, add column id int", "log visits"],
  ["alter table visits add column day date; alter table visits rename column day to pet_id", "log visits"],
  ["alter table log rename to old; alter table counts rename to log", "counts log old"],
  ["alter table counts alter column n type bigint", "counts"],
  // What is set off, or shows what was done: by triggers, foreign keys, partitions, views and functions.
  ["update visits set id = 1", "log visits"],
  ["update pets set id = 1", "pets"],
  ["update events_2024 set id = 1", "events events_2024"],
  ["update events set id = 1", "events events_2024"],
  ["select renumber()", "counts"],
  ["do $$ begin perform renumber(); end $$", "counts"],
  ['update "odd-name" set id = 1', "odd-name"],
  [
    "create function f() returns trigger language plpgsql as $$ begin update counts set n = 1; return new; end $$; create trigger t after insert on log for each row execute function f(); insert into log values ('x')",
    "counts log",
  ],
])("%s: %s", async (sql, written) => {
  expect(last((await touched(sql))?.written)).toEqual(written.split(" ").filter(Boolean));
});

test("what is read for it has rows, too, and so has what foreign keys refer to", async () => {
  expect(last((await touched("select renumber()"))?.needed)).toEqual(["counts", "log"]);
  expect(last((await touched("update visits set pet_id = 2"))?.needed)).toEqual(["log", "pets", "visits"]);
});

test.each([
  "select anywhere('pets')",
  "do $$ begin execute 'update ' || 'pets' || ' set name = null'; end $$",
  "create function f() returns void language plpgsql as $$ begin execute 'x' || 'y'; end $$; select f()",
  "alter type address add attribute zip text",
  // Its rows are values of a column elsewhere.
  "alter table people add column age int",
  "update named set name = 'x'",
  "update pets set name = 'x'; create schema away; alter table pets set schema away",
])("it may be any table: %s", async (sql) => {
  expect(await touched(sql)).toBeNull();
});
