import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type VetRun, vet } from "../../src/check/vet.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type Diagnostic, DiagnosticError } from "../../src/model/diagnostic.ts";
import { analyze } from "../../src/project/analyze.ts";
import { withProject } from "../../src/project/node-host.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "solitude-gen-vet-"));
  process.env.SOLITUDE_GEN_CACHE = join(root, ".cache");
});
afterEach(() => {
  delete process.env.SOLITUDE_GEN_CACHE;
  rmSync(root, { recursive: true });
});

const CONFIG = `version: "2"
sql:
  - engine: postgresql
    schema: migrations
    queries: queries.sql
`;
const USERS = "create table users (id bigint primary key, name text not null);\n";
const QUERY = "-- name: GetUser :one\nselect name from users where id = @id;\n";

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries({ "sqlc.yaml": CONFIG, "queries.sql": QUERY, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function run({ cache = false, ...options }: Partial<VetRun> & { cache?: boolean } = {}) {
  const loaded = await loadConfig(undefined, root);
  const defaults = { against: null, cwd: root, baseline: null, writeBaseline: false };
  try {
    return await withProject(loaded, { cache }, (project) =>
      vet(project, { ...defaults, ...options }, analyze),
    );
  } catch (error) {
    if (error instanceof DiagnosticError) return { diagnostics: error.diagnostics, written: null };
    throw error;
  }
}

/** Each as `code file:line`. */
async function found(options: Partial<VetRun> = {}): Promise<string[]> {
  return (await run(options)).diagnostics.map(shown);
}

function shown({ code, span }: Diagnostic): string {
  if (!span) return code;
  const text = readFileSync(join(root, span.file), "utf8");
  return `${code} ${span.file}:${text.slice(0, span.start).split("\n").length}`;
}

test("nothing to say of a sound project, and a finding has its page, hint and severity", async () => {
  write({ "migrations/1_users.sql": USERS });
  expect(await found()).toEqual([]);
  write({
    "migrations/2_name.sql": "alter table users drop column name;\n",
    "queries.sql": "-- name: A :exec\ndelete from users where id = @id;\n",
  });
  expect((await run()).diagnostics).toEqual([
    {
      code: "drop-column",
      severity: "error",
      message: 'the column "name" of "users" is dropped',
      hint: expect.stringContaining("later migration"),
      docs: "docs/rules/drop-column.md",
      span: { file: "migrations/2_name.sql", start: 0, end: 34 },
    },
  ]);
});

test("a type that changes is told with its size, before and after", async () => {
  write({
    "migrations/1_users.sql": `${USERS}alter table users add price numeric(10, 2), add at timestamptz, add span interval, add d interval, add e interval;\n`,
    "migrations/2_types.sql":
      "alter table users alter price type numeric(8, 2), alter at type timestamp(0)[] using array[at];\n" +
      "alter table users alter span type interval day to second(2), alter d type interval(3), alter e type interval year;\n",
    "queries.sql":
      "-- name: A :exec\nupdate users set price = @price, at = @at, span = @span, d = @d, e = @e where id = @id;\n",
  });
  const { diagnostics } = await run();
  expect(diagnostics.flatMap((one) => (one.code === "column-type-changed" ? [one.message] : []))).toEqual([
    '"price" of "users" changes from numeric(10,2) to numeric(8,2)',
    '"at" of "users" changes from timestamp with time zone to timestamp(0) without time zone[]',
    '"span" of "users" changes from interval to interval day to second(2)',
    '"d" of "users" changes from interval to interval(3)',
    '"e" of "users" changes from interval to interval year',
  ]);
});

test("severities come from the configuration; an unknown rule is refused where it stands", async () => {
  write({
    "migrations/1_users.sql": USERS,
    "migrations/2_name.sql": "alter table users drop column name;\n",
    "queries.sql": "-- name: A :exec\ndelete from users;\n",
  });
  writeFileSync(
    join(root, "sqlc.yaml"),
    `${CONFIG}vet:\n  rules: { drop-column: info, delete-without-where: off }\n`,
  );
  expect((await run()).diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
    ["drop-column", "info"],
  ]);
  // Where sqlc itself leaves the options of others alone.
  writeFileSync(
    join(root, "sqlc.yaml"),
    `${CONFIG}options:\n  solitude-gen:\n    vet:\n      rules: { drop-column: off, delete-without-where: off }\n`,
  );
  expect(await found()).toEqual([]);
  writeFileSync(join(root, "sqlc.yaml"), `${CONFIG}vet:\n  rules: { drop-colum: info }\n`);
  const { diagnostics } = await run();
  expect(diagnostics.map(shown)).toEqual(["config-rule sqlc.yaml:7"]);
  expect(diagnostics[0]?.hint).toBe('Did you mean "drop-column"?');
});

test("a comment overlooks one finding, for a reason; what is wrong with it is said", async () => {
  const queries = (comment: string): string =>
    `-- name: A :exec\n${comment}\ndelete from users;\n\n-- name: B :exec\ndelete from users;\n`;
  const files = { "migrations/1_users.sql": USERS };
  write({ ...files, "queries.sql": queries("-- solitude-gen-ignore delete-without-where for the tests") });
  expect(await found()).toEqual(["delete-without-where queries.sql:6"]);
  write({ ...files, "queries.sql": queries("-- solitude-gen-ignore delete-without-where") });
  expect(await found()).toEqual([
    "ignore-without-reason queries.sql:2",
    "delete-without-where queries.sql:3",
    "delete-without-where queries.sql:6",
  ]);
  write({ ...files, "queries.sql": queries("-- solitude-gen-ignore update-without-where because") });
  expect(await found()).toEqual([
    "ignore-unused queries.sql:2",
    "delete-without-where queries.sql:3",
    "delete-without-where queries.sql:6",
  ]);
  write({ ...files, "queries.sql": queries("-- solitude-gen-ignore delete-without-were because") });
  expect(await found()).toContain("ignore-unknown-rule queries.sql:2");
  write({ ...files, "queries.sql": queries("/* @sqlc-vet-disable */") });
  expect(await found()).toEqual(["delete-without-where queries.sql:6"]);
  write({
    ...files,
    "queries.sql": `-- solitude-gen-ignore-file delete-without-where a script\n${queries("")}`,
  });
  expect(await found()).toEqual([]);
});

test("a comment in a migration reaches the statement behind it, or before it on its line", async () => {
  write({
    "migrations/1_users.sql": `${USERS}alter table users add column a text, add column b text;\n`,
    "migrations/2_drop.sql": `-- solitude-gen-ignore drop-column never used
alter table users drop column a;
alter table users drop column b; -- solitude-gen-ignore drop-column never used either
alter table users drop column name;
`,
    "queries.sql": "-- name: A :many\nselect id from users;\n",
  });
  expect(await found()).toEqual(["drop-column migrations/2_drop.sql:4"]);
});

test("a baseline overlooks what was there, wherever it has moved, and nothing else", async () => {
  write({ "migrations/1_users.sql": USERS, "queries.sql": "-- name: A :exec\ndelete from users;\n" });
  expect((await run({ writeBaseline: true })).written).toBe(1);
  const baseline = join(root, "vet-baseline.json");
  expect(await found({ baseline })).toEqual([]);
  write({
    "queries.sql":
      "-- moved\n\n-- name: A :exec\ndelete\n  from users;\n\n-- name: B :exec\ndelete from users;\n",
  });
  expect(await found({ baseline })).toEqual(["delete-without-where queries.sql:8"]);
  write({ "queries.sql": QUERY });
  expect(await found({ baseline })).toEqual(["baseline-stale"]);
  writeFileSync(baseline, "{}");
  expect(await found({ baseline })).toEqual(["config-baseline"]);
});

function git(...args: string[]): void {
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: root, stdio: "ignore" });
}

