import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "embedded-thread-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("a thread that ends before anything is asked of it ends the command with its error", () => {
  // As built, and without the packages that it stands on.
  const own = join(root, "node_modules/solitude-gen");
  for (const name of [
    "bin",
    "dist/again.cjs",
    "dist/cli.cjs",
    "dist/embedded-worker.cjs",
    "dist/import-module.cjs",
  ])
    cpSync(join(PACKAGE, name), join(own, name), { recursive: true });
  mkdirSync(join(root, "queries"));
  writeFileSync(join(root, "schema.sql"), "create table t (id int);\n");
  writeFileSync(join(root, "queries/q.sql"), "-- name: GetT :many\nselect * from t;\n");
  writeFileSync(
    join(root, "sqlc.yaml"),
    'version: "2"\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: queries\n    gen: { typescript: { out: db } }\n',
  );
  const { status, stderr } = spawnSync(process.execPath, [join(own, "bin/solitude-gen.js"), "generate"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(root, "cache") },
    timeout: 60_000,
  });
  expect([status, stderr.split("\n")[0]]).toEqual([
    3,
    expect.stringMatching(/^error\[internal\]: Cannot find (?:module|package) '@electric-sql\/pglite'/),
  ]);
}, 70_000);

test("databases that come after one another in a thread have one memory", () => {
  // V8 never collects that of one that was not closed: a watcher had more of it at each edit of the schema.
  const inThread = `
    const { Memory } = WebAssembly;
    let made = 0;
    WebAssembly.Memory = class extends Memory { constructor(limits) { super(limits); if (limits.initial > 1) made++; } };
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", ([{ id }]) => { if (id === 5) parentPort.postMessage(made); });
    require(${JSON.stringify(join(PACKAGE, "dist/embedded-worker.cjs"))});`;
  const script = `
    const { Worker } = require("node:worker_threads");
    const thread = new Worker(${JSON.stringify(inThread)}, { eval: true });
    const options = { snapshot: null, extensions: [], root: "." };
    const start = (id) => thread.postMessage([{ id, call: { method: "start", options } }]);
    thread.on("message", (said) => {
      if (typeof said === "number") { console.log(said); process.exit(); }
      const [{ id, value }] = said;
      if (!(value > 0)) throw new Error(JSON.stringify(said));
      start(id + 1);
    });
    start(1);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: "1\n", stderr: "" });
});
