import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { jest } from "@jest/globals";
import { createPool, createTelemetry } from "@solitude/runtime";
import { loadConfig } from "@solitude/runtime/config";
import { createTestDatabase } from "@solitude/runtime/testing";

// What SECURITY.md claims, tried by somebody who means harm. A claim is a paragraph with a bold beginning; each has its tests here.

const ROOT = join(import.meta.dirname, "..");
const CLI = join(ROOT, "generator/bin/solitude-gen.js");
const SECRET = "hunter2-of-the-environment";

let top: string;
let root: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "security-"));
  root = join(top, "project");
  mkdirSync(root);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const QUERY = "-- name: Told :many\nselect told from harm;\n";
const CONFIG = `version: "2"
sql: [{ engine: postgresql, schema: schema.sql, queries: query.sql, gen: { typescript: { out: out } } }]
`;

function generate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "generate", ...args], {
    cwd: root,
    encoding: "utf8",
    input: `${SECRET}\n`,
    env: { ...process.env, SECRET, SOLITUDE_GEN_CACHE: join(top, "cache"), NO_COLOR: "1" },
  });
  return { status, stdout, stderr, said: `${stdout}${stderr}` };
}

const everything = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();

/** Statements that would reach out of the server, and what PostgreSQL says of them; null where it takes them and nothing comes of it. */
const ATTEMPTS: readonly (readonly [statement: string, refused: RegExp | null])[] = [
  ["perform pg_read_file('@FILE@')", /could not open file/],
  ["perform pg_read_binary_file('/etc/hosts')", /could not open file/],
  ["perform pg_ls_dir('@FOLDER@')", /could not open directory/],
  ["perform lo_import('@FILE@')", /could not open server file/],
  ["create temp table t (a text); copy t from '@FILE@'", /could not open file/],
  ["copy (select 'x') to '@FOLDER@/written'", /could not open file/],
  [
    "create subscription s connection 'host=127.0.0.1' publication p with (create_slot = false)",
    /libpqwalreceiver/,
  ],
  ["perform pg_read_file('/proc/self/environ')", /could not open file/],
  ["copy (select 1) to program 'touch @FOLDER@/written'", /could not execute command/],
  ["create temp table p (a text); copy p from program 'env'", /could not execute command/],
  ["create extension dblink", /not available/],
  ["create extension postgres_fdw", /not available/],
  [
    "create extension file_fdw; create server f foreign data wrapper file_fdw; create foreign table read (a text) server f options (filename '@FILE@'); insert into harm select a from read",
    /could not open file/,
  ],
  [
    "create extension file_fdw; create server f foreign data wrapper file_fdw; create foreign table read (a text) server f options (program 'env'); insert into harm select a from read",
    /could not execute command/,
  ],
  ["create extension plpython3u", /not available|untrusted|not allowed/],
  ["load '@FILE@'", /could not access file|invalid|could not load/],
  [
    "create function system(cstring) returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'system'",
    /could not access file/,
  ],
  ["create function system(text) returns int language internal as 'system'", /no built-in function/],
  ["alter system set archive_command = 'touch @FOLDER@/written'", /cannot|inside/],
  ["copy (select '::error::written') to '/dev/stdout'", null],
  ["copy (select '::error::written') to '/dev/stderr'", null],
];

describe("What the embedded server cannot reach", () => {
  test("files, programs, the environment, the network and standard output", () => {
    const file = join(top, "file");
    writeFileSync(file, SECRET);
    const tries = ATTEMPTS.map(([statement], index) => {
      const sql = statement.replaceAll("@FILE@", file).replaceAll("@FOLDER@", top);
      const [last, ...first] = sql.split("; ").toReversed();
      const executed = last!.startsWith("perform ") ? last! : `execute $sql$${last}$sql$`;
      const before = first.toReversed().map((one) => `execute $sql$${one}$sql$; `);
      return `do $$ begin ${before.join("")}${executed}; insert into harm values ('${index}: done'); exception when others then insert into harm values ('${index}: ' || sqlerrm); end $$;\n`;
    });
    // What came of it is told by the only way out that a schema has: an error.
    write({
      "sqlc.yaml": CONFIG,
      "query.sql": QUERY,
      "schema.sql": `create table harm (told text not null);\n${tries.join("")}do $$ begin raise exception '%', (select string_agg(told, ' | ') from harm); end $$;\n`,
    });
    const { status, stdout, stderr, said } = generate();
    expect(status).toBe(1);
    const [, outcomes = ""] = /^error\[schema-invalid\]: (.*)$/m.exec(stderr) ?? [];
    const told = new Map(
      outcomes.split(" | ").map((one) => [Number.parseInt(one, 10), one.replace(/^\d+: /, "")]),
    );
    expect([said, told.size]).toEqual([said, ATTEMPTS.length]);
    for (const [index, [statement, refused]] of ATTEMPTS.entries())
      expect([statement, told.get(index)]).toEqual([
        statement,
        refused === null ? "done" : expect.stringMatching(refused),
      ]);
    expect(stdout).toBe("");
    expect(said).not.toContain(SECRET);
    expect(said).not.toMatch(/^::error::/m);
    expect(everything(top).filter((path) => /written|^file/.test(path))).toEqual(["file"]);
  });

  test("standard input", () => {
    write({
      "sqlc.yaml": CONFIG,
      "query.sql": QUERY,
      "schema.sql": `create table harm (told text not null);
        do $$ begin execute 'copy harm from ''/dev/stdin'''; raise exception 'told %', (select count(*) from harm); end $$;\n`,
    });
    expect(generate().stderr).toContain("told 0");
  });
});

