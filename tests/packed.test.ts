import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jest } from "@jest/globals";
import { cachedPackage } from "./cached-package.ts";
import { isLongForm, isTouched, pickRows, rowsToRun, sliceToRun } from "./long-form.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { installPacked, PACKAGES, type Packed } from "./packed-packages.ts";
import { createDatabase } from "./postgres/database.ts";
import { reportNotTested } from "./servers/not-tested.ts";
import { SHORT_LIVED_BELOW } from "./short-lived.ts";
import { SNAPSHOTS } from "./snapshots.ts";

/** The packages as a stranger gets them: packed, installed by plain npm into an empty folder, and used there. */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
jest.setTimeout(900_000);

let folder: string;
let packed: readonly Packed[];

/** Milliseconds that a command may take: while it is waited for, no time limit of the test's is heard. */
const PATIENCE = 240_000;

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const surroundings = { cwd, encoding: "utf8", env: { ...process.env, ...env } } as const;
  const result = spawnSync(command, args, { ...surroundings, timeout: PATIENCE, killSignal: "SIGKILL" });
  if (result.status !== 0)
    throw new Error(
      `${command} ${args.join(" ")} ${result.error?.message ?? ""}\n${result.stdout}\n${result.stderr}`,
    );
  return result.stdout;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "packed-"));
  const app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  packed = await installPacked(app);
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(PACKAGES)("%s holds its README, its licence and nothing of its tests or build", (name) => {
  const paths = packed.find((one) => one.name === name)!.files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
  expect(paths.filter((path) => /\btests?\/|\.test\.|tsbuildinfo|\.stamp$|^src\//.test(path))).toEqual([]);
});

/** In MB, packed and unpacked: what is beyond has grown by more than features do, a second copy of something perhaps. */
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  "solitude-gen": [2.6, 15],
  "@solitude/runtime": [0.7, 3.8],
  "@solitude/client": [0.55, 4],
};

test.each(PACKAGES)("%s is no larger than it may be", (name) => {
  const { size, unpackedSize } = packed.find((one) => one.name === name)!;
  const [most, mostUnpacked] = LIMITS[name]!;
  expect(size / 1e6).toBeLessThan(most);
  expect(unpackedSize / 1e6).toBeLessThan(mostUnpacked);
});

test("every target of `exports` and `bin` is in the tarball, and the command can be executed", () => {
  for (const { name, files } of packed) {
    const manifest = JSON.parse(readFileSync(join(folder, "app/node_modules", name, "package.json"), "utf8"));
    const targets = [...JSON.stringify(manifest.exports ?? {}).matchAll(/"\.\/([^"]+\.[a-z.]+)"/g)].map(
      (m) => m[1]!,
    );
    targets.push(...Object.values<string>(manifest.bin ?? {}));
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(files.map(({ path }) => path)).toContain(target);
  }
  const bin = packed
    .find((one) => one.name === "solitude-gen")!
    .files.find(({ path }) => path === "bin/solitude-gen.js")!;
  expect(bin.mode & 0o111).not.toBe(0);
});

test("the generator alone brings along what it runs on, and passes on the licences of what is inside", async () => {
  const alone = join(folder, "alone");
  mkdirSync(alone);
  writeFileSync(join(alone, "package.json"), JSON.stringify({ name: "alone", private: true }));
  await installPacked(alone, "solitude-gen");
  expect(existsSync(join(alone, "node_modules/@solitude"))).toBe(false);
  for (const bundled of ["commander", "yaml", "zod", "pg", "diff"]) {
    expect(existsSync(join(alone, "node_modules", bundled))).toBe(false);
  }
  const notices = readFileSync(join(alone, "node_modules/solitude-gen/dist/THIRD-PARTY-LICENSES.md"), "utf8");
  for (const bundled of ["commander", "yaml", "zod", "pg", "diff"]) {
    expect(notices).toMatch(new RegExp(`^## ${bundled} \\d`, "m"));
  }
  expect(run("npx", ["--no-install", "solitude-gen", "--help"], alone)).toContain("Usage:");
  const cli = (...args: string[]) => run(join(alone, "node_modules/.bin/solitude-gen"), args, alone);
  cli("init");
  writeFileSync(
    join(alone, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true }, include: ["src"] }),
  );
  cli("generate");
  expect(cli("complete", "--", "gen")).toContain("generate");
  run("git", ["init", "--quiet"], alone);
  run("git", ["add", "sqlc.yaml", "db", "src"], alone);
  const author = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
  run("git", [...author, "commit", "--quiet", "--message", "start"], alone);
  writeFileSync(join(alone, "db/schema/002_born.sql"), "alter table authors add column born date;");
  const commands = [
    { args: ["explain", "config-missing"], says: "solitude-gen init" },
    { args: ["diff", "--against", "HEAD"], says: "born" },
    // With a package that no other has.
    { args: ["impact", "--against", "HEAD", "--project", "tsconfig.json"], says: "" },
    { args: ["vet"], says: "" },
  ];
  const slicing = { isTouched: () => ["generator/package.json", "generator/build.mjs"].some(isTouched) };
  for (const { args, says } of sliceToRun("commands of the generator, installed alone", commands, 2, slicing))
    expect(cli(...args)).toContain(says);
});

