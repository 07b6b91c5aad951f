import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { mutate } from "./mutants.mjs";
import { refusedByCompiler } from "./refused.mjs";

// The whole is run by hand (`npm run mutate`); here some mutants of each small target, the same ones each time.

const ROOT = join(import.meta.dirname, "../..");

test("mutants stand in the source beside what is written, one switch for each", () => {
  const source =
    "export function f(a: number | null): boolean {\n  if (a === null) return false;\n  return a > 1;\n}\n";
  const { code, mutants } = mutate(source, "f.ts", 1);
  expect(mutants.map(({ line, kind, from, to }) => `${line} ${kind}: ${from} => ${to}`)).toEqual([
    "2 operator: a === null => (a) !== (null)",
    "2 condition: a === null => true",
    "2 condition: a === null => false",
    "2 boolean: false => true",
    "3 operator: a > 1 => (a) >= (1)",
    "3 operator: a > 1 => (a) <= (1)",
    expect.stringContaining("1 block: "),
  ]);
  for (const { id } of mutants) expect(code).toContain(`__mutant(${id})`);
});

test("what the compiler refuses is left out, and nothing else", () => {
  const file = "generator/src/infer/domains.ts";
  const { mutants } = mutate(readFileSync(join(ROOT, file), "utf8"), file, 1);
  const refused = refusedByCompiler(mutants);
  // Without the test of its kind a type has no `base` and no `notNull`; without its block a function gives no answer.
  expect(mutants.map(({ id, kind }) => `${kind}${refused.has(id) ? " refused" : ""}`)).toEqual([
    ...["operator refused", "condition refused", "condition refused", "block refused"],
    ...["operator refused", "logic", "logic", "logic"],
    ...["logic refused", "logic", "logic refused", "block refused"],
  ]);
});

test("of a sample of mutants the tests see nine in ten", async () => {
  const run = join(ROOT, "tests/mutation/run.mjs");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [run, "plan", "differences", "--sample", "40", "--seed", "1", "--uncompiled"],
    {
      cwd: ROOT,
    },
  );
  const [, killed, tried] = /^all: (\d+) of (\d+) killed/m.exec(stdout) ?? [];
  expect([Number(tried), stdout]).toEqual([80, expect.any(String)]);
  expect(Number(killed)).toBeGreaterThanOrEqual(72);
});