test("against a git revision, only what is new or changed is vetted", async () => {
  write({
    "migrations/10_users.sql": USERS,
    "migrations/30_index.sql": "create index on users (name);\n",
    "queries.sql": "-- name: A :exec\ndelete from users;\n",
  });
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "a");
  expect(await found({ against: "HEAD" })).toEqual([]);
  // A comment is no change.
  write({
    "migrations/30_index.sql": "-- For the search.\ncreate index on users (name);\n",
    "queries.sql": "-- name: A :exec\ndelete from users;\n",
  });
  expect(await found({ against: "HEAD" })).toEqual([]);
  write({
    "queries.sql": "-- name: A :exec\ndelete from users;\n\n-- name: B :exec\nupdate users set name = '';\n",
    "migrations/20_more.sql": "create table notes (id bigint);\nalter table users add column age int;\n",
    // New tables of the same change are nobody's yet.
    "migrations/40_notes.sql": "create index on notes (id);\ncreate index on users (age);\n",
    "migrations/30_index.sql": "create index users_name on users (name);\n",
  });
  expect(await found({ against: "HEAD" })).toEqual([
    "migration-out-of-order migrations/20_more.sql:1",
    "index-not-concurrent migrations/30_index.sql:1",
    "migration-edited migrations/30_index.sql:1",
    "index-not-concurrent migrations/40_notes.sql:2",
    "update-without-where queries.sql:5",
  ]);
  expect(await found({ against: "nowhere" })).toEqual([expect.stringMatching(/^base-/)]);
});

