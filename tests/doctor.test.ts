import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readManual } from "../generator/src/diagnostics/manual.ts";

const CLI = fileURLToPath(new URL("../generator/bin/solitude-gen.js", import.meta.url));

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "doctor-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

interface Document {
  readonly version: number;
  readonly examinations: readonly {
    readonly name: string;
    readonly status: string;
    readonly detail: string;
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

function examine(env: Readonly<Record<string, string>> = {}): { status: number | null; document: Document } {
  const { status, stdout } = spawnSync(process.execPath, [CLI, "doctor", "--json"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(root, ".cache"), ...env },
  });
  return { status, document: JSON.parse(stdout) as Document };
}

const config = (more = ""): string => `version: "2"
sql: [{ engine: postgresql, schema: schema.sql, queries: queries.sql, gen: { typescript: { out: db } } }]
${more}`;
const SOUND = {
  "sqlc.yaml": config(),
  "schema.sql": "create table t (id int primary key);\n",
  "queries.sql": "-- name: Ts :many\nselect * from t;\n",
};

test("a project with nothing amiss: each thing that was looked at, and what it is like", () => {
  write(SOUND);
  const { status, document } = examine();
  expect(document.findings.filter(({ code }) => code !== "doctor-git")).toEqual([]);
  expect(status).toBe(0);
  const details = Object.fromEntries(document.examinations.map(({ name, detail }) => [name, detail]));
  expect(details).toMatchObject({
    installation: expect.stringMatching(/^solitude-gen \S+ on Node \d/),
    configuration: join(root, "sqlc.yaml"),
    files: "1 schema file, 1 query",
    extensions: "none is created",
    "embedded PostgreSQL": expect.stringMatching(/^18\.\d+, started in \d+ ms$/),
    cache: expect.stringContaining(".cache, empty"),
  });
});

test("everything at once: each finding is told with how to mend it, and has its line in the manual", async () => {
  write({
    ...SOUND,
    "sqlc.yaml": config('ci: { database_url: "postgres://me:secret@127.0.0.1:1/nothing" }'),
    "schema.sql": "create extension timescaledb;\n",
    "queries.sql": "select 1;\n",
    "node_modules/@solitude/runtime/package.json": '{ "name": "@solitude/runtime", "version": "0.0.1" }',
    "in-the-way": "",
  });
  const { status, document } = examine({ SOLITUDE_GEN_CACHE: join(root, "in-the-way/cache") });
  expect(status).toBe(1);
  const codes = document.findings.map(({ code }) => code);
  expect(codes).toEqual(
    expect.arrayContaining([
      "doctor-version",
      "queries-empty",
      "doctor-extension",
      "database-unreachable",
      "doctor-cache",
    ]),
  );
  expect(JSON.stringify(document)).not.toContain("secret");
  expect(document.findings.filter(({ code, hint }) => code.startsWith("doctor-") && hint === null)).toEqual(
    [],
  );
  const known = new Set((await readManual()).map(({ code }) => code));
  expect(codes.filter((code) => !known.has(code))).toEqual([]);
});

test("plugins that are not there are told, without running any", () => {
  write({
    ...SOUND,
    "sqlc.yaml": `version: "2"
plugins:
  - { name: named, process: { cmd: no-such-plugin } }
  - { name: placed, process: { cmd: ./plugin.sh } }
  - { name: there, process: { cmd: node } }
  - { name: compiled, wasm: { url: "file://plugin.wasm" } }
sql:
  - engine: postgresql
    schema: schema.sql
    queries: queries.sql
    codegen: [{ plugin: named, out: a }, { plugin: placed, out: b }, { plugin: there, out: c }, { plugin: compiled, out: d }]
`,
    "plugin.sh": "exit 1\n",
  });
  const { status, document } = examine();
  expect(status).toBe(1);
  const said = document.findings.filter(({ code }) => code === "doctor-plugin").map(({ message }) => message);
  expect(said).toEqual([
    'the plugin "named" cannot be run: no folder of PATH has no-such-plugin',
    expect.stringMatching(/^the plugin "placed" cannot be run: .*plugin\.sh: permission denied$/),
    expect.stringMatching(/^the plugin "compiled" cannot be run: .*plugin\.wasm: it is not there$/),
  ]);
});

test.each(["packages", "files"])("an installation that lacks %s is no defect of the tool", (what) => {
  write(SOUND);
  const generator = fileURLToPath(new URL("../generator/", import.meta.url));
  const own = join(root, "node_modules/solitude-gen");
  for (const name of ["bin", "dist", "package.json"])
    cpSync(join(generator, name), join(own, name), { recursive: true });
  if (what === "files") {
    rmSync(join(own, "dist/support"), { recursive: true });
    for (const name of ["@electric-sql", "libpg-query", "@pgsql"])
      symlinkSync(join(generator, "../node_modules", name), join(root, "node_modules", name));
  }
  const { status, stderr } = spawnSync(process.execPath, [join(own, "bin/solitude-gen.js"), "generate"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(root, ".cache") },
  });
  expect(status).toBe(3);
  expect(stderr).toContain(what === "packages" ? "Cannot find module" : "support");
  expect(stderr).toMatch(/hint: the installation is not whole: `solitude-gen doctor` says what it lacks\n$/);
});

test("without a configuration the rest is looked at all the same", () => {
  const { status, document } = examine();
  expect(status).toBe(1);
  expect(document.findings).toMatchObject([{ code: "config-missing", hint: expect.any(String) }]);
  expect(document.examinations.map(({ name }) => name)).toContain("embedded PostgreSQL");
});

test("a package of the project's that cannot be read, and a repository that git refuses, are told", () => {
  write({ ...SOUND, "node_modules/@solitude/runtime/package.json": "{" });
  spawnSync("git", ["init", "--quiet"], { cwd: root });
  // As in a container where the files are another user's.
  const { status, document } = examine({ GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" });
  expect(status).toBe(0);
  expect(document.findings).toMatchObject([
    {
      code: "doctor-version",
      message: expect.stringContaining("@solitude/runtime of no version that can be read"),
    },
    {
      code: "doctor-git",
      message: expect.stringContaining("dubious ownership"),
      hint: expect.stringContaining("safe.directory"),
    },
  ]);
});
