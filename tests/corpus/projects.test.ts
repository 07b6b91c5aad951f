import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { promisify } from "node:util";
import { isSeq, parseDocument } from "yaml";
import { sliceToRun } from "../long-form.ts";
import { ONE_CHECKER } from "../one-checker.ts";

const ROOT = join(import.meta.dirname, "../..");
const PROJECTS = join(ROOT, "../shared/cases/projects");
const CLI = join(ROOT, "generator/bin/solitude-gen.js");
/** PostgreSQL itself refuses some of their queries: their schema lacks a table, a function or an extension. */
const INCOMPLETE: Readonly<Record<string, RegExp>> = {
  "hatchet-dev__hatchet/pkg/repository/sqlcv1/sqlc.yaml":
    /function get_refill_value\("RateLimit"\) does not exist/,
  "recally-io__recally/sqlc.yaml": /operator does not exist: text @@@ text/,
};

const isHere = existsSync(PROJECTS);
if (!isHere) console.warn(`skipped: ${PROJECTS} is missing, so no real project was generated and compiled`);
const configs = isHere
  ? readdirSync(PROJECTS, { recursive: true, encoding: "utf8" })
      .filter((path) => /(^|\/)sqlc\.ya?ml$/.test(path))
      .sort()
  : [];

const chosen = sliceToRun("projects of other people", configs, 3);

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: string[], cwd: string): Promise<Ran> {
  const options = { cwd, env: { ...process.env, SOLITUDE_GEN_CACHE: "", NO_COLOR: "1" }, maxBuffer: 1 << 26 };
  return promisify(execFile)(program, args, options).then(
    (done) => ({ code: 0, ...done }),
    (error: Ran) => error,
  );
}

let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "solitude-gen-projects-"));
  if (!isHere) return;
  // Read-only where they lie.
  await cp(PROJECTS, copy, { recursive: true });
  await run("chmod", ["-R", "u+w", copy], copy);
  for (const path of configs) await askForTypeScript(join(copy, path));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** As an owner would who tries the tool: a target added to each entry, all else left alone. */
async function askForTypeScript(path: string): Promise<void> {
  const config = parseDocument(readFileSync(path, "utf8"));
  const entries = config.get("sql") ?? config.get("packages");
  if (!isSeq(entries)) throw new Error(`no entries in ${path}`);
  const key = config.has("sql") ? "sql" : "packages";
  for (const i of entries.items.keys()) config.setIn([key, i, "gen", "typescript", "out"], `typescript_${i}`);
  await writeFile(path, config.toString());
}

const maybe = isHere ? test : test.skip;
for (const path of isHere ? chosen : ["every project"]) {
  maybe(path, async () => {
    const ran = await run(
      process.execPath,
      [CLI, "generate", "-f", basename(path)],
      dirname(join(copy, path)),
    );
    const reason = INCOMPLETE[path];
    if (!reason) expect(ran).toMatchObject({ code: 0, stdout: "" });
    else {
      expect(ran.code).toBe(1);
      const errors = ran.stderr.match(/^error\[.*$/gm) ?? [];
      expect(errors.filter((error) => !reason.test(error))).toEqual([]);
    }
  });
}

maybe("what was generated compiles under the strictest settings", async () => {
  const compilerOptions = {
    ...{
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
    },
    ...{ verbatimModuleSyntax: true, isolatedModules: true, noPropertyAccessFromIndexSignature: true },
    ...{ declaration: true, isolatedDeclarations: true },
    ...{ module: "nodenext", target: "es2023", noEmit: true, types: ["node"] },
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  await writeFile(join(copy, "package.json"), '{ "type": "module" }');
  const config = join(copy, "tsconfig.json");
  await writeFile(config, JSON.stringify({ compilerOptions, include: ["**/typescript_*/*.ts"] }));
  const options = ["-p", config, "--listFiles", ...ONE_CHECKER];
  const compiled = await run(join(ROOT, "node_modules/.bin/tsc"), options, copy);
  // Behind what does not compile stand the files that were read.
  const files = compiled.stdout.split("\n").filter((line) => line !== "");
  expect(files.filter((line) => !isAbsolute(line))).toEqual([]);
  const modules = files.filter((file) => relative(copy, file).includes("typescript_"));
  expect(modules.length).toBeGreaterThan(2 * chosen.length);
});
