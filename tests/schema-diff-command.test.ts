import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "./command.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

/** The command as it is installed, on a project in a repository and on a real database. */

let root: string;
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(16);
});
afterAll(() => database.drop());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "solitude-gen-diff-"));
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", root]);
});
afterEach(() => rmSync(root, { recursive: true }));

const FIRST = "create table orders (\n  id int primary key,\n  total int not null,\n  note text\n);\n";
const SECOND =
  "alter table orders alter column total type bigint;\ncreate view big as select id, total from orders;\n";
const THIRD = "alter table orders drop column note;\n";

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
function commit(files: Readonly<Record<string, string>>): void {
  write(files);
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
  execFileSync("git", ["-C", root, "add", "--all"]);
  execFileSync("git", ["-C", root, ...identity, "commit", "--quiet", "--message=x"]);
}
function start(): void {
  commit({
    "sqlc.yaml": 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: queries }]\n',
    "queries/q.sql": "-- name: Get :one\nselect id from orders where id = $1;\n",
    "schema/1.sql": FIRST,
  });
}
const run = (...args: string[]) => runGlobally([], ...args);
async function runGlobally(options: readonly string[], ...args: string[]) {
  const { code, out, err } = await runCommand(root, ...options, "diff", ...args);
  return { code, stdout: out, stderr: err };
}

test("uncommitted changes against the branch itself, with the lines that made them", async () => {
  start();
  expect(await run()).toMatchObject({
    code: 0,
    stdout: "",
    stderr: expect.stringMatching(/^no difference to /),
  });
  write({ "schema/2.sql": SECOND, "schema/3.sql": THIRD });
  const ran = await run("--exit-code");
  expect(ran.code).toBe(1);
  expect(ran.stdout.replaceAll(/ {2,}(?=schema)/g, "  ")).toBe(
    `  table public.orders
  - column note text  schema/3.sql:1
  ~ column total: type integer → bigint  schema/2.sql:1

+ view public.big  schema/2.sql:2
    id     integer
    total  bigint
`,
  );
});

test("--sql refuses to delete what is stored, and then writes a migration that a server takes", async () => {
  start();
  write({ "schema/2.sql": SECOND, "schema/3.sql": THIRD });
  const refused = await run("--against", "HEAD", "--sql", "out.sql");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    "error[diff-destructive]: the migration would delete the column public.orders.note",
  );
  expect(existsSync(join(root, "out.sql"))).toBe(false);

  expect(await run("--against", "HEAD", "--sql", "out.sql", "--allow-destructive")).toMatchObject({
    code: 0,
  });
  const script = readFileSync(join(root, "out.sql"), "utf8");
  expect(script).toContain(
    "-- DESTRUCTIVE: deletes the column public.orders.note and what is stored in it\n",
  );
  await database.pool.query(FIRST);
  await database.pool.query(script);

  // The server is now what the files say; so says the tool, which reads it and changes nothing.
  expect(await run("--against", database.url)).toMatchObject({ code: 0, stdout: "" });
  await database.pool.query("drop view big; alter table orders add column extra int default 7");
  const drifted = await run("--against", database.url, "--json");
  expect(drifted.code).toBe(0);
  const { schemas, base } = JSON.parse(drifted.stdout);
  expect(base).not.toContain("password");
  expect(schemas[0].changes).toMatchObject([
    { change: "removed", kind: "column", identity: "public.orders.extra", file: null },
    { change: "added", kind: "view", identity: "public.big", file: "schema/2.sql", line: 2 },
  ]);
  const { rows } = await database.pool.query(
    "select count(*)::int as n from pg_tables where schemaname = 'public'",
  );
  expect(rows).toEqual([{ n: 1 }]);
});