/** A module of WebAssembly that asks WASI one thing, and ends with what it was told as its exit code. */
function asking(
  name: string,
  parameters: number,
  args: readonly number[],
  answer: "result" | { readonly at: number },
): Uint8Array {
  const I32 = 0x7f;
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const section = (id: number, body: readonly number[]) => [id, body.length, ...body];
  const signed = (value: number) => [0x41, value];
  const wasi = text("wasi_snapshot_preview1");
  const code = [
    0, // no locals
    ...args.flatMap(signed),
    0x10, // call
    0,
    ...(answer === "result" ? [] : [0x1a, ...signed(answer.at), 0x28, 2, 0]), // drop, and load what it wrote
    0x10,
    1,
    0x0b,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [3, 0x60, parameters, ...Array(parameters).fill(I32), 1, I32, 0x60, 1, I32, 0, 0x60, 0, 0]),
    ...section(2, [2, ...wasi, ...text(name), 0, 0, ...wasi, ...text("proc_exit"), 0, 1]),
    ...section(3, [1, 2]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text("memory"), 2, 0, ...text("_start"), 0, 2]),
    ...section(10, [1, code.length, ...code]),
  ]);
}

describe("What a plugin can reach", () => {
  const EBADF = 8;
  /** What each is told, where it has no more than the page says. */
  const TOLD: Readonly<Record<string, readonly [module: Uint8Array, named: string, code: number]>> = {
    folders: [asking("fd_prestat_get", 2, [3, 0], "result"), "", EBADF],
    files: [asking("fd_renumber", 2, [3, 1], "result"), "", EBADF],
    sockets: [asking("sock_shutdown", 2, [3, 0], "result"), "", EBADF],
    // The version of sqlc that it is to see.
    variables: [asking("environ_sizes_get", 2, [0, 4], { at: 0 }), "", 1],
    named: [asking("environ_sizes_get", 2, [0, 4], { at: 0 }), "SECRET", 2],
  };
  const checksum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

  test("WebAssembly: its variables alone; a process: its variables; and no other file than was meant", () => {
    const plugins = Object.entries(TOLD).map(([name, [module, named]]) => {
      write({ [`${name}.wasm`]: module });
      return `{ name: ${name}, wasm: { url: "file://${root}/${name}.wasm", sha256: ${checksum(module)} }, env: [${named}] }`;
    });
    plugins.push(
      `{ name: replaced, wasm: { url: "file://${root}/files.wasm", sha256: ${"f".repeat(64)} } }`,
      "{ name: unnamed, process: { cmd: ./tell.cjs } }",
      "{ name: told, process: { cmd: ./tell.cjs }, env: [SECRET] }",
    );
    const names = [...Object.keys(TOLD), "replaced", "unnamed", "told"];
    write({
      "schema.sql": "create table harm (told text not null);\n",
      "query.sql": QUERY,
      "tell.cjs": `#!${process.execPath}\nconsole.error(Object.keys(process.env).toSorted().join()); process.exit(1);\n`,
      "sqlc.yaml": `version: "2"
plugins: [${plugins.join(", ")}]
sql: [{ engine: postgresql, schema: schema.sql, queries: query.sql, codegen: [${names.map((name) => `{ plugin: ${name}, out: out/${name} }`).join(", ")}] }]
`,
    });
    chmodSync(join(root, "tell.cjs"), 0o755);
    const { stderr } = generate();
    const said = (name: string) => new RegExp(`plugin "?${name}"?: (.*)`).exec(stderr)?.[1];
    for (const [name, [, , code]] of Object.entries(TOLD))
      expect([name, said(name)]).toEqual([name, `it ended with exit code ${code}`]);
    expect(said("replaced")).toMatch(/^invalid checksum/);
    expect(said("unnamed")).toMatch(/^(?!.*SECRET).*SQLC_VERSION/);
    expect(said("told")).toMatch(/SECRET.*SQLC_VERSION/);
  });
});

