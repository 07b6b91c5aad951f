import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { runCommand } from "./command.ts";
import { sliceToRun } from "./long-form.ts";
import { startBinaries } from "./postgres/binaries.mjs";

// Who needs EXECUTE on a function that something of a table calls: what `solitude-gen grants` says is what PostgreSQL 16 asks for.

/** A function that not anyone may execute. */
const F = (
  n: string,
  body = "select x is not null",
  ret = "bool",
  arg = "x int",
  extra = "immutable",
): string =>
  `create function ${n}(${arg}) returns ${ret} language plpgsql ${extra} as $$ begin return (${body}); end $$; revoke execute on function ${n} from public;`;
const TRIGGER = (n: string): string =>
  `create function ${n}() returns trigger language plpgsql as $$ begin return new; end $$; revoke execute on function ${n} from public;`;

/** Each with what makes it and with statements: whoever sends one needs EXECUTE, or does not; PostgreSQL 16 says which. */
const PLACES: readonly (readonly [place: string, ddl: string, statements: readonly string[]])[] = [
  [
    "domain check, cast",
    `${F("f")} create domain d as int check (f(value));`,
    [
      "select 1::d",
      "select '1'::d",
      "select '{1}'::d[]",
      "select array[1]::d[]",
      "select null::d",
      "select $1::d",
      "select coalesce($1::d, 1)",
    ],
  ],
  [
    "domain check, in table",
    `${F("f")} create domain d as int check (f(value)); create table t (id int, a d, b d[]); insert into t values (1, 2, array[3]);`,
    [
      "select a from t",
      "select b[1] from t",
      "insert into t (id) values (1)",
      "insert into t (id, b) values (1, null)",
      "update t set id = 2",
      "update t set a = 3",
      "update t set a = a",
      "update t set b = '{1}'",
      "delete from t",
      "select t from t",
      "select * from t where a = 2",
      "insert into t select * from t",
    ],
  ],
  [
    "domain in composite",
    `${F("f")} create domain d as int check (f(value)); create type c as (x d, y int); create table t (id int, c c); insert into t values (1, row(1,2));`,
    [
      "insert into t (id) values (1)",
      "insert into t values (1, row(1,2))",
      "insert into t values (1, '(1,2)')",
      "update t set c.y = 2",
      "select (c).x from t",
      "insert into t values (1, $1)",
    ],
  ],
  [
    "domain over domain",
    `${F("f")} create domain d as int check (f(value)); create domain e as d; create table t (a e);`,
    ["insert into t values (1)", "select 1::e"],
  ],
  [
    "domain default",
    `${F("f", "1", "int", "", "")} create domain d as int default f(); create table t (id int, a d); create table u (id int, a d default 2);`,
    ["insert into t (id) values (1)", "insert into t (id, a) values (1, 2)", "insert into u (id) values (1)"],
  ],
  [
    "json to domain",
    `${F("f")} create domain d as int check (f(value)); create type c as (x d);`,
    [
      `select * from json_populate_record(null::c, '{"x":1}')`,
      `select * from json_to_record('{"x":1}') as r(x d)`,
    ],
  ],
  [
    "column default",
    `${F("f", "1", "int", "", "")} create table t (id int, a int default f());`,
    [
      "insert into t (id) values (1)",
      "insert into t values (1, 2)",
      "insert into t values (1, default)",
      "update t set a = default",
      "update t set id=1",
      "insert into t default values",
    ],
  ],
  [
    "generated",
    `${F("f", "x", "int")} create table t (a int, b int, g int generated always as (f(a)) stored); insert into t values (1, 2);`,
    [
      "insert into t (a) values (1)",
      "update t set a = 1",
      "update t set b = 1",
      "delete from t",
      "select g from t",
      "update t set a = 3 where false",
      "update t set a = 3 where b = 99",
    ],
  ],
  [
    "check",
    `${F("f")} create table t (a int check (f(a)), b int); insert into t values (1, 2);`,
    [
      "insert into t (b) values (1)",
      "update t set a = 1",
      "update t set b = 1",
      "delete from t",
      "update t set b=1 where b = 99",
      "update only t set b = 2",
    ],
  ],
  [
    "index expression",
    `${F("f", "x", "int")} create table t (a int, b int); create index on t (f(a)); insert into t values (1, 2);`,
    [
      "insert into t (b) values (1)",
      "update t set a = 1",
      "update t set b = 1",
      "delete from t",
      "select a from t where a = 1",
    ],
  ],
  [
    "index predicate",
    `${F("f")} create table t (a int, b int); create index on t (b) where f(a); insert into t values (1, 2);`,
    [
      "insert into t (b) values (1)",
      "update t set a = 3",
      "update t set b = 1",
      "delete from t",
      "select a from t where b = 1",
    ],
  ],
  [
    "unique index expression, on conflict",
    `${F("f", "x", "int")} create table t (a int, b int); create unique index on t (f(a));`,
    ["insert into t values (1, 2) on conflict do nothing"],
  ],
  [
    "exclusion",
    `${F("f", "x", "int")} create table t (a int, b int, exclude using btree (f(a) with =));`,
    ["insert into t values (1, 2)"],
  ],
  [
    "partition key",
    `${F("f", "x", "int")} create table t (a int, b int) partition by range ((f(a))); create table t1 partition of t for values from (0) to (100); insert into t values (1, 2);`,
    [
      "insert into t values (1, 2)",
      "insert into t1 values (1, 2)",
      "update t set b = 1",
      "update t set a = 1",
      "update t1 set b = 1",
      "delete from t",
      "select * from t",
      "select * from t where a = 1",
    ],
  ],
  [
    "policy using",
    `${F("f")} create table t (a int, b int); alter table t enable row level security; create policy p on t using (f(a)); insert into t values (1,2);`,
    ["select a from t", "insert into t values (1, 2)", "update t set b = 1", "delete from t"],
  ],
  [
    "policy check",
    `${F("f")} create table t (a int, b int); alter table t enable row level security; create policy p on t using (true) with check (f(a)); insert into t values (1,2);`,
    ["select a from t", "insert into t values (1, 2)", "update t set b = 1", "delete from t"],
  ],
  [
    "policy without row security",
    `${F("f")} create table t (a int, b int); create policy p on t using (f(a));`,
    ["select a from t", "insert into t values (1, 2)"],
  ],
  [
    "view body (owner)",
    `${F("f", "x", "int")} create table t (a int, b int); create view v as select f(a) as fa, b from t; insert into t values (1, 2);`,
    ["select fa from v", "select b from v", "select count(*) from v", "insert into v (b) values (1)"],
  ],
  [
    "view where",
    `${F("f")} create table t (a int, b int); create view v as select b from t where f(a); insert into t values (1,2);`,
    ["select b from v", "insert into v values (1)", "update v set b = 2", "delete from v"],
  ],
  [
    "view check option",
    `${F("f")} create table t (a int, b int); create view v as select a, b from t where f(a) with check option; insert into t values (1,2);`,
    ["insert into v values (1)"],
  ],
  [
    "invoker view",
    `${F("f", "x", "int")} create table t (a int, b int); create view v with (security_invoker) as select f(a) as fa, b from t; insert into t values (1, 2);`,
    ["select fa from v", "select b from v"],
  ],
  [
    "materialized view",
    `${F("f", "x", "int")} create table t (a int, b int); create materialized view v as select f(a) as fa, b from t;`,
    ["select fa from v"],
  ],
  [
    "base table below view: check",
    `${F("f")} create table t (a int check (f(a)), b int); create view v as select a, b from t; insert into t values (1,2);`,
    ["insert into v values (1)", "update v set b = 3", "delete from v", "select * from v"],
  ],
  [
    "base table below view: default",
    `${F("f", "1", "int", "", "")} create table t (a int default f(), b int); create view v as select a, b from t; create view w as select b from t; alter view w alter b set default f();`,
    [
      "insert into v (b) values (1)",
      "insert into w (b) values (1)",
      "insert into w default values",
      "insert into v values (1, 2)",
    ],
  ],
  [
    "base table below view: policy",
    `${F("f")} create table t (a int, b int); alter table t enable row level security; create policy p on t using (f(a)); create view v as select a, b from t; create view i with (security_invoker) as select a, b from t; insert into t values (1,2);`,
    ["select a from v", "select a from i"],
  ],
  [
    "trigger when",
    `${F("f")} ${TRIGGER("tf")} create table t (a int, b int); create trigger tr before insert or update of a on t for each row when (f(new.a)) execute function tf(); insert into t values (1,2);`,
    ["insert into t values (1, 2)", "update t set b = 3", "update t set a = 3", "delete from t"],
  ],
  [
    "trigger function only",
    `${TRIGGER("tf")} create table t (a int, b int); create trigger tr before insert on t for each row execute function tf();`,
    ["insert into t values (1, 2)"],
  ],
  [
    "after trigger when",
    `${F("f")} ${TRIGGER("tf")} create table t (a int, b int); create trigger tr after delete on t for each row when (f(old.a)) execute function tf(); insert into t values (1,2);`,
    ["insert into t values (1, 2)", "delete from t"],
  ],
  [
    "statement trigger when",
    `${F("f")} ${TRIGGER("tf")} create table t (a int, b int); create trigger tr after truncate on t for each statement when (f(1)) execute function tf(); create trigger tr2 after update on t for each statement when (f(1)) execute function tf(); insert into t values (1,2);`,
    ["truncate t", "update t set a=1 where false", "insert into t values (1)"],
  ],
  [
    "rule",
    `${F("f", "x", "int")} create table t (a int, b int); create table log (x int); create rule r as on insert to t do also insert into log values (f(new.a));`,
    ["insert into t values (1, 2)", "select a from t"],
  ],
  [
    "rule conditional",
    `${F("f")} create table t (a int, b int); create rule r as on update to t where f(new.a) do instead nothing; insert into t values (1,2);`,
    ["update t set a = 2"],
  ],
  [
    "default argument",
    `${F("f", "1", "int", "", "stable")} create function g(x int default f()) returns int language plpgsql as $$ begin return x; end $$;`,
    ["select g()", "select g(1)"],
  ],
  [
    "atomic body",
    `${F("f", "1", "int", "", "stable")} create function g() returns int language sql begin atomic select f(); end; create function h() returns int language sql security definer begin atomic select f(); end;`,
    ["select g()", "select h()"],
  ],
  [
    "cast function",
    `${F("f", "x.a::text", "text", "x ct", "immutable").replace("create function", "create type ct as (a int); create function")} create cast (ct as text) with function f as assignment; create table t (a text);`,
    ["select row(1)::ct::text", "insert into t values (row(1)::ct)"],
  ],
  [
    "operator",
    `${F("f", "x = y", "bool", "x int, y int")} create operator === (leftarg=int, rightarg=int, function=f);`,
    ["select 1 === 2", "select 1 === any (array[2])"],
  ],
  [
    "operator in check",
    `${F("f", "x = y", "bool", "x int, y int")} create operator === (leftarg=int, rightarg=int, function=f); create table t (a int check (a === a)); create domain d as int check (value === value);`,
    ["insert into t values (1)", "select 1::d"],
  ],
  [
    "aggregate transition",
    `${F("f", "x + y", "int", "x int, y int")} create aggregate ag(int) (sfunc = f, stype=int, initcond='0');`,
    ["select ag(1)"],
  ],
  [
    "nested through own function",
    `${F("f")} create function g(x int) returns bool language plpgsql immutable as $$ begin return f(x); end $$; create table t (a int check (g(a)));`,
    ["insert into t values (1)"],
  ],
  [
    "fk cascade to child with check",
    `${F("f")} create table p (id int primary key); create table c (pid int references p on update cascade on delete cascade, check (f(pid))); insert into p values (1); insert into c values (1);`,
    ["delete from p", "update p set id = 2"],
  ],
  [
    "identity",
    `create table t (id int generated always as identity, a int);`,
    ["insert into t (a) values (1)"],
  ],
  [
    "inheritance child check",
    `${F("f")} create table t (a int, b int); create table c (check (f(a))) inherits (t); insert into c values (1,2);`,
    ["update t set b = 2", "insert into t values (1, 2)", "update only t set b = 2", "delete from t"],
  ],
  [
    "partition's own check",
    `${F("f")} create table t (a int, b int) partition by list (b); create table c partition of t for values in (2); alter table c add check (f(a)); insert into t values (1,2);`,
    ["update t set a = 2", "insert into t values (1, 2)"],
  ],
  [
    "partition's own default",
    `${F("f", "1", "int", "", "")} create table t (a int, b int) partition by list (b); create table c (a int default f(), b int); alter table t attach partition c for values in (2);`,
    ["insert into t (b) values (2)", "insert into c (b) values (2)"],
  ],
  [
    "extended statistics",
    `${F("f", "x", "int")} create table t (a int, b int); create statistics s on (f(a)), b from t; insert into t values (1,2);`,
    ["insert into t values (1)", "select * from t where a = 1 and b = 2"],
  ],
  [
    "merge",
    `${F("f")} create table t (a int check (f(a)), b int); insert into t values (1,2);`,
    [
      "merge into t using (values (1)) v(x) on t.a = v.x when matched then delete",
      "merge into t using (values (1)) v(x) on t.a = v.x when matched then update set b = 2",
      "merge into t using (values (7)) v(x) on t.a = v.x when not matched then insert values (1, 2)",
    ],
  ],
];

