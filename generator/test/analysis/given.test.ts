import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { applySchema } from "../../src/analysis/apply-schema.ts";
import { extensionsNamed, REQUIRES } from "../../src/postgres/extension-names.ts";
import { Bench } from "../check/schema/bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
beforeEach(() => bench.side());
afterAll(() => bench.close());

async function apply(...texts: string[]): Promise<string[]> {
  const files = texts.map((text, i) => ({ path: `${i + 1}.sql`, text }));
  const found = await applySchema(bench.engine, files);
  return found.map(({ severity, span, message }) => {
    const place = span
      ? ` ${span.file}:${files[Number.parseInt(span.file, 10) - 1]!.text.slice(span.start, span.end)}`
      : "";
    return `${severity}${place}: ${message}`;
  });
}

/** `schema.table(column type, …)`, of all tables. */
async function tables(): Promise<string[]> {
  const rows = await bench.engine.run(`
    select format('%s.%s(%s)', nspname, relname, (select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
      from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped)) as t
    from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'f', 'p') and nspname !~ '^pg_|^information' order by 1`);
  return rows.map(({ t }) => String(t));
}

const provided = (what: string) => `info: the schema takes as given, and the analysis provided: ${what}`;
const leftOut = (what: string) => `info: the schema takes as given, and left out: ${what}`;

