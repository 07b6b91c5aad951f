import fc from "fast-check";
import { casesToRun } from "../../long-form.ts";
import { Bench } from "./bench.ts";
import { randomSchema } from "./random-schema.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

/** SOLITUDE_SEED and SOLITUDE_FUZZ_RUNS try other pairs. `writeMigration` compares after it ran, and throws where anything is left. */
test("any schema can be turned into any other, and is then that other exactly", async () => {
  const all = {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 25),
    seed: Number(process.env.SOLITUDE_SEED ?? 20261124),
  };
  const { runs, seed } = casesToRun("pairs of schemas, one turned into the other", all, 5);
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