/** What is given although PostgreSQL can do without where no row is touched, nothing changes, or it is decided while the statement runs. */
const GIVEN_TO_BE_SAFE: ReadonlySet<string> = new Set([
  "update t set a = 3 where false",
  "update t set a = 3 where b = 99",
  "update t set b=1 where b = 99",
  "index expression: update t set a = 1",
  "index expression: update t set b = 1",
]);

/** What functions in other languages than SQL do inside is theirs: it is not given, and told where it is refused. */
const WITHIN_FUNCTIONS: ReadonlySet<string> = new Set(["nested through own function"]);

let server: { readonly url: string; stop(): Promise<void> };
let admin: pg.Client;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-places-"));
  server = await startBinaries("16");
  admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query("create role sender");
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Tells whether PostgreSQL refuses a statement to who has every right but those on functions. */
async function isRefused(statement: string): Promise<boolean> {
  const values = statement.includes("$1") ? [statement.includes("::d") ? "1" : "(1,2)"] : [];
  await admin.query("begin; set local session authorization sender");
  const said = await admin.query(statement, values).then(
    () => "",
    ({ message }: Error) => message,
  );
  await admin.query("rollback");
  if (said !== "" && said !== "permission denied for function f") throw new Error(`${statement}: ${said}`);
  return said !== "";
}

