import fc from "fast-check";
import { Bench } from "./bench.ts";
import { randomSchema } from "./random-schema.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

/** The same pairs at each run; SOLITUDE_SEED and SOLITUDE_RUNS try others. `writeMigration` compares after it ran, and throws where anything is left. */
test("any schema can be turned into any other, and is then that other exactly", async () => {
  const runs = Number(process.env.SOLITUDE_RUNS ?? 25);
  const seed = Number(process.env.SOLITUDE_SEED ?? 20261124);
  let statements = 0;
  await fc.assert(
    fc.asyncProperty(randomSchema, randomSchema, async (base, head) => {
      const { migration } = await bench.diff(base, head);
      expect(migration!.unsupported).toEqual([]);
      statements += migration!.statements.length;
    }),
    { numRuns: runs, endOnFailure: true, seed },
  );
  expect(statements).toBeGreaterThan(10 * runs);
}, 600_000);
