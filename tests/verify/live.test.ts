import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { runCommand } from "../command.ts";
import { createDatabase, exclusively, type TestDatabase } from "../postgres/database.ts";

// `solitude-gen verify --database-url`: a live server against a project, on the oldest and the platform's PostgreSQL.

const SCHEMA = `create type mood as enum ('ok', 'bad');
create table people (
  id int generated always as identity primary key,
  name text not null,
  mood mood not null default 'ok',
  email text unique
);
create table unused (id int);
create view happy as select id, name from people where mood = 'ok';
`;
const QUERIES = `-- name: GetPerson :one
select * from people where id = $1;
-- name: AddPerson :exec
insert into people (name, email) values ($1, $2) on conflict (email) do nothing;
-- name: ListHappy :many
select * from happy;
-- name: AnyName :one
select any_value(name)::text as name from people;
`;
const CONFIG = 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: q.sql }]\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-live-"));
  write({ "sqlc.yaml": CONFIG, "schema/1.sql": SCHEMA, "q.sql": QUERIES });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** `severity code message` of each, and where it stands. */
  readonly found: readonly string[];
}

async function verify(...args: readonly string[]): Promise<Ran> {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const { code, out, err } = await runCommand(folder, "--report", `json=${report}`, "verify", ...args);
  return { code, stdout: out, stderr: err, found: readReport(report) };
}

function readReport(path: string): string[] {
  if (!existsSync(path)) return [];
  const { findings } = JSON.parse(readFileSync(path, "utf8")) as {
    findings: { severity: string; code: string; message: string; file: string | null }[];
  };
  // From the top of the repository where there is one, and else from where the process was started.
  const fromHere = `${relative(".", folder)}/`;
  return findings.map(({ severity, code, message, file }) =>
    `${severity} ${code} ${message} ${(file ?? "").replace(fromHere, "")}`.trim(),
  );
}

describe.each([12, 16] as const)("PostgreSQL %i", (version) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase(version);
    await database.pool.query(SCHEMA);
  });
  afterEach(() => database.drop());

  test("a server that is what the files say", async () => {
    if (version === 12) write({ "q.sql": QUERIES.replace("any_value", "max") });
    const { code, stdout, found } = await verify("--database-url", database.url);
    expect([code, found]).toEqual([0, []]);
    expect(stdout).toContain(`PostgreSQL ${version} (analysed by PostgreSQL 18)\n`);
    expect(stdout).toContain("schema, against the schema files: no difference");
    expect(stdout).toContain("queries: all 4 accepted");
  });

  test("what it lacks, has otherwise and has besides, and what it refuses; nothing of it is changed", async () => {
    await database.pool.query(`alter table people drop constraint people_email_key, alter column name drop not null,
      add column byhand int; drop view happy; drop table unused`);
    const before = await state(database);
    // Of other suites' engines, which are on this server too, the names have other processes in them.
    const own = "select datname from pg_database where datname like $1";
    const ownDatabases = async (): Promise<unknown[]> =>
      (await database.pool.query(own, [`solitude\\_gen\\_${process.pid}\\_%`])).rows;
    const ownBefore = await ownDatabases();
    process.env.LIVE = database.url;
    const { code, stdout, found } = await verify("--database-url", "${LIVE}").finally(() => {
      delete process.env.LIVE;
    });
    expect(await state(database)).toEqual(before);
    expect(await ownDatabases()).toEqual(ownBefore);
    expect(code).toBe(1);
    expect(stdout).toContain(`5 differences, 3 concern a query`);
    expect(stdout).toContain(`queries: ${version === 12 ? 3 : 2} of 4 refused`);
    expect(found).toEqual(
      expect.arrayContaining([
        "error live-missing the live server lacks view public.happy schema/1.sql",
        "info live-missing the live server lacks table public.unused schema/1.sql",
        "warning live-missing the live server lacks table public.people, constraint people_email_key UNIQUE (email) schema/1.sql",
        "warning live-different the live server differs from the schema files: table public.people, column name: not null no → yes schema/1.sql",
        "info live-extra the live server has what the schema files lack: table public.people, column byhand integer",
        "error live-nullability GetPerson, on the live server: column name may be null here q.sql",
        expect.stringMatching(/^error live-refused AddPerson: .*no unique or exclusion constraint.* q\.sql$/),
        expect.stringMatching(/^error live-refused ListHappy: .*"happy" does not exist q\.sql$/),
      ]),
    );
    const tooOld =
      "error live-too-old AnyName: any_value() needs PostgreSQL 16, and the live server is PostgreSQL 12 q.sql";
    expect(found.includes(tooOld)).toBe(version === 12);
    expect(found.filter((one) => one.includes("AnyName"))).toHaveLength(version === 12 ? 1 : 0);
  });

  test("a role without rights is told apart from a query that does not fit", async () => {
    const role = `live_reader_${version}`;
    await exclusively(version, () => database.pool.query(`drop role if exists ${role}; create role ${role}`));
    const { found } = await verify("--database-url", database.urlAs(role));
    await database.pool.query(`drop role ${role}`);
    expect(found).toContain(
      "warning live-privilege GetPerson: permission denied for table people on the live server, for the role that connected q.sql",
    );
    expect(found.some((one) => one.includes("live-refused"))).toBe(false);
  });
});

