import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { loadConfig } from "../generator/src/config/load.ts";
import { runCommand } from "./command.ts";
import { rowsToRun } from "./long-form.ts";
import { findSqlc } from "./sqlc/real-sqlc.mjs";

const CORPUS = join(import.meta.dirname, "../../shared/cases");

const sqlc = await findSqlc();
const beside = sqlc === null ? test.skip : test;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "beside-"));
});
afterEach(() => rm(root, { recursive: true }));

const FILES = {
  "schema.sql": "create table authors (id bigserial primary key, name text not null);\n",
  "query.sql": "-- name: GetAuthor :one\nselect * from authors where id = $1;\n",
};

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function run(command: string, ...args: string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return { code: status, text: `${stdout}${stderr}` };
}
async function solitude(...args: string[]): Promise<{ code: number; text: string }> {
  const { code, out, err } = await runCommand(root, ...args);
  return { code, text: `${out}${err}` };
}

const GO = "gen: { go: { package: db, out: go } }";
const CONFIGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "one entry": {
    "sqlc.yaml": `version: "2"\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: query.sql\n    ${GO}\n`,
  },
  "several entries, one of another engine": {
    "sqlc.yml": `version: "2"\nsql:\n- { engine: postgresql, schema: schema.sql, queries: query.sql, ${GO} }\n- { engine: mysql, schema: mysql.sql, queries: mysql-query.sql, gen: { go: { package: my, out: my } } }\n- engine: postgresql\n  name: second\n  schema: schema.sql\n  queries: [query.sql]\n  gen: { go: { package: two, out: two } }`,
    "mysql.sql": "create table t (id int);",
    "mysql-query.sql": "-- name: A :one\nselect id from t;\n",
  },
  "with options of others": {
    "sqlc.yaml": `version: "2"\noptions:\n    other:\n        a: 1 # kept\nsql:\n    - engine: postgresql\n      schema: schema.sql\n      queries: query.sql\n      ${GO}\n`,
  },
  "with options of ours": {
    "sqlc.yaml": `version: "2"\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: query.sql\n    ${GO}\noptions:\n  solitude-gen:\n    vet: {}\n`,
  },
  JSON: {
    "sqlc.json": `{\n  "version": "2",\n  "sql": [\n    { "engine": "postgresql", "schema": "schema.sql", "queries": "query.sql", "gen": { "go": { "package": "db", "out": "go" } } }\n  ]\n}\n`,
  },
  CRLF: {
    "sqlc.yaml": `version: "2"\r\nsql:\r\n  - engine: postgresql\r\n    schema: schema.sql\r\n    queries: query.sql\r\n    ${GO}\r\n`,
  },
  "version 1": {
    "sqlc.yaml": `version: "1"\npackages:\n  - name: db\n    path: go\n    schema: schema.sql\n    queries: query.sql\n    engine: postgresql\n`,
  },
};

/** One of each syntax and version: sqlc itself takes seconds for each. What the patch is, generator/test/cli/init.test.ts shows of all. */
const SHORT = new Set(["several entries, one of another engine", "JSON", "version 1"]);

describe.each(rowsToRun(Object.entries(CONFIGS), ([name]) => SHORT.has(name)))(
  "init's patch of a configuration: %s",
  (_, files) => {
    beside("sqlc generates before and after it, the same; and so do we", async () => {
      write({ ...FILES, ...files });
      expect(run(sqlc!, "generate")).toMatchObject({ code: 0 });
      const { code, out } = await runCommand(root, "init");
      expect(code).toBe(0);
      execFileSync("patch", ["-p1", "--binary"], { cwd: root, input: out });
      // It generates all that again to compare; each run of sqlc's is seconds.
      expect(run(sqlc!, "diff")).toMatchObject({ code: 0, text: "" });
      expect(await solitude("generate")).toMatchObject({ code: 0 });
      expect((await solitude("init")).text).toMatch(/already asks for TypeScript/);
    });
  },
);

beside("what init writes into an empty folder, sqlc reads", async () => {
  expect(await solitude("init")).toMatchObject({ code: 0 });
  expect(await solitude("generate")).toMatchObject({ code: 0 });
  expect(run(sqlc!, "vet")).toMatchObject({ code: 0, text: "" });
});

