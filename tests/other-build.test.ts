import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What one build has kept in the cache, another must not use: it may understand the same text otherwise. */

const GENERATOR = fileURLToPath(new URL("../generator", import.meta.url));
/** In the package, where what is not bundled is found. */
const BUILDS = join(GENERATOR, "node_modules/.cache");
const EMITTED = "export async function ";

let folder: string;
let builds: string;
beforeAll(() => {
  mkdirSync(BUILDS, { recursive: true });
  builds = mkdtempSync(join(BUILDS, "builds-"));
  folder = mkdtempSync(join(tmpdir(), "other-build-"));
  mkdirSync(join(folder, "node_modules"));
  const config = {
    schema: "s.sql",
    queries: "q.sql",
    engine: "postgresql",
    gen: { typescript: { out: "out" } },
  };
  writeFileSync(join(folder, "sqlc.json"), JSON.stringify({ version: "2", sql: [config] }));
  writeFileSync(join(folder, "s.sql"), "create table t (id int primary key);");
  writeFileSync(join(folder, "q.sql"), "-- name: Get :one\nselect id from t where id = $1;\n");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(builds, { recursive: true, force: true });
});

/** The built command, with changes to its code. */
function build(name: string, change: (code: string) => string): string {
  const outdir = join(builds, name);
  cpSync(join(GENERATOR, "dist"), outdir, { recursive: true });
  for (const file of readdirSync(outdir).filter((one) => /\.c?js$/.test(one))) {
    const path = join(outdir, file);
    const code = readFileSync(path, "utf8");
    const changed = change(code);
    if (changed !== code) writeFileSync(path, changed);
  }
  return join(outdir, "cli.cjs");
}

function run(cli: string, ...args: string[]): number | null {
  const { SOLITUDE_GEN_CACHE: _, ...env } = process.env;
  return spawnSync(process.execPath, [cli, ...args], { cwd: folder, env }).status;
}

const emitsOtherwise = (code: string): string => code.replaceAll(EMITTED, `/* other */ ${EMITTED}`);
const hasOtherId = (code: string): string =>
  code.replaceAll(/"[0-9a-f]{64}"/g, (id) => `"${id.slice(1, -1).split("").reverse().join("")}"`);

test("only the same build believes the cache", () => {
  expect(
    run(
      build("own", (code) => code),
      "generate",
    ),
  ).toBe(0);
  // The cache hides what a build that passes for the same would do: so it is the cache that answers.
  expect(run(build("passing-for-the-same", emitsOtherwise), "generate", "--check")).toBe(0);
  expect(
    run(
      build("other", (code) => hasOtherId(emitsOtherwise(code))),
      "generate",
      "--check",
    ),
  ).toBe(1);
});