describe("What is written", () => {
  test("lies below the folders that the configuration names, and in the cache", () => {
    write({
      "sqlc.yaml": CONFIG,
      "query.sql": QUERY,
      "schema.sql": "create table harm (told text not null);\n",
    });
    const before = everything(top);
    expect(generate().status).toBe(0);
    const added = everything(top).filter((path) => !before.includes(path));
    expect(added.length).toBeGreaterThan(4);
    expect(added.filter((path) => !/^(cache|project[\\/]out)/.test(path))).toEqual([]);
  });
});

describe("Generated code", () => {
  test("sends values beside the statement; its messages name queries and columns, and no values", async () => {
    write({
      "sqlc.yaml": CONFIG.replace("out: out", 'out: out, import_extension: ".ts"'),
      "query.sql":
        "-- name: Find :many\nselect told, size from harm where told = @told and told = any(sqlc.slice(others));\n",
      "schema.sql": "create table harm (told text not null, size jsonb not null);\n",
    });
    expect(generate().status).toBe(0);
    const { find } = await import(join(root, "out/index.ts"));
    const sent: { text: string; values: unknown[] }[] = [];
    const client = {
      query: async (config: { text: string; values: unknown[] }) => {
        sent.push(config);
        return { rows: [[SECRET, SECRET]], rowCount: 1, command: "SELECT" };
      },
    };
    const harm = `'; drop table harm; -- ${SECRET}`;
    const refused: Error = await find(client, { told: harm, others: [SECRET] }).catch(
      (error: Error) => error,
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]!.text).not.toContain(SECRET);
    expect(sent[0]!.values).toContain(harm);
    expect(refused.message).toMatch(/Find\b.*\bsize\b/s);
    expect(refused.message).not.toContain(SECRET);
  });
});

describe("The runtime", () => {
  test("logs nothing, and its errors' messages have no values", async () => {
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
      jest.spyOn(console, name),
    );
    const database = await createTestDatabase({
      schema: { sql: "create table harm (told text unique check (told <> 'x'), n int)" },
    });
    const { pool } = database;
    try {
      await pool.execute("insert into harm values ($1)", [SECRET]);
      const refused = await Promise.all(
        [
          ["insert into harm values ($1)", SECRET],
          ["select $1::int", SECRET],
          ["select 1 from harm where told = $1 and", SECRET],
        ].map(([text, value]) =>
          pool.execute(text!, [value!]).then(
            () => null,
            (error: Error) => error,
          ),
        ),
      );
      for (const error of refused) {
        expect(error).toBeInstanceOf(Error);
        expect(error!.message).not.toContain(SECRET);
      }
      for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    } finally {
      for (const spy of spies) spy.mockRestore();
      await database.close();
    }
  });

  test("leaves passwords out of what it prints of a URL", async () => {
    const url = `postgres://ada:${SECRET}@127.0.0.1:1/shop`;
    const config = loadConfig({ DATABASE_URL: url });
    expect([inspect(config, { depth: 9 }), JSON.stringify(config)].join()).not.toContain(SECRET);
    const wrong = `postgres://ada:${SECRET}@127.0.0.1:nine/shop?sslmode=${SECRET}`;
    expect(() => loadConfig({ DATABASE_URL: wrong })).toThrow();
    let said = "";
    try {
      loadConfig({ DATABASE_URL: wrong.replace(`?sslmode=${SECRET}`, "") });
    } catch (error) {
      said = inspect(error, { depth: 9 });
    }
    expect(said).not.toContain(SECRET);
    const pool = createPool({ connectionString: url });
    const refused: Error = await pool.execute("select 1", [], { timeout: 200 }).then(
      () => new Error("taken"),
      (error: Error) => error,
    );
    await pool.close();
    expect(inspect(refused, { depth: 9 })).not.toContain(SECRET);
    expect(createTelemetry()).toBeDefined();
  });
});

test("every claim of SECURITY.md has its tests, and names files that are there", () => {
  const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const claims = [...page.matchAll(/^\*\*(.*?)\.?\*\*/gm)].map(([, claim]) => claim);
  const own = readFileSync(import.meta.filename, "utf8");
  const described = [...own.matchAll(/^describe\("(.*?)"/gm)].map(([, title]) => title);
  expect(claims.filter((claim) => claim !== "A schema is code")).toEqual(described);
  expect(existsSync(join(ROOT, "docs/dependencies.md"))).toBe(true);
});
