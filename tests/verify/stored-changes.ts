import { BOX, migrateFirst, type Row } from "./changes.ts";

const ALL: readonly Row[] = [
  // What is evaluated for each row that is stored, and fails for some.
  ...(
    [
      ["an index", "create index {t}_x on {t}_box ((100 / n));"],
      ["an index of some rows", "create index {t}_x on {t}_box (id) where 100 / n > 3;"],
      ["a unique index", "create unique index {t}_x on {t}_box ((100 / n));"],
      ["an exclusion", "alter table {t}_box add exclude ((100 / n) with =);"],
      ["a CHECK", "alter table {t}_box add check (100 / n > -1000);"],
      ["a generated column", "alter table {t}_box add g int generated always as (100 / n) stored;"],
      [
        "a generated column that was another one",
        "alter table {t}_box drop h; alter table {t}_box add h int generated always as (1 / n) stored;",
      ],
      [
        "an index of a function's values",
        "create function {t}_i(v int) returns int language plpgsql immutable as 'begin return 1 / v; end'; create index {t}_x on {t}_box ({t}_i(n));",
      ],
      [
        "the key of partitions",
        `drop table {t}_box; create table {t}_box (id int not null, note text, kind text not null default 'k', n int) partition by list ((100 / n));
        create table {t}_all partition of {t}_box default; grant all on {t}_box to application;`,
      ],
    ] as const
  ).map(
    ([what, change]): Row => ({
      title: `${what} fails for some rows that are inserted`,
      base: `${BOX} alter table {t}_box add h int generated always as (1) stored;`,
      change,
      query: ":exec insert into {t}_box (id, n) values ($1, $2)",
      calls: [[7, 0]],
      expected: migrateFirst("look"),
    }),
  ),
  {
    title: "an index fails for some rows that are changed",
    base: BOX,
    data: "insert into {t}_box (id, n) values (1, 1)",
    change: "create index {t}_x on {t}_box ((100 / n));",
    query: ":exec update {t}_box set n = $1",
    calls: [[0]],
    expected: migrateFirst("look"),
  },
  {
    title: "an index fails for no row that is changed in other columns",
    base: BOX,
    data: "insert into {t}_box (id, n) values (1, 1)",
    change: "create index {t}_x on {t}_box ((100 / n)) where 1 / n > 0;",
    query: ":exec update {t}_box set note = $1",
    calls: [["b"]],
    expected: migrateFirst("fine"),
  },
  {
    title: "a text in an index is read as a number",
    base: "create table {t}_box (id int primary key, doc jsonb);",
    change: "create index {t}_x on {t}_box (((doc ->> 'n')::int));",
    query: ":exec insert into {t}_box (id, doc) values ($1, $2)",
    calls: [[1, '{"n": "none"}']],
    expected: migrateFirst("look"),
  },
  {
    title: "a product that is generated has no room",
    base: "create table {t}_box (id int primary key, a int, b int);",
    change: "alter table {t}_box add g int generated always as (a * b) stored;",
    query: ":exec insert into {t}_box (id, a, b) values ($1, $2, $3)",
    calls: [[1, 2000000000, 2]],
    expected: migrateFirst("look"),
  },
  {
    title: "what is evaluated has a value for every row",
    base: "create table {t}_box (id int primary key, note text, kind text, n int, doc jsonb, at timestamp);",
    change: `create function {t}_i(v text) returns text language sql immutable as $$ select lower(btrim(v)) $$;
      create index {t}_a on {t}_box (lower(note), (note || kind), coalesce(n, 0)) where kind like 'k%' and n / 2 > 1 and note ~ '^a';
      create index {t}_b on {t}_box ((doc ->> 'n'), date_trunc('day', at), (at at time zone 'UTC'), {t}_i(kind));
      alter table {t}_box add g text generated always as (case when n > 3 then upper(note) else md5(kind) end) stored,
        add ts tsvector generated always as (to_tsvector('english', coalesce(note, ''))) stored;`,
    query: ":exec insert into {t}_box (id, note, kind, n, doc, at) values ($1, $2, $3, $4, $5, $6)",
    calls: [
      [1, "", "", 0, "[]", "infinity"],
      [2, null, null, -2147483648, null, null],
    ],
    expected: migrateFirst("fine"),
  },
  {
    title: "a statistics object is made of what fails",
    base: BOX,
    change: "create statistics {t}_x on (100 / n), (note || kind) from {t}_box;",
    query: ":exec insert into {t}_box (id, n) values ($1, $2)",
    calls: [[1, 0]],
    expected: migrateFirst("fine"),
  },
  {
    title: "an index has the expression of another one",
    base: `${BOX} create index {t}_x on {t}_box ((100 / n));`,
    change: "create index {t}_y on {t}_box ((100 / n), id);",
    query: ":exec insert into {t}_box (id, n) values ($1, $2)",
    calls: [[1, 1]],
    expected: migrateFirst("fine"),
  },
  ...(
    [
      "create index {t}_x on {t}_box ({t}_i(n));",
      "alter table {t}_box add g int generated always as ({t}_i(n)) stored;",
    ] as const
  ).map(
    (made): Row => ({
      title: `what is evaluated calls a function that is another one: ${made}`,
      base: `${BOX} create function {t}_i(v int) returns int language plpgsql immutable as 'begin return v; end'; ${made}`,
      change:
        "create or replace function {t}_i(v int) returns int language plpgsql immutable as 'begin return 1 / (v - 77) + v; end';",
      query: ":exec insert into {t}_box (id, n) values ($1, $2)",
      calls: [[1, 77]],
      expected: migrateFirst("look"),
    }),
  ),
  // What is stored where the query itself does not say so.
  ...(
    [
      [
        "through a view",
        "create view {t}_v as select id, n from {t}_box;",
        ":exec insert into {t}_v (id, n) values ($1, $2)",
      ],
      [
        "by a function",
        "create function {t}_f(i int, v int) returns void language sql as 'insert into {t}_box (id, n) values (i, v)';",
        ":exec select {t}_f($1, $2)",
      ],
      [
        "by a trigger",
        `create table {t}_in (id int, n int); create function {t}_f() returns trigger language plpgsql as 'begin insert into {t}_box (id, n) values (new.id, new.n); return new; end';
        create trigger {t}_g after insert on {t}_in for each row execute function {t}_f();`,
        ":exec insert into {t}_in values ($1, $2)",
      ],
      [
        "by a rule",
        "create table {t}_in (id int, n int); create rule {t}_r as on insert to {t}_in do also insert into {t}_box (id, n) values (new.id, new.n);",
        ":exec insert into {t}_in values ($1, $2)",
      ],
    ] as const
  ).flatMap(([how, made, query]) =>
    (
      [
        ["an expression that fails", "create index {t}_x on {t}_box ((100 / n));", [7, 0]],
        ["a CHECK", "alter table {t}_box add check (n > -5);", [7, -7]],
        ["a unique key", "create unique index {t}_x on {t}_box (n);", [7, 3]],
        [
          "a foreign key",
          "create table {t}_src (n int primary key); insert into {t}_src select generate_series(1, 2001); alter table {t}_box add foreign key (n) references {t}_src;",
          [7, 5000],
        ],
      ] as const
    ).map(
      ([what, change, args]): Row => ({
        title: `${what} meets what is stored ${how}`,
        base: `${BOX} ${made}`,
        data: "insert into {t}_box (id, n) values (1, 3)",
        change,
        query,
        calls: [args],
        expected: migrateFirst("look"),
      }),
    ),
  ),
  // What is left to its default, wherever that is said.
  ...(
    [
      [
        "by that word",
        "",
        ":one insert into {t}_box (id, kind) values ($1 + 1, default) returning kind",
        "look",
      ],
      [
        "by that word in an UPDATE",
        "",
        ":one update {t}_box set (kind, n) = (default, $1) returning kind",
        "look",
      ],
      [
        "by that word under ON CONFLICT",
        "",
        ":one insert into {t}_box (id, kind) values ($1, 'u') on conflict (id) do update set kind = default returning kind",
        "look",
      ],
      [
        "through a view that calls its columns otherwise",
        "create view {t}_v as select id as i, n, kind as sort from {t}_box;",
        ":one insert into {t}_v (i, sort) values ($1 + 1, default) returning sort",
        "look",
      ],
      [
        "in a function",
        "create function {t}_f(v int) returns text language sql as $$ insert into {t}_box (id, n) values (v + 1, 1) returning kind $$;",
        ":one select {t}_f($1) as kind",
        "look",
      ],
      [
        "in a function, by that word",
        "create function {t}_f(v int) returns text language sql as $$ update {t}_box set kind = default where id = v returning kind $$;",
        ":one select {t}_f($1) as kind",
        "look",
      ],
      [
        "in a function, which gives it a value",
        "create function {t}_f(v int) returns text language sql as $$ insert into {t}_box (id, kind) values (v + 1, 'f') returning kind $$;",
        ":one select {t}_f($1) as kind",
        "fine",
      ],
      [
        "by a MERGE that gives it a value",
        "",
        ":exec merge into {t}_box b using (select $1::int as i) v on b.id = v.i + 1 when not matched then insert (id, kind) values (v.i + 1, 'm')",
        "fine",
      ],
    ] as const
  ).map(
    ([how, made, query, effect]): Row => ({
      title: `another default, left to it ${how}`,
      base: `${BOX} ${made}`,
      data: "insert into {t}_box (id) values (1)",
      change: "alter table {t}_box alter kind set default 'other';",
      query,
      calls: [[1]],
      expected: migrateFirst(effect),
    }),
  ),
  ...(
    [
      [
        "a trigger's",
        `create function {t}_f() returns trigger language plpgsql as $$ begin insert into {t}_log (what) values (new.note); return new; end $$;
        create trigger {t}_g after insert on {t}_box for each row execute function {t}_f();`,
      ],
      [
        "a rule's",
        "create rule {t}_r as on insert to {t}_box do also insert into {t}_log (what) values (new.note);",
      ],
    ] as const
  ).map(
    ([whose, made]): Row => ({
      title: `another default of ${whose} table`,
      base: `${BOX} create table {t}_log (what text, kind text default 'z'); ${made} create view {t}_kinds as select kind from {t}_log;`,
      change: "alter table {t}_log alter kind drop default;",
      query: ":exec insert into {t}_box (id, note) values ($1, 'a')",
      calls: [[1]],
      expected: migrateFirst("look"),
      isUnseen: true,
    }),
  ),
  {
    title: "another default of a column that a foreign key sets",
    base: `${BOX} create table {t}_child (id int, box int default 1 references {t}_box on delete set default); create view {t}_v as select box from {t}_child;`,
    change: "alter table {t}_child alter box set default 2;",
    query: ":exec delete from {t}_box where id = $1",
    calls: [[3]],
    expected: migrateFirst("look"),
    isUnseen: true,
  },
  {
    title: "another default of a view's column",
    base: `${BOX} create view {t}_v as select id, kind from {t}_box;`,
    change: "alter view {t}_v alter kind set default 'view';",
    query: ":one insert into {t}_v (id) values ($1) returning kind",
    calls: [[1]],
    expected: migrateFirst("look"),
  },
  {
    title: "another default of a column's domain",
    base: "create domain {t}_d as text default 'a'; create table {t}_box (id int primary key, kind {t}_d);",
    change: "alter domain {t}_d set default 'b';",
    query: ":one insert into {t}_box (id) values ($1) returning kind",
    calls: [[1]],
    expected: migrateFirst("look"),
  },
  // Rows that go by what a migration does elsewhere.
  ...(
    [
      ["through a view", "create view {t}_v as select id, n from {t}_box;", "delete from {t}_v;"],
      [
        "through a view of a view, in a block",
        "create view {t}_w as select id as i, n from {t}_box; create view {t}_v as select i from {t}_w;",
        "do $$ begin delete from {t}_v where i > 0; end $$;",
      ],
      [
        "by a trigger in place of what is done to a view",
        `create view {t}_v as select distinct id from {t}_box; create function {t}_f() returns trigger language plpgsql as 'begin delete from {t}_box where id = old.id; return old; end';
        create trigger {t}_g instead of update on {t}_v for each row execute function {t}_f();`,
        "update {t}_v set id = 5;",
      ],
      [
        "by a trigger of an INSERT",
        `create table {t}_in (id int); create function {t}_f() returns trigger language plpgsql as 'begin delete from {t}_box where id = new.id; return new; end';
        create trigger {t}_g after insert on {t}_in for each row execute function {t}_f();`,
        "insert into {t}_in values (1);",
      ],
      [
        "by a rule",
        "create table {t}_in (id int); insert into {t}_in values (1); create rule {t}_r as on delete to {t}_in do also delete from {t}_box where id = old.id;",
        "delete from {t}_in;",
      ],
      [
        "with a table that is made anew",
        "",
        `drop table {t}_box; ${BOX} grant all on {t}_box to application;`,
      ],
    ] as const
  ).map(
    ([how, made, change]): Row => ({
      title: `rows are deleted ${how}`,
      base: `${BOX} ${made}`,
      stored: "insert into {t}_box (id) values (1);",
      change,
      query: ":many select id from {t}_box",
      next: ":many select id, id as again from {t}_box",
      calls: [[]],
      expected: migrateFirst("look", "look"),
    }),
  ),
  {
    title: "rows are deleted through a view that looks at another table",
    base: `${BOX} create table {t}_src (id int primary key); create view {t}_v as select id from {t}_box where id in (select id from {t}_src);`,
    stored: "insert into {t}_src values (1);",
    change: "delete from {t}_v;",
    query: ":many select id from {t}_src",
    calls: [[]],
    expected: migrateFirst("fine"),
  },
  {
    title: "rows of a partition are deleted",
    base: "create table {t}_box (id int) partition by range (id); create table {t}_part partition of {t}_box default;",
    stored: "insert into {t}_box values (1);",
    change: "truncate {t}_part;",
    query: ":many select id from {t}_box",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "a partition has a rule of its own",
    base: "create table {t}_box (id int, n int) partition by range (id); create table {t}_part partition of {t}_box default;",
    change: "alter table {t}_part add check (n < 5000);",
    query: ":exec insert into {t}_box values ($1, $2)",
    calls: [[1, 6000]],
    expected: migrateFirst("look"),
  },
  {
    title: "a partition has a policy, which nobody asks who goes through the whole",
    base: "create table {t}_box (id int, n int) partition by range (id); create table {t}_part partition of {t}_box default;",
    change: "alter table {t}_part enable row level security; create policy {t}_p on {t}_part using (false);",
    data: "insert into {t}_box values (1, 1)",
    query: ":many select id from {t}_box",
    calls: [[]],
    expected: migrateFirst("fine"),
  },
  // Values that are written anew by what a statement sets off, in rows that no sample is.
  ...(
    [
      [
        "by a rule",
        "create table {t}_in (id int); create rule {t}_r as on insert to {t}_in do also update {t}_box set note = 'z' where n = 5000;",
        "insert into {t}_in values (1);",
        "note",
        "look",
      ],
      [
        "by a trigger",
        `create table {t}_in (id int); create function {t}_f() returns trigger language plpgsql as $$ begin update {t}_box set note = 'z' where n = 5000; return new; end $$;
        create trigger {t}_g after insert on {t}_in for each row execute function {t}_f();`,
        "insert into {t}_in values (1);",
        "note",
        "look",
      ],
      [
        "by a trigger, in another column",
        `create table {t}_in (id int); create function {t}_f() returns trigger language plpgsql as $$ begin update {t}_box set note = 'z' where n = 5000; return new; end $$;
        create trigger {t}_g after insert on {t}_in for each row execute function {t}_f();`,
        "insert into {t}_in values (1);",
        "kind",
        "fine",
      ],
    ] as const
  ).map(
    ([how, made, change, column, effect]): Row => ({
      title: `values are written anew ${how}, of some rows`,
      base: `${BOX} ${made}`,
      stored: "insert into {t}_box values (1, 'a', 'k', 5000);",
      change,
      query: `:many select ${column} from {t}_box`,
      calls: [[]],
      expected: migrateFirst(effect),
    }),
  ),
  ...(
    [
      ["set null", "delete", "delete from {t}_box where n = 5000;"],
      ["cascade", "update", "update {t}_box set id = 7 where n = 5000;"],
    ] as const
  ).map(
    ([action, kind, change]): Row => ({
      title: `values are written anew by a foreign key's ${action}, of some rows`,
      base: `${BOX} create table {t}_child (id int, box int references {t}_box on ${kind} ${action});`,
      stored: "insert into {t}_box values (1, 'a', 'k', 5000); insert into {t}_child values (1, 1);",
      change,
      query: ":many select box from {t}_child",
      calls: [[]],
      expected: migrateFirst("look"),
    }),
  ),
  // What is tried on empty tables, where its rows are there already.
  {
    title: "a trigger's row is there already, and lacks a value",
    base: `${BOX} create table {t}_log (id int primary key, what text);
      create function {t}_f() returns trigger language plpgsql as 'begin insert into {t}_log (id, what) values (new.id, new.note); return new; end';
      create trigger {t}_g after insert on {t}_box for each row execute function {t}_f();`,
    change: "alter table {t}_log add who text not null;",
    query: ":exec insert into {t}_box (id, note) values ($1, $2)",
    next: null,
    calls: [[1, "a"]],
    expected: migrateFirst("breaks"),
  },
  // What a view decides about rows that no sample is.
  {
    title: "a view leaves out rows that are not tried",
    base: `${BOX} create view {t}_v as select id, n from {t}_box;`,
    data: "insert into {t}_box (id, n) values (1, 5000)",
    change: "create or replace view {t}_v as select id, n from {t}_box where n is null or n < 5000;",
    query: ":many select id from {t}_v",
    next: null,
    calls: [[]],
    expected: migrateFirst("look"),
  },
  {
    title: "a view shows something else in a column that is not read",
    base: `${BOX} create view {t}_v as select id, n, kind from {t}_box where n > 0 order by id;`,
    data: "insert into {t}_box (id, n) values (1, 5000)",
    change:
      "create or replace view {t}_v as select id, n, upper(kind) as kind, note from {t}_box where n > 0 order by id;",
    query: ":many select id, n from {t}_v",
    calls: [[]],
    expected: migrateFirst("fine"),
  },
  // What PostgreSQL 16 does not search, wherever it stands.
  ...(
    [
      [
        "in a view's condition",
        "create view {t}_v as select id from {t}_box where note like 'a%';",
        ":many select id from {t}_v",
        "breaks",
      ],
      [
        "in a column of a view behind a view",
        "create view {t}_w as select id, note as text from {t}_box; create view {t}_v as select id, replace(text, 'a', 'b') as other from {t}_w;",
        ":many select other from {t}_v",
        "breaks",
      ],
      [
        "in a function of a query",
        "create function {t}_f() returns setof int language sql as $$ select id from {t}_box where note ~ '^a' $$;",
        ":many select {t}_f() as id",
        "breaks",
      ],
      [
        "in a function of an argument",
        "create function {t}_f(v text) returns boolean language sql as $$ select v like 'a%' $$;",
        ":many select id from {t}_box where {t}_f(note)",
        "breaks",
      ],
      [
        "in a block that some calls reach",
        "create function {t}_f(v int) returns int language plpgsql as $$ declare r int; begin if v > 5000 then select count(*) into r from {t}_box where note like 'a%'; end if; return r; end $$;",
        ":many select {t}_f($1) as n",
        "look",
      ],
    ] as const
  ).map(([where, made, query, effect]): Row => {
    const views = made.match(/create view (\S+)/g)?.map((one) => one.replace("create view ", "")) ?? [];
    const dropped = [...views].reverse().map((view) => `drop view ${view};`);
    const again = views.length > 0 ? `${made} grant all on ${views.join(", ")} to application;` : "";
    return {
      title: `a collation takes different texts for equal, and they are searched ${where}`,
      base: `${BOX} create collation {t}_any (provider = icu, locale = 'und-u-ks-level1', deterministic = false); ${made}`,
      data: "insert into {t}_box values (1, 'abc')",
      change: `${dropped.join(" ")} alter table {t}_box alter note type text collate {t}_any; ${again}`,
      query,
      next: null,
      calls: [query.includes("$1") ? [6000] : []],
      expected: migrateFirst(effect),
    };
  }),
];

/**
 * Rows of the table of changes: what becomes of rows that are stored, and where the query itself does not say so. Where the deployed version meets a
 * difference, the new one has the query no more.
 */
export const STORED_CHANGES: readonly Row[] = ALL.map((row) =>
  row.next === undefined && row.expected["migrate-first"] !== "fine" ? { ...row, next: null } : row,
);
