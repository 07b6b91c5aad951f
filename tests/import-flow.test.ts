import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";

// What `npm run lint` says of arrows that were turned around, on a tree with one file in each room.

const ROOT = resolve(import.meta.dirname, "..");
const CRUISE = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
const FLOW = join(ROOT, ".dependency-cruiser.cjs");

/** Each may stand on those before it. */
const ROOMS =
  "model sql diagnostics config postgres source infer output cache analysis emit import check cli".split(" ");
/** Of each room one file that imports one of each other room. */
const ARROWS = ROOMS.flatMap((room, i) =>
  ROOMS.flatMap((other, j) =>
    i === j ? [] : [{ from: `generator/src/${room}/to-${other}.ts`, other, isTurned: j > i }],
  ),
);

const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(ROOMS.map((room) => [`generator/src/${room}/room.ts`, "export type Room = 1;\n"])),
  ...Object.fromEntries(
    ARROWS.map(({ from, other }) => [from, `export type { Room } from "../${other}/room.ts";\n`]),
  ),
  "generator/src/config/static.ts": 'import { all } from "../check/room.ts";\nexport const a = all;\n',
  "generator/src/config/dynamic.ts": 'export const b = () => import("../check/room.ts");\n',
  "generator/src/helpers.ts": 'export { all } from "./check/room.ts";\n',
  "runtime/src/errors/room.ts": "export const room = 1;\n",
  "runtime/src/errors/driver.ts": 'export { room } from "../postgres/room.ts";\n',
  "runtime/src/postgres/room.ts": 'export { room } from "../errors/room.ts";\n',
  "tests/room.ts": "export const room = 1;\n",
  "stack/main.mjs": 'export { room } from "../tests/room.ts";\n',
  "generator/src/model/circle-a.ts": 'import type { B } from "./circle-b.ts";\nexport type A = B | 1;\n',
  "generator/src/model/circle-b.ts": 'import type { A } from "./circle-a.ts";\nexport type B = A | 2;\n',
  "generator/src/infer/analysis.ts": 'export * from "./rule.ts";\n',
  "generator/src/infer/rule.ts": 'export * from "./analysis.ts";\n',
  "generator/src/infer/circle-a.ts": 'export * from "./circle-b.ts";\n',
  "generator/src/infer/circle-b.ts": 'export * from "./circle-a.ts";\n',
};

interface Violation {
  readonly from: string;
  readonly to: string;
}

/** What the check says of that tree. */
let found: readonly Violation[];

beforeAll(async () => {
  const top = await mkdtemp(join(tmpdir(), "solitude-flow-"));
  try {
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(top, path)), { recursive: true });
      await writeFile(join(top, path), text);
    }
    const output = await new Promise<string>((done) =>
      execFile(
        process.execPath,
        [CRUISE, "--config", FLOW, "--output-type", "json", "."],
        { cwd: top, maxBuffer: 64 * 1024 * 1024 },
        (_error, stdout) => done(stdout),
      ),
    );
    found = (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
  } finally {
    await rm(top, { recursive: true, force: true });
  }
});

test("every arrow that is turned around fails", () => {
  const turned = ARROWS.filter((arrow) => arrow.isTurned).map((arrow) => arrow.from);
  expect(found.map(({ from }) => from)).toEqual(expect.arrayContaining(turned));
});

test("values, dynamic imports, files beside the rooms, the runtime and the stack are seen, too", () => {
  const others = found.filter(({ from }) => !/\/to-|circle|infer/.test(from));
  expect(others.map(({ from }) => from).sort()).toEqual([
    "generator/src/config/dynamic.ts",
    "generator/src/config/static.ts",
    "generator/src/helpers.ts",
    "runtime/src/errors/driver.ts",
    "stack/main.mjs",
  ]);
});

test("circles fail, of types too; in infer those that go through the analysis may be", () => {
  const circles = found.filter(({ from }) => !from.includes("/to-") && /circle|infer/.test(from));
  expect(circles.map(({ from }) => from).sort()).toEqual([
    "generator/src/infer/circle-a.ts",
    "generator/src/model/circle-a.ts",
  ]);
});
