import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

// What `solitude-gen grants --database-url` tells of a role beside its rights on tables: whether it can work there at all, and what else it may.

const SCHEMA = `create table item (id int primary key, name text);
create function total() returns int language sql security definer as 'select 1';
create function of_policy() returns bool language sql security definer as 'select true';
alter table item enable row level security;
create policy own on item using (of_policy());
`;
const QUERIES = `-- name: Empty :exec
truncate item;
-- name: Get :one
select name, total() as total from item where id = $1;
`;

let database: TestDatabase;
let folder: string;
const role = `standing_${randomBytes(4).toString("hex")}`;
const group = `${role}_group`;
const named = (sql: string): string =>
  sql
    .replaceAll("SELF", role)
    .replaceAll("GROUP", group)
    .replaceAll("DB", new URL(database.url).pathname.slice(1));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-standing-"));
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
  );
  writeFileSync(join(folder, "s.sql"), SCHEMA);
  writeFileSync(join(folder, "q.sql"), QUERIES);
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  await database.pool.query(named("create role SELF login; create role GROUP"));
  await database.pool.query((await runCommand(folder, "grants", "--role", role)).out);
});
afterAll(async () => {
  await database?.pool.query(named("drop owned by SELF, GROUP; drop role SELF, GROUP"));
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function told(): Promise<string[]> {
  const { err } = await runCommand(folder, "grants", "--role", role, "--database-url", database.url);
  return [...err.matchAll(/^(?:error|warning)\[.*$/gm)].map(([line]) => line);
}

test("of a role that can work, and may nothing else, nothing is told", async () => {
  expect(await told()).toEqual([]);
});

test.each<readonly [give: string, take: string, ...told: string[]]>([
  [
    "alter role SELF nologin",
    "alter role SELF login",
    "warning[grants-missing]: SELF may not sign in, and no role that may has its rights",
  ],
  [
    "alter role SELF nologin; alter role GROUP login; grant SELF to GROUP",
    "alter role SELF login; alter role GROUP nologin; revoke SELF from GROUP",
  ],
  [
    "alter role SELF valid until '2001-01-01'",
    "alter role SELF valid until 'infinity'",
    "warning[grants-missing]: the password of SELF is valid no longer",
  ],
  [
    "alter role SELF connection limit 0",
    "alter role SELF connection limit -1",
    "warning[grants-missing]: SELF may have no connection",
  ],
  [
    "revoke connect on database DB from public",
    "grant connect on database DB to public",
    "error[grants-missing]: SELF has no right to connect on database DB",
  ],
  [
    "grant create on database DB to SELF",
    "revoke create on database DB from SELF",
    "warning[grants-needless]: SELF may make schemas in database DB, and no query needs it",
  ],
  [
    "alter role SELF createrole createdb replication bypassrls",
    "alter role SELF nocreaterole nocreatedb noreplication nobypassrls",
    "warning[grants-needless]: SELF bypasses row security",
    "warning[grants-needless]: SELF may make roles, and change those that it made",
    "warning[grants-needless]: SELF may make databases",
    "warning[grants-needless]: SELF may copy the whole server (REPLICATION)",
  ],
  [
    "grant pg_monitor to SELF",
    "revoke pg_monitor from SELF",
    "warning[grants-needless]: SELF is a member of pg_monitor, and no query needs it",
  ],
  [
    "grant pg_monitor, pg_read_all_stats to SELF",
    "revoke pg_monitor, pg_read_all_stats from SELF",
    "warning[grants-needless]: SELF is a member of pg_monitor, and no query needs it",
    "warning[grants-needless]: SELF is a member of pg_read_all_stats, and no query needs it",
  ],
  [
    "create schema apart; create table apart.x (a int, b int); create function apart.f() returns int language sql as 'select 1'; grant select (a) on apart.x to SELF; grant usage on schema apart to GROUP; grant GROUP to SELF",
    "drop schema apart cascade; revoke GROUP from SELF",
    "warning[grants-needless]: SELF has rights in schema apart, which is none of the project's: on itself through GROUP, and no query needs it",
    "warning[grants-needless]: SELF has rights in schema apart, which is none of the project's: on x.a, and no query needs it",
  ],
  [
    "create schema apart; create table apart.x (a int); grant select on apart.x to public; grant usage on schema apart to public",
    "drop schema apart cascade",
  ],
  [
    "select lo_create(77), lo_create(78), lo_create(79); grant select on large object 77 to SELF; alter large object 78 owner to SELF",
    "select lo_unlink(77), lo_unlink(78), lo_unlink(79)",
    "warning[grants-needless]: SELF has rights on large object 77 and 1 more, and no query needs it",
  ],
  [
    "create foreign data wrapper wrapped; grant usage on foreign data wrapper wrapped to SELF; grant create on tablespace pg_default to SELF",
    "drop foreign data wrapper wrapped; revoke create on tablespace pg_default from SELF",
    "warning[grants-needless]: SELF may create in tablespace pg_default, and no query needs it",
    "warning[grants-needless]: SELF may use foreign-data wrapper wrapped, and no query needs it",
  ],
  [
    "grant GROUP to SELF with inherit false",
    "revoke GROUP from SELF",
    "warning[grants-needless]: SELF can become GROUP by SET ROLE, and has its rights then",
  ],
  ["grant GROUP to SELF with inherit false, set false", "revoke GROUP from SELF"],
  [
    "alter role GROUP superuser; grant GROUP to SELF",
    "revoke GROUP from SELF; alter role GROUP nosuperuser",
    "warning[grants-needless]: SELF can become GROUP, a superuser: no right is kept from it",
  ],
  [
    "grant GROUP to SELF with admin option",
    "revoke GROUP from SELF",
    "warning[grants-needless]: SELF may make anybody a member of GROUP",
  ],
  [
    "alter default privileges in schema public grant select on tables to SELF; alter default privileges grant usage on schemas to GROUP; grant GROUP to SELF",
    "alter default privileges in schema public revoke select on tables from SELF; alter default privileges revoke usage on schemas from GROUP; revoke GROUP from SELF",
    "warning[grants-needless]: SELF will have select on tables that postgres makes in schema public, and no query needs it",
    "warning[grants-needless]: SELF will have usage on schemas that postgres makes through GROUP, and no query needs it",
  ],
  [
    "grant truncate on item to SELF with grant option",
    "revoke grant option for truncate on item from SELF",
    "warning[grants-needless]: SELF may give others truncate on public.item, and no query needs it",
  ],
  [
    "create function peek() returns int language sql security definer as 'select 1'; create function shown() returns trigger language plpgsql security definer as 'begin end'",
    "drop function peek, shown",
    "warning[grants-needless]: SELF may call public.peek(), which does what postgres may, and no query needs it",
  ],
  [
    "create function its_own() returns int language sql as 'select 1'; alter function its_own() owner to SELF",
    "drop function its_own",
    "warning[grants-needless]: SELF owns function public.its_own(), and no query needs it",
  ],
  [
    "grant set on parameter log_statement to SELF",
    "revoke set on parameter log_statement from SELF",
    "warning[grants-needless]: SELF may set parameter log_statement, and no query needs it",
  ],
])("%s", async (give, take, ...expected) => {
  await database.pool.query(named(give));
  try {
    expect(await told()).toEqual(expected.map(named));
  } finally {
    await database.pool.query(named(take));
  }
  expect(await told()).toEqual([]);
});

test("a right that a role could have by becoming another is missing, and it is told where it is", async () => {
  await database.pool.query(
    named(
      "revoke truncate on item from SELF; grant truncate on item to GROUP; grant GROUP to SELF with inherit false",
    ),
  );
  const { code, err } = await runCommand(folder, "grants", "--role", role, "--database-url", database.url);
  await database.pool.query(
    named("revoke GROUP from SELF; revoke truncate on item from GROUP; grant truncate on item to SELF"),
  );
  expect(code).toBe(1);
  expect(err).toContain(
    named(
      "error[grants-missing]: SELF has no right to truncate on public.item\nhint: GROUP has it, of which SELF is a member",
    ),
  );
});
