/**
 * Changes and statements that are put together at random: each change meets each statement somewhere. `{t}` stands for a name of the pair's own; `application` is the role
 * that calls, with every right on its tables unless a change takes one.
 */
export const BASE = `
create type {t}_e as enum ('a', 'b', 'c');
create type {t}_c as (x int, y text);
create domain {t}_d as text;
create sequence {t}_s;
create table {t}_box (
  id int primary key, note text, kind text not null default 'k', n int, price numeric(6,2), at timestamptz not null default '2024-05-06',
  tags text[], doc jsonb, e {t}_e default 'a', c {t}_c, d {t}_d
);
create table {t}_child (id int primary key, box_id int references {t}_box on delete cascade, what text);
create table {t}_log (what text);
create view {t}_v as select id, note, n from {t}_box;
create function {t}_f(v int) returns int language sql stable as $$ select v + (select count(*)::int from {t}_box) $$;
create function {t}_p(v int) returns text language plpgsql as $$ declare r text; begin select note into r from {t}_box where id = v; return r; end $$;
`;

/** What is stored before each call: of each list the first that both schemas take, if any. */
export const DATA: readonly (readonly string[])[] = [
  [
    "insert into {t}_box (id, note, kind, n, price) values (1, 'abcdef', 'k', 5, 12.50)",
    "insert into {t}_box (id, note, kind, n, price) values (1, 'abc', 'k', 5, 12.50)",
    "insert into {t}_box (id, note, kind, price) values (1, 'abcdef', 'k', 12.50)",
    "insert into {t}_box (id, kind, n, price) values (1, 'k', 5, 12.50)",
    "insert into {t}_box (id, kind, price) values (1, 'k', 12.50)",
    "insert into {t}_box (id, note, kind, n, price, req) values (1, 'abcdef', 'k', 5, 12.50, 'x')",
    "insert into {t}_box (id, note, kind, n, price) values (1, 'abcdef', 'k', 105, 12.50)",
    "insert into {t}_box (id, note, kind, n, price) overriding system value values (1, 'abcdef', 'k', 5, 12.50)",
  ],
  [
    "insert into {t}_box (id, kind) values (2, 'other')",
    "insert into {t}_box (id, kind, n) values (2, 'other', 6)",
    "insert into {t}_box (id, kind) overriding system value values (2, 'other')",
  ],
  ...[
    "at = '2024-01-02'",
    "tags = '{\"long text\"}'",
    "tags = '{abc}'",
    "doc = '{\"a\": 1}'",
    "e = 'a'",
    "c.x = 1",
    "d = 'dom'",
  ].map((set) => [`update {t}_box set ${set} where id = 1`]),
  ["update {t}_box set e = 'c' where id = 2"],
  ["insert into {t}_child values (1, 1, 'w')"],
];