test("init, generate, compile under every resolution, run on PostgreSQL", async () => {
  const app = join(folder, "app");
  const cli = (...args: string[]) => run(join(app, "node_modules/.bin/solitude-gen"), args, app);
  cli("init");
  // It has found the runtime; this application is one that has its own connections.
  const configuration = readFileSync(join(app, "sqlc.yaml"), "utf8");
  expect(configuration).toContain('driver: "@solitude/runtime"');
  writeFileSync(join(app, "sqlc.yaml"), configuration.replace(/^ *driver: "@solitude\/runtime"\n/m, ""));
  // What compiles it decides how its imports end.
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions: { module: "nodenext" } }));
  cli("generate");
  cli("generate", "--check");

  // What an application has anyway, and the driver that documents need; not ours to download again. Nothing else is needed: the types of optional peers
  // (OpenTelemetry's API) are not named, and libraries are checked too.
  const require = createRequire(import.meta.url);
  expect(existsSync(join(app, "node_modules/@opentelemetry"))).toBe(false);
  expect(existsSync(join(app, "node_modules/mongodb"))).toBe(false);
  for (const name of ["@types/node", "undici-types", "mongodb", "bson"]) {
    const target = join(app, "node_modules", name);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), target);
  }
  writeFileSync(
    join(app, "src/main.ts"),
    `import pg from "pg";
import { createAuthor, deleteAuthor, getAuthor, listAuthors } from "./db/index.js";
import { createPool, createTelemetry } from "@solitude/runtime";
import { loadConfig } from "@solitude/runtime/config";
import * as documents from "@solitude/runtime/documents";
import type { GetUserRow } from "@solitude/client";

const client = new pg.Client({ connectionString: process.env.DATABASE });
await client.connect();
const made = await createAuthor(client, { name: "Ursula", bio: null });
if (made === null) throw new Error("nothing was created");
const id: string = made.id;
const bio: string | null = made.bio;
const found = await getAuthor(client, { id });
console.log(JSON.stringify({ bio, name: found?.name, listed: (await listAuthors(client)).length, isText: typeof made.createdAt === "string" }));
console.log(await deleteAuthor(client, { id }), await getAuthor(client, { id }));
await client.end();
export const unused: [typeof createPool, GetUserRow["id"] | null] = [createPool, null];
export const telemetry = createTelemetry();
export const entries = [loadConfig, documents];
`,
  );
  const compiler = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  const resolutions = [
    ["node16", "node16"],
    ["esnext", "bundler"],
    ["nodenext", "nodenext"],
  ] as const;
  // In tests/consumers.test.ts other compilers resolve in the other ways.
  for (const [module, moduleResolution] of rowsToRun(resolutions, ([module]) => module === "nodenext")) {
    const compilerOptions = {
      module,
      moduleResolution,
      strict: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      target: "es2023",
      outDir: "out",
      rootDir: "src",
      types: ["node"],
    };
    writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
    run(process.execPath, [compiler, "-p", ".", ...ONE_CHECKER], app);
  }

  const database = await createDatabase();
  try {
    await database.pool.query(readFileSync(join(app, "db/schema/001_authors.sql"), "utf8"));
    const lines = run(process.execPath, ["out/main.js"], app, { DATABASE: database.url }).trim().split("\n");
    expect(JSON.parse(lines[0]!)).toEqual({ bio: null, name: "Ursula", listed: 1, isText: true });
    expect(lines[1]).toBe("1 null");
  } finally {
    await database.drop();
  }
});

/** Each installs what the others do with another package manager, or what the application's own test runner takes. */
const inLongForm = isLongForm ? test : test.skip;