describe("what nobody makes is provided where no type follows from it", () => {
  test.each<[string, string, string[], string[]]>([
    [
      "the sequence of a default",
      "create table t (id bigint not null default nextval('app.t_id_seq'::regclass)); create table u (id int default nextval('\"Odd\"'));",
      [provided("schema app, sequence Odd, sequence app.t_id_seq")],
      ["public.t(id bigint)", "public.u(id integer)"],
    ],
    [
      "a function that Supabase has from the beginning",
      "create table t (id uuid default extensions.uuid_generate_v4(), a bytea default extensions.gen_random_bytes(8));",
      [
        provided(
          "function extensions.gen_random_bytes, function extensions.uuid_generate_v4, schema extensions",
        ),
      ],
      ["public.t(id uuid, a bytea)"],
    ],
    ["a schema", "create table app.t (id int);", [provided("schema app")], ["app.t(id integer)"]],
    [
      "roles",
      "create table t (); alter table t owner to o; grant select on t to r; create policy p on t to q using (true); alter default privileges for role d grant select on tables to r;",
      [provided("role d, role o, role q, role r")],
      ["public.t()"],
    ],
    [
      "a language",
      "create function f(a int) returns text language plpython3u as 'x'; create extension plperl; create function g() returns int language plperl as 'x';",
      [provided("language plperl, language plpython3u")],
      [],
    ],
    [
      "a collation",
      `create table t (a text collate "de_DE", b text collate pg_catalog."en-US-x-icu"); create index on t (a collate "C.utf8x");`,
      [provided("collation C.utf8x, collation de_DE, collation en-US-x-icu")],
      ["public.t(a text, b text)"],
    ],
    [
      "a foreign server and its wrapper",
      "create server s foreign data wrapper w options (host 'h'); create foreign table t (a int) server s; create foreign table u (b text) server other options (x 'y');",
      [provided("foreign-data wrapper w, server other")],
      ["public.t(a integer)", "public.u(b text)"],
    ],
  ])("%s", async (_, text, said, made) => {
    expect(await apply(text)).toEqual(said);
    expect(await tables()).toEqual(made);
  });

  test("what a later file makes is waited for, not made up", async () => {
    expect(
      await apply(
        "create table app.t (id int default nextval('app.s'), o int references app.o on delete cascade, k app.e);",
        "create schema app; create sequence app.s as smallint; create table app.o (id int primary key); create type app.e as enum ('a');",
      ),
    ).toEqual([]);
    expect(
      await bench.engine.run("select count(*)::int as n from pg_constraint where contype = 'f'"),
    ).toEqual([{ n: 1 }]);
  });

  test("a foreign key to a table that nobody makes is left out, wherever it is written", async () => {
    expect(
      await apply(`
        create table a (id int not null constraint f references gone (id) on delete set null (id) on update no action not deferrable not null, n text);
        create table b (id int, constraint f foreign key (id) references other.gone match full deferrable initially deferred, n text);
        create table c (foreign key (id) references "Gone", id int references c2);
        create table c2 (id int primary key);
        alter table b add column g int references gone, add constraint h foreign key (g) references gone not valid;
        alter table only b add constraint i foreign key (g) references gone;
        create table d (a text default 'references gone', b int references gone check (b > 0));`),
    ).toEqual([
      `info: the schema takes as given, and the analysis provided: schema other; left out: foreign keys to Gone, foreign keys to gone, foreign keys to other.gone`,
    ]);
    expect(await tables()).toEqual([
      "public.a(id integer, n text)",
      "public.b(id integer, n text, g integer)",
      "public.c(id integer)",
      "public.c2(id integer)",
      "public.d(a text, b integer)",
    ]);
    expect(
      await bench.engine.run(
        "select count(*)::int as n from pg_constraint where contype in ('f', 'c') and conrelid <> 0 and conrelid >= 16384",
      ),
    ).toEqual([{ n: 2 }]);
  });

  test("types of other databases are taken for PostgreSQL's, and each is told once, with what to write", async () => {
    expect(
      await apply(`
        create table t (a blob not null, b DATETIME(3) default now(), c tinyint(1), d nvarchar(max), e varchar2(20), f "number"(10, 2), g datetime);
        alter table t add h longtext, alter a type uniqueidentifier using null;
        create function f(x double) returns tinyint language sql as 'select 1::smallint';`),
    ).toEqual([
      'warning 1.sql:blob: PostgreSQL has no type "blob"; the analysis takes it for bytea',
      'warning 1.sql:DATETIME: PostgreSQL has no type "datetime"; the analysis takes it for timestamp',
      'warning 1.sql:tinyint: PostgreSQL has no type "tinyint"; the analysis takes it for smallint',
      'warning 1.sql:nvarchar: PostgreSQL has no type "nvarchar"; the analysis takes it for varchar',
      'warning 1.sql:varchar2: PostgreSQL has no type "varchar2"; the analysis takes it for varchar',
      'warning 1.sql:"number": PostgreSQL has no type "number"; the analysis takes it for numeric',
      'warning 1.sql:uniqueidentifier: PostgreSQL has no type "uniqueidentifier"; the analysis takes it for uuid',
      'warning 1.sql:longtext: PostgreSQL has no type "longtext"; the analysis takes it for text',
      'warning 1.sql:double: PostgreSQL has no type "double"; the analysis takes it for double precision',
    ]);
    expect(await tables()).toEqual([
      "public.t(a uuid, b timestamp(3) without time zone, c smallint, d character varying, e character varying(20), f numeric(10,2), g timestamp without time zone, h text)",
    ]);
  });

  test("a type of the project's own is the project's", async () => {
    expect(await apply("create table t (a datetime);", "create domain datetime as timestamptz;")).toEqual([]);
    expect(await tables()).toEqual(["public.t(a datetime)"]);
  });

  test("a Supabase project's surroundings", async () => {
    expect(
      await apply(`
        create table t (id uuid references auth.users on delete cascade, o uuid default auth.uid(), primary key (id));
        create policy p on t to authenticated using ((select auth.uid()) = id and auth.jwt() ->> 'x' = 'y');
        create policy q on storage.objects using (bucket_id = 'a' and auth.role() = 'x' and (storage.foldername(name))[1] = 'b');
        insert into storage.buckets (id, name, public) values ('a', 'a', true);
        alter publication supabase_realtime add table t;
        create function h() returns trigger language plpgsql as $$ begin return new; end $$;
        create trigger h after insert on auth.users for each row execute function h();`),
    ).toEqual([provided("role authenticated, schema auth, schema storage")]);
  });
});

