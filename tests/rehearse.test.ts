import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyzeQuery } from "../generator/src/analysis/analyze-query.ts";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import { generateRows } from "../generator/src/check/rehearse/data.ts";
import { toScript } from "../generator/src/check/rehearse/migration.ts";
import type { RanStatement, Rehearsal } from "../generator/src/check/rehearse/model.ts";
import { rehearse as rehearseOn } from "../generator/src/check/rehearse/rehearse.ts";
import { renderRehearsal } from "../generator/src/check/rehearse/render.ts";
import { tryQueries } from "../generator/src/check/verify/cross.ts";
import type { Query } from "../generator/src/model/query.ts";
import { CatalogReader } from "../generator/src/postgres/catalog-reader.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { source } from "../generator/test/infer/query-source.ts";
import { runCommand } from "./command.ts";
import { sliceToRun } from "./long-form.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import { migrated, writeSides } from "./two-sides.ts";

const SCHEMA = `
create type status as enum ('open', 'paid');
create domain address as text check (value like '%@%');
create table tenants (id int primary key, name varchar(10) not null unique);
create table customers (tenant int references tenants (id), id int, mail address not null unique,
  country varchar(2) not null check (country in ('DE', 'FR')), primary key (tenant, id));
create table orders (id bigint generated always as identity primary key, tenant int not null, customer int not null, status status not null,
  total numeric(8,2) not null check (total > 0), parent bigint references orders (id), at timestamptz not null default now(),
  foreign key (tenant, customer) references customers (tenant, id));
create table tags (id uuid primary key, label text not null check (label ~ '^[a-z]+-'), marks int[] not null);
create table order_tags (order_id bigint references orders (id), tag_id uuid references tags (id), primary key (order_id, tag_id));
create domain address as text check (value ~ '@');
create table members (mail address not null unique, nick text not null unique check (nick ~ '^[a-z]+-'));
create function refuse() returns trigger language plpgsql as $$ begin raise 'no rows by hand'; end $$;
create trigger refuse before insert on tags for each row execute function refuse();
`;

