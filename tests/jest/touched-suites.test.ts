import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { untouchedSuites } from "./touched-suites.mjs";

const root = join(import.meta.dirname, "../..");
const { stdout } = spawnSync("git", ["ls-files", "*.test.ts"], { cwd: root, encoding: "utf8" });
const ALL = stdout.trim().split("\n");
const leftOut = (touched: readonly string[] | null, slice: number): Set<string> =>
  untouchedSuites(ALL, { root, touched, slice });

test("of suites that may rest a third runs where nothing was touched, each in one of three commits", () => {
  const [first, second, third] = [0, 1, 2].map((slice) => leftOut([], slice)) as [
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  expect(first.size).toBeGreaterThan(40);
  expect([...first].filter((suite) => second.has(suite) && third.has(suite))).toEqual([]);
  expect(
    [...first, ...second, ...third].filter((suite) => !/^(?:runtime\/test|tests\/stack)\//.test(suite)),
  ).toEqual([]);
});

test.each([
  ["runtime/src/documents/quotas.ts", "runtime/test/documents/quotas.test.ts"],
  // By what that imports, and what the suite's helpers do.
  ["runtime/src/postgres/pool.ts", "runtime/test/postgres/stream.test.ts"],
  ["runtime/test/documents/fixture.ts", "runtime/test/documents/bulk.test.ts"],
  ["runtime/test/postgres/stream.test.ts", "runtime/test/postgres/stream.test.ts"],
  ["stack/main.mjs", "tests/stack/command.test.ts"],
  ["schema/001_base.sql", "tests/stack/command.test.ts"],
])("what is made of %s runs in every slice where that was touched", (touched, suite) => {
  expect([0, 1, 2].filter((slice) => leftOut([touched], slice).has(suite))).toEqual([]);
  expect([0, 1, 2].filter((slice) => leftOut([], slice).has(suite))).toHaveLength(2);
});

test("a suite that reads files by itself runs always", () => {
  const reading = "runtime/test/readme.test.ts";
  expect([0, 1, 2].filter((slice) => leftOut([], slice).has(reading))).toEqual([]);
});

test("nothing is left out where history is not known, or what all suites run in was touched", () => {
  for (const touched of [
    null,
    ["package-lock.json"],
    ["tests/postgres/database.ts"],
    ["tests/jest/sharing.mjs"],
  ])
    expect(leftOut(touched, 0).size).toBe(0);
});
