import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askCommand, runCommand } from "./command.ts";
import { rightsIn } from "./granted-rights.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

// `solitude-gen grants` on PostgreSQL 16: a role that has what it says runs every kind of statement, and has no more.

const SCHEMA = `create table item (id bigint generated always as identity primary key, "Name" text not null, secret text);
create schema shop;
create table shop."Odd one" (id serial primary key, item_id bigint references item);
create table log (at timestamptz not null default now(), line text);
create sequence shop.numbers;
create view named as select id, "Name" from item;
create materialized view totals as select count(*) as n from item;
create function secret_number() returns int language sql as 'select 1';
revoke execute on function secret_number() from public;
create procedure tidy(p int) language sql as 'select p';
revoke execute on procedure tidy(int) from public;
create schema tools;
create function tools.doubled(x int) returns int language sql immutable as 'select 2 * x';
create function tools.shouted(x text) returns text language sql immutable as 'select upper(x)';
revoke execute on function tools.shouted(text) from public;
create aggregate tools.total(int) (sfunc = int4pl, stype = int, initcond = '0');
revoke execute on function tools.total(int) from public;
create function tools.next_mark() returns int language sql as 'select 1';
revoke execute on function tools.next_mark() from public;
create table mark (id int primary key default tools.next_mark(), code text unique, "at" timestamptz);
create view loud as select id, tools.shouted("Name") as name from named;
create view louder as select name from loud;
create view line_of with (security_invoker = true) as select line from log;
create view open_mark as select id, code from mark;
create table seat (who text not null, room_id int not null, note text);
create table keeper (who text, of_who text);
alter table seat enable row level security;
create policy kept on seat for select using (exists (select from keeper k where k.who = current_user and k.of_who = seat.who));
create table room (id int primary key, title text);
alter table room enable row level security;
create policy seated on room using (id in (select room_id from seat where who = current_user)) with check (true);
create policy of_others on room to pg_monitor using (title in (select note from seat));
create function tools.is_fine(n int) returns bool language sql immutable as 'select n > 0';
create function tools.halved(n int, by int default 2) returns int language plpgsql immutable as 'begin return n / by; end';
create function tools.folded(n int) returns int language plpgsql immutable as 'begin return n % 7; end';
create table gauge (n int check (tools.is_fine(n)), half int generated always as (tools.halved(n)) stored);
create index on gauge (tools.folded(n));
revoke execute on function tools.is_fine(int), tools.halved(int, int), tools.folded(int) from public;
create schema moods;
create type moods.mood as enum ('a', 'b');
create schema ops;
create operator ops.=== (leftarg = text, rightarg = text, function = texteq);
create schema sorts;
create collation sorts.c from "C";
create schema words;
create text search configuration words.plain (copy = simple);
create schema drawn;
create sequence drawn.numbers;
create schema untouched;
create table untouched.thing (id int primary key);
`;
/** Each with its arguments. */
const STATEMENTS: readonly (readonly [name: string, sql: string, args?: readonly unknown[]])[] = [
  ["Get", 'select "Name" from item where id = $1', [1]],
  ["Count", "select count(*) as n from named"],
  ["Add", 'insert into item ("Name") values ($1) returning id', ["a"]],
  ["AddOdd", 'insert into shop."Odd one" (item_id) values (null)'],
  ["Rename", 'update item set "Name" = $1 where id = $2', ["b", 1]],
  ["Remove", "delete from item where id = $1", [1]],
  ["Draw", "select nextval('shop.numbers') as n"],
  ["Lock", "select id from item where id = $1 for update", [1]],
  [
    "Merge",
    'merge into item i using log l on l.line = i."Name" when matched then update set "Name" = l.line',
  ],
  ["Call", "select secret_number() as n"],
  ["Empty", "truncate log"],
  ["EmptyAll", "truncate item cascade"],
  ["LockAll", "lock table item in share mode"],
  ["LockOdd", 'lock table shop."Odd one" in access share mode'],
  ["Tidy", "call tidy(1)"],
  ["Doubled", "select tools.doubled(2) as n"],
  ["Louder", "select name from louder"],
  ["LineOf", "select line from line_of"],
  ["Total", "select tools.total(1) over () as n from mark"],
  ["Mark", "insert into mark (code) values ('a')"],
  ["MarkBy", "insert into open_mark (id, code) values (2, 'b')"],
  [
    "Upsert",
    "insert into mark (id, code) values (3, 'c') on conflict (code) do update set at = now() where mark.at is null",
  ],
  [
    "Gone",
    "with gone as (delete from mark where at < now() returning code) insert into log (line) select code from gone",
  ],
  ["Using", 'delete from item using mark m where m.code = item."Name"'],
  ["Rooms", "select id from room"],
  ["Measure", "insert into gauge (n) values (1)"],
  ["Typed", "select 'a'::moods.mood::text as mood"],
  ["Compared", "select line from log where line operator(ops.===) 'x'"],
  ["Sorted", "select line from log order by line collate sorts.c"],
  ["Searched", "select to_tsvector('words.plain', line) as v from log"],
  ["Last", "select last_value from drawn.numbers"],
  ["Exists", 'select exists (select from shop."Odd one") as is_there'],
];

