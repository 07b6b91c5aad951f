import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { importExtensionFor } from "../../src/config/import-extension.ts";
import { loadConfig } from "../../src/config/load.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "import-extension-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, unknown>>): void {
  for (const [path, contents] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof contents === "string" ? contents : JSON.stringify(contents));
  }
}

const compiler = (compilerOptions: object) => ({ compilerOptions });
const MODULE = { type: "module" };

test.each<[string, string, object, object | null]>([
  [
    "nothing but CommonJS: Jest and webpack take the file as it is named",
    "",
    { devDependencies: { jest: "30" } },
    null,
  ],
  ["nothing but ES modules", ".js", { ...MODULE, devDependencies: { "@swc/core": "1" } }, null],
  ["JavaScript, with nothing that compiles: Node strips the types", ".ts", MODULE, null],
  [
    "the same where no kind of module is said, which Node finds out",
    ".ts",
    { dependencies: { pg: "8" } },
    null,
  ],
  ["CommonJS by name, in which Node takes no import", "", { type: "commonjs" }, null],
  ["TypeScript writes CommonJS", "", {}, compiler({ module: "commonjs" })],
  ["Node's own rules for CommonJS", "", {}, compiler({ module: "node16" })],
  ["Node's own rules for ES modules", ".js", MODULE, compiler({ module: "NodeNext" })],
  ["the rules are Node's by resolution", ".js", MODULE, compiler({ moduleResolution: "node16" })],
  ["a bundler takes the sources", "", MODULE, compiler({ module: "preserve", noEmit: true })],
  ["Node takes what tsc writes", ".js", MODULE, compiler({ module: "esnext", moduleResolution: "bundler" })],
  [
    "Node takes the sources",
    ".ts",
    MODULE,
    compiler({ module: "nodenext", allowImportingTsExtensions: true }),
  ],
  ["tsc rewrites them", ".ts", {}, compiler({ module: "nodenext", rewriteRelativeImportExtensions: true })],
  ["the old resolution of Node's name", "", {}, compiler({ module: "commonjs", moduleResolution: "node10" })],
])("%s: %j", (_, expected, manifest, tsconfig) => {
  write({ "package.json": manifest, ...(tsconfig !== null && { "tsconfig.json": tsconfig }) });
  expect(importExtensionFor(join(folder, "src/db"))).toBe(expected);
});

test("a tsconfig says what those say that it extends, with comments and all", () => {
  write({
    "package.json": MODULE,
    "tsconfig.base.json": '{ // shared\n "compilerOptions": { "module": "nodenext", }, }',
    "app/tsconfig.json": { extends: "../tsconfig.base.json" },
  });
  expect(importExtensionFor(join(folder, "app/src/db"))).toBe(".js");
});

test("a tsconfig that has no files itself says what the one says that it refers to for them", () => {
  const app = (compilerOptions: object) => ({ compilerOptions, include: ["src"] });
  write({
    "package.json": {},
    "tsconfig.json": {
      files: [],
      references: [{ path: "./gone" }, { path: "./tools" }, { path: "./tsconfig.app.json" }],
    },
    "tools/tsconfig.json": app({ module: "commonjs" }),
    "tsconfig.app.json": app({ module: "nodenext", rewriteRelativeImportExtensions: true }),
  });
  expect(importExtensionFor(join(folder, "src/db"))).toBe(".ts");
  expect(importExtensionFor(join(folder, "other"))).toBe("");
});

test("what compiles may be asked for above, in a workspace", () => {
  write({ "package.json": { devDependencies: { tsx: "4" } }, "app/package.json": MODULE });
  expect(importExtensionFor(join(folder, "app/src/db"))).toBe(".js");
});

test.each(["deno.json", "deno.jsonc"])(
  "Deno takes files by their names, unless a tsconfig speaks: %s",
  (file) => {
    write({ [file]: "{}", "package.json": MODULE });
    expect(importExtensionFor(join(folder, "src/db"))).toBe(".ts");
    write({ "tsconfig.json": compiler({ module: "nodenext" }) });
    expect(importExtensionFor(join(folder, "src/db"))).toBe(".js");
  },
);

test("one that cannot be read leaves the decision to package.json", () => {
  const devDependencies = { typescript: "6" };
  write({ "package.json": { devDependencies }, "tsconfig.json": { extends: "@nobody/has-it" } });
  expect(importExtensionFor(folder)).toBe("");
});

test("the configuration may say it; where it does not, the project around the output does", async () => {
  const config = (typescript: object) => ({
    version: "2",
    sql: [{ engine: "postgresql", schema: "s.sql", queries: "q.sql", gen: { typescript } }],
  });
  write({ "package.json": { type: "commonjs" }, "sqlc.json": config({ out: "db" }) });
  const read = async () =>
    (await loadConfig(undefined, folder)).config.querySets[0]?.typescript?.options.import_extension;
  expect(await read()).toBe("");
  write({ "package.json": { ...MODULE, devDependencies: { tsx: "4" } } });
  expect(await read()).toBe(".js");
  write({ "sqlc.json": config({ out: "db", import_extension: ".ts" }) });
  expect(await read()).toBe(".ts");
});