describe("what calls a function that nobody makes is left out where no type follows from it", () => {
  const columns = "public.t(id uuid, n text)";
  test.each<[string, string, string, string]>([
    [
      "a default",
      "create table t (id uuid default made(1, 'a') primary key, n text);",
      "made(integer, unknown)",
      "default",
    ],
    [
      "one with a schema, among others",
      "create table t (id uuid default (app.made() || 'x')::uuid not null unique, n text);",
      "app.made()",
      "default",
    ],
    [
      "a default that is set",
      "create table t (id uuid, n text); alter table t alter column n set default made(), alter id set not null;",
      "made()",
      "default",
    ],
    [
      "one that is alone in its command",
      "create table t (id uuid, n text); alter table only t alter n set default made();",
      "made()",
      "default",
    ],
    [
      "that of a column that is added",
      "create table t (id uuid); alter table t add column if not exists n text default made() check (n <> '');",
      "made()",
      "default",
    ],
    [
      "a check of a column",
      "create table t (id uuid, n text not null constraint ok check (made(n) and n <> '') no inherit unique);",
      "made(text)",
      "check",
    ],
    [
      "a table's own check",
      "create table t (id uuid default gen_random_uuid(), n text, constraint ok check ((n is null) or made(lower(n), 1)), check (n <> ''));",
      "made(text, integer)",
      "check",
    ],
    [
      "the first of a table",
      "create table t (constraint ok check (made(n)), id uuid, n text);",
      "made(text)",
      "check",
    ],
    [
      "a check that is added",
      "create table t (id uuid, n text); alter table t add constraint ok check (made(n)) not valid;",
      "made(text)",
      "check",
    ],
    [
      "a generated column",
      "create table t (id uuid, n text generated always as (made(id)) stored);",
      "made(uuid)",
      "generated column",
    ],
  ])("%s", async (_, text, called, clause) => {
    const said = await apply(text);
    expect(said.map((one) => one.replace(/^(\w+) 1\.sql:.*?: /s, "$1: "))).toEqual(
      expect.arrayContaining([`warning: function ${called} does not exist; the ${clause} was left out`]),
    );
    expect(said.filter((one) => one.startsWith("error"))).toEqual([]);
    expect(await tables()).toEqual([columns]);
  });

  test("other clauses beside it stay", async () => {
    await apply(`create table t (a int default 7 check (a > 1), b int default made(f(1), array[2, 3]) check (b > 2), c text default ',x)');
      create function f(int) returns int language sql as 'select 1';`);
    const rows = await bench.engine.run(
      "select pg_get_constraintdef(oid) as c from pg_constraint where conrelid = 't'::regclass order by 1",
    );
    expect(rows).toEqual([{ c: "CHECK ((a > 1))" }, { c: "CHECK ((b > 2))" }]);
    expect(
      await bench.engine.run("select count(*)::int as n from pg_attrdef where adrelid = 't'::regclass"),
    ).toEqual([{ n: 2 }]);
  });

  test("rows that would have had such a default are not told", async () => {
    const said = await apply(
      "create table t (id uuid primary key default made(), n text); insert into t (n) values ('a');",
    );
    expect(said).toEqual(["warning 1.sql:made: function made() does not exist; the default was left out"]);
  });

  test("one that a later file makes is waited for", async () => {
    expect(
      await apply(
        "create table t (n text default made());",
        "create function made() returns text language sql as 'select 1::text';",
      ),
    ).toEqual([]);
    expect(
      await bench.engine.run("select count(*)::int as n from pg_attrdef where adrelid = 't'::regclass"),
    ).toEqual([{ n: 1 }]);
  });

  test("a hint says what to write, and never takes a short name for any other", async () => {
    const hintOf = async (text: string) =>
      (await applySchema(bench.engine, [{ path: "1.sql", text }])).map(({ hint }) => hint);
    expect(await hintOf("create table t (id text default nanoid());")).toEqual([
      expect.stringContaining("create function nanoid("),
    ]);
    expect(await hintOf("create table u (id uuid default uuid_generate_v4());")).toEqual([
      expect.stringContaining('create extension "uuid-ossp";'),
    ]);
    expect(await hintOf("create table v (n text check (lenght(n) > 1));")).toEqual([
      expect.stringContaining('"length"'),
    ]);
  });

  test("an extension that is not there leaves the table there", async () => {
    expect(
      await apply("create extension pg_uuidv7; create table t (id uuid default uuid_generate_v7(), n text);"),
    ).toEqual([
      'warning 1.sql:create extension pg_uuidv7: extension "pg_uuidv7" is not available',
      "warning 1.sql:uuid_generate_v7: function uuid_generate_v7() does not exist; the default was left out",
    ]);
    expect(await tables()).toEqual([columns]);
  });
});