test("what no migration is written for is told where it is changed, each with what to write by hand", async () => {
  const schema = `create domain code as int;
create function is_known(code) returns boolean language sql as 'select true';
create domain known as code check (is_known(value));
create table events (
  at int,
  what known
) partition by range (at);
create foreign data wrapper plain;
`;
  commit({
    "sqlc.yaml": 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: queries }]\n',
    "queries/q.sql": "-- name: Get :one\nselect 1;\n",
    "schema/1.sql": schema,
  });
  write({
    "schema/1.sql": schema.replace("code as int", "code as bigint").replace("at int", "at bigint"),
    "schema/2.sql":
      "drop foreign data wrapper plain;\ncreate foreign data wrapper plain options (host 'far');\nalter table events add note text;\n",
  });
  const { code, stdout, stderr } = await run("--sql");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  const told = stderr.match(/^error.*\n +--> .*$/gm)!.map((text) => text.replace(/\n +--> /, " at "));
  expect(told.sort()).toEqual([
    "error[diff-unsupported]: no migration is written for the change of column public.events.at at schema/1.sql:5:3",
    "error[diff-unsupported]: no migration is written for the change of domain public.code: domain public.known would have to be made anew for it at schema/1.sql:1:1",
    "error[diff-unsupported]: no migration is written for the change of foreign data wrapper plain at schema/2.sql:2:1",
  ]);
  expect(stderr.match(/^hint: /gm)).toHaveLength(3);
  expect(stderr).toContain("no migration was written");
});

test("a report has a finding for each change, as grave as what it does; --fail-on fails, and a baseline overlooks", async () => {
  start();
  write({ "schema/2.sql": SECOND, "schema/3.sql": THIRD });
  const reported = await runGlobally(["--report", "json"], "--against", "HEAD");
  expect(reported.code).toBe(0);
  const { findings } = JSON.parse(reported.stdout) as { findings: readonly Record<string, unknown>[] };
  expect(
    findings.map(({ severity, code, message, file, line }) => [severity, code, message, file, line]),
  ).toEqual([
    ["error", "diff-destructive", "removed: table public.orders, column note text", "schema/3.sql", 1],
    [
      "warning",
      "diff-breaking",
      "changed: table public.orders, column total: type integer → bigint",
      "schema/2.sql",
      1,
    ],
    ["info", "diff-change", "added: view public.big", "schema/2.sql", 2],
  ]);
  for (const format of ["sarif", "github", "junit", "gitlab", "markdown"])
    expect((await runGlobally(["--report", format], "--against", "HEAD")).stdout).toContain(
      "column total: type integer",
    );

  const failed = await run("--against", "HEAD", "--fail-on", "error");
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("error[diff-destructive]: removed: table public.orders, column note text");
  expect(failed.stderr).not.toContain("diff-breaking");
  expect(
    (await run("--against", "HEAD", "--write-baseline", "--baseline", join(root, "known.json"))).code,
  ).toBe(0);
  const overlooked = await run(
    "--against",
    "HEAD",
    "--fail-on",
    "warning",
    "--baseline",
    join(root, "known.json"),
  );
  expect(overlooked).toMatchObject({ code: 0, stderr: expect.not.stringContaining("[diff-") });
  write({ "schema/3.sql": "" });
  expect((await run("--against", "HEAD", "--baseline", join(root, "known.json"))).stderr).not.toContain(
    "error",
  );
});

test("before the first migration there was no schema, whether the project was configured or not", async () => {
  const config = 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: queries }]\n';
  commit({ "README.md": "" });
  commit({ "sqlc.yaml": config });
  write({ "schema/1.sql": FIRST, "queries/q.sql": "-- name: Get :one\nselect id from orders;\n" });
  for (const base of ["HEAD", "HEAD~1"]) {
    expect(await run("--against", base)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("+ table public.orders"),
    });
  }
});

test("what cannot be compared with, and a base that is broken", async () => {
  start();
  expect(await run("--against", "nowhere")).toMatchObject({ code: 2, stdout: "" });
  expect(await run("--against", "postgres://nobody@127.0.0.1:1/x")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("error[database-unreachable]"),
  });
  commit({ "schema/2.sql": "create table broken (;\n" });
  write({ "schema/2.sql": "create table mended ();\n" });
  const told = /in HEAD \([0-9a-f]{8}\), schema\/2.sql:1: syntax error/;
  // It does not stand in the way of the change that mends it; only a migration from it cannot be written.
  expect(await run("--against", "HEAD")).toMatchObject({ code: 0, stderr: expect.stringMatching(told) });
  expect(await run("--against", "HEAD", "--sql")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(told),
  });
});
