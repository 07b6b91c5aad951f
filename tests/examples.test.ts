import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { parse } from "yaml";
import { findPgBouncer, startPgBouncer } from "../runtime/test/postgres/pgbouncer.ts";
import { generateIn } from "./command.ts";
import { isTouched, rowsToRun, sliceToRun } from "./long-form.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { createDatabase } from "./postgres/database.ts";
import { SHORT_LIVED } from "./short-lived.ts";

// Each example is generated, compiled, and run on PostgreSQL; it prints what its README says.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const EXAMPLES = readdirSync(join(ROOT, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function run(args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  const ran = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
  });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** Gives an example the packages of its own lock file, installed once by its contents; false where they cannot be had. */
function install(folder: string): boolean {
  const lock = join(folder, "package-lock.json");
  if (!existsSync(lock)) return true;
  const hash = createHash("sha256").update(readFileSync(lock)).digest("hex").slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "solitude-examples", hash);
  if (!existsSync(join(cache, "done"))) {
    mkdirSync(cache, { recursive: true });
    for (const file of ["package.json", "package-lock.json"]) cpSync(join(folder, file), join(cache, file));
    const options = { cwd: cache, encoding: "utf8", shell: process.platform === "win32" } as const;
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], options);
    if (status !== 0) return false;
    writeFileSync(join(cache, "done"), "");
  }
  symlinkSync(join(cache, "node_modules"), join(folder, "node_modules"), "junction");
  return true;
}

/** What `npm install` links in a monorepo: its own packages, by their names. */
function packagesOf(folder: string): Record<string, string> {
  const packages = join(folder, "packages");
  if (!existsSync(packages)) return {};
  const named = readdirSync(packages).map((name) => {
    const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    return [manifest.name, join(packages, name, manifest.exports)] as const;
  });
  return Object.fromEntries(named);
}

/** Writes what says how they are compiled, which generated imports follow. */
function configureCompiler(folder: string, packages: Readonly<Record<string, string>>): void {
  const compilerOptions = {
    target: "es2023",
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    jsx: "preserve",
    types: ["node"],
    lib: ["es2023", "esnext.disposable", "dom"],
    paths: Object.fromEntries(Object.entries(packages).map(([name, path]) => [name, [path]])),
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["**/*.ts", "**/*.tsx"] }),
  );
}

/** Those that are behind a pooler which gives each transaction another connection. */
const BEHIND_PGBOUNCER = new Set(["lambda"]);

/** Gives the way to the database that an example asks for, by PgBouncer where it is installed. */
async function wayTo(url: string, example: string): Promise<{ url: string; stop(): Promise<void> }> {
  const direct = { url, stop: async () => {} };
  if (!BEHIND_PGBOUNCER.has(example)) return direct;
  const found = findPgBouncer();
  if (found !== null) return startPgBouncer(found.binary, url, { pool_mode: "transaction" });
  console.warn(`examples/${example} was run without PgBouncer, which is not installed`);
  return direct;
}

/** Its framework is built in half a minute, behind a quarter of one that npm takes for its packages: in the long form. */
const IN_LONG_FORM = new Set(["nextjs"]);
const CHOSEN = sliceToRun(
  "examples",
  rowsToRun(EXAMPLES, (name) => !IN_LONG_FORM.has(name)),
  3,
  { isTouched: (name) => isTouched(`examples/${name}`) },
);

/** Inside the repository, where the packages are found: each in a folder of its name. */
let folder: string;
/** Those whose packages there are. */
const installed: string[] = [];

/** Puts an example there. */
function prepare(name: string): void {
  const own = join(folder, name);
  cpSync(join(ROOT, "examples", name), own, { recursive: true });
  if (!install(own)) {
    console.warn(`skipped: the packages of examples/${name} cannot be installed`);
    rmSync(own, { recursive: true });
    return;
  }
  installed.push(name);
}

beforeAll(async () => {
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "tests/tmp/examples-"));
  CHOSEN.forEach(prepare);
  const packages = Object.assign({}, ...installed.map((name) => packagesOf(join(folder, name))));
  configureCompiler(folder, packages);
  for (const name of installed)
    if (existsSync(join(folder, name, "sqlc.yaml"))) await generateIn(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("they compile", () => {
  run([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".", ...ONE_CHECKER], folder);
});

test.each(CHOSEN)("%s", async (name) => {
  if (!installed.includes(name)) return;
  const own = join(folder, name);
  const database = await createDatabase();
  const way = await wayTo(database.url, name);
  try {
    const config = join(own, "sqlc.yaml");
    if (existsSync(config)) {
      const { schema } = parse(readFileSync(config, "utf8")).sql[0];
      await database.pool.query(readFileSync(join(own, schema), "utf8"));
    }
    const outfile = join(own, "main.mjs");
    await build({
      entryPoints: [join(own, "main.ts")],
      outfile,
      bundle: true,
      format: "esm",
      packages: "external",
      platform: "node",
      target: "node20",
      alias: packagesOf(own),
    });
    const [, expected] =
      /^```text\n([\s\S]*?)^```$/m.exec(readFileSync(join(own, "README.md"), "utf8")) ?? [];
    const surroundings = { DATABASE_URL: way.url, SOLITUDE_SCHEMA: join(ROOT, "schema") };
    const printed = run([...SHORT_LIVED, outfile], own, surroundings);
    if (process.env.UPDATE_EXPECTED === "1") {
      const page = join(ROOT, "examples", name, "README.md");
      const text = readFileSync(page, "utf8");
      writeFileSync(
        page,
        text.replace(/^```text\n[\s\S]*?^```$/m, () => `\`\`\`text\n${printed}\`\`\``),
      );
    } else expect(printed).toBe(expected);
  } finally {
    await way.stop();
    await database.drop();
  }
});

test("the list of examples has each of them", () => {
  const listed = [...readFileSync(join(ROOT, "examples/README.md"), "utf8").matchAll(/^\| \[(\S+)\]/gm)].map(
    ([, name]) => name,
  );
  expect(listed.toSorted()).toEqual(EXAMPLES.toSorted());
});
