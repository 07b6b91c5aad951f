import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keep, type Produced, recall } from "../../src/cache/output-memory.ts";
import { loadConfig } from "../../src/config/load.ts";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { readFiles } from "../../src/source/read-source.ts";

// What decides the output and is in none of the files that the configuration names.

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "solitude-memory-"));
  process.env.SOLITUDE_GEN_CACHE = join(root, "cache");
});
afterEach(async () => {
  delete process.env.SOLITUDE_GEN_CACHE;
  delete process.env.SOLITUDE_TEST_COLUMN;
  await rm(root, { recursive: true });
});

const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
};
const project = (schema: Readonly<Record<string, string>>) =>
  write({
    "sqlc.yaml": `version: "2"
sql:
  - engine: postgresql
    schema: migrations
    queries: query.sql
    gen: { typescript: { out: db } }
`,
    "query.sql": "-- name: GetT :many\nselect * from t;\n",
    ...schema,
  });
const load = async () => {
  const loaded = await loadConfig(undefined, root, {});
  return [
    loaded,
    await Promise.all(loaded.config.querySets.map((set) => readFiles(new DiskFiles(root), set))),
  ] as const;
};
const produced: Produced = { sets: [], queries: 1, diagnostics: [] };
const isKnown = async () => (await recall(...(await load()))) !== null;

test.each([
  ["of tern.conf", '[data]\ncolumn = {{env "SOLITUDE_TEST_COLUMN"}}\n', "{{.column}}"],
  ["of a migration", "", '{{env "SOLITUDE_TEST_COLUMN"}}'],
  ["by a name that is computed", "[data]\nname = SOLITUDE_TEST_COLUMN\n", "{{env .name}}"],
])("the environment's variables %s", async (_, conf, column) => {
  await project({
    "migrations/tern.conf": conf,
    "migrations/001_t.sql": `create table t (${column} int);\n---- create above / drop below ----\n`,
  });
  process.env.SOLITUDE_TEST_COLUMN = "a";
  await keep(...(await load()), produced)();
  expect(await isKnown()).toBe(true);
  process.env.SOLITUDE_TEST_COLUMN = "b";
  expect(await isKnown()).toBe(false);
});

test("the packages that extensions come from", async () => {
  await project({ "migrations/001_t.sql": "create extension postgis;\ncreate table t (n int);\n" });
  const name = "@electric-sql/pglite-postgis";
  const folder = `node_modules/${name}`;
  const install = (version: string) =>
    write({
      [`${folder}/package.json`]: JSON.stringify({ name, version, exports: "./index.js" }),
      [`${folder}/index.js`]: "",
    });
  await install("1.0.0");
  await keep(...(await load()), produced)();
  expect(await isKnown()).toBe(true);
  await install("1.0.1");
  expect(await isKnown()).toBe(false);
});
