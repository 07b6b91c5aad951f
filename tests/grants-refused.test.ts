import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { closeProjects, runCommand } from "./command.ts";
import { startBinaries } from "./postgres/binaries.mjs";

// A query that PostgreSQL 16 refuses to a role with what `solitude-gen grants` writes is told, whatever it is refused for; no other one is.

const SCHEMA = `create table log (id bigint generated always as identity, line text);
create function note() returns trigger language plpgsql as $$ begin insert into log (line) values ('x'); return new; end $$;
create table noted (a int primary key);
create trigger note after insert on noted for each row execute function note();
create table counted (a int);
create table heights (a int);
create table unlogged (line text);
create function total() returns bigint language sql begin atomic select count(*) from counted; end;
create function largest() returns int language plpgsql as $$ begin return (select max(a) from heights); end $$;
create function own_total() returns bigint language sql security definer begin atomic select count(*) from counted; end;
create table seat (a int, room int);
alter table seat enable row level security;
create policy none on seat using (false);
create function refuse() returns trigger language plpgsql as $$
  begin raise exception 'not today' using errcode = 'insufficient_privilege'; end $$;
create table shut (a int);
create trigger refuse before insert on shut for each row when (current_user <> 'postgres') execute function refuse();
create schema moods;
create type moods.mood as enum ('calm', 'cross');
create table mooded (m moods.mood);
create sequence drawn;
create function kept(x int) returns bool language plpgsql immutable as $$ begin return x is not null; end $$;
revoke execute on function kept from public;
create function asks(x int) returns bool language plpgsql immutable as $$ begin return kept(x); end $$;
create table asked (a int check (asks(a)));
create role keeper;
create table kept_apart (a int primary key, tenant text default current_setting('refused.tenant', true));
alter table kept_apart enable row level security;
create policy own on kept_apart using (tenant = current_setting('refused.tenant', true));
create trigger note after insert or update or delete on kept_apart for each row execute function note();
create table shared (id int primary key, owner text default session_user);
create function only_keeper() returns trigger language plpgsql as $$
  begin if session_user <> 'postgres' then perform line from log; end if; return new; end $$;
create trigger only_keeper before insert on shared for each row execute function only_keeper();
`;
/** Each with its arguments, what PostgreSQL 16 says to the role, and where. */
const STATEMENTS: readonly (readonly [sql: string, args: readonly unknown[], told: string | null])[] = [
  ["insert into noted values ($1)", [7], "permission denied for table log in note"],
  ["update noted set a = $1 where a = $2", [7, 1], null],
  ["select total() as n", [], null],
  ["select largest() as n", [], "permission denied for table heights in largest"],
  ["select own_total() as n", [], null],
  ["insert into seat (a) values ($1)", [1], null],
  ["insert into shut (a) values ($1)", [1], null],
  ["select m from mooded where m = $1", ["calm"], null],
  ["insert into mooded values ($1)", ["calm"], null],
  ["select count(*) as n from ts_stat('select to_tsvector(line) from ' || 'unlogged')", [], null],
  ["insert into asked values ($1)", [1], "permission denied for function kept in asks"],
  ["comment on table noted is 'x'", [], "must be owner of table noted"],
  ["set local log_statement = 'all'", [], 'permission denied to set parameter "log_statement"'],
  ["set local role keeper", [], 'permission denied to set role "keeper"'],
  ["select set_config('role', 'keeper', true) as r", [], 'permission denied to set role "keeper"'],
  ["set local role none", [], null],
  ["prepare by_line as select m from mooded where m = 'calm'", [], null],
  ["insert into shared (id) values ($1)", [1], "permission denied for table log in only_keeper"],
];

/** What a policy keeps from the role as long as no tenant is named, which a client does. */
const OF_TENANT: typeof STATEMENTS = [
  ["insert into kept_apart (a) values ($1)", [1], "permission denied for table log in note"],
  ["delete from kept_apart where a = $1", [0], "permission denied for table log in note"],
  ["select tenant from kept_apart where a = $1", [0], null],
];
const ALL = [...STATEMENTS, ...OF_TENANT];

