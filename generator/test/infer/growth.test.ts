import { jest } from "@jest/globals";
import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { TreeAnalysis } from "../../src/infer/analysis.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";
import { source } from "./query-source.ts";

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(
    `create table wide (${names(32)
      .map((name) => `${name} int`)
      .join(", ")})`,
  );
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
afterAll(() => engine.close());

function names(width: number): string[] {
  return Array.from({ length: width }, (_, i) => `c${i}`);
}

/** How often something is asked of the analysis. */
async function questions(text: string): Promise<number> {
  const value = jest.spyOn(TreeAnalysis.prototype, "value");
  const column = jest.spyOn(TreeAnalysis.prototype, "column");
  const outputs = jest.spyOn(TreeAnalysis.prototype, "outputs");
  const result = await analyzeQuery(source(text), engine, catalog);
  const count = [value, column, outputs].reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  jest.restoreAllMocks();
  if (!("query" in result)) throw new Error(result.diagnostics[0]?.message);
  return count;
}

/** CTEs, each of the columns of the one before it, with a condition on one. */
function ctes(depth: number, width: number): string {
  const list = names(width)
    .map((name) => `coalesce(${name}, 0) as ${name}`)
    .join(", ");
  const steps = Array.from(
    { length: depth },
    (_, i) => `q${i + 1} as (select ${list} from q${i} where c0 > ${i})`,
  );
  return `with q0 as (select ${names(width).join(", ")} from wide), ${steps.join(", ")} select * from q${depth}`;
}

function nested(depth: number): string {
  let query = "select c0, c1 from wide";
  for (let n = 0; n < depth; n++) query = `select c0, (select max(s.c1) from (${query}) s) as c1 from wide`;
  return query;
}

function cases(depth: number): string {
  let expr = "c0";
  for (let n = 0; n < depth; n++) expr = `case when c${n} is not null then c${n} else ${expr} end`;
  return `select ${expr} as found from wide where c31 > 0`;
}

/** Recursive CTEs, each inside of the one before it. */
function recursive(depth: number): string {
  let query = "select c0, c1 from wide";
  for (let n = 0; n < depth; n++) {
    query = `with recursive r${n} (a, b) as (select 1, 2 union all select r.a, s.c1 from r${n} r, (${query}) s (c0, c1) where r.a < 3) select a as c0, b as c1 from r${n}`;
  }
  return query;
}

test("questions grow with the square of the depth of recursive CTEs, and no faster", async () => {
  const [four, eight, sixteen] = [
    await questions(recursive(4)),
    await questions(recursive(8)),
    await questions(recursive(16)),
  ];
  expect(sixteen - eight).toBeLessThanOrEqual(4.5 * (eight - four));
});

test.each([
  ["the depth of CTEs", (n: number) => ctes(n, 6)],
  ["the width of CTEs", (n: number) => ctes(5, n)],
  ["the depth of subqueries", nested],
  ["the depth of CASE", cases],
])("questions grow with %s, and no faster", async (_, write) => {
  const [four, eight, sixteen] = [
    await questions(write(4)),
    await questions(write(8)),
    await questions(write(16)),
  ];
  expect(sixteen - eight).toBeLessThanOrEqual(2.2 * (eight - four));
});