beside("every configuration of the corpora that sqlc reads, we read", async () => {
  if (!existsSync(CORPUS)) return console.warn(`skipped: ${CORPUS} is missing`);
  const configs = readdirSync(CORPUS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\.?sqlc\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  expect(configs.length).toBeGreaterThan(50);
  const refused: string[] = [];
  for (const file of configs) {
    const found = await loadConfig(basename(file), dirname(file), {}).catch((error: Error) => error.message);
    if (typeof found !== "string" || /no entry for PostgreSQL/.test(found)) continue;
    // Only what sqlc refuses too.
    const { status } = spawnSync(sqlc!, ["compile", "-f", file], { encoding: "utf8" });
    if (status === 0) refused.push(`${file}: ${found}`);
  }
  expect(refused).toEqual([]);
});

const PLUGIN = (driver: string, plugin: string) => `version: "2"
plugins:
  - name: ts
    ${plugin}
sql:
  - engine: postgresql
    schema: schema.sql
    queries: query.sql
    codegen:
      - plugin: ts
        out: src/authors
        options: { runtime: node, driver: ${driver} }
`;
const WASM =
  "wasm: { url: https://downloads.sqlc.dev/plugin/sqlc-gen-typescript_0.1.3.wasm, sha256: 287df8f6cc06377d67ad5ba02c9e0f00c585509881434d15ea8bd9fc751a9368 }";

test.each([
  ["pg", WASM],
  ["pg", "process: { cmd: ./node_modules/.bin/sqlc-gen-typescript }"],
  ["postgres", WASM],
])(
  "sqlc's TypeScript plugin is what generate does: the same folder and file, its own output replaced (%s)",
  async (driver, plugin) => {
    const theirs = "// Code generated by sqlc. DO NOT EDIT.\n\nexport const a = 1;\n";
    write({ ...FILES, "sqlc.yaml": PLUGIN(driver, plugin), "src/authors/query_sql.ts": theirs });
    write({
      "schema.sql": "create table authors (id bigserial primary key, at timestamptz not null, j jsonb);\n",
    });
    expect(await solitude("generate")).toMatchObject({ code: 0 });
    const text = readFileSync(join(root, "src/authors/query_sql.ts"), "utf8");
    expect(text).toMatch(/export async function getAuthor\(client: \w+, args: GetAuthorArgs\)/);
    const models = readFileSync(join(root, "src/authors/models.ts"), "utf8");
    expect(models).toMatch(/at: Date;\n {2}j: any;/);
    const codec = readFileSync(join(root, "src/authors/codec.ts"), "utf8");
    expect(codec.includes("unsafe(")).toBe(driver === "postgres");
    expect((await solitude("init")).text).toMatch(/already asks for TypeScript/);
  },
);

test("where it was not the plugin that was asked, a file of sqlc's header is nobody's to replace", async () => {
  write({ ...FILES, ...CONFIGS["with options of ours"] });
  write({
    "sqlc.yaml": CONFIGS["with options of ours"]!["sqlc.yaml"]!.replace("vet: {}", "typescript: { out: db }"),
    "db/query_sql.ts": "// Code generated by sqlc. DO NOT EDIT.\n",
  });
  expect(await solitude("generate")).toMatchObject({
    code: 1,
    text: expect.stringContaining("output-not-ours"),
  });
});

test("a driver of another database is refused at its place", async () => {
  write({ ...FILES, "sqlc.yaml": PLUGIN("mysql2", WASM) });
  expect(await solitude("generate")).toMatchObject({
    code: 2,
    text: expect.stringContaining("sqlc.yaml:12"),
  });
});

describe("commands", () => {
  const PAGE = readFileSync(new URL("../docs/coming-from-sqlc.md", import.meta.url), "utf8");
  const rows = [...PAGE.matchAll(/^\| `sqlc (\w+)`\s*\| (?:`solitude-gen ([^`]+)`|none)/gm)];

  beside("the page has a line for each of sqlc's", () => {
    const { text } = run(sqlc!, "help");
    const theirs = [...text.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
    expect(theirs.length).toBeGreaterThan(8);
    expect(rows.map(([, name]) => name).sort()).toEqual(theirs.sort());
  });

  test.each(rows.flatMap(([, , ours]) => (ours === undefined ? [] : [[ours]])))(
    "%s is there",
    async (ours) => {
      expect(await solitude(...ours.split(" "), "--help")).toMatchObject({ code: 0 });
    },
  );

  test("compile says what is wrong, and nothing where nothing is", async () => {
    write({ ...FILES, ...CONFIGS["one entry"] });
    expect(await solitude("compile")).toEqual({ code: 0, text: "" });
    write({ "query.sql": "-- name: A :one\nselect nothing from authors;\n" });
    expect(await solitude("compile")).toMatchObject({
      code: 1,
      text: expect.stringContaining("query.sql:2:8"),
    });
  });

  test("version prints it", async () => {
    expect(await solitude("version")).toEqual(await solitude("--version"));
  });

  test.each(["createdb", "push", "upload", "parse"])("%s says what to do in its place", async (name) => {
    expect(await solitude(name, "--tag", "x")).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^error: .*\nhint: /),
    });
  });

  test("diff fails for stale generated code, as sqlc's does", async () => {
    write({
      ...FILES,
      "sqlc.yaml": CONFIGS["with options of ours"]!["sqlc.yaml"]!.replace(
        "vet: {}",
        "typescript: { out: db }",
      ),
    });
    expect((await solitude("generate")).code).toBe(0);
    for (const args of [
      ["init", "-q"],
      ["add", "-A"],
      ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ])
      execFileSync("git", args, { cwd: root });
    expect(await solitude("diff")).toMatchObject({ code: 0 });
    writeFileSync(join(root, "db/models.ts"), "// Code generated by solitude-gen. DO NOT EDIT.\n");
    expect(await solitude("diff")).toMatchObject({ code: 1, text: expect.stringContaining("output-stale") });
    expect((await solitude("diff", "--exit-code")).code).toBe(0);
  });
});

describe("the page's tables of options and annotations", () => {
  const PAGE = readFileSync(new URL("../docs/coming-from-sqlc.md", import.meta.url), "utf8");
  const cells = (from: string, to: string): string[] =>
    [...PAGE.slice(PAGE.indexOf(from), PAGE.indexOf(to)).matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(
      ([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, one]) => one!),
    );
  const flags = cells("## Options", "What a configuration");
  const keys = cells("What a configuration", "## Annotations");

  /** Each option that sqlc's second version has, but those that make it connect to a database. */
  const WHOLE = {
    version: "2",
    cloud: { project: "shop" },
    servers: [{ engine: "postgresql", uri: "postgres://localhost/x" }],
    rules: [{ name: "never", rule: "false" }],
    plugins: [{ name: "other", process: { cmd: "true" } }],
    overrides: { go: { overrides: [{ db_type: "uuid", go_type: "string" }] } },
    options: { other: { a: 1 } },
    sql: [
      {
        name: "shop",
        engine: "postgresql",
        schema: "schema.sql",
        queries: ["query.sql"],
        analyzer: { database: false },
        strict_function_checks: false,
        strict_order_by: true,
        rules: ["never"],
        codegen: [{ plugin: "other", out: "other", options: { b: 2 } }],
        gen: { go: { package: "db", out: "go", sql_package: "pgx/v5" }, json: { out: "json" } },
      },
    ],
  };
  const CONNECTING = ["sql[].database.uri", "sql[].database.managed"];

  const SAME = `
-- name: One :one
select * from authors where id = sqlc.arg(id);
-- name: Many :many
select sqlc.embed(authors) from authors where name = sqlc.narg(name) or id in (sqlc.slice(ids));
-- name: Exec :exec
delete from authors where id = @id;
-- name: Rows :execrows
delete from authors where id = @id;
-- name: Result :execresult
delete from authors where id = @id;
-- name: Copy :copyfrom
insert into authors (id, name) values ($1, $2);
-- name: BatchExec :batchexec
delete from authors where id = @id;
-- name: BatchOne :batchone
select name from authors where id = @id;
-- name: BatchMany :batchmany
select name from authors where name = @name;
`;
  const OTHER = {
    "select 2 as left_out;": "statement-without-annotation",
    "-- Name: Slip :one\nselect 3 as slip;": "annotation-invalid",
    "-- name: LastID :execlastid\ninsert into authors (name) values ($1);": "annotation-command-unsupported",
  };

  test("each option that sqlc has is on the page, and nothing else", () => {
    const [entry] = WHOLE.sql;
    const own = (name: string, value: unknown): string[] =>
      name === "gen" || name === "analyzer"
        ? Object.keys(value as object).map((key) => `sql[].${name}.${key}`)
        : [`sql[].${name}`];
    const there = [
      ...Object.keys(WHOLE).filter((key) => key !== "sql"),
      ...Object.entries(entry!).flatMap(([name, value]) => own(name, value)),
      ...CONNECTING,
      "packages",
    ];
    expect(keys.filter((key) => key !== "sqlc/db-prepare").sort()).toEqual(there.sort());
  });

  beside("sqlc reads them all, generates what is said to be the same, and leaves out the rest", () => {
    write({ ...FILES, "sqlc.json": JSON.stringify(WHOLE) });
    write({ "query.sql": [SAME, ...Object.keys(OTHER)].join("\n") });
    expect(run(sqlc!, "generate", "--no-remote")).toMatchObject({ code: 0 });
    const go = readdirSync(join(root, "go")).map((file) => readFileSync(join(root, "go", file), "utf8"));
    const made = [...go.join("").matchAll(/^func \(q \*Queries\) (\w+)\(/gm)].map(([, name]) => name);
    const names = [...SAME.matchAll(/^-- name: (\w+)/gm)].map(([, name]) => name);
    expect(made.filter((name) => name !== "WithTx").sort()).toEqual(names.sort());
  });

  test("so do we, but that what is left out is told", async () => {
    write({ ...FILES, "sqlc.json": JSON.stringify(WHOLE), "query.sql": SAME });
    expect(await solitude("generate", "--no-remote")).toMatchObject({ code: 0 });
    expect(existsSync(join(root, "json/codegen_request.json"))).toBe(true);
    for (const [text, code] of Object.entries(OTHER)) {
      write({ "query.sql": `${SAME}\n${text}\n` });
      expect((await solitude("compile")).text).toContain(`[${code}]`);
    }
  });

  test("each annotation and macro of the page has an example here", () => {
    const told = cells("## Annotations", "## What sqlc refuses");
    expect(told.length).toBeGreaterThan(12);
    const tried = [SAME, ...Object.keys(OTHER)].join("\n");
    expect(told.filter((one) => !tried.includes(one))).toEqual([]);
  });

  test(":one and :many for what returns no rows are refused here", async () => {
    write({ ...FILES, ...CONFIGS["one entry"] });
    for (const command of [":one", ":many"]) {
      write({ "query.sql": `-- name: None ${command}\ndelete from authors where id = $1;\n` });
      expect(await solitude("compile")).toMatchObject({
        code: 1,
        text: expect.stringContaining("[command-mismatch]"),
      });
    }
  });

  beside("each flag of its commands is on the page", () => {
    const help = run(sqlc!, "help").text;
    const commands = [...help.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name!);
    const theirs = commands
      .filter((name) => name !== "help" && name !== "completion")
      .flatMap((name) => [...run(sqlc!, name, "--help").text.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)])
      .map(([, flag]) => flag!);
    const told = flags.join(" ");
    expect([...new Set(theirs)].filter((flag) => flag !== "--help" && !told.includes(flag))).toEqual([]);
  });

  test("flags that are said to be accepted are", async () => {
    write({ ...FILES, ...CONFIGS["one entry"] });
    expect(await solitude("compile", "--no-remote", "--file", "sqlc.yaml")).toEqual({ code: 0, text: "" });
    expect((await solitude("compile", "--remote")).code).toBe(2);
    expect((await solitude("init", "--v2")).code).toBe(0);
    expect((await solitude("init", "--v1")).code).toBe(2);
  });
});

describe("the reference's tables of annotations", () => {
  const REFERENCE = readFileSync(new URL("../docs/reference/annotations.md", import.meta.url), "utf8");
  const rows = [...REFERENCE.matchAll(/^\| (`.+?`) +\| /gm)].map(([, cell]) => cell!);
  const all = "select * from authors";

  /** An example of each row; `NAME` is the query's. */
  const EXAMPLES: Readonly<Record<string, string>> = {
    "`:one`": `-- name: NAME :one\n${all} where id = $1;`,
    "`:many`": `-- name: NAME :many\n${all};`,
    "`:exec`": "-- name: NAME :exec\ndelete from authors where id = $1;",
    "`:execrows`": "-- name: NAME :execrows\ndelete from authors where id = $1;",
    "`:execresult`": "-- name: NAME :execresult\ndelete from authors where id = $1;",
    "`:copyfrom`": "-- name: NAME :copyfrom\ninsert into authors (id, name) values ($1, $2);",
    "`:batchexec`": "-- name: NAME :batchexec\ndelete from authors where id = $1;",
    "`:batchone`": `-- name: NAME :batchone\n${all} where id = $1;`,
    "`:batchmany`": `-- name: NAME :batchmany\n${all} where name = $1;`,
    "`$1`": `-- name: NAME :many\n${all} where id = $1;`,
    "`@name`, `sqlc.arg(name)`": `-- name: NAME :many\n${all} where name = @name or id = sqlc.arg(id);`,
    "`sqlc.narg(name)`": `-- name: NAME :many\n${all} where name = sqlc.narg(name);`,
    "`sqlc.slice(ids)`": `-- name: NAME :many\n${all} where id in (sqlc.slice(ids)) or id = any(sqlc.slice(more));`,
    "`sqlc.embed(authors)`": "-- name: NAME :many\nselect sqlc.embed(authors), 1 as one from authors;",
    "`sqlc.embed(a) as writer`": "-- name: NAME :many\nselect sqlc.embed(a) as writer from authors a;",
    '`total as "name!"`': '-- name: NAME :many\nselect id as "name!" from authors;',
    '`total as "name?"`': '-- name: NAME :many\nselect id as "name?" from authors;',
    "`-- @optional a, b`": `-- name: NAME :many\n-- @optional name\n${all} where id = @id and name = @name;`,
    "`-- @sort newest: created_at \\| name`": `-- name: NAME :many\n-- @sort newest: id | name\n${all} order by id, name;`,
    "`-- @keyset`": `-- name: NAME :many\n-- @keyset\n${all} order by id limit @most;`,
    "`-- @whole`": `-- name: NAME :many\n-- @whole\n${all} where name = @name or @name::text is null;`,
    "`-- solitude-gen-ignore <rule> <reason>`": `-- name: NAME :many\n-- solitude-gen-ignore select-star all is wanted\n${all};`,
    "`-- @sqlc-vet-disable`": `-- name: NAME :many\n-- @sqlc-vet-disable\n${all};`,
    "`-- solitude-gen: renamed a.b to a.c`": "",
  };
  /** What sqlc takes without a word, and makes something wrong of. */
  const WRONG_THERE: Readonly<Record<string, RegExp>> = {
    "`sqlc.embed(a) as writer`": /select a\.writer, a\.writer as writer/,
    '`total as "name!"`': /source error: .*found '!'/,
    '`total as "name?"`': /source error: .*illegal character U\+003F/,
  };
  const named = (cell: string): string => `Row${Object.keys(EXAMPLES).indexOf(cell)}`;
  const textOf = (cell: string): string => `${EXAMPLES[cell]!.replace("NAME", named(cell))}\n`;
  const SCHEMA = `-- solitude-gen: renamed authors.title to authors.name\n${FILES["schema.sql"]}`;
  const config = JSON.stringify({
    version: "2",
    sql: [
      {
        ...{ engine: "postgresql", schema: "schema.sql", queries: "query.sql" },
        gen: { go: { package: "db", out: "go", sql_package: "pgx/v5" } },
      },
    ],
  });
  const queries = Object.keys(EXAMPLES).filter((cell) => EXAMPLES[cell] !== "");

  test("each row has an example, and none is of no row", () => {
    expect(rows).toEqual(Object.keys(EXAMPLES));
  });

  beside("sqlc generates all that it does not make something wrong of", () => {
    const same = queries.filter((cell) => !(cell in WRONG_THERE));
    write({ "sqlc.json": config, "schema.sql": SCHEMA, "query.sql": same.map(textOf).join("") });
    expect(run(sqlc!, "generate")).toMatchObject({ code: 0 });
    const go = readdirSync(join(root, "go")).map((file) => readFileSync(join(root, "go", file), "utf8"));
    const made = [...go.join("").matchAll(/^func \(q \*Queries\) (Row\w+)\(/gm)].map(([, name]) => name);
    expect(made.sort()).toEqual(same.map(named).sort());
  });

  beside.each(Object.entries(WRONG_THERE))("what is wrong there is: %s", (cell, wrong) => {
    write({ "sqlc.json": config, "schema.sql": SCHEMA, "query.sql": textOf(cell) });
    const { text } = run(sqlc!, "generate");
    const file = join(root, "go/query.sql.go");
    expect(`${text}${existsSync(file) ? readFileSync(file, "utf8") : ""}`).toMatch(wrong);
  });

  test("we compile them all", async () => {
    write({ "sqlc.json": config, "schema.sql": SCHEMA, "query.sql": queries.map(textOf).join("") });
    expect(await solitude("compile")).toEqual({ code: 0, text: "" });
  });
});
