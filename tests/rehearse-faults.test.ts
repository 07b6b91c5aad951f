import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Rehearsal } from "../generator/src/check/rehearse/model.ts";
import { MARKING_LIMIT, ownerOf } from "../generator/src/postgres/left-databases.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { until } from "../runtime/test/postgres/until.ts";
import { runCommand } from "./command.ts";
import { sliceToRun } from "./long-form.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import { migrated, writeSides } from "./two-sides.ts";

// What may go wrong in the middle of a rehearsal on somebody's server: it ends, it says why, and it leaves nothing there.

const SCHEMA = `create table t (id bigint generated always as identity primary key, name text not null);
create table own (code text primary key check (code ~ '^Q[0-9]Q$'));
create table few (id int primary key check (id <= 100));
`;
const QUERIES = `-- name: Get :one
select id, name from t where id = $1;
`;
/** Of which one keeps what it locks, and the other does not end: it waits, since one that counts would take a processor from other suites. */
const UNRULY = `-- name: Lock :one
select pg_advisory_lock($1)::text as x;
-- name: Endless :one
select pg_sleep(60)::text as x;
`;
const CLI = fileURLToPath(new URL("../generator/bin/solitude-gen.js", import.meta.url));

let database: TestDatabase;
let folder: string;
const role = `rehearsed_${randomBytes(4).toString("hex")}`;
beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), "solitude-rehearse-"));
});
afterAll(async () => {
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let queries = QUERIES;
let schema = SCHEMA;
/** By which the server is named, where that is another one. */
let address: string | null = null;
/** Where a server of its own has its folder; null for the one that is named. */
let own: string | null = null;

/** Writes both sides, and gives the command that rehearses the migration, in the folder of the one that has it. */
function prepare(migration: string, args: readonly string[]): { head: string; command: string[] } {
  writeSides(folder, migrated(schema, migration, queries));
  const server = own === null ? ["--database-url", address ?? database.url] : [];
  const few = ["--rows", "1000", "--rate", "40", "--seconds", "0.3"];
  return {
    head: join(folder, "head"),
    command: ["rehearse", "--against", join(folder, "base"), ...server, ...few, ...args],
  };
}

/** Of processes that are over, what they said. */
const endings = new WeakMap<ChildProcess, Ended>();

/** In a process of its own, which may be ended. */
function start(migration: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const { head, command } = prepare(migration, args);
  const child = spawn(process.execPath, [CLI, "-C", head, ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    env: own === null ? process.env : { ...process.env, TMPDIR: own },
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    said.out += text;
  });
  child.stderr.on("data", (text) => {
    said.err += text;
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => {
      endings.set(child, { code, ...said });
      resolve({ code, ...said });
    }),
  );
  return { child, ended };
}

/** In this process. */
function run(migration: string, ...args: string[]): Promise<Ended> {
  const { head, command } = prepare(migration, args);
  return runCommand(head, ...command);
}

async function rehearse(migration: string, ...args: string[]): Promise<Ended & { rehearsal: Rehearsal }> {
  const ended = await run(migration, "--format", "json", ...args);
  expect(await databasesOf(process)).toEqual([]);
  return { ...ended, rehearsal: JSON.parse(ended.out).rehearsals[0] };
}

async function databasesOf({ pid }: Pick<ChildProcess, "pid">): Promise<string[]> {
  const { rows } = await database.pool.query(
    "select datname as name from pg_database where datname like $1",
    [`solitude\\_gen\\_${pid}\\_%`],
  );
  return rows.map(({ name }) => name as string);
}

/** Waits for a statement of that rehearsal, and gives its process's number. */
async function running(child: ChildProcess, query: string): Promise<number> {
  let found: number | undefined;
  await until(async () => {
    expect(endings.get(child)).toBeUndefined();
    const { rows } = await database.pool.query(
      "select pid from pg_stat_activity where datname like $1 and query like $2",
      [`solitude\\_gen\\_${child.pid}\\_%`, query],
    );
    found = rows[0]?.pid;
    return found !== undefined;
  });
  return found!;
}

test("queries that lock for their session, or never end, keep nobody waiting", async () => {
  queries = QUERIES + UNRULY;
  const { code, rehearsal } = await rehearse(
    "alter table t add column more int",
    "--max-blocked",
    "60000",
  ).finally(() => {
    queries = QUERIES;
  });
  expect(code).toBe(0);
  expect(rehearsal.untried).toEqual([{ name: "Endless", error: "it takes more than 5 s by itself" }]);
  expect(rehearsal.queries.find(({ name }) => name === "Lock")!.runs).toBeGreaterThan(2);
});

test("queries that may reach beyond the database are not sent", async () => {
  const reason = "it may reach beyond its database: to other sessions, or to the server's files";
  queries = `${QUERIES}-- name: End :one
select pg_terminate_backend($1) as is_sent;
-- name: Reload :one
select reload() as is_done;
-- name: Put :exec
insert into few values ($1);
`;
  schema = `${SCHEMA}create function reload() returns boolean language sql as 'select pg_reload_conf()';
create function told() returns trigger language plpgsql as 'begin perform pg_rotate_logfile(); return new; end';
create trigger told after insert on few for each row execute function told();
`;
  const loadedAt = async (): Promise<unknown> =>
    (await database.pool.query("select pg_conf_load_time()")).rows[0];
  const before = await loadedAt();
  const { rehearsal } = await rehearse("alter table t add column more int", "--max-blocked", "60000").finally(
    () => {
      queries = QUERIES;
      schema = SCHEMA;
    },
  );
  expect(rehearsal.untried).toEqual(["End", "Reload", "Put"].map((name) => ({ name, error: reason })));
  expect(await loadedAt()).toEqual(before);
});

test("a table of which there is hardly a row is told, with the reason", async () => {
  const { rehearsal } = await rehearse("alter table own add column more int", "--max-blocked", "60000");
  expect(rehearsal.fewer.find(({ table }) => table === "public.own")).toEqual({
    table: "public.own",
    rows: 1,
    why: expect.stringContaining('violates check constraint "own_code_check"'),
  });
});

test.each(sliceToRun("signals that end a rehearsal", ["SIGINT", "SIGTERM", "SIGHUP"] as const, 3))(
  "%s ends it while rows are made",
  async (signal) => {
    const { child, ended } = start("select 1", "--rows", "50000000");
    await running(child, 'insert into "public"."t"%');
    child.kill(signal);
    expect((await ended).code).toBe(130);
    expect(await databasesOf(child)).toEqual([]);
  },
);

test.each(
  sliceToRun(
    "sessions of a rehearsal that the server ends",
    [
      ["the migration's", "select pg_sleep(60)%"],
      ["the one that watches", "%pg_blocking_pids%"],
      ["one of a query's", "rollback; select pg_advisory_unlock_all()"],
    ] as const,
    3,
  ),
)("a session that the server ends is told, %s", async (_, query) => {
  const { child, ended } = start("select pg_sleep(60)");
  await running(child, "select pg_sleep(60)%");
  await database.pool.query("select pg_terminate_backend($1)", [await running(child, query)]);
  const { code, err } = await ended;
  expect(err).toContain("error[database-unreachable]: the server gives no connection, or has ended one");
  expect(code).toBe(3);
  expect(await databasesOf(child)).toEqual([]);
});

test("a migration that catches its cancellation ends, too", async () => {
  const block =
    "do $$ begin perform pg_sleep(60); exception when query_canceled then perform pg_sleep(60); end $$";
  const { code, err, rehearsal } = await rehearse(block, "--limit", "1");
  expect(code).toBe(1);
  expect(err).toMatch(
    /^error\[rehearse-refused\]: it was cancelled: all of the migration may take 1 s \(--limit\)\n +--> schema\/2\.sql:1:1\n/,
  );
  expect(rehearsal.statements).toHaveLength(1);
});

test("what a migration does to the whole server is undone, or left out and told", async () => {
  const there = `${role}_there`;
  await database.pool.query(`create role ${there}`);
  try {
    const { code, rehearsal } = await rehearse(
      `create role ${role}; grant select on t to ${role}; alter role ${role} createdb;
       alter role ${there} createrole; grant ${role} to ${there}; drop role ${there};
       alter system set work_mem = '5MB'; alter database postgres set work_mem = '5MB'; comment on role ${there} is 'x'`,
    );
    expect(code).toBe(0);
    expect(rehearsal.leftOut.map(({ sql }) => sql.replaceAll(role, "r"))).toEqual([
      "alter role r_there createrole",
      "grant r to r_there",
      "drop role r_there",
      "alter system set work_mem = '5MB'",
      "alter database postgres set work_mem = '5MB'",
      "comment on role r_there is 'x'",
    ]);
    const left = async (): Promise<unknown[]> =>
      (
        await database.pool.query(
          "select rolname as name, rolcreaterole as may from pg_roles where rolname like $1",
          [`${role}%`],
        )
      ).rows;
    // One that is there while another suite's run begins on this server goes with that.
    await until(async () => (await left()).length === 1);
    const rows = await left();
    expect(rows).toEqual([{ name: there, may: false }]);
  } finally {
    await database.pool.query(`drop role ${there}`);
  }
});

test("where there is no second connection the database goes again", async () => {
  await database.pool.query(`create role ${role} login createdb connection limit 1`);
  try {
    const url = new URL(database.url);
    url.username = role;
    await expect(ServerEngine.start(url.href)).rejects.toThrow(/too many connections/);
    const { rows } = await database.pool.query(
      "select datname from pg_database where pg_get_userbyid(datdba) = $1",
      [role],
    );
    expect(rows).toEqual([]);
  } finally {
    await database.pool.query(`drop role ${role}`);
  }
});

describe("what a run that was killed has left on a server", () => {
  const names = async (like: string): Promise<string[]> =>
    (
      await database.pool.query(
        "select datname as name from pg_database where datname like $1 union all select rolname from pg_roles where rolname like $1",
        [like],
      )
    ).rows.map(({ name }) => name as string);

  test("goes soon, its roles too, and nothing that another has made under their name", async () => {
    const [made, another] = [`${role}_made`, `${role}_another`];
    const { child, ended } = start(
      `-- +goose NO TRANSACTION\n-- +goose Up\ncreate role ${made}; create role ${another}; grant select on t to ${made}; select pg_sleep(60);`,
    );
    await running(child, "%select pg_sleep(60)%");
    const [name = ""] = await databasesOf(child);
    child.kill("SIGKILL");
    await ended;
    await database.pool.query(`drop role if exists ${another}; create role ${another}`);
    try {
      // What it was at ends with it, and not a minute later.
      await until(async () => {
        const { rows } = await database.pool.query("select from pg_stat_activity where datname = $1", [name]);
        return rows.length === 0;
      });
      await (await ServerEngine.start(database.url)).close();
      expect(await names(name)).toEqual([]);
      expect(await names(`${role}%`)).toEqual([another]);
    } finally {
      await database.pool.query(`drop role ${another}`);
    }
  });

  test("is left where its maker is there, somebody is in it, or nothing says that it may go", async () => {
    const [owned, used, unmarked, free] = ["1", "2", "3", "4"].map(
      (n) => `solitude_gen_${n}_${randomBytes(6).toString("hex")}`,
    ) as [string, string, string, string];
    const all = [owned, used, unmarked, free];
    const open = async (name: string | undefined, as: string): Promise<pg.Client> => {
      const url = new URL(database.url);
      if (name !== undefined) url.pathname = name;
      const client = new pg.Client({ connectionString: url.href, application_name: as });
      await client.connect();
      return client;
    };
    const sessions: pg.Client[] = [];
    try {
      sessions.push(await open(undefined, ownerOf(owned)));
      for (const name of all) {
        const limit = name === unmarked ? "" : ` connection limit ${MARKING_LIMIT}`;
        await database.pool.query(`create database ${name} template template0${limit}`);
        if (name === used) sessions.push(await open(used, "somebody"));
      }
      await (await ServerEngine.start(database.url)).close();
      expect((await names("solitude\\_gen\\_%")).filter((name) => all.includes(name)).sort()).toEqual(
        [owned, used, unmarked].sort(),
      );
      writeSides(folder, migrated(SCHEMA, "select 1", QUERIES));
      const root = join(folder, "head");
      writeFileSync(
        join(root, "sqlc.yaml"),
        `version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: q.sql, database: { uri: "${database.url}" } }]\n`,
      );
      const { out } = await runCommand(root, "doctor", "--json");
      const { findings } = JSON.parse(out) as { findings: { code: string; message: string; hint: string }[] };
      const told = findings.filter(
        ({ code, message }) => code === "doctor-left" && message.includes(unmarked),
      );
      expect(told).toEqual([
        expect.objectContaining({
          hint: expect.stringContaining(`look into it, and then: drop database ${unmarked}`),
        }),
      ]);
      expect(findings.some(({ message }) => message.includes(owned) || message.includes(used))).toBe(false);
    } finally {
      await Promise.all(sessions.map((session) => session.end()));
      for (const name of all) await database.pool.query(`drop database if exists ${name} with (force)`);
    }
  });
});

test("a database that was being made when its run was killed goes, too", async () => {
  const { child, ended } = start("select 1");
  let name = "";
  await until(async () => {
    [name = ""] = await databasesOf(child);
    return name !== "";
  });
  child.kill("SIGKILL");
  await ended;
  await until(async () => {
    await (await ServerEngine.start(database.url)).close();
    return (await databasesOf(child)).length === 0;
  });
});

test.each(
  sliceToRun(
    "limits of time that a role has",
    [
      ["statement_timeout", "1ms"],
      ["idle_in_transaction_session_timeout", "1ms"],
      ["idle_session_timeout", "100ms"],
    ] as const,
    3,
  ),
)(
  "a role's %s is for its application, and not for what is done around the migration",
  async (name, value) => {
    await database.pool.query(
      `create role ${role} superuser login; alter role ${role} set ${name} = '${value}'`,
    );
    try {
      const url = new URL(database.url);
      url.username = role;
      address = url.href;
      const { err, rehearsal } = await rehearse("select pg_sleep(0.5)", "--rows", "20000");
      if (name === "statement_timeout") expect(err).toContain("canceling statement due to statement timeout");
      else expect(err).toBe("");
      expect(rehearsal.rows).toMatchObject({ "public.t": 20_000 });
      expect(rehearsal.queries.map(({ failed, runs }) => [failed, runs > 5])).toEqual([[0, true]]);
    } finally {
      address = null;
      await database.pool.query(`drop role ${role}`);
    }
  },
);

test("a table of which a rule takes some rows, and not all, has some, and that is told", async () => {
  const { code, rehearsal } = await rehearse("alter table few add column more int", "--max-blocked", "60000");
  expect(code).toBe(0);
  expect(rehearsal.fewer.find(({ table }) => table === "public.few")).toEqual({
    table: "public.few",
    rows: 63,
    why: expect.stringContaining('violates check constraint "few_id_check"'),
  });
});

test("a script is read as a file of the schema is", async () => {
  writeFileSync(
    join(folder, "script.sql"),
    `\\set size 5
-- +goose Up
alter table t add column more varchar(:size);
copy own from stdin;
Q1Q
\\.
-- +goose Down
drop table t;
`,
  );
  const { code, rehearsal } = await rehearse("", "--sql", "../script.sql", "--max-blocked", "60000");
  expect(code).toBe(0);
  expect(rehearsal.statements.map(({ sql }) => sql)).toEqual([
    "alter table t add column more varchar(5)",
    "copy own from stdin",
    "commit",
  ]);
});

test("where a file of the schema is missing, nothing is rehearsed", async () => {
  const { code, err } = await run("\\i nowhere.sql\nalter table t add column more int;");
  expect(code).toBe(2);
  expect(err).toContain("nowhere.sql");
});

test("a script that is not there, or no SQL, is told at its place", async () => {
  const none = await run("select 1", "--sql", "none.sql");
  expect(none).toMatchObject({ code: 2, err: expect.stringContaining("cannot read none.sql") });
  writeFileSync(join(folder, "bad.sql"), "alter table t add column x int;\nalter tabl t;");
  const bad = await run("select 1", "--sql", "../bad.sql");
  expect(bad.err).toMatch(/^error\[schema-syntax\]: .*"tabl"\n +--> \.\.\/bad\.sql:2:7\n/);
});

// Windows has other places for what is temporary.
const testOnUnix = process.platform === "win32" ? test.skip : test;

testOnUnix("a server of its own ends where the rehearsal is killed, and leaves nothing", async () => {
  own = mkdtempSync(join(tmpdir(), "solitude-own-server-"));
  // The server may run as another user.
  chmodSync(own, 0o755);
  try {
    const { child, ended } = start("select pg_sleep(60)");
    // Making a cluster writes such a file, too, of a server that listens nowhere.
    const portOf = (): number => {
      const [home = ""] = readdirSync(own!).filter((name) => name.startsWith("solitude-rehearsal-"));
      const file = join(own!, home, "data/postmaster.pid");
      let text = "";
      try {
        text = readFileSync(file, "utf8");
      } catch {
        // Not there yet, or that of making the cluster, which has gone.
      }
      return /^ready/m.test(text) ? Number(text.split("\n")[3]) : 0;
    };
    await until(() => portOf() > 0);
    const port = portOf();
    child.kill("SIGKILL");
    await ended;
    await until(() => readdirSync(own!).every((name) => !name.startsWith("solitude-rehearsal-")));
    const socket = connect(port, "127.0.0.1");
    const [refused] = await once(socket, "error");
    expect(refused).toMatchObject({ code: "ECONNREFUSED" });
  } finally {
    rmSync(own, { recursive: true, force: true, maxRetries: 10 });
    own = null;
  }
});