const QUERIES = `-- name: GetOrder :one
select id, total from orders where id = $1;
-- name: OrdersOf :many
select o.id from orders o join customers c on (c.tenant, c.id) = (o.tenant, o.customer) where c.mail = $1;
-- name: Pay :exec
update orders set status = 'paid' where id = $1;
-- name: PayFirst :exec
update orders set status = 'paid' where id = 1;
-- name: Join :exec
insert into members (mail, nick) values ($1, $2);
-- name: Search :many
-- @optional mail
select id from customers where tenant = @tenant and mail = @mail;
`;

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), "solitude-rehearse-"));
});
afterAll(async () => {
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

test("generated rows fill every table, and keys, references, checks and enums hold", async () => {
  const engine = await ServerEngine.start(database.url);
  try {
    await engine.withSchema([{ path: "1.sql", text: SCHEMA }], applySchema);
    const facts = await tryQueries(engine, new CatalogReader(engine), []);
    const { counts } = await generateRows(engine, facts, 300);
    expect(counts).toEqual({
      "public.tenants": 300,
      "public.customers": 300,
      "public.orders": 300,
      "public.tags": 300,
      "public.order_tags": 300,
      "public.members": 300,
    });
    // As they were stored without their triggers, references are looked at once more.
    const [left] = await engine.run(`select
      (select count(*) from orders o where not exists (select from customers c where (c.tenant, c.id) = (o.tenant, o.customer)))::int as orders,
      (select count(*) from order_tags t where not exists (select from orders o where o.id = t.order_id)
        or not exists (select from tags g where g.id = t.tag_id))::int as tags,
      (select count(distinct status) from orders)::int as labels`);
    expect(left).toEqual({ orders: 0, tags: 0, labels: 2 });
  } finally {
    await engine.close();
  }
});

test("rows are generated where names have dots, partitions take certain values, and rules name theirs; views have them, too", async () => {
  const schema = `create schema "a.b"; create table "a.b"."p.q" (id int primary key, "x.y" text not null);
    create table "a.b".kid (id int primary key, parent int not null references "a.b"."p.q");
    create table listed (k text not null, on_day date not null, id int) partition by list (k);
    create table listed_x partition of listed for values in ('x', 'it''s') partition by range (on_day);
    create table listed_x_1 partition of listed_x for values from ('2020-01-01') to ('2020-02-01');
    create table listed_y partition of listed for values in ('y');
    create table ranged (n bigint not null) partition by range (n);
    create table ranged_1 partition of ranged for values from (minvalue) to (-5); create table ranged_2 partition of ranged for values from (-5) to (0);
    create table open (k int) partition by list (k);
    create table open_7 partition of open for values in (7); create table open_rest partition of open default;
    create table ruled (id int primary key, n int not null check (n between 5 and 9), m text not null check (length(m) = 3), o numeric(5,2) check (o > 50));
    create materialized view seen as select id from ruled;`;
  const engine = await ServerEngine.start(database.url);
  try {
    await engine.withSchema([{ path: "1.sql", text: schema }], applySchema);
    const facts = await tryQueries(engine, new CatalogReader(engine), []);
    const { counts, fewer } = await generateRows(engine, facts, 50);
    expect(fewer).toEqual([]);
    expect(new Set(Object.values(counts))).toEqual(new Set([50]));
    const [found] =
      await engine.run(`select (select count(*) from seen)::int as seen, (select count(*) from "a.b".kid)::int as kids,
      (select count(distinct k) from listed)::int as keys, (select count(distinct k) from open)::int as open`);
    expect(found).toEqual({ seen: 50, kids: 50, keys: 3, open: 50 });
  } finally {
    await engine.close();
  }
});

test("rows are generated where domains have rules, references shut one another out or go round, and keys are deferred", async () => {
  const schema = `create domain version as text check (value ~ '^((0|[1-9]\\d{0,5})\\.){2}(0|[1-9]\\d{0,5})$');
    create domain digest as bytea check (octet_length(value) = 32);
    create domain store as text check (value ~ '^(vault|aws-sm)://[^\\s]+$'); create domain secret as store;
    create table agents (id uuid primary key, current uuid not null, secret secret not null unique);
    create table versions (number bigint primary key, id uuid not null unique, agent uuid not null references agents, version version not null, unique (agent, version));
    alter table agents add foreign key (current) references versions (id) deferrable initially deferred;
    create table installed (id bigint primary key, token digest not null unique);
    create table jobs (id bigint primary key, version uuid references versions (id), installed bigint references installed, check (num_nonnulls(version, installed) = 1));
    create table invited (id bigint primary key, at timestamptz, by uuid references agents, check ((at is null) = (by is null)));
    create table places (id bigint, place int not null unique deferrable, primary key (id) deferrable initially deferred);`;
  const engine = await ServerEngine.start(database.url);
  try {
    await engine.withSchema([{ path: "1.sql", text: schema }], applySchema);
    const facts = await tryQueries(engine, new CatalogReader(engine), []);
    const { counts, fewer } = await generateRows(engine, facts, 40);
    expect(fewer).toEqual([]);
    expect(new Set(Object.values(counts))).toEqual(new Set([40]));
  } finally {
    await engine.close();
  }
});

test("a migration that ends its transaction itself is run without one, unless it is known how it is run", async () => {
  const files = [{ path: "1.sql", text: "create table t (id int primary key);" }];
  const text =
    "create procedure fill() language plpgsql as $$ begin insert into t values (1001); commit; insert into t values (1002); end $$; call fill();";
  const outcome = async (setting: "file" | undefined): Promise<(string | null)[]> => {
    const { statements } = await rehearseOn(files, [], [await toScript({ path: "2.sql", text }, setting)], {
      ...{
        uri: database.url,
        isOwn: true,
        rows: 10,
        rate: 1,
        around: 10,
        limit: 60_000,
        role: null,
        roles: [],
      },
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    return statements.map(({ error }) => error);
  };
  expect(await outcome(undefined)).toEqual([null, null]);
  expect(await outcome("file")).toEqual([null, "invalid transaction termination"]);
});

describe("as who sends the queries", () => {
  const role = `rehearsed_${randomBytes(4).toString("hex")}`;
  const other = `${role}_other`;
  const TABLES = "create table t (id int primary key, a int); create table u (id int primary key);";
  const QUERIES = `-- name: Get :one
select id from t where id = $1;
-- name: Other :one
-- @role ${other}
select id from u where id = $1;
-- name: Kept :many
select id from u;
`;
  /** Rehearses on the server, and gives what failed with what was said, and what was told. */
  async function rehearsed(made: string, migration: string, ...args: string[]) {
    writeSides(folder, migrated(`${TABLES} ${made}`, migration, QUERIES));
    const where = ["--against", join(folder, "base"), "--database-url", database.url];
    const how = ["--rows", "10", "--seconds", "0.3", "--rate", "100", "--format", "json"];
    const { out, err } = await runCommand(join(folder, "head"), "rehearse", ...where, ...how, ...args);
    const [{ queries, role: sender, asOwner }] = (JSON.parse(out) as { rehearsals: [Rehearsal] }).rehearsals;
    const failed = queries.flatMap(({ name, error }) => (error === null ? [] : [`${name}: ${error}`]));
    return { failed, sender, asOwner: asOwner.map(({ name, error }) => `${name}: ${error}`), err };
  }
  const MAKES = `create role ${role}; grant select on t to ${role};`;

  test("a right that is taken is missed by the role that the schema grants something", async () => {
    const { failed, sender, asOwner, err } = await rehearsed(MAKES, `revoke select on t from ${role};`);
    expect(sender).toBe(role);
    expect(failed).toEqual(["Get: permission denied for table t"]);
    // What the role could not do before, is sent all the same.
    expect(asOwner).toEqual(["Other: permission denied for table u", "Kept: permission denied for table u"]);
    expect(err).not.toContain("rehearse-as-owner");
  });

  test("a policy concerns the stated role, and a query that names another one is sent as that", async () => {
    const { failed, sender, asOwner } = await rehearsed(
      `${MAKES} create role ${other}; grant select on u to ${other};`,
      `create function refuse() returns bool language plpgsql as $$ begin raise 'kept apart'; end $$;
       alter table t enable row level security; create policy p on t to ${role} using (refuse()); revoke select on u from ${other};`,
      ...["--role", role],
    );
    expect(sender).toBe(role);
    expect(failed).toEqual(["Get: kept apart", "Other: permission denied for table u"]);
    expect(asOwner).toEqual(["Kept: permission denied for table u"]);
  });

  const CHANGES = [
    ["alter table t enable row level security;", true],
    ["create policy p on t using (false);", true],
    ["alter table t owner to current_user;", true],
    ["revoke all on t from public;", true],
    ["alter table t add column b int;", false],
  ] as const;
  test.each(sliceToRun("changes of rights that nobody is named for", CHANGES, 3))(
    "where nobody says who sends them, rights are told: %s",
    async (migration, isTold) => {
      const { failed, sender, err } = await rehearsed("", migration);
      expect([failed, sender]).toEqual([[], null]);
      expect(err.includes("warning[rehearse-as-owner]: the migration changes rights or policies")).toBe(
        isTold,
      );
    },
  );

  test("a role that a server of others does not have is told", async () => {
    // The roles of the tests before are others' to drop where those use the server, too.
    const nobody = `${role}_nobody`;
    const { sender, err } = await rehearsed("", "alter table t enable row level security;", "--role", nobody);
    expect(sender).toBeNull();
    expect(err).toContain(`the server has no role ${nobody}`);
  });

  test("on a server of its own the role is made, with what the deployed queries need", async () => {
    const files = [{ path: "1.sql", text: TABLES }];
    const engine = await ServerEngine.start(database.url);
    const deployed = await engine
      .withSchema(files, applySchema)
      .then(async () => {
        const reader = new CatalogReader(engine);
        const analysed: Query[] = [];
        for (const [table, comments] of [
          ["t", []],
          ["u", [`@role ${other}`]],
        ] as const) {
          const named = { ...source(`select id from ${table} where id = $1`), name: table, comments };
          const { query } = (await analyzeQuery(named, engine, reader)) as { query: Query };
          analysed.push(query);
        }
        return analysed;
      })
      .finally(() => engine.close());
    const {
      queries,
      role: sender,
      asOwner,
    } = await rehearseOn(
      files,
      deployed,
      [await toScript({ path: "2.sql", text: `revoke select (id) on t from ${role}` }, "file")],
      {
        ...{ uri: database.url, isOwn: true, rows: 10, rate: 100, around: 300, limit: 60_000 },
        role,
        roles: [
          { name: role, rights: `grant select (id) on t to ${role}` },
          { name: other, rights: `grant select (id) on u to ${other}` },
        ],
        signal: new AbortController().signal,
        onProgress: () => {},
      },
    );
    expect([sender, asOwner]).toEqual([role, []]);
    expect(queries.map(({ name, error }) => [name, error])).toEqual([
      ["t", "permission denied for table t"],
      ["u", null],
    ]);
  });
});

test("what git leaves out of the base is told", async () => {
  writeSides(folder, migrated("create table t (id int);", "alter table t add column a int;", ""));
  const root = join(folder, "head");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
      cwd: root,
      timeout: 60_000,
    });
  writeFileSync(join(root, ".gitignore"), "schema/\n");
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "first");
  const args = ["--against", "HEAD", "--database-url", database.url, "--rows", "10", "--seconds", "0"];
  expect((await runCommand(root, "rehearse", ...args)).err).toContain(
    "warning[base-ignored]: git leaves out schema/",
  );
});

describe("rows that a migration copies in", () => {
  const rows = (ids: string, how = ""): string => `copy t (id) from stdin${how};\n${ids}\n\\.\n`;
  const args = ["--database-url", database?.url ?? "", "--rows", "10", "--seconds", "0", "--format", "json"];
  const run = async (migration: string, isEdit = false) => {
    const deployed = `create table t (id int primary key);\n${rows("-1")}`;
    const sides = isEdit
      ? {
          base: { schema: [deployed], queries: "" },
          head: { schema: [`${deployed}${migration}`], queries: "" },
        }
      : migrated(deployed, migration, "");
    writeSides(folder, sides);
    args[1] = database.url;
    const where = ["--against", join(folder, "base")];
    const { out, err } = await runCommand(join(folder, "head"), "rehearse", ...where, ...args);
    const [one] = (JSON.parse(out) as { rehearsals: Rehearsal[] }).rehearsals;
    return { err, statements: one?.statements ?? [], leftOut: one?.leftOut ?? [], locks: one?.locks ?? [] };
  };
  const shown = (statements: readonly RanStatement[]): [string, string | null][] =>
    statements.map(({ sql, error }) => [sql, error]);

  test("are sent where they stand, in the transaction of the others", async () => {
    const { err, statements, locks } = await run(
      `create table kept (n int); ${rows("-2\n-3")}insert into kept select id from t where id < -1; ${rows('"-4"', " with (format csv)")}alter table kept add check (n < -1);`,
    );
    expect(err).toBe("");
    expect(shown(statements)).toEqual([
      ["create table kept (n int)", null],
      ["copy t (id) from stdin", null],
      ["insert into kept select id from t where id < -1", null],
      ["copy t (id) from stdin with (format csv)", null],
      ["alter table kept add check (n < -1)", null],
      ["commit", null],
    ]);
    expect(locks.some(({ relation, mode }) => relation === "public.t" && mode === "RowExclusiveLock")).toBe(
      true,
    );
  });

  test("alone are a migration, and what PostgreSQL refuses of them is told", async () => {
    expect(shown((await run(rows("-2"))).statements)).toEqual([
      ["copy t (id) from stdin", null],
      ["commit", null],
    ]);
    const { err, statements } = await run(rows("x"));
    expect(shown(statements)).toEqual([
      ["copy t (id) from stdin", 'invalid input syntax for type integer: "x"'],
    ]);
    expect(err).toContain("schema/2.sql:1:1");
  });

  test("say nothing where generated ones are in their place, and the rest goes on", async () => {
    const { err, statements, leftOut } = await run(`${rows("1")}alter table t add column a int;`);
    expect(err).toBe("");
    expect(shown(statements).map(([, error]) => error)).toEqual([null, null, null]);
    expect(leftOut).toEqual([
      {
        sql: "copy t (id) from stdin",
        why: expect.stringMatching(/^its rows meet the generated ones: duplicate key/),
      },
    ]);
  });

  test("are told where the schema is edited in place, for nothing sends them; those that were there are not new", async () => {
    const { err, statements } = await run(rows("-2"), true);
    expect(statements).toEqual([]);
    expect(err).toContain("warning[rehearse-left-out]: COPY … FROM stdin is not rehearsed");
    expect(err).toContain("schema/1.sql:5:1");
    expect(err.match(/rehearse-left-out/g)).toHaveLength(1);
    expect((await run("alter table t add column a int;")).err).toBe("");
  });
});

interface Ran {
  readonly status: number;
  readonly stderr: string;
  readonly rehearsal: Rehearsal;
}

async function rehearse(migration: string, ...args: string[]): Promise<Ran> {
  writeSides(folder, migrated(SCHEMA, migration, QUERIES));
  const all = [
    ...["rehearse", "--against", join(folder, "base"), "--format", "json"],
    ...["--database-url", database.url, "--rows", "200", "--rate", "60", "--seconds", "0.4", ...args],
  ];
  const { code, out, err } = await runCommand(join(folder, "head"), ...all);
  if (out === "") throw new Error(err);
  const { rehearsals } = JSON.parse(out) as { rehearsals: Rehearsal[] };
  return { status: code, stderr: err, rehearsal: rehearsals[0]! };
}

const codes = (stderr: string): string[] => [
  ...new Set([...stderr.matchAll(/^error\[([a-z-]+)\]/gm)].map(([, code]) => code!)),
];

test("shown is what waited for a lock, what failed, and which locks were held", async () => {
  const path = join(folder, "picture.svg");
  const { status, stderr, rehearsal } = await rehearse(
    "alter table orders add column note text; select pg_sleep(0.6); alter table customers drop column mail;",
    ...["--picture", path, "--max-blocked", "100"],
  );
  expect(status).toBe(1);
  expect(codes(stderr)).toEqual(["rehearse-failed", "rehearse-blocked"]);
  expect(rehearsal.untried).toEqual([]);
  expect(rehearsal.statements.map(({ sql, error }) => [sql.split(" ")[0], error])).toEqual([
    ["alter", null],
    ["select", null],
    ["alter", null],
    ["commit", null],
  ]);
  const held = rehearsal.locks.filter(({ mode }) => mode === "AccessExclusiveLock");
  expect(new Set(held.map(({ relation }) => relation))).toContain("public.orders");
  const of = Object.fromEntries(rehearsal.queries.map((one) => [one.name, one]));
  expect(of.GetOrder!.blockedRuns).toBeGreaterThan(0);
  expect(of.GetOrder!.failed).toBe(0);
  expect(of.OrdersOf!).toMatchObject({ error: expect.stringMatching(/mail.* does not exist/) });
  // One that adapts is sent as each of its texts: what leaves the column out goes on.
  const searches = rehearsal.executions.filter(({ query }) => query === "Search");
  const first = searches.findIndex(({ error }) => error !== null);
  expect(searches[first]).toMatchObject({ error: expect.stringMatching(/mail.* does not exist/) });
  expect(searches.slice(first).some(({ error }) => error === null)).toBe(true);
  const svg = readFileSync(path, "utf8");
  for (const name of ["GetOrder", "public.orders", "holds ACCESS EXCLUSIVE, which keeps off everybody"])
    expect(svg).toContain(name);
  // Nothing is left behind.
  const { rows } = await database.pool.query("select datname from pg_database where datname like $1", [
    `solitude_gen_${process.pid}_%`,
  ]);
  expect(rows).toEqual([]);
});

test("a migration that keeps nobody off passes, run as its tool would run it", async () => {
  const { status, stderr, rehearsal } = await rehearse(
    "create index concurrently orders_status_idx on orders (status);",
    ...["--max-blocked", "60000"],
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(rehearsal.statements.map(({ error }) => error)).toEqual([null]);
  expect(rehearsal.queries.every(({ failed, runs }) => failed === 0 && runs > 0)).toBe(true);
  // A row more obeys the rules of those that are there, and is none of them.
  expect(rehearsal.untried).toEqual([]);
});

test("the lock of a statement that takes no time is shown", async () => {
  const { rehearsal } = await rehearse("alter table orders add column quick int; drop table tags cascade");
  // What is refused has let go of its locks.
  expect(rehearsal.statements.map(({ sql, error }) => [sql.split(" ")[0], error])).toEqual([
    ["alter", null],
    ["drop", null],
    ["commit", null],
  ]);
  const held = rehearsal.locks.filter(({ mode, granted }) => mode === "AccessExclusiveLock" && granted);
  for (const table of ["public.orders", "public.tags", "public.order_tags"])
    expect(held.map(({ relation }) => relation)).toContain(table);
});

test("of a statement that stands alone the lock is shown, too; where it may be missing, that is said", async () => {
  const { stderr, rehearsal } = await rehearse(
    `-- +goose NO TRANSACTION
-- +goose Up
alter table orders add column quick int;
-- +goose StatementBegin
do $$ begin alter table tags add column quick int; end $$;
-- +goose StatementEnd
create index concurrently on customers (mail);
lock table orders;`,
  );
  expect(codes(stderr)).toEqual(["rehearse-refused"]);
  const held = rehearsal.locks.filter(({ mode, granted }) => mode === "AccessExclusiveLock" && granted);
  for (const table of ["public.orders", "public.tags"])
    expect(held.map(({ relation }) => relation)).toContain(table);
  expect(rehearsal.statements.map(({ locksSeen, error }) => [locksSeen, error])).toEqual([
    ["all", null],
    ["all", null],
    ["sampled", null],
    ["sampled", "LOCK TABLE can only be used in transaction blocks"],
  ]);
  expect(renderRehearsal(rehearsal)).toContain(
    "create index concurrently on customers (mail): locks that it held for less than 10 ms may be missing",
  );
});

test("a transaction that the script begins and ends itself keeps its locks until then", async () => {
  const path = join(folder, "picture.svg");
  const { rehearsal } = await rehearse(
    "-- +goose NO TRANSACTION\n-- +goose Up\nbegin; alter table orders add column note text; select pg_sleep(0.8); commit;",
    ...["--picture", path],
  );
  expect(rehearsal.statements.map(({ sql, error }) => [sql.split(" ")[0], error])).toEqual([
    ["begin", null],
    ["alter", null],
    ["select", null],
    ["commit", null],
  ]);
  const of = Object.fromEntries(rehearsal.queries.map((one) => [one.name, one]));
  expect(of.GetOrder!.blockedRuns).toBeGreaterThan(0);
  // Nobody keeps it off its table; but those who wait for the other one have all connections.
  expect(of.Join!.withoutConnection).toBeGreaterThan(0);
  expect(of.Join!.withoutConnection).toBe(of.Join!.blockedRuns);
  expect(rehearsal.executions.some(({ waitedFor }) => waitedFor === "lock")).toBe(true);
  const svg = readFileSync(path, "utf8");
  for (const said of ["found no connection free for", "waited for a lock for"]) expect(svg).toContain(said);
});

test("who stands behind others that wait for the migration's row is blocked by it", async () => {
  const { rehearsal } = await rehearse("update orders set status = 'open' where id = 1; select pg_sleep(1)");
  const [, sleep, held] = rehearsal.statements as [unknown, RanStatement, RanStatement];
  // Each was sent while the row was held, and answered when it was not any more; who came in the last moment, nobody may have seen.
  const behind = rehearsal.executions.filter(
    ({ query, from, to }) =>
      query === "PayFirst" && from > rehearsal.began && from < (sleep.from + sleep.to) / 2 && to > held.from,
  );
  expect(behind.length).toBeGreaterThan(2);
  expect(behind.filter(({ blocked }) => blocked === 0)).toEqual([]);
});

test("a migration that takes too long is cancelled, and what PostgreSQL refuses is told", async () => {
  const { status, stderr, rehearsal } = await rehearse(
    "select pg_sleep(60); create table more (id int);",
    "--limit",
    "1",
  );
  expect(status).toBe(1);
  expect(codes(stderr)).toEqual(["rehearse-refused"]);
  expect(rehearsal.statements).toHaveLength(1);
  expect(rehearsal.statements[0]!.error).toContain("it was cancelled");
});
