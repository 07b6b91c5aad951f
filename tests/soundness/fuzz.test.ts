import fc from "fast-check";
import { Choices } from "./choices.ts";
import { QueryWriter } from "./query-writer.ts";
import { openSubject, type Subject } from "./subject.ts";

/** More for a hunt: `SOLITUDE_FUZZ_RUNS=20000 SOLITUDE_FUZZ_SEED=$RANDOM`. */
const RUNS = Number(process.env.SOLITUDE_FUZZ_RUNS ?? 400);
const SEED = Number(process.env.SOLITUDE_FUZZ_SEED ?? 20_261_124);

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

test("no generated query delivers what its types exclude", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 9_999 }), { minLength: 30, maxLength: 250, size: "max" }),
      async (tape) => {
        const sql = new QueryWriter(new Choices(tape)).statement();
        const broken = await subject.broken(sql);
        if (broken) throw new Error(`${broken}\n${sql}`);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
  const { tried, accepted, rows } = subject.counts;
  console.info(`${tried} queries, ${accepted} accepted, ${rows} rows looked at`);
  // A writer that PostgreSQL mostly refuses, or whose queries deliver nothing, finds nothing.
  expect(accepted / tried).toBeGreaterThan(0.3);
  expect(rows).toBeGreaterThan(accepted);
}, 3_600_000);
