import { touchedTables } from "../../../src/check/ci/diagram.ts";
import { markdownSummary } from "../../../src/check/ci/summary.ts";
import type { SchemaDiff } from "../../../src/check/schema/diff.ts";

/** A difference that adds so many columns to each of so many tables. */
function diff(tables: number, columns: number): SchemaDiff {
  const changes = Array.from({ length: tables * columns }, (_, i) => ({
    subject: { kind: "table", identity: `public.t${i % tables}` },
    kind: "column",
    change: "added",
    before: null,
    ...{ identity: "c", from: null, origin: null, properties: [] },
    after: { kind: "column", name: `c${i}`, identity: `public.t.c${i}`, properties: { type: "text" } },
  }));
  const side = { objects: new Map() };
  return { changes, head: side, base: side } as unknown as SchemaDiff;
}

test("what a diagram has no room for is told", () => {
  expect(touchedTables([])).toBeNull();
  expect(touchedTables([diff(2, 2)])).toMatchObject({ shown: 2, all: 2 });
  const { diagram, ...counts } = touchedTables([diff(14, 14)])!;
  expect(counts).toEqual({ shown: 12, all: 14 });
  expect(diagram.match(/"2 more"/g)).toHaveLength(12);
});

test("a comment says so, too", () => {
  const checks = [{ name: "schema", status: "passed", outcome: "14 added" }] as const;
  const titleOf = (tables: number): string =>
    /<summary>(Touched.*)<\/summary>/.exec(
      markdownSummary({ base: null, checks, diffs: [diff(tables, 1)], plans: [] }).after,
    )![1]!;
  expect([titleOf(12), titleOf(14)]).toEqual(["Touched tables", "Touched tables (12 of 14)"]);
});
