import { BOX, migrateFirst, ROWS, type Row } from "./changes.ts";

const branch = (what: string, returns = "text"): string =>
  `create function {t}_f(v int) returns ${returns} language plpgsql as $$ begin if v > 5000 then ${what} end if; return v; end $$;`;
const REORDERED =
  "drop table {t}_swapped; create table {t}_swapped (id int, n int, what text); grant all on {t}_swapped to application;";
const LOG = "create table {t}_log (what text, more int);";

/** Rows of the table of changes: what a body comes to in some calls only, and values of domains that nobody stores. */
export const BODY_CHANGES: readonly Row[] = [
  ...(
    [
      [
        "a column that it reads",
        `${BOX} ${branch("return (select note from {t}_box limit 1);")}`,
        "alter table {t}_box drop note;",
        "look",
      ],
      [
        "a column that it reads, under that name",
        `${BOX} ${branch("return (select note from {t}_box limit 1);")}`,
        "alter table {t}_box rename note to remark;",
        "look",
      ],
      [
        "a table that it reads",
        `${BOX} ${branch("return (select max(note) from {t}_box);")}`,
        "drop table {t}_box;",
        "look",
      ],
      [
        "a table that it reads, in whose place is a view",
        `${BOX} ${branch("return (select max(note) from {t}_box);")}`,
        "alter table {t}_box rename to {t}_data; create view {t}_box as select id, note, kind, n from {t}_data; grant all on {t}_box to application;",
        "look",
      ],
      [
        "a sequence",
        `create sequence {t}_s; grant usage on sequence {t}_s to application; ${branch("return nextval('{t}_s');")}`,
        "drop sequence {t}_s;",
        "look",
      ],
      [
        "a type",
        `create type {t}_e as enum ('a', 'b'); ${branch("return 'b'::{t}_e;")}`,
        "drop type {t}_e;",
        "look",
      ],
      [
        "a label of a type",
        `create type {t}_e as enum ('a', 'b'); ${branch("return 'b'::{t}_e;")}`,
        "alter type {t}_e rename value 'b' to 'c';",
        "look",
      ],
      [
        "a label that it does not name",
        `create type {t}_e as enum ('a', 'b'); ${branch("return 'a'::{t}_e;")}`,
        "alter type {t}_e rename value 'b' to 'c';",
        "fine",
      ],
      [
        "the right to insert",
        `${LOG} ${branch("insert into {t}_log values ('x');")}`,
        "revoke insert on {t}_log from application;",
        "look",
      ],
      [
        "a right that it does not need",
        `${LOG} ${branch("insert into {t}_log values ('x');")}`,
        "revoke delete on {t}_log from application;",
        "fine",
      ],
      [
        "the right to call a function",
        `create function {t}_i(v int) returns int language plpgsql as 'begin return v; end'; ${branch("return {t}_i(v);")}`,
        "revoke execute on function {t}_i(int) from public;",
        "look",
      ],
      [
        "the right to a sequence",
        `create sequence {t}_s; grant usage on sequence {t}_s to application; ${branch("return nextval('{t}_s');")}`,
        "revoke usage on sequence {t}_s from application;",
        "look",
      ],
    ] as const
  ).map(
    ([what, base, change, effect]): Row => ({
      title: `a body that some calls reach lacks ${what}`,
      base,
      change,
      query: ":one select {t}_f($1) as got",
      next: null,
      calls: [[6000]],
      expected: migrateFirst(effect),
      ...(what.includes("in whose place") && { isUnseen: true as const }),
    }),
  ),
  ...(
    [
      [
        "lacks a column that it writes",
        "insert into {t}_log (more) values (1);",
        "alter table {t}_log drop more;",
      ],
      [
        "takes rows that have a column more",
        "insert into {t}_rows select new.*;",
        "alter table {t}_box add extra text;",
      ],
    ] as const
  ).map(
    ([what, does, change]): Row => ({
      title: `a trigger that some rows set off ${what}`,
      base: `${BOX} ${LOG} create table {t}_rows (id int, note text, kind text, n int);
      create function {t}_f() returns trigger language plpgsql as $$ begin if new.n > 5000 then ${does} end if; return new; end $$;
      create trigger {t}_g after insert on {t}_box for each row execute function {t}_f();`,
      change,
      query: ":exec insert into {t}_box (id, n) values ($1, $2)",
      next: null,
      calls: [[1, 6000]],
      expected: migrateFirst("look"),
    }),
  ),
  // Names in a body that mean something else, in calls that come there: `what` of `did` has another meaning, or none.
  ...(
    [
      [
        "a variable's name is that of a new column",
        "v > (select max(n) from {t}_box where n = extra)",
        "look",
        "declare extra int := 1;",
      ],
      [
        "a new column's name stands behind its table's",
        "v > (select max(b.n) from {t}_box b, {t}_more m where m.extra = b.n)",
        "fine",
      ],
      [
        "a column of the query around is hidden by a new one",
        "exists (select from {t}_more m where exists (select from {t}_box b where b.n = extra))",
        "look",
      ],
      ["a NATURAL JOIN gets a column more", "exists (select from {t}_box natural join {t}_more)", "look"],
      [
        "all columns are counted",
        "exists (select * from {t}_box) and (select count(*) from {t}_box) > 0",
        "fine",
      ],
    ] as const
  ).map(
    ([what, condition, effect, declared = ""]): Row => ({
      title: `a body that some calls reach: ${what}`,
      base: `${BOX} create table {t}_more (id int, extra int);
      create function {t}_f(v int) returns int language plpgsql as $$ ${declared} begin if v > 5000 then if ${condition} then return 1; end if; end if; return 0; end $$;`,
      data: "insert into {t}_box values (1, 'a', 'k', 1); insert into {t}_more values (1, 1)",
      change: "alter table {t}_box add extra int;",
      query: ":one select {t}_f($1) as got",
      next: null,
      calls: [[6000]],
      expected: migrateFirst(effect),
    }),
  ),
  ...(
    [
      [
        "rows of a table go into one with fewer columns",
        "insert into {t}_log select * from {t}_box;",
        "alter table {t}_box add extra int;",
        "look",
      ],
      [
        "rows of a table go into one that gets the column, too",
        "insert into {t}_log select * from {t}_box;",
        "alter table {t}_box add extra int; alter table {t}_log add extra int;",
        "fine",
      ],
      [
        "a row is inserted by the places of columns",
        "insert into {t}_swapped values (v, 'a', 2);",
        REORDERED,
        "look",
      ],
      [
        "variables are filled by the places of columns",
        "select * into a, b from {t}_swapped; return length(b);",
        REORDERED,
        "look",
      ],
      [
        "a conflict is looked for by a key that has gone",
        "insert into {t}_log values (v, 'a', 'k', 2) on conflict (n) do nothing;",
        "drop index {t}_key;",
        "look",
      ],
      [
        "a conflict is looked for by another key",
        "insert into {t}_log values (v, 'a', 'k', 2) on conflict (id) do nothing;",
        "drop index {t}_key;",
        "fine",
      ],
      [
        "a conflict is looked for by a rule of another name",
        "insert into {t}_log values (v, 'a', 'k', 2) on conflict on constraint {t}_log_pkey do nothing;",
        "alter table {t}_log rename constraint {t}_log_pkey to {t}_id;",
        "look",
      ],
      [
        "a conflict is looked for by a key that is asked late",
        "insert into {t}_log values (v, 'a', 'k', 2) on conflict (id) do nothing;",
        "alter table {t}_log drop constraint {t}_log_pkey; alter table {t}_log add primary key (id) deferrable;",
        "look",
      ],
    ] as const
  ).map(
    ([what, does, change, effect]): Row => ({
      title: `a body that some calls reach: ${what}`,
      base: `${BOX} create table {t}_log (id int primary key, note text, kind text, n int); create unique index {t}_key on {t}_log (n);
      create table {t}_swapped (id int, what text, n int);
      create function {t}_f(v int) returns int language plpgsql as $$ declare a int; b text; begin if v > 5000 then ${does} end if; return 0; end $$;`,
      data: "insert into {t}_box values (1, 'a', 'k', 1); insert into {t}_swapped (id, what, n) values (1, 'abc', 1)",
      change,
      query: ":one select {t}_f($1) as got",
      next: null,
      calls: [[6000]],
      expected: migrateFirst(effect),
    }),
  ),
  ...(
    [
      ["its own", "setof {t}_box", "fine"],
      ["others", "table (a int, b text, c text, d int)", "look"],
    ] as const
  ).map(
    ([whose, returns, effect]): Row => ({
      title: `a body that some calls reach gives all columns of a table as ${whose}`,
      base: `${BOX} create function {t}_f(v int) returns ${returns} language plpgsql as $$ begin if v > 5000 then return query select * from {t}_box; end if; end $$;`,
      change: "alter table {t}_box add extra int;",
      query: ":one select count(*) as got from {t}_f($1)",
      next: null,
      calls: [[6000]],
      expected: migrateFirst(effect),
    }),
  ),
  {
    title: "a body that some calls reach wants one row of a key that has gone",
    base: `${BOX} create table {t}_log (id int, n int); create unique index {t}_key on {t}_log (n);
      create function {t}_f(v int) returns int language plpgsql as $$ begin if v > 5000 then return (select id from {t}_log where n = v); end if; return 0; end $$;`,
    stored: "insert into {t}_log values (1, 6000);",
    change: "drop index {t}_key; insert into {t}_log values (2, 6000);",
    query: ":one select {t}_f($1) as got",
    next: null,
    calls: [[6000]],
    expected: migrateFirst("look"),
  },
  // Values of a domain that nobody stores.
  ...(
    [
      [
        "a cast of what is read",
        "create table {t}_box (id int, n int);",
        ":many select n::{t}_d as n from {t}_box",
        [],
        "look",
      ],
      [
        "a cast of what is sent",
        "create table {t}_box (id int, n int);",
        ":one select ($1::int)::{t}_d as n",
        [6000],
        "look",
      ],
      [
        "a variable",
        "create table {t}_box (id int, n int); create function {t}_f(v int) returns int language plpgsql as 'declare x {t}_d; begin x := v; return x; end';",
        ":one select {t}_f($1) as n",
        [6000],
        "look",
      ],
      [
        "a view",
        "create table {t}_box (id int, n int); create view {t}_v as select n::{t}_d as n from {t}_box;",
        ":many select n from {t}_v",
        [],
        "look",
      ],
      [
        "what a trigger stores",
        `create table {t}_box (id int, n int); create table {t}_log (n {t}_d); create function {t}_f() returns trigger language plpgsql as 'begin insert into {t}_log values (new.n); return new; end';
        create trigger {t}_g after insert on {t}_box for each row execute function {t}_f();`,
        ":exec insert into {t}_box values (2, $1)",
        [6000],
        "look",
      ],
      [
        "what is stored and read",
        "create table {t}_box (id int, n {t}_d);",
        ":many select id, n from {t}_box where n > 2000",
        [],
        "fine",
      ],
    ] as const
  ).map(
    ([what, made, query, args, effect]): Row => ({
      title: `a domain of ${what} gets a rule`,
      base: `create domain {t}_d as int; ${made}`,
      data: `insert into {t}_box values (1, ${effect === "fine" ? 2500 : 6000})`,
      change: "alter domain {t}_d add check (value < 5000);",
      query,
      next: null,
      calls: [args],
      expected: migrateFirst(effect),
    }),
  ),
  // What a body does beside the query's own words, in a table that both name.
  {
    title: "a handler inserts into a table that the query updates, which gets a rule",
    base: `${LOG} create function {t}_f(v int) returns int language plpgsql as $$
      begin return 10 / v; exception when division_by_zero then insert into {t}_log values ('x', 6000); return 0; end $$;`,
    change: "alter table {t}_log add check (more < 5000);",
    query: ":one with l as (update {t}_log set what = 'y' returning 1) select {t}_f($1) as got",
    next: null,
    calls: [[0]],
    expected: migrateFirst("look"),
  },
  {
    title:
      "a handler inserts into a table that the query inserts into, which gets a rule that was there under another name",
    base: `create table {t}_log (what text, more int, constraint {t}_c check (more < 9000)); create function {t}_f(v int) returns int language plpgsql as $$
      begin return 10 / v; exception when division_by_zero then insert into {t}_log values ('x', 6000); return 0; end $$;`,
    change: "alter table {t}_log rename constraint {t}_c to {t}_d;",
    query: ":one with l as (insert into {t}_log values ('y', 1) returning 1) select {t}_f($1) as got",
    next: null,
    calls: [[0]],
    expected: migrateFirst("fine"),
  },
  // A domain somewhere inside of what a document is read as.
  ...(
    [
      ["a field", "create type {t}_c as (n {t}_d);", "jsonb_populate_recordset(null::{t}_c, $1) r", "look"],
      ["a column", "create table {t}_c (n {t}_d);", "jsonb_populate_recordset(null::{t}_c, $1) r", "look"],
      ["a column that is given", "", "jsonb_to_recordset($1) as r(n {t}_d)", "look"],
      [
        "a field of elements of a field",
        "create type {t}_i as (n {t}_d); create type {t}_c as (x {t}_i[]);",
        "jsonb_populate_record(null::{t}_c, $1) r",
        "look",
      ],
      [
        "the bounds of a field",
        "create type {t}_i as range (subtype = {t}_d); create type {t}_c as (x {t}_i);",
        "jsonb_populate_record(null::{t}_c, $1) r",
        "look",
      ],
      [
        "a field of another type",
        "create type {t}_i as (n {t}_d); create type {t}_c as (n int);",
        "jsonb_populate_record(null::{t}_c, $1) r",
        "fine",
      ],
    ] as const
  ).map(
    ([what, made, from, effect]): Row => ({
      title: `a document is read into ${what} of a domain that gets a rule`,
      base: `create domain {t}_d as int; ${made}`,
      change: "alter domain {t}_d add check (value < 5000);",
      query: `:many select true as is_read from ${from}`,
      next: null,
      calls: [[/recordset/.test(from) ? '[{"n": 6000}]' : '{"n": 6000, "x": null}']],
      expected: migrateFirst(effect),
      ...(what.includes("field of elements") && { calls: [['{"x": [{"n": 6000}]}']] }),
      ...(what.includes("bounds") && { calls: [['{"x": "[1,6000)"}']] }),
    }),
  ),
  {
    title: "a document is read into a field of an enum that has lost a label",
    base: "create type {t}_e as enum ('a', 'b'); create type {t}_c as (x {t}_e);",
    change: "alter type {t}_e rename value 'b' to 'c';",
    query: ":many select true as is_read from jsonb_populate_record(null::{t}_c, $1) r",
    next: null,
    calls: [['{"x": "b"}']],
    expected: migrateFirst("look"),
  },
  // Texts that are made while they run.
  ...(
    [
      ["names", "", "count(%I) from %I', 'note', '{t}_box'", [], "alter table {t}_box drop note;", "look"],
      [
        "is given a column's name for",
        ", col text",
        "count(%I) from {t}_box', col",
        ["note"],
        "alter table {t}_box drop note;",
        "look",
      ],
      [
        "is given all names for",
        ", tab text, col text",
        "count(%I) from %I', col, tab",
        ["{t}_box", "note"],
        "alter table {t}_box drop note;",
        "look",
      ],
      [
        "is given a table's name for",
        ", tab name",
        "count(*) from %I', tab",
        ["{t}_box"],
        "drop table {t}_box;",
        "look",
      ],
      [
        "names another column than",
        "",
        "count(%I) from %I', 'note', '{t}_other'",
        [],
        "alter table {t}_box drop kind;",
        "fine",
      ],
    ] as const
  ).map(
    ([what, params, text, args, change, effect]): Row => ({
      title: `a text that is executed ${what} what is gone`,
      base: `${BOX} create table {t}_other (note text); create function {t}_f(v int${params}) returns int language plpgsql as $$
        declare r int; begin if v > 5000 then execute format('select ${text}) into r; end if; return r; end $$;`,
      change,
      query: `:one select {t}_f($1${args.map((arg) => `, '${arg}'`).join("")}) as got`,
      next: null,
      calls: [[6000]],
      expected: migrateFirst(effect),
    }),
  ),
  // What nobody has to look at.
  {
    title: "a table that is new goes with the rows that it refers to",
    base: BOX,
    data: "insert into {t}_box (id) values (1)",
    change:
      "create table {t}_part (id int primary key, box_id int not null references {t}_box on delete cascade);",
    query: ":exec delete from {t}_box where id = $1",
    calls: [[1]],
    expected: migrateFirst("fine"),
  },
  {
    title: "a table that is new goes with the rows that it refers to, unless another one refers to it",
    base: BOX,
    change: `create table {t}_part (id int primary key, box_id int not null references {t}_box on delete cascade);
      create table {t}_sub (part_id int references {t}_part);`,
    query: ":exec delete from {t}_box where id = $1",
    next: null,
    calls: [],
    expected: migrateFirst("look"),
    isUnseen: true,
  },
  ...(
    [
      ["an aggregate", "select coalesce(sum(n), 0) from {t}_box where note = 'a'", "fine"],
      ["the first row", "select n from {t}_box order by id limit 1", "fine"],
      ["what may be several rows", "select n from {t}_box where id = 1", "look"],
    ] as const
  ).map(
    ([what, body, effect]): Row => ({
      title: `a body in SQL is written as RETURN of ${what}`,
      base: `${BOX} create function {t}_f() returns bigint language sql stable as $$ ${body} $$;`,
      data: ROWS,
      change: `create or replace function {t}_f() returns bigint language sql stable return (${body});`,
      query: ":one select {t}_f() as got",
      next: null,
      calls: [[]],
      expected: migrateFirst(effect),
      ...(effect === "look" && { isUnseen: true as const }),
    }),
  ),
  // What has the name of another thing.
  ...(
    [
      [
        "tables that exchange their names",
        "alter table {t}_a rename to {t}_t; alter table {t}_b rename to {t}_a; alter table {t}_t rename to {t}_b;",
      ],
      [
        "a table with the name of one that is dropped",
        "drop table {t}_a; alter table {t}_b rename to {t}_a;",
      ],
      [
        "tables of schemas that exchange their names",
        "create schema {t}_s; alter table {t}_a set schema {t}_s; alter table {t}_b rename to {t}_a;",
      ],
    ] as const
  ).map(
    ([title, change]): Row => ({
      title,
      base: "create table {t}_a (id int, note text); create table {t}_b (id int, note text);",
      stored: "insert into {t}_a values (1, 'a'); insert into {t}_b values (2, 'b');",
      change,
      query: ":many select id, note from {t}_a",
      next: null,
      calls: [[]],
      expected: migrateFirst("look"),
    }),
  ),
  {
    title: "a table is renamed, and an empty one has its name",
    base: "create table {t}_a (id int, note text);",
    stored: "insert into {t}_a values (1, 'a');",
    change:
      "alter table {t}_a rename to {t}_old; create table {t}_a (id int, note text); grant all on {t}_a to application;",
    query: ":many select id, note from {t}_a",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "a table is made anew beside the old one, with its rows",
    base: "create table {t}_a (id int, note text);",
    stored: "insert into {t}_a values (1, 'a');",
    change:
      "create table {t}_n (id int, note text); insert into {t}_n select * from {t}_a; drop table {t}_a; alter table {t}_n rename to {t}_a; grant all on {t}_a to application;",
    query: ":many select id, note from {t}_a",
    next: null,
    calls: [[]],
    expected: migrateFirst("fine"),
  },
  {
    title: "sequences that exchange their names",
    base: "create sequence {t}_a; create sequence {t}_b start 50; grant usage on sequence {t}_a, {t}_b to application;",
    change:
      "alter sequence {t}_a rename to {t}_t; alter sequence {t}_b rename to {t}_a; alter sequence {t}_t rename to {t}_b;",
    query: ":one select nextval('{t}_a') as n",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "functions that exchange their names",
    base: "create function {t}_a(v int) returns int language sql as 'select v'; create function {t}_b(v int) returns int language sql as 'select v + 1';",
    change:
      "alter function {t}_a rename to {t}_t; alter function {t}_b rename to {t}_a; alter function {t}_t rename to {t}_b;",
    query: ":one select {t}_a($1) as n",
    next: null,
    calls: [[5000]],
    expected: migrateFirst("look"),
  },
  // What goes by the places of columns, and by those of rows.
  {
    title: "columns stand in another order under an INSERT without a list",
    base: "create table {t}_box (id int, a text, b text);",
    change:
      "drop table {t}_box; create table {t}_box (id int, b text, a text); grant all on {t}_box to application;",
    query: ":exec insert into {t}_box values ($1, $2, $3)",
    next: null,
    calls: [[1, "a", "b"]],
    expected: migrateFirst("look"),
    isUnseen: true,
  },
  {
    title: "columns stand in another order under an INSERT with a list",
    base: "create table {t}_box (id int, a text, b text);",
    change:
      "drop table {t}_box; create table {t}_box (id int, b text, a text); grant all on {t}_box to application;",
    query: ":exec insert into {t}_box (id, a, b) values ($1, $2, $3)",
    next: null,
    calls: [[1, "a", "b"]],
    expected: migrateFirst("fine"),
  },
  {
    title: "a partition that is new has a rule",
    base: "create table {t}_box (id int, n int) partition by range (id); create table {t}_part partition of {t}_box default;",
    change: "create table {t}_new partition of {t}_box (check (n < 50)) for values from (2000) to (3000);",
    query: ":exec insert into {t}_box values ($1, $2)",
    next: null,
    calls: [[2500, 100]],
    expected: migrateFirst("look"),
  },
  {
    title: "a table becomes a partition with the rows that it has",
    base: "create table {t}_box (id int, n int) partition by range (id); create table {t}_other (id int, n int);",
    stored: "insert into {t}_other values (5500, 1);",
    change: "alter table {t}_box attach partition {t}_other for values from (5000) to (6000);",
    query: ":many select id from {t}_box",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  // What is followed where no catalog notes that a query asks for it.
  {
    title: "the function of an operator is another one",
    base: `create type {t}_c as (x int); create function {t}_eq(a {t}_c, b {t}_c) returns boolean language sql immutable as 'select (a).x = (b).x';
      create operator === (leftarg = {t}_c, rightarg = {t}_c, function = {t}_eq); create table {t}_box (id int, c {t}_c);`,
    data: "insert into {t}_box values (1, row(5000))",
    change:
      "create or replace function {t}_eq(a {t}_c, b {t}_c) returns boolean language sql immutable as 'select (a).x = (b).x and (a).x < 4000';",
    query: ":many select id from {t}_box where c === row($1::int)::{t}_c",
    next: null,
    calls: [[5000]],
    expected: migrateFirst("look"),
  },
  {
    title: "the function of an aggregate is another one",
    base: `create function {t}_add(a int, b int) returns int language sql immutable as 'select a + b';
      create aggregate {t}_sum(int) (sfunc = {t}_add, stype = int, initcond = '0'); create table {t}_box (id int, n int);`,
    data: "insert into {t}_box values (1, 5000)",
    change:
      "create or replace function {t}_add(a int, b int) returns int language sql immutable as 'select case when b > 4000 then a else a + b end';",
    query: ":one select {t}_sum(n) as total from {t}_box",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "a policy asks for a table that gets one",
    base: `${BOX} create table {t}_members (id int, n int); alter table {t}_box enable row level security;
      create policy {t}_p on {t}_box using (exists (select from {t}_members m where m.id = {t}_box.id));`,
    data: "insert into {t}_box (id) values (1); insert into {t}_members values (1, 5000)",
    change:
      "alter table {t}_members enable row level security; create policy {t}_q on {t}_members using (n < 4000);",
    query: ":many select id from {t}_box",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "texts that are stored are cast to a type that has lost their label",
    base: "create type {t}_e as enum ('a', 'b'); create table {t}_box (id int, kind text);",
    data: "insert into {t}_box values (1, 'b')",
    change: "alter type {t}_e rename value 'b' to 'c';",
    query: ":many select id from {t}_box where kind::{t}_e is not null",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "a variable has the type of a column that gets narrower",
    base: `${BOX} create function {t}_f(v int) returns int language plpgsql as $$ declare x {t}_box.n%type; begin x := v; return x; end $$;`,
    change: "alter table {t}_box alter n type smallint;",
    query: ":one select {t}_f($1) as got",
    next: null,
    calls: [[100000]],
    expected: migrateFirst("look"),
  },
  ...(
    [
      ["has less room", "bigint", "int", "n + 2000000000 > 0", 2000000000, "look"],
      ["is rounded otherwise", "numeric", "double precision", "(n * 3)::text = '0.3'", 0.1, "look"],
      ["has more room", "int", "bigint", "n + 1 > 0", 1, "fine"],
    ] as const
  ).map(
    ([what, was, is, condition, value, effect]): Row => ({
      title: `what is computed of a column ${what}`,
      base: `create table {t}_box (id int, n ${was});`,
      data: `insert into {t}_box values (1, ${value})`,
      change: `alter table {t}_box alter n type ${is};`,
      query: `:many select id from {t}_box where ${condition}`,
      next: null,
      calls: [[]],
      expected: migrateFirst(effect),
    }),
  ),
];