let database: TestDatabase;
let folder: string;
const role = `granted_${randomBytes(4).toString("hex")}`;
const file = (): string => join(folder, "grants.sql");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-grants-"));
  const queries = STATEMENTS.map(([name, sql]) => `-- name: ${name} :exec\n${sql};\n`).join("");
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: s.sql, queries: q.sql }]\n',
  );
  writeFileSync(join(folder, "s.sql"), SCHEMA);
  writeFileSync(join(folder, "q.sql"), queries);
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  await database.pool.query(`create role ${role} login`);
});
afterAll(async () => {
  await database?.pool.query(`drop owned by ${role}; drop role ${role}`);
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function grants(...args: string[]) {
  const { code, out, err } = await runCommand(folder, "grants", "--role", role, ...args);
  return { status: code, stdout: out, stderr: err };
}

test("a server that has given nothing is told so", async () => {
  const { status, stderr } = await grants("--database-url", database.url);
  expect(status).toBe(1);
  expect(stderr).toContain(`${role} has no right to truncate on public.log`);
  expect(stderr).toContain(`${role} has no right to select (Name, id) on public.item`);
});

test("a role that has its rights runs every statement; a file and a server that have them are fine", async () => {
  const { status, stdout } = await grants();
  expect(status).toBe(0);
  writeFileSync(file(), stdout);
  await database.pool.query(stdout);
  const client = await database.pool.connect();
  try {
    for (const [name, sql, args = []] of STATEMENTS) {
      await client.query(`begin; set local session authorization ${role}`);
      const said = await client.query(sql, [...args]).then(
        () => "fine",
        (error: Error) => error.message,
      );
      await client.query("rollback");
      expect([name, said]).toEqual([name, "fine"]);
    }
  } finally {
    client.release();
  }
  expect(await grants("--check", "../".repeat(20) + file())).toMatchObject({ status: 0, stdout: "" });
  const server = await grants("--database-url", database.url, "--fail-on", "warning");
  expect(server).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("each right that is given is needed by a statement", async () => {
  const given = rightsIn((await grants()).stdout);
  expect(given.length).toBeGreaterThan(30);
  const client = await database.pool.connect();
  const needless: string[] = [];
  try {
    for (const right of given) {
      await client.query(`begin; revoke ${right} from ${role}; set local session authorization ${role}`);
      let isNeeded = false;
      for (const [, sql, args = []] of STATEMENTS) {
        await client.query("savepoint one");
        const code = await client.query(sql, [...args]).then(
          () => "",
          (error: { code: string }) => error.code,
        );
        await client.query("rollback to one");
        // insufficient_privilege
        if (code === "42501") isNeeded = true;
        if (isNeeded) break;
      }
      await client.query("rollback");
      if (!isNeeded) needless.push(right);
    }
  } finally {
    client.release();
  }
  // PUBLIC has it as well.
  expect(needless).toEqual([expect.stringMatching(/^usage on schema "?public"?$/)]);
});

test("the file is one transaction: where one statement of it fails, nothing of it is done", async () => {
  const sql = readFileSync(file(), "utf8");
  const broken = sql.replace(/commit;\n$/, "grant select on nowhere to public;\ncommit;\n");
  const rights = `select has_table_privilege('${role}', 'log', 'truncate') as may`;
  await database.pool.query(`revoke truncate on log from ${role}`);
  await expect(database.pool.query(broken)).rejects.toThrow('relation "nowhere" does not exist');
  expect((await database.pool.query(rights)).rows).toEqual([{ may: false }]);
  await database.pool.query(sql);
});

test("rights that are missing, needless or stale are told", async () => {
  await database.pool.query(
    `revoke update ("Name") on item from ${role}; grant select (secret) on item to ${role}; grant insert on log to ${role}`,
  );
  const { status, stderr } = await grants("--database-url", database.url);
  expect(status).toBe(1);
  const told = stderr.split("\n").filter((line) => /^(error|warning)/.test(line));
  expect(told).toEqual([
    `error[grants-missing]: ${role} has no right to update (Name) on public.item`,
    `warning[grants-needless]: ${role} has the right to select (secret) on public.item, and no query needs it`,
    `warning[grants-needless]: ${role} has the right to insert on public.log, and no query needs it`,
  ]);
  writeFileSync(file(), readFileSync(file(), "utf8").replace(/^grant truncate.*\n/m, ""));
  const stale = await grants("--check", file());
  expect(stale.status).toBe(1);
  expect(stale.stderr).toMatch(/is missing: grant truncate on "public"\."item"/);
});

test("a schema that no query looks into is not opened to the role", async () => {
  const { stdout } = await grants();
  expect(stdout).toContain(`revoke all on schema "untouched" from "${role}";`);
  expect(stdout).not.toContain('usage on schema "untouched"');
});

test.each([
  [
    "grant trigger on item to public",
    "revoke trigger on item from public",
    "trigger on public.item through PUBLIC",
  ],
  [
    "grant trigger on item to ROLE_group; grant ROLE_group to ROLE",
    "revoke ROLE_group from ROLE; revoke trigger on item from ROLE_group",
    "trigger on public.item through ROLE_group",
  ],
  ["grant create on schema shop to ROLE", "revoke create on schema shop from ROLE", "create on schema shop"],
  [
    "grant usage on schema untouched to ROLE",
    "revoke usage on schema untouched from ROLE",
    "usage on schema untouched",
  ],
  [
    "grant execute on function tools.doubled to ROLE",
    "revoke execute on function tools.doubled from ROLE",
    "execute on function tools.doubled(integer)",
  ],
])("what a role may do by %s is told", async (give, take, told) => {
  const named = (sql: string): string => sql.replaceAll("ROLE", role);
  const needless = async (): Promise<string[]> => {
    const { stderr } = await grants("--database-url", database.url, "--fail-on", "warning");
    return [...stderr.matchAll(/^warning\[grants-needless\]: (.*)$/gm)].map(([, message]) => message!);
  };
  await database.pool.query(`create role ${role}_group`);
  try {
    await database.pool.query((await grants()).stdout);
    expect(await needless()).toEqual([]);
    await database.pool.query(named(give));
    expect(await needless()).toEqual([`${role} has the right to ${named(told)}, and no query needs it`]);
    await database.pool.query(named(take));
  } finally {
    await database.pool.query(`drop owned by ${role}_group; drop role ${role}_group`);
  }
});

test.each([
  ["alter role ROLE bypassrls", "alter role ROLE nobypassrls", /^ROLE bypasses row security$/],
  [
    "grant pg_read_all_data to ROLE",
    "revoke pg_read_all_data from ROLE",
    /^ROLE is a member of pg_read_all_data: no table is kept from it$/,
  ],
  [
    "grant OWNER to ROLE",
    "revoke OWNER from ROLE",
    /^ROLE is a member of \w+, which owns .*, …: no right is kept from it$/,
  ],
])("a role from which nothing is kept is told: %s", async (give, take, told) => {
  const { rows } = await database.pool.query("select current_user as name");
  const named = (sql: string): string => sql.replaceAll("ROLE", role).replaceAll("OWNER", rows[0].name);
  await database.pool.query(named(give));
  const { stderr } = await grants("--database-url", database.url);
  await database.pool.query(named(take));
  const messages = [...stderr.matchAll(/^warning\[grants-needless\]: (.*)$/gm)].map(
    ([, message]) => message!,
  );
  expect(messages).toContainEqual(expect.stringMatching(new RegExp(named(told.source))));
});

test("what only an owner may do is told, and a role that is not there", async () => {
  writeFileSync(
    join(folder, "q.sql"),
    '-- name: Refresh :exec\nrefresh materialized view totals;\n-- name: Restart :exec\ntruncate shop."Odd one" restart identity;\n',
  );
  const { status, stdout, stderr } = await grants();
  expect(status).toBe(0);
  expect(stdout).toContain('execute \'grant maintain on "public"."totals"');
  expect(stderr).toContain(
    "Refresh: before PostgreSQL 17, nobody but the owner of public.totals may do this",
  );
  expect(stderr).toContain(
    "Restart: nobody but the owner of the sequences of shop.Odd one may set them back",
  );
  const live = ["--database-url", database.url];
  const nobody = await runCommand(folder, "grants", "--role", "nobody_there", ...live);
  expect(nobody.code).toBe(1);
  expect(nobody.err).toContain("the server has no role nobody_there");
});

describe("queries that adapt", () => {
  /** Each of its parts reads a column that nothing else of it does. */
  const ADAPTIVE = `-- name: Find :many
-- @optional secret, name
-- @sort newest: id | name: Name, id
-- @keyset
select item.id from item where item.secret = @secret and exists (select from named where named."Name" = @name)
order by item."Name", item.id limit 3;

-- name: Patch :execrows
-- @optional name, secret
update item set "Name" = @name, secret = @secret where id = @id;

-- name: Shown :many
select case when @aloud::bool then line end as line from log
where (sqlc.narg(since)::timestamptz is null or at > sqlc.narg(since));
`;
  interface Variant {
    readonly sql: string;
    readonly params: readonly number[];
  }

  test("a role that has its rights runs every variant, and each right is needed by one", async () => {
    const keep = readFileSync(join(folder, "q.sql"), "utf8");
    writeFileSync(join(folder, "q.sql"), ADAPTIVE);
    const client = await database.pool.connect();
    const may = async (sql: string): Promise<boolean> => {
      await client.query(`begin; set local session authorization ${role}`);
      // A plan that is begun is asked for its rights, and reads no row.
      const holes = new Set(sql.match(/\$\d+/g)).size;
      await client.query(`prepare one as ${sql}`);
      const args = holes === 0 ? "" : ` (${Array.from({ length: holes }, () => "null").join()})`;
      const said = await client.query(`explain execute one${args}`).then(
        () => true,
        (error: Error) => {
          if (!error.message.startsWith("permission denied")) throw error;
          return false;
        },
      );
      await client.query("rollback; deallocate all");
      return said;
    };
    try {
      const { status, stdout, stderr } = await grants();
      expect([status, stderr]).toEqual([0, ""]);
      await client.query(stdout);
      const { queries } = await askCommand<{ queries: { variants: Variant[] }[] }>(folder, "analyze");
      const texts = queries.flatMap(({ variants }) => variants.map(({ sql }) => sql));
      expect(texts.length).toBeGreaterThan(20);
      for (const text of texts) expect([text, await may(text)]).toEqual([text, true]);
      const rights = stdout.match(/^grant (?:select|update) .*;$/gm)!;
      const columns = rights.flatMap((right) => {
        const [, kind, list, on] = /^grant (\w+) \((.*)\) on (\S+)/.exec(right)!;
        return list!.split(", ").map((column) => `${kind} (${column}) on ${on}`);
      });
      expect(columns).toContain('select ("secret") on "public"."item"');
      for (const column of columns) {
        await client.query(`revoke ${column} from ${role}`);
        const refused = [];
        for (const text of texts) if (!(await may(text))) refused.push(text);
        expect([column, refused.length > 0]).toEqual([column, true]);
        await client.query(`grant ${column} to ${role}`);
      }
    } finally {
      client.release();
      writeFileSync(join(folder, "q.sql"), keep);
    }
  });
});
