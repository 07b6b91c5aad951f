import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "../command.ts";

// What is wrong in the base is told once, blocks nobody, and takes the verdict from nothing else.

const CONFIG = 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: q }]\n';
const TABLE = "create table t (id int primary key, a text not null);\n";
const QUERY = "-- name: Get :one\nselect id, a from t where id = $1;\n";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-broken-base-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;
function write(side: "base" | "head", files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, side, path)), { recursive: true });
    writeFileSync(join(folder, side, path), text);
  }
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  /** `severity code: message` */
  readonly found: readonly string[];
}
async function run(...args: string[]): Promise<Ran> {
  const report = join(folder, "report.json");
  const { code, out } = await runCommand(
    join(folder, "head"),
    ...["--report", `json=${report}`, ...args, "--against", "../base"],
  );
  const { findings } = JSON.parse(readFileSync(report, "utf8")) as {
    findings: { severity: string; code: string; message: string }[];
  };
  return {
    status: code,
    stdout: out,
    found: findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`),
  };
}

test("a migration that PostgreSQL refuses, and the change that mends it", async () => {
  write("base", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": QUERY,
    "schema/1.sql": TABLE,
    "schema/2.sql": "create index on t (nosuch(a));\n",
  });
  write("head", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": QUERY,
    "schema/1.sql": TABLE,
    "schema/2.sql": "alter table t add column b int;\n",
  });
  for (const command of [["diff"], ["verify"], ["ci", "--only", "diff", "verify"]]) {
    const { status, found } = await run(...command);
    const told = found.filter((one) => one.includes("in ../base"));
    expect([command, status, told]).toEqual([
      command,
      0,
      [
        expect.stringMatching(
          /^warning schema-[a-z-]+: in \.\.\/base, schema\/2\.sql:1: function nosuch\(text\) does not exist/,
        ),
      ],
    ]);
  }
});

test("what cannot be read of the base is compared as far as it goes, and never called the same", async () => {
  write("base", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": QUERY,
    "schema/1.sql": TABLE,
    "schema/2.sql": "create tabel u ();\n",
  });
  write("head", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": QUERY,
    "schema/1.sql": TABLE,
    "schema/2.sql": "create table u ();\n",
  });
  const { status, found } = await run("diff");
  expect([status, found]).toEqual([
    0,
    [
      expect.stringMatching(/^warning schema-syntax: in \.\.\/base, schema\/2\.sql:1: /),
      "info diff-change: added: table public.u",
    ],
  ]);
});

test("a statement of the base that cannot be read takes the verdict from nothing else", async () => {
  write("base", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": QUERY,
    "schema/1.sql": `create tabel u ();\n${TABLE}`,
  });
  write("head", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": "-- name: Get :one\nselect id from t where id = $1;\n",
    "schema/1.sql": TABLE,
    "schema/2.sql": "alter table t drop a;\n",
  });
  const { status, stdout, found } = await run("verify");
  expect([status, stdout]).toEqual([0, expect.stringContaining("safe to deploy first")]);
  expect(found).toEqual([
    expect.stringMatching(/^warning schema-syntax: in \.\.\/base, schema\/1\.sql:1: /),
    expect.stringMatching(/^info verify-broken: Get, as deployed .*: column "a" does not exist/),
  ]);
});

test("a query that PostgreSQL refuses takes the verdict from no other one", async () => {
  write("base", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": `${QUERY}\n-- name: Bad :many\nselect nope from t;\n`,
    "schema/1.sql": TABLE,
  });
  write("head", {
    "sqlc.yaml": CONFIG,
    "q/q.sql": `-- name: Bad :many\nselect id from t;\n`,
    "schema/1.sql": TABLE,
    "schema/2.sql": "alter table t drop a;\n",
  });
  const { status, stdout, found } = await run("verify");
  expect([status, stdout]).toEqual([0, expect.stringContaining("safe to deploy first")]);
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^warning query-invalid: in \.\.\/base, q\/q\.sql:5, Bad: .*nope/),
      expect.stringMatching(/^info verify-broken: Get, as deployed .*: column "a" does not exist/),
    ]),
  );
});

test("a version of which queries do not work is not called safe, and the others have their verdict", async () => {
  const role = `solitude_refused_${process.pid}`;
  const rights = `create role ${role}; grant select on t to ${role};\n`;
  const other = "-- name: Other :many\nselect a from t;\n";
  const first = { "sqlc.yaml": CONFIG, "schema/1.sql": TABLE + rights };
  write("base", { ...first, "q/q.sql": `${QUERY}\n${other}` });
  const next = { ...first, "schema/2.sql": "alter table t drop a;\ncreate table u (id int);\n" };
  write("head", { ...next, "q/q.sql": `-- name: Get :one\nselect id from t where id = $1;\n\n${other}` });
  // It refuses what the change has taken.
  const refused = await run("verify");
  expect([refused.status, refused.stdout.split("\n").slice(0, 2)]).toEqual([
    1,
    [
      "the new version cannot be deployed: 1 query of it does not work; without that one, safe to deploy first: deploy, then migrate",
      "  ✘ the new version on the new schema: 1 query does not work",
    ],
  ]);
  expect(
    JSON.parse((await runCommand(join(folder, "head"), "verify", "--against", "../base", "--json")).out),
  ).toMatchObject({
    safe: [],
    refused: 1,
  });
  // The role that runs it has no right, and nobody can give it later.
  write("head", { ...next, "q/q.sql": "-- name: New :many\nselect id from u;\n" });
  const forbidden = await run("verify", "--role", role);
  expect([forbidden.status, forbidden.stdout.split("\n")[0]]).toEqual([
    1,
    "the new version cannot be deployed: 1 query of it does not work; without that one, safe to deploy first: deploy, then migrate",
  ]);
  expect(forbidden.found.filter((one) => one.startsWith("error"))).toEqual([
    expect.stringMatching(
      /^error verify-privilege: New, on the new schema itself: .*permission denied for table u/,
    ),
  ]);
  // Where the schema is the same, too.
  write("head", { "schema/2.sql": "", "q/q.sql": `${QUERY}\n-- name: Bad :many\nselect nope from t;\n` });
  write("base", { "schema/2.sql": "" });
  expect((await run("verify")).stdout).toMatch(
    /^the new version cannot be deployed: 1 query of it does not work; without that one, safe in either order/,
  );
});

test("an entry that stands in front of another is not taken for it", async () => {
  const entry = (schema: string, queries: string): string =>
    `- { engine: postgresql, schema: ${schema}, queries: ${queries} }\n`;
  const first = { "q/q.sql": QUERY, "schema/1.sql": TABLE };
  write("base", { "sqlc.yaml": `version: "2"\nsql:\n${entry("schema", "q")}`, ...first });
  write("head", {
    "sqlc.yaml": `version: "2"\nsql:\n${entry("other", "p")}${entry("schema", "q")}`,
    ...first,
    "other/1.sql": "create table z (id int);\n",
    "p/p.sql": "-- name: Z :many\nselect id from z;\n",
  });
  expect(await run("verify")).toMatchObject({
    status: 0,
    found: ['info verify-broken: Z, on the schema that is deployed: relation "z" does not exist'],
    stdout: expect.stringContaining("safe to migrate first"),
  });
});