describe("what decides no type does not stop the analysis", () => {
  test.each<[string, string]>([
    ["an index", "create index on t using brin2 (id)"],
    ["an operator class", "create index on t (id some_ops)"],
    ["a unique index over what is not there", "create unique index on t (nothing)"],
    ["a trigger", "create trigger x after insert on t execute function nothing()"],
    ["a policy", "create policy p on t using (nothing())"],
    ["a grant", "grant select on nothing to public"],
    ["rows", "insert into t values ('x'); "],
    ["a call of a function", "select cron.schedule('x', 'y', 'z')"],
    ["a publication", "alter publication p add table t"],
    ["a foreign key over a column that is not there", "alter table t add foreign key (nothing) references t"],
    ["storage", "alter table t alter id set storage extended"],
    ["a setting", "set nothing_of_the_kind = on"],
    ["a comment", "comment on table nothing is 'x'"],
    ["statistics", "create statistics s on nothing, id from t"],
    ["a subject of security labels", "security label for x on table t is 'y'"],
    [
      "a dictionary",
      "create text search dictionary d (template = ispell, dictfile = nothing, afffile = nothing)",
    ],
  ])("%s", async (_, statement) => {
    const said = await apply(`create table t (id int); ${statement}; create table u (id int);`);
    expect(said.map((one) => one.slice(0, 13))).toEqual(["warning 1.sql"]);
    expect(said[0]).toMatch(/; the statement was skipped$/);
    expect(await tables()).toEqual(["public.t(id integer)", "public.u(id integer)"]);
  });

  test.each<[string, string]>([
    ["a table", "create table x (a nothing_of_the_kind)"],
    ["a column", "alter table t add a nothing_of_the_kind"],
    ["a primary key", "alter table t add primary key (nothing)"],
    ["a view", "create view x as select nothing from t"],
    ["a function", "create function x() returns nothing_of_the_kind language sql as ''"],
    ["a block", "do $$ begin perform nothing(); end $$"],
    ["a drop", "drop table nothing"],
  ])("but %s does", async (_, statement) => {
    const said = await apply(`create table t (id int); ${statement}; create table u (id int);`);
    expect(said.map((one) => one.slice(0, 5))).toEqual(["error"]);
    expect(await tables()).toEqual(["public.t(id integer)", "public.u(id integer)"]);
  });

  test("tablespaces, compression, table access methods and storage options", async () => {
    expect(
      await apply(`
        create tablespace fast location '/x'; set default_tablespace = fast; grant create on tablespace fast to public;
        create table a (id int primary key using index tablespace fast, b text compression lz4 default 'tablespace fast') tablespace fast;
        create index on a (b) tablespace fast; alter table a set tablespace fast;
        create table c (id int) using columnar with (columnar.chunk = 1);
        create table d (id int) with (no_such_option = 'x', fillfactor = 50);
        create database x; alter database x set search_path = y; comment on database x is 'z';`),
    ).toEqual([leftOut("access method columnar, compression lz4, storage options, tablespace fast")]);
    expect(await tables()).toEqual([
      "public.a(id integer, b text)",
      "public.c(id integer)",
      "public.d(id integer)",
    ]);
  });

  test("exclusion constraints that want an extension's operators", async () => {
    const text = `create table t (id uuid, at tstzrange, exclude using gist (id with =, at with &&) where (id is not null) deferrable, n text);
      create table u (id uuid, constraint x exclude using gist (id with =) include (id));`;
    const said = await apply(text);
    expect(said).toEqual([
      expect.stringMatching(
        /^warning .*no default operator class .*; the exclusion constraint was left out$/,
      ),
    ]);
    expect(await tables()).toEqual(["public.t(id uuid, at tstzrange, n text)", "public.u(id uuid)"]);
  });

  test("libraries of functions in C, whose types are written beside them", async () => {
    const text = `create function c(a text, out b int, out d text) returns setof record as '$libdir/x', 'c' language c strict;
      create function e(text) returns text language c as 'MODULE_PATHNAME';`;
    expect(await apply(text)).toEqual([leftOut("library MODULE_PATHNAME, library x")]);
    expect(await bench.engine.run("select pg_get_function_result('c(text)'::regprocedure) as r")).toEqual([
      { r: "SETOF record" },
    ]);
  });

  test("a role that a file runs as has the rights for it", async () => {
    expect(await apply("set role app; create table t (id int); reset role; create schema other;")).toEqual([
      provided("rights of role app, role app"),
    ]);
    expect(await tables()).toEqual(["public.t(id integer)"]);
  });

  test("tables of another server are told, and do not stop the rest", async () => {
    const said = await apply(
      "create server far foreign data wrapper farther; import foreign schema public from server far into public; create table t (id int);",
    );
    expect(said).toEqual([
      expect.stringMatching(/^warning .* has no handler; the statement was skipped$/),
      provided("foreign-data wrapper farther"),
    ]);
    expect(await tables()).toEqual(["public.t(id integer)"]);
  });

  test("tables with oids, as dumps of old releases and pgAdmin have them", async () => {
    expect(
      await apply(
        "set default_with_oids = true; create table t (id int) with oids; create table u (id int) with (oids=true); create table v (id int) with (oids=false);",
      ),
    ).toEqual([leftOut("storage options")]);
    expect(await tables()).toEqual(["public.t(id integer)", "public.u(id integer)", "public.v(id integer)"]);
  });

  test("a misspelt type is told beside an extension that is not there", async () => {
    const text = "create extension postgis; create table places (at geometry); create table t (id intger);";
    expect(await apply(text)).toEqual([
      'warning 1.sql:create extension postgis: extension "postgis" is not available; left out with it: relation places',
      'error 1.sql:intger: type "intger" does not exist',
    ]);
  });

  test("where nobody knows what the extension brings, what may have been meant is said with it", async () => {
    const text = "create extension tdigests; create table t (id intger, d tdigest);";
    const files = [{ path: "1.sql", text }];
    const [said, ...others] = await applySchema(bench.engine, files);
    expect(others).toEqual([]);
    expect(said).toMatchObject({
      code: "schema-extension",
      hint: expect.stringMatching(
        /The type "intger" is taken for one of its own\. Did you mean "integer"\?$/,
      ),
    });
  });

  test("an extension that brings types names what is left out with it; what only follows is not said", async () => {
    expect(
      await apply(
        `create extension postgis; create table places (id int, at geometry(point, 4326));
         create function near(g geometry) returns bool language sql as 'select true';
         create index on places using gist (at); create view v as select at from places; create table t (id int);`,
      ),
    ).toEqual([
      'warning 1.sql:create extension postgis: extension "postgis" is not available; left out with it: relation places, function near, relation v',
    ]);
    expect(await tables()).toEqual(["public.t(id integer)"]);
  });

  test("what nobody makes is said once, with how many statements fail for want of it", async () => {
    expect(
      await apply(
        `create table a (x hstore); create table b (x hstore); create table c (x hstore); comment on column a.x is 'b';
         create function f(y a) returns int language sql as 'select 1';
         create function g(x public.hstore) returns int language sql as 'select 1'; comment on function g(hstore) is 'c';`,
      ),
    ).toEqual(['error 1.sql:hstore: type "hstore" does not exist; 4 other statements fail for want of it']);
  });

  test("one that brings none is told, and explains nothing", async () => {
    expect(
      await apply(
        "create extension pg_cron; select cron.schedule('a', 'b', 'c'); create table t (a nothing);",
      ),
    ).toEqual([
      'warning 1.sql:create extension pg_cron: extension "pg_cron" is not available',
      expect.stringMatching(/^warning 1.sql:cron.schedule: .*the statement was skipped$/),
      'error 1.sql:nothing: type "nothing" does not exist',
    ]);
  });

  test("what cannot be read is told once, and the rest of the file is read", async () => {
    expect(
      await apply(
        "create table a (id int); create tabel b (id int); create view v as select * from b; create table c (id int);",
        "create function f() returns int language sql begin atomic select case when true then 1 end; select 2; end; selct 1; create table d ();",
      ),
    ).toEqual([
      'error 1.sql:tabel: syntax error at or near "tabel"',
      'error 2.sql:selct: syntax error at or near "selct"',
    ]);
    expect(await tables()).toEqual(["public.a(id integer)", "public.c(id integer)", "public.d()"]);
  });
});