let server: { readonly url: string; stop(): Promise<void> };
let admin: pg.Client;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-refused-"));
  server = await startBinaries("16");
  admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query(SCHEMA);
  await admin.query(
    "set refused.tenant = 'x'; alter database postgres set refused.tenant = 'x'; insert into kept_apart values (0, 'x')",
  );
  const queries = ALL.map(([sql], i) => `-- name: Q${i} :exec\n${sql};\n`);
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
  );
  writeFileSync(join(folder, "s.sql"), SCHEMA);
  writeFileSync(join(folder, "q.sql"), queries.join("\n"));
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("what is refused for want of a right is told, with where", async () => {
  const { code, out, err } = await runCommand(folder, "grants", "--role", "sender");
  await admin.query("create role sender login");
  await admin.query(out);
  const sender = new pg.Client(server.url.replace("//postgres@", "//sender@"));
  await sender.connect();
  const refused: (string | null)[] = [];
  for (const [sql, args] of ALL) {
    await sender.query("begin");
    const said = await sender.query(sql, [...args]).then(
      () => null,
      ({ message }: Error) => message,
    );
    await sender.query("rollback; deallocate all");
    refused.push(said);
  }
  await sender.end();
  const isOfValues = /row-level security|not today/;
  expect(refused.map((said) => said !== null && !isOfValues.test(said))).toEqual(
    ALL.map(([, , told]) => told !== null),
  );
  const told = [...err.matchAll(/^warning\[(.*)\]: Q(\d+): (.*)$/gm)].map(([, ...all]) => all);
  expect(told).toEqual(
    ALL.flatMap(([, , told], i) =>
      told === null ? [] : [["grants-refused", `${i}`, `tried as sender with these rights: ${told}`]],
    ),
  );
  expect(code).toBe(0);
});

test("what was tried before is told at the place where a query stands now", async () => {
  const place = join(folder, "q.sql");
  const before = readFileSync(place, "utf8");
  const first = await runCommand(folder, "grants", "--role", "sender");
  await closeProjects();
  writeFileSync(place, `-- moved\n${before}`);
  const again = await runCommand(folder, "grants", "--role", "sender");
  writeFileSync(place, before);
  const lines = (err: string): number[] =>
    [...err.matchAll(/--> q\.sql:(\d+)/g)].map(([, line]) => Number(line));
  expect(lines(first.err).length).toBeGreaterThan(5);
  expect(lines(again.err)).toEqual(lines(first.err).map((line) => line + 1));
  const messages = (err: string): string[] => err.match(/^warning.*$/gm) ?? [];
  expect(messages(again.err)).toEqual(messages(first.err));
});

test("who may not become somebody is told, and what is tried behind that as before", async () => {
  const place = join(folder, "q.sql");
  const before = readFileSync(place, "utf8");
  writeFileSync(
    place,
    "-- name: Become :exec\nset session authorization keeper;\n-- name: Tell :exec\nset local work_mem = '1MB';\n",
  );
  const { err } = await runCommand(folder, "grants", "--role", "sender");
  writeFileSync(place, before);
  expect(err.match(/^warning.*$/gm)).toEqual([
    "warning[grants-membership]: Become: PostgreSQL asks for membership in those that are superusers",
  ]);
});

test("a right that a value names is told", async () => {
  const keep = readFileSync(join(folder, "q.sql"), "utf8");
  const statements = [
    "select nextval($1) as n",
    "select setval('drawn' || $1::text, 1) as n",
    "select currval('drawn') as n",
    "select lo_get($1) as b",
    "select pg_relation_size($1) as n",
    "select lastval() as n",
    "select table_to_xml($1::text::regclass, true, false, '') as x",
    "select query_to_xml($1, true, false, '') as x",
  ];
  writeFileSync(
    join(folder, "q.sql"),
    statements.map((sql, i) => `-- name: Q${i} :exec\n${sql};\n`).join(""),
  );
  const { out, err } = await runCommand(folder, "grants", "--role", "sender");
  // Where the role draws from none, nothing says of which it knows the last value.
  writeFileSync(join(folder, "q.sql"), "-- name: Q0 :exec\nselect lastval() as n;\n");
  expect((await runCommand(folder, "grants", "--role", "sender")).err.match(/^warning.*$/gm)).toEqual([
    "warning[grants-by-value]: Q0: what was drawn from last says which sequence it reads",
  ]);
  writeFileSync(join(folder, "q.sql"), keep);
  expect([...err.matchAll(/^warning.*$/gm)].map(([line]) => line)).toEqual([
    "warning[grants-by-value]: Q0: a value says which sequence it uses",
    "warning[grants-by-value]: Q1: a value says which sequence it uses",
    "warning[grants-by-value]: Q3: each large object has rights of its own, and an owner",
    "warning[grants-by-value]: Q4: a value may name something in a schema that the role may not look into",
    "warning[grants-by-value]: Q6: a value says which table it reads",
    "warning[grants-by-value]: Q7: a value says which query it executes",
  ]);
  expect(out.match(/^grant .*$/gm)).toContain('grant usage on sequence public.drawn to "sender";');
});

test("a role that the schema gives more is tried with that", async () => {
  writeFileSync(
    join(folder, "s.sql"),
    `${SCHEMA} create role writer; create role sent; grant insert on log to writer; grant writer to sent;`,
  );
  expect((await runCommand(folder, "grants", "--role", "sent")).err).not.toContain("Q0: tried as");
  writeFileSync(join(folder, "s.sql"), SCHEMA);
});
