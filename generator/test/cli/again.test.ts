import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { jest } from "@jest/globals";
import { keep, type Produced } from "../../src/cache/output-memory.ts";
import { generateAgain } from "../../src/cli/again.ts";
import { loadConfig } from "../../src/config/load.ts";
import { HEADER } from "../../src/emit/support.ts";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { readFiles } from "../../src/source/read-source.ts";

// What decides that a run has nothing to do: whatever it overlooks, nobody generates.

const CONFIG = `version: "2"
sql:
  - engine: postgresql
    schema: schema
    queries: queries
    gen: { typescript: { out: db } }
`;
const FILES = {
  "sqlc.yaml": CONFIG,
  "schema/1.sql": "create table t (id int);\n",
  "queries/q.sql": "-- name: GetT :many\nselect * from t;\n",
  "db/index.ts": `${HEADER}export {};\n`,
  "package.json": '{ "type": "module" }',
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "solitude-again-"));
  process.env.SOLITUDE_GEN_CACHE = join(root, "cache");
  for (const [path, text] of Object.entries(FILES)) write(path, text);
});
afterEach(() => {
  delete process.env.SOLITUDE_GEN_CACHE;
  rmSync(root, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const output = { index: 0, out: "db", files: [{ path: "index.ts", contents: FILES["db/index.ts"] }] };
const produced: Produced = { sets: [output], queries: 1, diagnostics: [] };

/** Keeps what a run would that has just made the output. */
async function remember(made = produced): Promise<void> {
  const loaded = await loadConfig(undefined, root);
  const from = new DiskFiles(root);
  const files = await Promise.all(loaded.config.querySets.map((set) => readFiles(from, set)));
  const forOthers = keep(loaded, files, made);
  await forOthers();
}

async function again(...args: string[]): Promise<{ done: boolean; said: string }> {
  const written = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const done = await generateAgain(args, root);
  const said = written.mock.calls.map(([text]) => String(text)).join("");
  written.mockRestore();
  return { done, said: said.replace(/\d+(?:\.\d)? s/, "0 s") };
}

test("it says what the command does", async () => {
  await remember();
  expect(await again()).toEqual({ done: true, said: "generated 1 file (none changed) for 1 query in 0 s\n" });
  expect(await again("--check")).toEqual({
    done: true,
    said: "1 file for 1 query up to date, checked in 0 s\n",
  });
  expect(await again("--quiet")).toEqual({ done: true, said: "" });
});

test("a checkout whose files have other times is the same", async () => {
  await remember();
  for (const path of Object.keys(FILES)) utimesSync(join(root, path), 1, 1);
  expect(await again()).toMatchObject({ done: true });
});

test.each<[string, () => void]>([
  ["a query is another", () => write("queries/q.sql", FILES["queries/q.sql"].replace("*", "id"))],
  ["a query file is new", () => write("queries/r.sql", "-- name: R :many\nselect 1;\n")],
  ["a query file is gone", () => rmSync(join(root, "queries/q.sql"))],
  ["a migration is new", () => write("schema/2.sql", "create table u (id int);")],
  ["the configuration is another", () => write("sqlc.yaml", CONFIG.replace("db", "other"))],
  [
    "its text has other times and another option of the same length",
    () => write("sqlc.yaml", CONFIG.replace("db", "dc")),
  ],
  ["one that is read before it is there", () => write("sqlc.yml", CONFIG) ?? rmSync(join(root, "sqlc.yaml"))],
  ["the output is another", () => write("db/index.ts", `${HEADER}export { a };\n`)],
  ["the output is gone", () => rmSync(join(root, "db"), { recursive: true })],
  ["something is left over", () => write("db/old.ts", HEADER)],
  ["somebody else wrote it", () => write("db/index.ts", "export {};\n")],
  ["imports have to end otherwise", () => write("package.json", '{ "type": "commonjs" }')],
])("nothing is done where %s", async (_, change) => {
  await remember();
  change();
  const before = existsSync(join(root, "db/index.ts")) && readFileSync(join(root, "db/index.ts"), "utf8");
  expect(await again()).toEqual({ done: false, said: "" });
  expect(existsSync(join(root, "db/index.ts")) && readFileSync(join(root, "db/index.ts"), "utf8")).toBe(
    before,
  );
});

test.each<[string, Partial<typeof FILES>, Produced]>([
  ["a server takes part", { "sqlc.yaml": `${CONFIG}    database: { uri: "postgres://h/d" }\n` }, produced],
  [
    "the environment does",
    { "sqlc.yaml": `${CONFIG}    database: { uri: "\${SOLITUDE_NOT_SET}" }\n` },
    produced,
  ],
  [
    "a plugin does",
    {
      "sqlc.yaml": `${CONFIG}    codegen: [{ plugin: p, out: p }]\nplugins: [{ name: p, process: { cmd: p } }]\n`,
    },
    produced,
  ],
  [
    "there is something to say",
    {},
    { ...produced, diagnostics: [{ code: "a", severity: "warning", message: "b" }] },
  ],
])("nothing is done where %s", async (_, files, made) => {
  for (const [path, text] of Object.entries(files)) write(path, text);
  await remember(made);
  expect(await again()).toEqual({ done: false, said: "" });
});