test.each(sliceToRun("places that call a function", PLACES, 4))("%s", async (place, ddl, statements) => {
  await admin.query(
    "drop schema public cascade; create schema public; grant usage on schema public to sender",
  );
  await admin.query(ddl);
  await admin.query(
    "grant all on all tables in schema public to sender; grant all on all sequences in schema public to sender",
  );
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
  );
  writeFileSync(join(folder, "s.sql"), ddl);
  const queries = statements.map((sql, i) => `-- name: Q${i} :exec\n-- @role sender_${i}\n${sql};\n`);
  writeFileSync(join(folder, "q.sql"), queries.join("\n"));
  for (const [i, statement] of statements.entries()) {
    const { code, out, err } = await runCommand(folder, "grants", "--role", `sender_${i}`);
    const isGiven = out.includes("grant execute on function public.f(");
    if (WITHIN_FUNCTIONS.has(place)) {
      const isTold = err.includes("warning[grants-refused]");
      expect([statement, code, isGiven, isTold]).toEqual([statement, 0, false, await isRefused(statement)]);
      continue;
    }
    expect([statement, code, err]).toEqual([statement, 0, ""]);
    const isSafe = [statement, `${place}: ${statement}`].some((one) => GIVEN_TO_BE_SAFE.has(one));
    expect([statement, isGiven]).toEqual([statement, isSafe || (await isRefused(statement))]);
  }
});
