import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeStrictConfig } from "./strict-project.ts";

// A small project of each tool becomes one of ours: it compiles, and its own test passes on PostgreSQL.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLI = join(ROOT, "generator/bin/solitude-gen.js");

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], cwd: string): Ran {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: "0",
    NODE_OPTIONS: "",
    NODE_TEST_CONTEXT: undefined,
  };
  return spawnSync(process.execPath, args, { cwd, encoding: "utf8", env });
}

function mustRun(args: readonly string[], cwd: string): Ran {
  const ran = run(args, cwd);
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran;
}

/** Packages of the other tools, which stay away: what is converted must not need them. */
const STAND_INS: Readonly<Record<string, readonly [code: string, types: string]>> = {
  "@pgtyped/runtime": [
    "export class PreparedQuery {}",
    "export declare class PreparedQuery<P, R> { constructor(ir: never); run(params: P, client: unknown): Promise<R[]> }",
  ],
  "@prisma/client": [
    "export class PrismaClient {}",
    "export declare class PrismaClient { $queryRawTyped(query: unknown): Promise<never[]> }",
  ],
};

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function projectOf(tool: string, schema: string): string {
  // Inside the repository, where the packages are found.
  mkdirSync(join(ROOT, "tests/tmp"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "tests/tmp/import-"));
  folders.push(folder);
  cpSync(join(ROOT, "tests/import", tool), folder, { recursive: true });
  for (const [name, [code, types]] of Object.entries(STAND_INS)) {
    const place = join(folder, "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, "package.json"),
      JSON.stringify({ name, type: "module", main: "index.js", types: "index.d.ts" }),
    );
    writeFileSync(join(place, "index.js"), code);
    writeFileSync(join(place, "index.d.ts"), types);
  }
  writeFileSync(
    join(folder, "pool.ts"),
    `import { after } from "node:test";
import { createTestDatabase } from "@solitude/runtime/testing";
const database = await createTestDatabase({ schema: { files: ${JSON.stringify(schema)} } });
after(() => database.close());
export const pool = database.pgPool;
`,
  );
  writeStrictConfig(folder);
  return folder;
}

const compile = (folder: string): Ran =>
  mustRun([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], folder);

/** Runs the project's own test. */
async function check(folder: string): Promise<void> {
  await build({
    entryPoints: [join(folder, "service.check.ts")],
    outfile: join(folder, "check.mjs"),
    bundle: true,
    format: "esm",
    packages: "external",
    platform: "node",
  });
  expect(mustRun(["--test", "--test-reporter=tap", "check.mjs"], folder).stdout).toMatch(/^# fail 0$/m);
}

const read = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");
const codes = (stderr: string): string[] =>
  [...stderr.matchAll(/^warning\[([\w-]+)\]/gm)].map(([, code]) => code!);

/** Imports, which is shown first and changes nothing, and again, which finds nothing to do. */
function importIn(folder: string, ...args: string[]): Ran {
  const before = readdirSync(folder, { recursive: true }).length;
  const shown = mustRun([CLI, "import", ...args], folder);
  expect(shown.stdout).toContain("+++ b/sqlc.yaml");
  expect(readdirSync(folder, { recursive: true })).toHaveLength(before);
  const ran = mustRun([CLI, "import", ...args, "--write"], folder);
  expect(mustRun([CLI, "import", ...args], folder).stdout).toBe("");
  mustRun([CLI, "generate"], folder);
  return ran;
}

test("pgtyped: files and templates, with what they spread", async () => {
  const folder = projectOf("pgtyped", "schema.sql");
  const { stderr } = importIn(folder);
  expect(codes(stderr)).toEqual(["import-unconverted"]);
  expect(stderr).toContain("AddVisitsReturning: rows of visits");
  expect(read(folder, "db/queries/rooms.sql")).toContain(
    "INSERT INTO visits (room_id, guest, rating) VALUES (@roomId, @guest, sqlc.narg('rating'));",
  );
  compile(folder);
  await check(folder);
  // A file of which something is left stays, whatever is asked for.
  mustRun([CLI, "import", "--write", "--remove-originals"], folder);
  expect(existsSync(join(folder, "src/rooms.sql"))).toBe(true);
});

test("TypedSQL: files, and calls once it is said what they run on", async () => {
  const folder = projectOf("typedsql", "prisma/migrations");
  const alone = mustRun([CLI, "import"], folder);
  expect(codes(alone.stderr)).toEqual(["import-call-site", "import-call-site"]);
  const { stderr } = importIn(folder, "--client", "pool from ./src/pool");
  expect(codes(stderr)).toEqual([]);
  compile(folder);
  await check(folder);
  mustRun([CLI, "import", "--client", "pool from ./src/pool", "--write", "--remove-originals"], folder);
  expect(readdirSync(join(folder, "prisma"))).toEqual(["migrations", "sql"]);
  expect(readdirSync(join(folder, "prisma/sql"))).toEqual([]);
});

test("pg and SafeQL: statements in calls, whose tests passed before", async () => {
  const folder = projectOf("pg", "schema.sql");
  await check(folder);
  const { stderr } = importIn(folder);
  expect(codes(stderr)).toEqual(["import-unconverted", "import-call-site"]);
  expect(read(folder, "src/service.ts")).toContain(
    "const rows = await addRoomQuery(client, { name, seats: options.seats });",
  );
  compile(folder);
  await check(folder);
});
