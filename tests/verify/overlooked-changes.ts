import { BOX, migrateFirst, ROWS, type Row } from "./changes.ts";

const ENUM = "create type {t}_e as enum ('a', 'b'); create table {t}_box (id int primary key, e {t}_e);";
const MAIL = "create table {t}_box (id int primary key, mail text, constraint {t}_u unique (mail));";
const CHOSEN = "insert into {t}_box values (1, 'a');";
/** A body that comes to this in some calls. */
const branch = (what: string, declared = "", returns = "text"): string =>
  `create function {t}_f(v int) returns ${returns} language plpgsql as $$ declare r text; ${declared} begin if v > 5000 then ${what} end if; return v; end $$;`;

/** Rows of the table of changes: what was taken for safe because no sample comes there, and no name says so. */
export const OVERLOOKED_CHANGES: readonly Row[] = [
  ...(
    [
      ["compared", "select id from {t}_box where e::text = 'a'"],
      ["compared with what is sent", "select id from {t}_box where e::text = $1"],
      ["delivered", "select id, e::text as kind from {t}_box"],
      ["put together with another", "select id, concat(e, '!') as kind from {t}_box"],
      ["a part of a document", "select id from {t}_box where to_jsonb(e) = '\"a\"'"],
      ["compared in a view", "select id, is_a from {t}_v"],
    ] as const
  ).map(
    ([how, text]): Row => ({
      title: `a label of an enum has another name, and is a text, ${how}`,
      base: `${ENUM} create view {t}_v as select id, e::text = 'a' as is_a from {t}_box;`,
      stored: CHOSEN,
      change: "alter type {t}_e rename value 'a' to 'z';",
      query: `:many ${text}`,
      next: null,
      calls: [text.includes("$1") ? ["a"] : []],
      expected: migrateFirst("look"),
    }),
  ),
  {
    title: "a label of an enum has another name, and something else is a text",
    base: ENUM,
    stored: "insert into {t}_box values (1, 'b');",
    change: "alter type {t}_e rename value 'a' to 'z';",
    query: ":many select id from {t}_box where id::text = '1'",
    calls: [[]],
    expected: migrateFirst("fine"),
  },
  // Keys that an INSERT relies on without naming them.
  ...(
    [
      ["a unique key", MAIL, "alter table {t}_box drop constraint {t}_u;", "'a'", "look"],
      [
        "an exclusion",
        MAIL.replace("unique (mail)", "exclude (mail with =)"),
        "alter table {t}_box drop constraint {t}_u;",
        "'a'",
        "look",
      ],
      [
        "a unique index",
        `${MAIL.replace(", constraint {t}_u unique (mail)", "")} create unique index {t}_u on {t}_box (lower(mail));`,
        "drop index {t}_u;",
        "'A'",
        "look",
      ],
      [
        "a key that another one took the place of",
        MAIL,
        "alter table {t}_box drop constraint {t}_u; create unique index {t}_x on {t}_box (mail);",
        "'a'",
        "fine",
      ],
    ] as const
  ).map(
    ([what, base, change, mail, effect]): Row => ({
      title: `${what} is gone, and what it refused was left out`,
      base,
      data: "insert into {t}_box values (7, 'a')",
      change,
      query: `:execrows insert into {t}_box (id, mail) values ($1, ${mail}) on conflict do nothing`,
      next: null,
      calls: [[1]],
      expected: migrateFirst(effect),
    }),
  ),
  {
    title: "a key takes a column more, and what it refused was left out",
    base: MAIL,
    data: "insert into {t}_box values (7, 'a')",
    change:
      "alter table {t}_box drop constraint {t}_u; alter table {t}_box add constraint {t}_u unique (mail, id);",
    query: ":execrows insert into {t}_box (id, mail) values ($1, 'a') on conflict do nothing",
    next: null,
    calls: [[1]],
    expected: migrateFirst("look"),
  },
  {
    title: "a unique text takes other cases for equal",
    base: MAIL,
    data: "insert into {t}_box values (7, 'a')",
    change: "create extension if not exists citext; alter table {t}_box alter mail type citext;",
    query: ":exec insert into {t}_box (id, mail) values ($1, $2)",
    next: null,
    calls: [[1, "A"]],
    expected: migrateFirst("look"),
  },
  // Partitions and triggers.
  ...(
    [
      ["the column that decides on its partition", "id", "look"],
      ["another column", "n", "fine"],
    ] as const
  ).map(
    ([what, column, effect]): Row => ({
      title: `a partition refuses rows that come to it, and an UPDATE writes ${what}`,
      base: `create table {t}_box (id int, n int) partition by range (id);
        create table {t}_p1 partition of {t}_box for values from (0) to (100);
        create table {t}_p2 partition of {t}_box for values from (100) to (200);
        create function {t}_f() returns trigger language plpgsql as 'begin if new.n > 5 then raise exception ''no''; end if; return new; end';`,
      data: "insert into {t}_box values (1, 7)",
      change: "create trigger {t}_g before insert on {t}_p2 for each row execute function {t}_f();",
      query: `:exec update {t}_box set ${column} = $1 where id = $2`,
      next: null,
      calls: [[150, 1]],
      expected: migrateFirst(effect),
    }),
  ),
  ...(
    [
      ["is inserted", ":exec insert into {t}_box (id, n) values ($1, $2)", [150, 7], "look"],
      ["is deleted", ":exec delete from {t}_box where id = $1 and n = $2", [150, 7], "fine"],
    ] as const
  ).map(
    ([what, query, call, effect]): Row => ({
      title: `a partition has a trigger of its parent's no longer disabled, and a row ${what}`,
      base: `create table {t}_box (id int, n int) partition by range (id);
        create table {t}_p1 partition of {t}_box for values from (0) to (100);
        create table {t}_p2 partition of {t}_box for values from (100) to (200);
        create function {t}_f() returns trigger language plpgsql as 'begin if new.n > 5 then raise exception ''no''; end if; return new; end';
        create trigger {t}_g before insert on {t}_box for each row execute function {t}_f(); alter table {t}_p2 disable trigger {t}_g;`,
      change: "alter table {t}_p2 enable trigger {t}_g;",
      query,
      next: null,
      calls: [call],
      expected: migrateFirst(effect),
    }),
  ),
  ...(
    [
      ["truncates", "truncate {t}_box", "look"],
      ["deletes", "delete from {t}_box", "fine"],
    ] as const
  ).map(
    ([what, text, effect]): Row => ({
      title: `a trigger refuses what truncates many rows, and the query ${what}`,
      base: `${BOX} create function {t}_f() returns trigger language plpgsql as
        'begin if (select count(*) from {t}_box) > 5 then raise exception ''no''; end if; return null; end';`,
      data: "insert into {t}_box (id) select generate_series(1, 10)",
      change: "create trigger {t}_g before truncate on {t}_box for each statement execute function {t}_f();",
      query: `:exec ${text}`,
      next: null,
      calls: [[]],
      expected: migrateFirst(effect),
    }),
  ),
  // Domains.
  {
    title: "a domain has another collation",
    base: "create collation {t}_i (provider = icu, locale = 'en'); create domain {t}_d as text collate \"C\"; create table {t}_box (id int primary key, d {t}_d);",
    stored: "insert into {t}_box values (1, 'a'), (2, 'B');",
    change: `alter table {t}_box alter d type text; drop domain {t}_d; create domain {t}_d as text collate {t}_i;
      alter table {t}_box alter d type {t}_d;`,
    query: ":many select id from {t}_box order by d",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  ...(
    [
      ["written", ":exec insert into {t}_box (id, n) values ($1, $2)", [1, 500], "look"],
      ["cast to it", ":one select ($1::int)::{t}_d + 0 as x", [500], "look"],
      ["read", ":many select id, n from {t}_box", [], "fine"],
    ] as const
  ).map(
    ([what, query, args, effect]): Row => ({
      title: `the function of a domain's rule is another one, and values are ${what}`,
      base: `create function {t}_ok(int) returns boolean language sql immutable as 'select true';
        create domain {t}_d as int check ({t}_ok(value)); create table {t}_box (id int primary key, n {t}_d);`,
      change:
        "create or replace function {t}_ok(int) returns boolean language sql immutable as 'select $1 < 100';",
      query,
      next: null,
      calls: [args],
      expected: migrateFirst(effect),
    }),
  ),
  // Values that are other texts.
  ...(
    [
      ["a double precision is a numeric", "double precision", "numeric", "1e20", "x::text as x", "look"],
      ["a date is a timestamp", "date", "timestamp", "2024-05-06", "concat('on ', x) as x", "look"],
      ["char(5) is char(7)", "char(5)", "char(7)", "a", "x", "look"],
      ["an int is a numeric", "int", "numeric", "5", "x::text as x", "fine"],
    ] as const
  ).map(
    ([what, from, to, value, shown, effect]): Row => ({
      title: `${what}, and a text is made of it`,
      base: `create table {t}_box (id int primary key, x ${from});`,
      stored: `insert into {t}_box values (1, '${value}');`,
      change: `alter table {t}_box alter x type ${to};`,
      query: `:many select id, ${shown} from {t}_box`,
      next: null,
      calls: [[]],
      expected: migrateFirst(effect),
    }),
  ),
  {
    title: "a uuid is a text, of which another spelling is not equal",
    base: "create table {t}_box (id int primary key, x uuid);",
    stored: "insert into {t}_box values (1, '00000000-0000-0000-0000-0000000000ab');",
    change: "alter table {t}_box alter x type text;",
    query: ":many select id from {t}_box where x = $1",
    next: null,
    calls: [["00000000-0000-0000-0000-0000000000AB"]],
    expected: migrateFirst("look"),
  },
  {
    title: "a column gets narrower under a document that is read into rows of its table",
    base: BOX,
    change: "alter table {t}_box alter n type smallint;",
    query: ":one select (jsonb_populate_record(null::{t}_box, $1)).id as x",
    next: null,
    calls: [['{"id": 1, "n": 70000}']],
    expected: migrateFirst("look"),
  },
  // Rows of a materialized view.
  ...(
    [
      ["read", ""],
      ["read by a view", "create view {t}_w as select id from {t}_v;"],
    ] as const
  ).map(
    ([how, view]): Row => ({
      title: `a materialized view is left without rows, ${how}`,
      base: `${BOX} create materialized view {t}_v as select id from {t}_box; ${view}`,
      stored: ROWS,
      change: "refresh materialized view {t}_v with no data;",
      query: `:many select id from ${view === "" ? "{t}_v" : "{t}_w"}`,
      next: null,
      calls: [[]],
      expected: migrateFirst("breaks"),
    }),
  ),
  // Bodies.
  ...(
    [
      [
        "gives rows of a table that has a column more",
        `${BOX} create function {t}_f(v int) returns setof {t}_box language plpgsql as $$ begin if v > 5000 then return query select id, note, kind, n from {t}_box; end if; end $$;`,
        "alter table {t}_box add more int;",
        ":many select id from {t}_f($1)",
      ],
      [
        "compares rows of a table that has a column more",
        `${BOX} ${branch("return (select count(*) from {t}_box b where (b.*) = row(1, 'a'::text, 'k'::text, 1));")}`,
        "alter table {t}_box add more int;",
      ],
      [
        "inserts without what must have a value now",
        `${BOX} ${branch("insert into {t}_box (id, note, kind, n) values (v, null, 'k', 1);")}`,
        "alter table {t}_box add more int not null default 0; alter table {t}_box alter more drop default;",
      ],
      [
        "inserts what is an identity now",
        `${BOX} ${branch("insert into {t}_box (id, n) values (v, 1);")}`,
        "alter table {t}_box alter id add generated always as identity;",
      ],
      [
        "updates what is an identity now",
        `${BOX} ${branch("update {t}_box set id = id + 100;")}`,
        "alter table {t}_box alter id add generated always as identity;",
      ],
      [
        "calls a function that has a nearer namesake",
        `create function {t}_h(v bigint) returns int language sql as 'select 1'; ${branch("return {t}_h(v);")}`,
        "create function {t}_h(v int) returns int language sql as 'select 2';",
      ],
      [
        "executes a text with a name that it reads",
        `${BOX} create table {t}_names (tab text); ${branch("select tab into r from {t}_names; execute 'select count(*) from ' || r into r;")}`,
        "drop table {t}_box;",
      ],
      [
        "executes a text with a name in parts",
        `${BOX} ${branch("execute 'select count(*) from {t}_' || 'box' into r;")}`,
        "drop table {t}_box;",
      ],
      [
        "executes a text with a name that ends in a number",
        `create table {t}_6000 (id int); ${branch("execute format('select count(*) from {t}_%s', v) into r;")}`,
        "drop table {t}_6000;",
      ],
      [
        "executes a text with a name that its trigger hands to it",
        `${BOX} create table {t}_log (what text, more text);
          create function {t}_g() returns trigger language plpgsql as $$ begin if new.n > 5000 then execute 'insert into ' || tg_argv[0] || ' (what, more) values (1, 2)'; end if; return new; end $$;
          create trigger {t}_x before insert on {t}_box for each row execute function {t}_g('{t}_log');`,
        "alter table {t}_log drop more;",
        ":exec insert into {t}_box (id, n) values (7, $1)",
      ],
      [
        "executes a text with the name of its trigger's table",
        `${BOX} create table {t}_box_log (what text);
          create function {t}_g() returns trigger language plpgsql as $$ begin if new.n > 5000 then execute format('insert into %I values (1)', tg_table_name || '_log'); end if; return new; end $$;
          create trigger {t}_x before insert on {t}_box for each row execute function {t}_g();`,
        "drop table {t}_box_log;",
        ":exec insert into {t}_box (id, n) values (7, $1)",
      ],
    ] as const
  ).map(
    ([what, base, change, query = ":one select {t}_f($1) as got"]): Row => ({
      title: `a body that some calls reach ${what}`,
      base,
      data: base.includes("{t}_names")
        ? "insert into {t}_names values ('{t}_box')"
        : what.startsWith("compares")
          ? ROWS
          : "",
      change,
      query,
      next: null,
      calls: [[6000]],
      expected: migrateFirst("look"),
    }),
  ),
  ...(
    [
      [
        "inserts into a table that is made anew",
        `${BOX} ${branch("insert into {t}_box (id, n) values (v, 1);")}`,
        `drop table {t}_box; ${BOX} grant all on {t}_box to application;`,
      ],
      [
        "calls a function that gets a namesake of other arguments",
        `create function {t}_h(v int) returns int language sql as 'select 1'; ${branch("return {t}_h(v);")}`,
        "create function {t}_h(v int, w text) returns int language sql as 'select 2';",
      ],
    ] as const
  ).map(
    ([what, base, change]): Row => ({
      title: `a body that some calls reach ${what}, which does the same`,
      base,
      change,
      query: ":one select {t}_f($1) as got",
      calls: [[6000]],
      expected: migrateFirst("fine"),
    }),
  ),
  {
    title: "a body executes a text that is written out, and names something else",
    base: `${BOX} create table {t}_other (id int); ${branch("select max(id) into r from {t}_other; execute 'select count(*) from {t}_other' into r;")}`,
    change: "alter table {t}_box drop note;",
    query: ":one select {t}_f($1) as got",
    calls: [[6000]],
    expected: migrateFirst("fine"),
  },
  {
    title: "a key of what MERGE reads is gone",
    base: `${BOX} create table {t}_src (kind text, x int, constraint {t}_u unique (kind));`,
    data: "insert into {t}_box values (1, 'a', 'k', 1)",
    change: "alter table {t}_src drop constraint {t}_u; insert into {t}_src values ('k', 1), ('k', 2);",
    stored: "",
    query:
      ":exec merge into {t}_box b using {t}_src s on s.kind = b.kind when matched then update set n = s.x",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "the owner of a body that is run as its owner may not write any more, in some calls",
    base: `${BOX} grant all on {t}_box to pg_monitor; ${branch("insert into {t}_box (id) values (v);").replace("plpgsql", "plpgsql security definer")}
      alter function {t}_f(int) owner to pg_monitor;`,
    change: "revoke insert on {t}_box from pg_monitor;",
    query: ":one select {t}_f($1) as got",
    next: null,
    calls: [[6000]],
    expected: migrateFirst("look"),
  },
  // Of a function that is made of its arguments nobody sees how it is called.
  ...(
    [
      ["makes a number of another", "select coalesce(v, 0) + 1", "fine"],
      ["reads rows", "select v + (select count(*)::int from {t}_box)", "look"],
    ] as const
  ).map(
    ([what, body, effect]): Row => ({
      title: `a function that ${what} is said to be immutable`,
      base: `${BOX} create function {t}_f(v int) returns int language sql as $$ ${body} $$;`,
      data: ROWS,
      change: "alter function {t}_f(int) immutable;",
      query: ":many select id, {t}_f(n) as n from {t}_box order by id",
      calls: [[]],
      expected: migrateFirst(effect),
      ...(effect === "look" ? { isUnseen: true } : {}),
    }),
  ),
];