/** All that a client could have changed. */
async function state({ pool }: TestDatabase): Promise<unknown> {
  const { rows } = await pool.query(
    `select (select count(*) from people) as people, (select last_value from people_id_seq) as id,
      (select string_agg(oid::text || xmin::text, ',' order by oid) from pg_class) as relations,
      (select string_agg(oid::text, ',' order by oid) from pg_proc) as routines`,
  );
  return rows;
}

test("with --against, the server is held against what is deployed, and what it has of the change already is no drift", async () => {
  const database = await createDatabase(16);
  try {
    await database.pool.query(SCHEMA);
    const git = (...args: string[]) => spawnSync("git", ["-C", folder, ...args]);
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message=x");
    write({
      "schema/2.sql": "alter table people add column age int;\n",
      "q.sql": `${QUERIES}-- name: Age :one\nselect age from people where id = $1;\n`,
    });
    const args = ["--against", "HEAD", "--database-url", database.url];
    expect(await verify(...args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("no difference"),
    });
    expect(await verify(...args.slice(2))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("2 of 5 refused"),
    });
    await database.pool.query("alter table people add column age int");
    expect(await verify(...args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("no difference"),
    });
    await database.pool.query("alter table people alter column mood drop not null");
    const drifted = await verify(...args, "--json");
    expect(drifted.code).toBe(1);
    expect(JSON.parse(drifted.stdout)).toMatchObject({
      safe: ["migrate-first"],
      live: { version: 16, differences: 1, concerning: 1 },
    });
    expect(drifted.found).toContainEqual(
      expect.stringMatching(
        /^error live-nullability GetPerson, on the live server: column mood may be null here q\.sql$/,
      ),
    );
  } finally {
    await database.drop();
  }
});

test.each([
  ["postgres://u:hunter2@127.0.0.1:1/x", 3, "database-unreachable"],
  ["postgres://u:hun/ter2@127.0.0.1:1/x", 3, "database-unreachable"],
  ["mysql://u:hunter2@127.0.0.1/x", 2, "config-database-url"],
  ["${NOT_SET_ANYWHERE}", 2, "config-database-url"],
])("%s cannot be read, and its password is told to nobody", async (url, code, diagnostic) => {
  const ran = await verify("--database-url", url);
  expect(ran.code).toBe(code);
  expect(ran.stderr).toContain(`error[${diagnostic}]`);
  expect(ran.stderr + ran.stdout).not.toMatch(/hunter2|ter2/);
});

test("what is wrong with the project itself is told as ever, exit code 1", async () => {
  const database = await createDatabase(16);
  try {
    write({ "q.sql": "-- name: Wrong :one\nselect nothing from people;\n" });
    expect(await verify("--database-url", database.url)).toMatchObject({
      code: 1,
      found: [expect.stringContaining("error query-invalid")],
    });
  } finally {
    await database.drop();
  }
});

/** A way to the server that lets so many bytes of its answers through, and then goes away, as a server does that is restarted. */
function cutShort(port: number): Server {
  return createServer((client: Socket) => {
    const server = connect(port, "127.0.0.1");
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    let left = 1500;
    server.on("data", (data) => {
      left -= data.length;
      if (left < 0) end();
      else client.write(data);
    });
    client.on("data", (data) => server.write(data));
    for (const one of [client, server]) one.on("error", end).on("close", end);
  });
}

test("a server that goes away half-way is a failure, exit code 3", async () => {
  const database = await createDatabase(16);
  const url = new URL(database.url);
  const proxy = cutShort(Number(url.port)).listen(0, "127.0.0.1");
  try {
    await once(proxy, "listening");
    url.port = String((proxy.address() as AddressInfo).port);
    url.password = "hunter2";
    const ran = await verify("--database-url", url.href);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toMatch(/error\[database-unreachable\]: cannot read the database .*connection/i);
    expect(ran.stderr).not.toContain("hunter2");
  } finally {
    proxy.close();
    await database.drop();
  }
});

test("a wrong password is an error of the server's own, exit code 3", async () => {
  const database = await createDatabase(16);
  const url = new URL(database.url);
  url.username = "no_such_role";
  url.password = "hunter2";
  try {
    const ran = await verify("--database-url", url.href);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('role "no_such_role" does not exist');
    expect(ran.stderr).not.toContain("hunter2");
  } finally {
    await database.drop();
  }
});
