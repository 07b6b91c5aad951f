import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Start-up is part of the product: what a run does not need is not loaded, whatever commands are added.

const CLI = fileURLToPath(new URL("../generator/bin/solitude-gen.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "start-"));
beforeAll(() => {
  mkdirSync(join(folder, "db"));
  writeFileSync(join(folder, "db/schema.sql"), "create table people (id bigint primary key);");
  writeFileSync(join(folder, "db/queries.sql"), "-- name: People :many\nselect id from people;\n");
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql: [{ engine: postgresql, schema: db/schema.sql, queries: db/queries.sql, gen: { typescript: { out: out } } }]\n',
  );
  writeFileSync(
    join(folder, "record.cjs"),
    `const { Module } = require("node:module");
     const load = Module._load;
     Module._load = function (request, ...rest) {
       if (!/^(node:|[./])/.test(request) && !Module.builtinModules.includes(request)) process._rawDebug("loaded " + request);
       return load.call(this, request, ...rest);
     };
     // What is in the bundle is not asked for by name; it makes one of these by a function of that name.
     globalThis.TextDecoder = class extends TextDecoder {
       constructor(label, options) {
         if (new Error().stack.includes("getTextEncoding")) process._rawDebug("loaded @bufbuild/protobuf");
         super(label, options);
       }
     };`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packages outside of the bundle that a run loads in its main thread. */
function loaded(...args: string[]): string[] {
  const { stderr, status } = spawnSync(process.execPath, ["-r", join(folder, "record.cjs"), CLI, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(folder, "cache") },
  });
  expect(status).toBe(0);
  return [...stderr.matchAll(/^loaded (.*)$/gm)].map((match) => match[1]!);
}

test("help, and a run with nothing changed, load no package; another one loads the parser and its types alone", () => {
  expect(loaded("--help")).toEqual([]);
  expect([...new Set(loaded("generate"))]).toEqual(["libpg-query", "@pgsql/types"]);
  expect(loaded("generate")).toEqual([]);
});

test("the interpreter of CEL is loaded where a rule is written in it, and nowhere else", () => {
  const config = join(folder, "sqlc.yaml");
  const plain = readFileSync(config, "utf8");
  expect(loaded("vet")).not.toContain("@bufbuild/protobuf");
  const entry = plain.replace("db/queries.sql,", "db/queries.sql, rules: [never],");
  writeFileSync(config, `${entry}rules: [{ name: never, rule: "false" }]\n`);
  try {
    expect(loaded("vet")).toContain("@bufbuild/protobuf");
  } finally {
    writeFileSync(config, plain);
  }
});
