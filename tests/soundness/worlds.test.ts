import fc from "fast-check";
import type { Reason } from "../../generator/src/model/reason.ts";
import { ServerEngine } from "../../generator/src/postgres/server.ts";
import { casesToRun, isLongForm } from "../long-form.ts";
import { Choices } from "./choices.ts";
import { openSubject } from "./subject.ts";
import { AimedQueryWriter } from "./worlds/aimed-query-writer.ts";
import { brokenTypes } from "./worlds/decoded.ts";
import { type RandomWorld, writeWorld } from "./worlds/random-world.ts";

/**
 * More for a hunt: `SOLITUDE_FUZZ_RUNS=20000 SOLITUDE_FUZZ_SEED=$RANDOM`, and `SOLITUDE_FUZZ_URI` has a server of version 16, 17 or 18
 * analyse in place of the embedded one.
 */
const { runs: RUNS, seed: SEED } = casesToRun(
  "queries of random worlds",
  {
    runs: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 400),
    seed: Number(process.env.SOLITUDE_FUZZ_SEED ?? 20_261_128),
  },
  3,
);
/** Two worlds at least. */
const PER_WORLD = Math.min(200, Math.ceil(RUNS / 2));
const URI = process.env.SOLITUDE_FUZZ_URI;

/** The proofs that queries are aimed at, as far as the reason of a column names them. */
const AIMS: readonly string[] =
  `subquery-one-row foreign-key condition-check condition-having condition-where condition-on assigned every-branch function-body
  group-has-rows not-null-column check-constraint counts known-rows whole-row total-function json-built`.split(
    /\s+/,
  );

const totals = { tried: 0, accepted: 0, rows: 0, called: 0 };
const proven = new Map<string, number>();
const refused = new Map<string, number>();

test.each(Array.from({ length: Math.ceil(RUNS / PER_WORLD) }, (_, i) => i))(
  "world %i keeps what its types promise",
  async (i) => {
    const world = worldOf(SEED + i);
    const subject = await openSubject(world, URI === undefined ? null : await ServerEngine.start(URI));
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.noBias(fc.array(fc.nat({ max: 9_999 }), { minLength: 30, maxLength: 200, size: "max" })),
          async (tape) => {
            const sql = new AimedQueryWriter(world, new Choices(tape)).statement();
            const broken = await subject.broken(sql);
            if (broken) throw new Error(`${broken}\n${sql}\n${world.schema}\n${world.late}`);
          },
        ),
        { numRuns: Math.min(PER_WORLD, RUNS), seed: SEED + i },
      );
      const { broken, called } = await brokenTypes(subject);
      totals.called += called;
      expect(broken).toEqual([]);
    } finally {
      totals.tried += subject.counts.tried;
      totals.accepted += subject.counts.accepted;
      totals.rows += subject.counts.rows;
      for (const [why, n] of subject.refused) refused.set(why, (refused.get(why) ?? 0) + n);
      for (const column of [...subject.delivering].flatMap((query) => query.columns)) {
        if (!column.nullable)
          for (const code of codesOf(column.because)) proven.set(code, (proven.get(code) ?? 0) + 1);
      }
      await subject.close();
    }
  },
  3_600_000,
);

/** A writer that PostgreSQL mostly refuses, whose queries deliver nothing, or of which nothing is claimed, finds nothing. */
test("the queries were accepted, delivered rows and tried every proof", () => {
  console.info(totals, Object.fromEntries(proven));
  if (process.env.SOLITUDE_FUZZ_REFUSED)
    console.info(
      [...refused]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 40)
        .map(([why, n]) => `${n} ${why}`)
        .join("\n"),
    );
  expect(totals.accepted / totals.tried).toBeGreaterThan(0.6);
  expect(totals.rows).toBeGreaterThan(totals.accepted * 4);
  expect(totals.called).toBeGreaterThan(totals.accepted);
  const aimless = AIMS.filter((code) => !proven.has(code));
  // A part of the queries does not come to each.
  expect(aimless.length).toBeLessThan(isLongForm ? 1 : AIMS.length / 2);
});

function worldOf(seed: number): RandomWorld {
  const [tape] = fc.sample(
    fc.noBias(fc.array(fc.nat({ max: 9_999 }), { minLength: 10_000, maxLength: 10_000 })),
    {
      numRuns: 1,
      seed,
    },
  );
  return writeWorld(new Choices(tape!));
}

function codesOf(reason: Reason): string[] {
  return [reason.code, ...(reason.from ? codesOf(reason.from) : [])];
}
