import fc from "fast-check";
import { casesToRun } from "../long-form.ts";
import { brokenVariant } from "./adaptive-claims.ts";
import { AdaptiveParts } from "./adaptive-parts.ts";
import { Choices } from "./choices.ts";
import { QueryWriter } from "./query-writer.ts";
import { openSubject, type Subject } from "./subject.ts";

/** More for a hunt: `SOLITUDE_FUZZ_RUNS=20000 SOLITUDE_FUZZ_SEED=$RANDOM`. */
const { runs: RUNS, seed: SEED } = casesToRun(
  "generated queries",
  {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 400),
    seed: Number(process.env.SOLITUDE_FUZZ_SEED ?? 20_261_124),
  },
  3,
);

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

test("no variant of a generated query that adapts delivers what its types exclude", async () => {
  const counts = { accepted: 0, adapting: 0, variants: 0, rows: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 9_999 }), { minLength: 30, maxLength: 250, size: "max" }),
      async (tape) => {
        const choices = new Choices(tape);
        const parts = new AdaptiveParts(choices);
        const sql = new QueryWriter(choices, parts).statement();
        const text = `-- name: Q :many\n${parts.flags()}${sql};\n`;
        const query = await subject.annotated(text);
        if (!query) return;
        counts.accepted++;
        if (query.sql.variants.length === 0) return;
        counts.adapting++;
        const broken = await brokenVariant(query, subject.executors, choices, counts);
        if (broken) throw new Error(`${broken}\n${text}`);
      },
    ),
    { numRuns: Math.max(8, Math.ceil(RUNS / 32)), seed: SEED },
  );
  const { accepted, adapting, variants, rows } = counts;
  console.info(`${accepted} accepted, ${adapting} adapt, ${variants} variants tried, ${rows} rows looked at`);
  expect(adapting).toBeGreaterThan(accepted / 3);
  expect(rows).toBeGreaterThan(adapting);
}, 3_600_000);