test("each folder of migrations has an order of its own", async () => {
  const files = {
    "sqlc.yaml":
      'version: "2"\nsql: [{ engine: postgresql, schema: a, queries: queries.sql }, { engine: postgresql, schema: z, queries: z.sql }]\n',
    "a/10_users.sql": USERS,
    "a/30_age.sql": "alter table users add column age int;\n",
    "z/10_notes.sql": "create table notes (id bigint primary key);\n",
    "z.sql": "-- name: Notes :one\nselect id from notes where id = @id;\n",
  };
  write(files);
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "a");
  write({
    "sqlc.yaml": files["sqlc.yaml"],
    "a/20_nick.sql": "alter table users add column nick text;\n",
    "z/20_text.sql": "alter table notes add column content text;\n",
  });
  expect(await found({ against: "HEAD" })).toEqual(["migration-out-of-order a/20_nick.sql:1"]);
});

test("a migration may go before one that PostgreSQL refuses, which has run nowhere", async () => {
  const refused = { "migrations/30_index.sql": "create index users_nick on users (nick);\n" };
  write({ "migrations/10_users.sql": USERS, ...refused, "queries.sql": "" });
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "a");
  write({ "migrations/20_nick.sql": "alter table users add column nick text;\n" });
  expect(await found({ against: "HEAD" })).toEqual([]);
});

test("what lines end with makes no file and no query another one", async () => {
  const files = {
    "migrations/1.sql": `${USERS}create function f() returns int language plpgsql as $$\nbegin\n  return 1;\nend $$;\n`,
    "queries.sql": "-- name: A :exec\ndelete\nfrom users;\n",
  };
  write(files);
  git("init", "-q");
  git("config", "core.autocrlf", "false");
  git("add", ".");
  git("commit", "-q", "-m", "a");
  write(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll("\n", "\r\n")])),
  );
  expect(await found({ against: "HEAD" })).toEqual([]);
});

test("the second run is answered from the cache, and says the same", async () => {
  write({
    "migrations/1_users.sql": USERS,
    "migrations/2_name.sql": "alter table users drop column name;\n",
    "queries.sql": "-- name: A :exec\ndelete from users;\n",
  });
  const first = await run({ cache: true });
  expect(await run({ cache: true })).toEqual(first);
  expect(first.diagnostics).toHaveLength(2);
});

test("what cannot be detached concurrently is asked no more than a lock_timeout", async () => {
  const parts =
    "create table visits (at date) partition by range (at);\ncreate table visits_rest partition of visits default;\n";
  const detach = "alter table visits detach partition visits_rest;\n";
  write({ "migrations/1.sql": USERS + parts, "migrations/2.sql": detach });
  const { diagnostics } = await run();
  expect(diagnostics.find(({ code }) => code === "detach-not-concurrent")?.hint).toContain(
    "set a `lock_timeout`",
  );
  write({ "migrations/2.sql": `set lock_timeout = '2s';\n${detach}` });
  expect((await found()).filter((one) => one.startsWith("detach"))).toEqual([]);
});

test.each([
  ["create unique index concurrently on t (nick);", ["unique-on-existing"]],
  ["create unique index concurrently on t (sole) nulls not distinct;", ["unique-on-existing"]],
  ["create unique index concurrently on t (id) nulls not distinct;", []],
  ["create unique index concurrently on t (sole, nick);", []],
  ['alter table t alter sole type text collate "C";', ["work-under-lock"]],
  ["alter table t alter checked type text;", ["work-under-lock"]],
  // What has a predicate is built anew, whatever the types.
  ["alter table t alter nick type text;", ["work-under-lock"]],
  ["alter table t alter plain type text;", []],
  ["create table p_b partition of p for values in ('b');", ["work-under-lock"]],
  ["create table p_c partition of p for values in ('c');", []],
  ["create table q_a partition of q for values in ('a');", []],
  ["alter table t add column d positive default 1;", ["table-rewrite"]],
])("work and equal rows: %s", async (sql, expected) => {
  const before = `create table t (id int primary key, nick varchar(9), plain varchar(9) unique, sole text unique, checked varchar(9) check (checked <> ''));
    create unique index on t (nick) where id > 9;
    create table p (k text not null) partition by list (k);
    create table p_rest partition of p default;
    alter table p_rest add check (k <> 'c');
    create table q (k text) partition by list (k);
    create domain positive as int check (value > 0);\n`;
  write({
    "migrations/1.sql": USERS + before,
    "migrations/2.sql": `-- migrate:up transaction:false\n${sql}\n`,
  });
  const { diagnostics } = await run();
  const own = diagnostics.filter(
    ({ code, span }) => expected.includes(code) || (span?.file.endsWith("2.sql") && CODES.has(code)),
  );
  expect(own.map(({ code }) => code)).toEqual(expected);
  for (const { message } of own) expect(message).not.toContain("differs from row to row");
});

const CODES = new Set(["unique-on-existing", "work-under-lock", "table-rewrite", "constraint-builds-index"]);
