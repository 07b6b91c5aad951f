import { readFileSync } from "node:fs";
import { cells, DIMENSIONS, nameOf, REFUSALS, refusalOf } from "./consumers/design.mjs";
import { withTables } from "./consumers/tables.mjs";

// What `npm run matrix` tries, and what docs/consumers.md says that it saw.

type Cell = Parameters<typeof refusalOf>[0] & Readonly<Record<string, string>>;
const all = cells() as readonly Cell[];

test("every value meets every value of each other dimension, in a cell that is right or in one whose refusal is tested", () => {
  const met = new Set(
    all.flatMap((cell) =>
      Object.values(cell).flatMap((one) => Object.values(cell).map((two) => `${one} + ${two}`)),
    ),
  );
  const dimensions = Object.entries(DIMENSIONS) as [string, string[]][];
  const apart: string[] = [];
  for (const [first, ones] of dimensions)
    for (const [second, twos] of dimensions)
      if (first < second)
        for (const one of ones)
          for (const two of twos) if (!met.has(`${one} + ${two}`)) apart.push(`${one} + ${two}`);
  // Nobody has these together: tests are run by Node, sources that are run as they are and rollup's are ES modules.
  const RUNNERS = "node:test|Jest|vitest";
  const NEVER = new RegExp(
    `^(?:(?:Bun|Deno) \\+ (?:${RUNNERS})|.*CommonJS \\+ |commonjs \\+ )|^(?:${RUNNERS}).* \\+ (?:Bun|Deno)$`,
  );
  expect(apart.filter((pair) => !NEVER.test(pair))).toEqual([]);
  expect(apart.length).toBeLessThan(20);
});

test("each cell is another, and each refusal has one of its own", () => {
  expect(new Set(all.map(nameOf)).size).toBe(all.length);
  for (const refusal of REFUSALS)
    expect([
      refusal.what,
      all.some(
        (cell) => refusalOf(cell) === refusal && REFUSALS.filter(({ when }) => when(cell)).length === 1,
      ),
    ]).toEqual([refusal.what, true]);
});

test("docs/consumers.md has these cells and refusals", () => {
  const page = readFileSync(new URL("../docs/consumers.md", import.meta.url), "utf8");
  expect(withTables(page)).toBe(page);
});
