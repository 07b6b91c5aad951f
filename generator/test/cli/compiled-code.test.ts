import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, expect, test } from "@jest/globals";

const RUNNER = fileURLToPath(new URL("../../bin/compiled-code.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "compiled-code-"));
const folder = join(root, "app/node_modules/tool/dist");
const code = join(root, "app/node_modules/.cache/solitude-gen/code");
const bundle = join(folder, "cli.cjs");

/** Two bundles of one length, which is all that V8 compares. */
const saying = (build: string, word: string): string =>
  `/*${build}*/const { basename } = require("node:path"); function say() { console.log(basename(__filename), "${word}", module.exports !== undefined); } say();`;

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function run(command = "generate", env: Record<string, string> = {}): string {
  const script = `require(${JSON.stringify(RUNNER)}).runCompiled(process.argv[1], process.argv[2]);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script, bundle, command], {
    encoding: "utf8",
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "", ...env },
  });
  return stdout + stderr;
}

const kept = (): string[] => (existsSync(code) ? readdirSync(code).sort() : []);

test("what was compiled is kept by command and taken by the next run", () => {
  writeFileSync(bundle, saying("a1", "one"));
  expect(run()).toBe("cli.cjs one true\n");
  const [name] = kept();
  expect(name).toMatch(/^a1-v\d.*-generate$/);
  const { mtimeMs, ino } = statSync(join(code, name!));
  expect(run()).toBe("cli.cjs one true\n");
  expect(statSync(join(code, name!))).toMatchObject({ mtimeMs, ino });
  run("diff");
  expect(kept()).toHaveLength(2);
});

test("another build's code is neither run nor left", () => {
  writeFileSync(bundle, saying("a1", "one"));
  run();
  writeFileSync(bundle, saying("b2", "two"));
  expect(run()).toBe("cli.cjs two true\n");
  expect(kept()).toEqual([expect.stringMatching(/^b2-/)]);
});

test("what another V8 has compiled, or nobody has, is compiled again", () => {
  writeFileSync(bundle, saying("a1", "one"));
  run();
  const path = join(code, kept()[0]!);
  writeFileSync(path, "no code of V8's");
  expect(run()).toBe("cli.cjs one true\n");
  expect(statSync(path).size).toBeGreaterThan(100);
});

test("what a long run compiled is not kept: shorter ones would have to read it", () => {
  writeFileSync(bundle, `/*a1*/console.log("late"); process.cpuUsage = () => ({ user: 2.1e6 });`);
  expect(run()).toBe("late\n");
  expect(kept()).toEqual([]);
});

test("a text has variables of its own, and what keeps its code where that is of use", () => {
  const tool = join(folder, "../bin/compiled-code.js");
  mkdirSync(join(folder, "../bin"));
  copyFileSync(RUNNER, tool);
  writeFileSync(join(folder, "beside.cjs"), 'module.exports = "beside";');
  const read = (version: string, text: string, env = {}): string => {
    const script = `const { runText } = require(${JSON.stringify(tool)});
      const source = { file: process.argv[1], text: process.argv[3], version: process.argv[2], of: "texts" };
      const ran = runText(source, { __filename: "/100%25", more: "more" });
      console.log(ran && JSON.stringify([ran.exports, ran.keep !== null]));
      ran?.keep?.();`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", script, bundle, version, text], {
      encoding: "utf8",
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "", ...env },
    });
    return stdout + stderr;
  };
  const text = 'module.exports = [require("./beside.cjs"), __filename, more, "one"];';
  const expected = (word: string): string => `["beside","/100%25","more","${word}"]`;
  expect(read("v1", text)).toBe(`[${expected("one")},true]\n`);
  expect(read("v1", text)).toBe(`[${expected("one")},false]\n`);
  expect(read("v2", text.replace("one", "two"))).toBe(`[${expected("two")},true]\n`);
  expect(readdirSync(join(code, "../texts"))).toEqual([expect.stringMatching(/^v2-v\d.*-texts$/)]);
  expect(read("v2", text, { NODE_DISABLE_COMPILE_CACHE: "1" })).toBe("null\n");
});

test("where nothing can be kept, or is not to be, it runs as it stands", () => {
  writeFileSync(bundle, saying("a1", "one"));
  expect(run("generate", { NODE_DISABLE_COMPILE_CACHE: "1" })).toBe("cli.cjs one true\n");
  expect(kept()).toEqual([]);
  writeFileSync(join(root, "app/node_modules/.cache"), "in the way");
  expect(run()).toBe("cli.cjs one true\n");
});