describe("what releases before 18 accept is accepted", () => {
  test("unlogged partitioned tables, and functions named like words of the grammar", async () => {
    expect(
      await apply(
        "create unlogged table ev (id int, at date) partition by range (at); create function json_value(j jsonb, k text) returns text language sql as 'select j ->> k';",
      ),
    ).toEqual([]);
    expect(await tables()).toEqual(["public.ev(id integer, at date)"]);
    expect(await bench.engine.run("select public.json_value('{\"a\": 1}', 'a') as v")).toEqual([{ v: "1" }]);
  });

  test("a materialized view whose function reads by unqualified names", async () => {
    expect(
      await apply(
        `create table a (id int, n text); create function l(int) returns text language sql stable as 'select n from a where id = $1';
         insert into a values (1, 'x'); create materialized view m as select id, l(id) as l from a; create unique index on m (id);`,
      ),
    ).toEqual([]);
    expect((await bench.engine.describe("select l from m")).columns).toEqual([{ name: "l", type: 25 }]);
  });

  test("an index over a function that finds what it calls by an unqualified name", async () => {
    expect(
      await apply(
        `create function inner_of(text) returns text language sql immutable as 'select lower($1)';
         create function outer_of(text) returns text language sql immutable strict as 'select inner_of($1)';
         create table a (id int, n text not null); create unique index on a (outer_of(n));`,
      ),
    ).toEqual([]);
    expect(
      await bench.engine.run(
        "select indisunique as u, (select count(*)::int from pg_proc where proconfig is not null and oid >= 16384) as n from pg_index where indrelid = 'a'::regclass",
      ),
    ).toEqual([{ u: true, n: 0 }]);
  });

  test("a change of type that builds such an index anew", async () => {
    const made = `create domain amount as int;
      create function scaled(a amount) returns amount language sql immutable as 'select ($1 * 2)::amount';
      create table a (id int, n amount, t text); create index on a (scaled(n));`;
    expect(
      await apply(`${made} alter table a alter column t type varchar(9), alter column id type bigint;`),
    ).toEqual([]);
    expect((await bench.engine.describe("select id from a")).columns).toEqual([{ name: "id", type: 20 }]);
    // What the statement itself lacks is missing all the same.
    expect(
      await apply(
        `${made.replaceAll(/\b(amount|scaled|a)\b/g, "$1_2")} alter table a_2 add column x nothing;`,
      ),
    ).toEqual([expect.stringContaining('type "nothing" does not exist')]);
  });

  test("a partition that is attached with an identity of its own", async () => {
    expect(
      await apply(
        `create table par (id bigint generated always as identity, at date not null, primary key (id, at)) partition by range (at);
         create table "Par 1" (like par including all); alter table par attach partition "Par 1" for values from ('2024-01-01') to ('2025-01-01');`,
      ),
    ).toEqual([]);
    expect(
      await bench.engine.run("select count(*)::int as n from pg_inherits where inhparent = 'par'::regclass"),
    ).toEqual([{ n: 1 }]);
  });

  test("a child that gives up its parent's NOT NULL: neither has it then", async () => {
    expect(
      await apply(
        "create table top (n int not null); create table par () inherits (top); create table chi () inherits (par); alter table chi alter column n drop not null;",
      ),
    ).toEqual([]);
    expect(
      await bench.engine.run(
        "select bool_or(attnotnull) as some from pg_attribute where attname = 'n' and attrelid in ('top'::regclass, 'par'::regclass, 'chi'::regclass)",
      ),
    ).toEqual([{ some: false }]);
  });

  test("a primary key of a parent alone", async () => {
    expect(
      await apply(
        "create table par (id int); create table chi () inherits (par); alter table only par add primary key (id);",
      ),
    ).toEqual([]);
  });
});

test("what `create extension … cascade` creates first is loaded with it", () => {
  expect(extensionsNamed([{ text: "create extension earthdistance cascade" }])).toEqual([
    "cube",
    "earthdistance",
  ]);
});

test("all that the embedded server's extensions require is known", () => {
  const folder = dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
  const bundles = readdirSync(folder).filter((name) => name.endsWith(".tar.gz"));
  expect(bundles.length).toBeGreaterThan(20);
  for (const bundle of bundles) {
    const text = gunzipSync(readFileSync(join(folder, bundle))).toString("latin1");
    const required = /^requires\s*=\s*'([^']*)'/m.exec(text)?.[1]?.split(/\s*,\s*/) ?? [];
    const others = required.filter((name) => !name.startsWith("pl"));
    expect([bundle, ...others]).toEqual([bundle, ...(REQUIRES[bundle.replace(".tar.gz", "")] ?? [])]);
  }
});
