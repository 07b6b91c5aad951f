import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { QuerySetConfig } from "../../src/config/config.ts";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { expandFiles } from "../../src/source/files.ts";
import { readSource } from "../../src/source/read-source.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "source-"));
});
afterEach(() => rm(root, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
const touch = (...paths: string[]) => write(Object.fromEntries(paths.map((path) => [path, ""])));

test.each([
  [
    ["10_y.sql", "2_x.up.sql", "2_x.down.sql", ".9_hidden.sql", "b.sql", "a.sql", "1.txt"],
    ["2_x.up.sql", "10_y.sql", "a.sql", "b.sql"],
  ],
  [
    ["V10__b.sql", "V2__a.sql", "V2_1__c.sql", "R__view.sql", "U2__a.sql"],
    ["V2__a.sql", "V2_1__c.sql", "V10__b.sql", "R__view.sql"],
  ],
])("a folder: %j", async (names, expected) => {
  await touch(...names.map((name) => `m/${name}`), "m/deeper/1.sql");
  const { paths, diagnostics } = await expandFiles("schema", ["./m/"], new DiskFiles(root));
  expect(diagnostics).toEqual([]);
  expect(paths).toEqual(expected.map((name) => `m/${name}`));
});

test.each([
  [
    "up.sql",
    ["1_a/up.sql", "1_a/down.sql", "2_b.sql", "10_c/up.sql", "schema.sql"],
    ["1_a/up.sql", "2_b.sql", "10_c/up.sql"],
    ["m/schema.sql"],
  ],
  [
    "migration.sql",
    ["20260101_a/migration.sql", "seed.sql", "views.sql"],
    ["20260101_a/migration.sql"],
    ["m/seed.sql and 1 more like it"],
  ],
  ["what no tool numbers", ["a.sql", "old/up.sql"], ["a.sql"], ["m/old"]],
])("files beside folders that have a migration each: %s", async (_, names, expected, unread) => {
  await touch(...names.map((name) => `m/${name}`));
  const files = new DiskFiles(root);
  const { paths } = await expandFiles("schema", ["m"], files);
  expect(paths).toEqual(expected.map((name) => `m/${name}`));
  const { diagnostics } = await readSource(files, set("m", "m/none.sql"));
  expect(
    diagnostics.flatMap(({ code, message }) =>
      code === "schema-unread" ? [message.replace(/ (?:is not read|has SQL files).*/, "")] : [],
    ),
  ).toEqual(unread);
});

test("globs, folders outside of the root, and nothing twice", async () => {
  await touch("a/q/x.sql", "a/q/y/z.sql", "up/1.sql");
  const { paths } = await expandFiles(
    "queries",
    ["q/x.sql", "q/**", "../up/*.sql"],
    new DiskFiles(join(root, "a")),
  );
  expect(paths).toEqual(["q/x.sql", "q/y/z.sql", "../up/1.sql"]);
});

const onUnix = process.platform === "win32" ? test.skip : test;

onUnix("a pipe is waited for by nobody", async () => {
  await touch("m/1.sql");
  execFileSync("mkfifo", [join(root, "m/2.sql"), join(root, "3.sql")], { timeout: 10_000 });
  for (const entry of ["m", "3.sql"]) {
    const { diagnostics } = await readSource(new DiskFiles(root), set(entry, "m/1.sql"));
    expect(diagnostics.filter(({ code }) => code === "file-unreadable")).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^cannot read .*\.sql: it is a pipe$/) }),
    ]);
  }
});

onUnix("a device that has no end is not read, and the empty one is an empty file", async () => {
  await touch("m/1.sql");
  await symlink("/dev/zero", join(root, "m/2.sql"));
  await symlink("/dev/null", join(root, "m/3.sql"));
  const { diagnostics } = await readSource(new DiskFiles(root), set("m", "m/1.sql"));
  expect(diagnostics.filter(({ code }) => code === "file-unreadable")).toEqual([
    expect.objectContaining({ code: "file-unreadable", message: "cannot read m/2.sql: it is no file" }),
  ]);
  expect(await new DiskFiles(root).read("m/3.sql")).toHaveLength(0);
});

test("what is missing is named", async () => {
  await mkdir(join(root, "empty"));
  const { diagnostics } = await expandFiles("queries", ["nope.sql", "*.sql", "empty"], new DiskFiles(root));
  expect(diagnostics.map((d) => [d.code, d.message])).toEqual([
    ["queries-missing", 'queries: no file or folder "nope.sql"'],
    ["queries-missing", 'queries: nothing matches "*.sql"'],
    ["queries-missing", 'queries: the folder "empty" holds no .sql file'],
  ]);
});

function set(schema: string, queries: string): QuerySetConfig {
  const span = { file: "sqlc.yaml", start: 0, end: 0 };
  return {
    index: 0,
    engine: "postgresql",
    schema: [schema],
    queries: [queries],
    schemaSpans: [span],
    queriesSpans: [span],
    span,
    typescript: null,
    strictFunctionChecks: false,
    strictOrderBy: true,
    rules: [],
    rulesSpans: [],
    schemaVariables: {},
    targetVersion: null,
    plugins: [],
    json: null,
  };
}

test("a folder that cannot be read is named, with the reason", async () => {
  const from = new DiskFiles(root);
  from.list = async (path) => {
    throw Object.assign(new Error("no"), { code: "EACCES", path: join(root, path) });
  };
  await mkdir(join(root, "closed"));
  const { paths, diagnostics } = await expandFiles("queries", ["closed"], from);
  expect(paths).toEqual([]);
  expect(diagnostics).toMatchObject([
    { code: "file-unreadable", message: "queries: cannot read closed: permission denied" },
  ]);
});

test("a duplicate name points to the first place; a set without queries is an error", async () => {
  await write({
    "q/a.sql": "\n-- name: A :one\nselect 1;",
    "q/b.sql": "-- name: A :one\nselect 2;",
    "s.sql": "select 1;",
  });
  const source = await readSource(new DiskFiles(root), set("s.sql", "q"));
  expect(source.queries.map((q) => q.text)).toEqual(["select 1"]);
  expect(source.diagnostics).toEqual([
    expect.objectContaining({
      message: "duplicate query name: A",
      hint: "The first one stands at q/a.sql:2.",
      span: expect.objectContaining({ file: "q/b.sql" }),
    }),
  ]);
  const empty = await readSource(new DiskFiles(root), set("s.sql", "s.sql"));
  expect(empty.diagnostics.map((d) => d.code)).toEqual(["queries-empty"]);
  expect(empty.schema).toEqual([{ path: "s.sql", text: "select 1;" }]);
});

test("a file in another encoding is refused where it first is none of UTF-8's", async () => {
  await write({ "s.sql": "select 1;", "q/a.sql": "-- name: A :one\nselect 1;" });
  await writeFile(join(root, "q/b.sql"), Buffer.from("-- name: B :one\nselect 'na\xefve';", "latin1"));
  const { queries, diagnostics } = await readSource(new DiskFiles(root), set("s.sql", "q"));
  expect(queries.map((q) => q.name)).toEqual(["A"]);
  const start = "-- name: B :one\nselect 'na".length;
  expect(diagnostics).toEqual([
    expect.objectContaining({ code: "file-encoding", span: { file: "q/b.sql", start, end: start + 1 } }),
  ]);
});