const PAGE = readFileSync(join(ROOT, "docs/start.md"), "utf8");
const SECTIONS = new Map(PAGE.split(/^## /m).map((text) => [text.split("\n", 1)[0]!, text]));
/** The numbered sections, one after the other. */
const MAIN = [...SECTIONS].filter(([title]) => /^\d/.test(title)).map(([, text]) => text);

interface Block {
  readonly path: string | undefined;
  readonly language: string;
  readonly text: string;
}
const blocksOf = (text: string): Block[] =>
  [...text.matchAll(/(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, path, language, body]) => ({ path, language: language!, text: body! }),
  );

/** That npm installs what the page says, where it says so; else what it has installed for all suites is copied, and tsx is the one of an earlier run. */
const isInstalledByNpm = pickRows("docs/start.md, installed by npm itself", 4)(0);

/** Gives a folder what `npm install` would. */
async function copyInstalled(place: string, names: readonly string[]): Promise<void> {
  const folder = join(place, "node_modules");
  if (!existsSync(folder)) {
    await installPacked(place);
    // What an application's tests leave for the next time.
    mkdirSync(SNAPSHOTS, { recursive: true });
    mkdirSync(join(folder, ".cache"), { recursive: true });
    symlinkSync(SNAPSHOTS, join(folder, ".cache/solitude-testing"), "junction");
  }
  for (const name of names) {
    if (existsSync(join(folder, name))) continue;
    const found = cachedPackage(name, "4", "docs/start.md");
    if (found === undefined) throw new Error(`${name} cannot be installed`);
    symlinkSync(found, join(folder, name), "junction");
    const { bin } = JSON.parse(readFileSync(join(found, "package.json"), "utf8")) as { bin: string };
    symlinkSync(join(found, bin), join(folder, ".bin", name));
  }
}

/**
 * Does what blocks of the page say, and gives what the commands said. The packages are those here, which no registry has yet; `npx` is the command
 * that has been installed, which npm takes half a second to find.
 */
async function follow(
  blocks: readonly Block[],
  place: string,
  env: NodeJS.ProcessEnv = {},
  byNpm = true,
): Promise<string> {
  const tarball = (name: string): string => packed.find((one) => one.name === name)!.path;
  let said = "";
  for (const { path, language, text } of blocks) {
    if (language !== "sh") {
      mkdirSync(dirname(join(place, path!)), { recursive: true });
      writeFileSync(join(place, path!), text);
      continue;
    }
    for (const line of text.trim().split("\n")) {
      const [, packages] = /^npm install (?:--save-dev )?(.+)$/.exec(line) ?? [];
      if (packages !== undefined && !byNpm) {
        await copyInstalled(place, packages.split(" "));
        continue;
      }
      const command = /^(npm install|pnpm .*\badd) /.test(line)
        ? `${line.replace(/ (@solitude\/runtime|solitude-gen)(?= |$)/g, (_, name: string) => ` ${tarball(name)}`)} --prefer-offline`
        : line.replace(/^npx /, "./node_modules/.bin/");
      said += run("bash", ["-c", `${command} 2>&1`], place, {
        npm_config_audit: "false",
        npm_config_fund: "false",
        ...(line.startsWith("npx tsx ") ? SHORT_LIVED_BELOW : {}),
        ...env,
      });
    }
  }
  return said;
}

test("docs/start.md, followed to the letter, ends with an endpoint that was tested", async () => {
  const start = join(folder, "start");
  mkdirSync(start);
  const blocks = blocksOf(MAIN.join(""));
  expect(blocks.map(({ language }) => language)).toEqual(["sh", "sh", "ts", "ts", "sh", "sh"]);
  expect(await follow(blocks, start, {}, isInstalledByNpm)).toMatch(/^# pass 1$|\u2139 pass 1/m);
  expect(readFileSync(join(start, "src/db/models.ts"), "utf8")).toContain("born: string | null;");
});

inLongForm("and so it does in a pnpm workspace", async () => {
  const home = join(folder, "pnpm");
  const installed = spawnSync("npm", [
    "install",
    "--prefix",
    home,
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "pnpm@10.34.8",
  ]);
  if (installed.status !== 0)
    return reportNotTested("pnpm cannot be installed", "following docs/start.md in a pnpm workspace");
  const place = join(folder, "workspace");
  const programs = blocksOf(MAIN.join("")).filter(({ language }) => language === "ts");
  mkdirSync(place);
  await follow(programs, join(place, "packages/api"));
  const blocks = blocksOf(SECTIONS.get("In a pnpm workspace")!);
  expect(blocks.map(({ language }) => language)).toEqual(["yaml", "json", "sh"]);
  const PATH = `${join(home, "node_modules/.bin")}:${process.env.PATH}`;
  expect(await follow(blocks, place, { PATH })).toMatch(/^# pass 1$|\u2139 pass 1/m);
});

inLongForm("and with CommonJS and Jest", async () => {
  const place = join(folder, "commonjs");
  mkdirSync(place);
  const server = blocksOf(MAIN.join("")).filter(({ path }) => path === "src/server.ts");
  const blocks = blocksOf(SECTIONS.get("CommonJS, with Jest")!);
  expect(blocks.map(({ language }) => language)).toEqual(["sh", "js", "ts", "sh"]);
  expect(await follow([...server, ...blocks], place, { NODE_OPTIONS: "" })).toMatch(
    /^Tests: +1 passed, 1 total$/m,
  );
});