export const CHANGES: readonly string[] = [
  "update {t}_box set note = '' where note is null; alter table {t}_box alter note set not null;",
  "update {t}_box set n = 0 where n is null; alter table {t}_box alter n set not null;",
  "alter table {t}_box alter kind drop not null;",
  "alter table {t}_box alter kind drop default;",
  "alter table {t}_box alter kind set default 'z';",
  "drop view {t}_v; alter table {t}_box drop n; create view {t}_v as select id, note, id as n from {t}_box;",
  "alter table {t}_box drop doc;",
  "alter table {t}_box drop tags; alter table {t}_box add tags text[];",
  "alter table {t}_box rename note to remark;",
  "alter table {t}_box rename kind to sort; alter table {t}_box add kind text not null default 'k';",
  "drop view {t}_v; alter table {t}_box alter n type bigint; create view {t}_v as select id, note, n from {t}_box;",
  "drop view {t}_v; alter table {t}_box alter n type text; create view {t}_v as select id, note, n from {t}_box;",
  "drop view {t}_v; alter table {t}_box alter n type smallint; create view {t}_v as select id, note, n from {t}_box;",
  "drop view {t}_v; alter table {t}_box alter note type varchar(3) using left(note, 3); create view {t}_v as select id, note, n from {t}_box;",
  "alter table {t}_box alter price type numeric(4,1);",
  "alter table {t}_box alter price type int;",
  "alter table {t}_box alter price type double precision;",
  "alter table {t}_box alter at type timestamp;",
  "alter table {t}_box alter at type date;",
  "alter table {t}_box alter tags type varchar(4)[] using null;",
  "alter table {t}_box alter doc type json;",
  "alter table {t}_box alter doc type text;",
  "alter type {t}_e rename value 'a' to 'z';",
  "alter type {t}_e add value 'q';",
  "alter table {t}_box alter e drop default; alter type {t}_e rename to {t}_e_old; create type {t}_e as enum ('a', 'b'); alter table {t}_box alter e type {t}_e using e::text::{t}_e; alter table {t}_box alter e set default 'a'; drop type {t}_e_old;",
  "alter table {t}_box alter e drop default; alter table {t}_box alter e type text;",
  "alter type {t}_c add attribute z int;",
  "alter type {t}_c rename attribute y to w;",
  "alter domain {t}_d add check (length(value) < 3) not valid;",
  "alter domain {t}_d set default 'dd'; alter table {t}_box add dd {t}_d;",
  "alter table {t}_box add constraint {t}_k check (n > 100) not valid;",
  "alter table {t}_box add constraint {t}_k check (note is not null) not valid;",
  "create unique index {t}_u on {t}_box (kind);",
  "create index {t}_x on {t}_box ((100 / (n - 7)));",
  "alter table {t}_box add g int generated always as (100 / (n - 7)) stored;",
  "alter table {t}_box add exclude (kind with =);",
  "alter table {t}_box drop constraint {t}_box_pkey cascade;",
  "alter table {t}_box drop constraint {t}_box_pkey cascade; create publication {t}_pub for table {t}_box;",
  "alter table {t}_box alter id add generated always as identity (start 1000);",
  "alter table {t}_box alter id add generated by default as identity (start 1000);",
  "alter table {t}_box add req text not null default 'x';",
  "alter table {t}_box add req text not null default 'x'; alter table {t}_box alter req drop default;",
  "alter table {t}_box add box int;",
  "revoke insert on {t}_box from application;",
  "revoke update on {t}_box from application; grant update (n) on {t}_box to application;",
  "revoke delete on {t}_box from application;",
  "revoke select on {t}_box from application; grant select (id, kind, n) on {t}_box to application;",
  "revoke usage on sequence {t}_s from application;",
  "revoke execute on function {t}_f(int) from public, application;",
  "alter table {t}_box enable row level security;",
  "alter table {t}_box enable row level security; create policy {t}_r on {t}_box for select using (true);",
  "alter table {t}_box enable row level security; create policy {t}_r on {t}_box using (kind = 'k');",
  "create function {t}_t() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$; create trigger {t}_g before insert on {t}_box for each row execute function {t}_t();",
  "create function {t}_t() returns trigger language plpgsql as $$ begin return null; end $$; create trigger {t}_g before update on {t}_box for each row execute function {t}_t();",
  "create function {t}_t() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$; create constraint trigger {t}_g after delete on {t}_box deferrable initially deferred for each row execute function {t}_t();",
  "create function {t}_t() returns trigger language plpgsql as $$ begin insert into {t}_log values (new.kind); return new; end $$; create trigger {t}_g after insert or update on {t}_box for each row execute function {t}_t();",
  "create rule {t}_r as on insert to {t}_box do instead nothing;",
  "create rule {t}_r as on delete to {t}_box do instead update {t}_box set kind = 'gone' where id = old.id;",
  "alter table {t}_child drop constraint {t}_child_box_id_fkey; alter table {t}_child add foreign key (box_id) references {t}_box;",
  "alter table {t}_child drop constraint {t}_child_box_id_fkey;",
  "alter table {t}_child alter box_id set not null;",
  "alter table {t}_box rename to {t}_data; create view {t}_box as select * from {t}_data; grant all on {t}_box to application;",
  "alter table {t}_box rename to {t}_data; create view {t}_box as select * from {t}_data where kind = 'k' with check option; grant all on {t}_box to application;",
  "drop view {t}_v; create view {t}_v as select id, note, n::bigint as n from {t}_box; grant all on {t}_v to application;",
  "drop view {t}_v; create view {t}_v as select note, id, n from {t}_box where n > 100; grant all on {t}_v to application;",
  "drop view {t}_v; create materialized view {t}_v as select id, note, n from {t}_box; grant all on {t}_v to application;",
  "alter view {t}_v owner to {o}; grant all on {t}_v to application;",
  "alter view {t}_v set (security_invoker = on); revoke select on {t}_box from application;",
  "create or replace function {t}_f(v int) returns int language sql stable as $$ select null::int $$;",
  "drop function {t}_f(int); create function {t}_f(v int) returns bigint language sql stable as $$ select v::bigint $$;",
  "create function {t}_f(v bigint) returns int language sql as $$ select 1 $$;",
  "drop function {t}_f(int); create function {t}_f(v int, w int default 0) returns int language sql as $$ select v $$;",
  "alter function {t}_f(int) strict;",
  "alter function {t}_p(int) set search_path = pg_catalog;",
  "alter sequence {t}_s maxvalue 5 restart 5; select nextval('{t}_s');",
  "drop sequence {t}_s;",
  'drop view {t}_v; alter table {t}_box alter note type text collate "C"; create view {t}_v as select id, note, n from {t}_box;',
  "drop table {t}_child; create table {t}_child (id int, box_id int, what text) partition by range (id); create table {t}_child_1 partition of {t}_child for values from (0) to (1000); grant all on {t}_child to application;",
  "alter table {t}_log add what2 text; alter table {t}_log drop what;",
  "drop function {t}_p(int); create procedure {t}_p(v int) language sql as $$ select 1 $$;",
];

export interface Statement {
  readonly query: string;
  readonly calls: readonly (readonly unknown[])[];
}

export const STATEMENTS: readonly Statement[] = [
  { query: ":one select id, note, kind from {t}_box where id = $1", calls: [[1], [2]] },
  { query: ":many select * from {t}_box order by id", calls: [[]] },
  {
    query: ":one insert into {t}_box (id, note, kind, n) values ($1, $2, $3, $4) returning id",
    calls: [
      [7, "long note", "x", 7],
      [8, null, "k", null],
    ],
  },
  { query: ":exec insert into {t}_box values ($1, $2, $3)", calls: [[7, "x", "y"]] },
  { query: ":exec insert into {t}_box (id) values ($1)", calls: [[7]] },
  {
    query: ":execrows update {t}_box set note = $2 where id = $1",
    calls: [
      [1, "x"],
      [1, null],
    ],
  },
  { query: ":execrows update {t}_box set n = n + 1", calls: [[]] },
  { query: ":execrows update {t}_box set n = default, e = $1", calls: [["a"], ["c"], [null]] },
  { query: ":execrows delete from {t}_box where id = $1", calls: [[1], [2]] },
  {
    query:
      ":exec insert into {t}_box (id, note) values ($1, $2) on conflict (id) do update set note = excluded.note",
    calls: [
      [1, "x"],
      [9, null],
    ],
  },
  { query: ":many select to_jsonb(b) as doc from {t}_box b order by b.id", calls: [[]] },
  {
    query: ":many select note || kind as both, n * 2 as twice, price * 2 as much from {t}_box order by id",
    calls: [[]],
  },
  {
    query:
      ":many select kind, array_agg(n order by id) as ns, count(*) as c from {t}_box group by kind order by kind",
    calls: [[]],
  },
  { query: ":many select * from {t}_v order by id", calls: [[]] },
  { query: ":execrows update {t}_v set n = $2 where id = $1", calls: [[1, 3]] },
  { query: ":one select {t}_f($1) as f", calls: [[1]] },
  { query: ":one select {t}_p($1) as p", calls: [[1]] },
  { query: ":many select b as row from {t}_box b order by b.id", calls: [[]] },
  {
    query:
      ":exec merge into {t}_box b using {t}_child c on c.box_id = b.id when matched then update set kind = c.what",
    calls: [[]],
  },
  { query: ":many select id from {t}_box where kind = $1 for update", calls: [["k"]] },
  { query: ":one select nextval('{t}_s') as next", calls: [[]] },
  {
    query: ":many select b.id, c.what from {t}_box b left join {t}_child c on c.box_id = b.id order by b.id",
    calls: [[]],
  },
  { query: ":many select id, e from {t}_box where e = $1 order by id", calls: [["a"], ["c"]] },
  { query: ":many select id, note < kind as less, at::date as day from {t}_box order by id", calls: [[]] },
  {
    query: ":exec insert into {t}_child (id, box_id, what) values ($1, $2, $3)",
    calls: [
      [7, 1, "x"],
      [8, null, null],
    ],
  },
  {
    query:
      ":exec with gone as (delete from {t}_box where id = $1 returning kind) insert into {t}_log select kind from gone",
    calls: [[1]],
  },
  { query: ":many select c, d, tags, doc from {t}_box order by id", calls: [[]] },
  { query: ":one select (c).x as x, (c).y as y, doc ->> 'a' as a from {t}_box where id = 1", calls: [[]] },
  {
    query: ":exec update {t}_box set d = $1, tags = $2, price = $3 where id = 1",
    calls: [
      ["abcd", ["abcdef"], "999.99"],
      [null, null, null],
    ],
  },
  {
    query:
      ":many select id, row_number() over (order by at) as pos, extract(year from at) as year from {t}_box order by id",
    calls: [[]],
  },
  { query: ":exec truncate {t}_box cascade", calls: [[]] },
  {
    query: ":many insert into {t}_log select note from {t}_box where note is not null returning what",
    calls: [[]],
  },
];
