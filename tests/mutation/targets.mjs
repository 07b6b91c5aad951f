/** What is mutated, and by which suites: those that say exactly what it gives. Paths from the root. */
export const TARGETS = {
  plan: { files: ["generator/src/output/plan.ts"], suites: ["generator/test/output/output.test.ts"] },
  differences: {
    files: ["generator/src/check/verify/differences.ts"],
    suites: ["generator/test/check/verify/differences.test.ts"],
  },
  infer: {
    folders: ["generator/src/infer"],
    suites: [
      "generator/test/infer/exactness.test.ts",
      "generator/test/infer/row-count.test.ts",
      "generator/test/analysis/nullability.test.ts",
      "generator/test/analysis/reasons.test.ts",
      "tests/soundness/hard-queries.test.ts",
    ],
    // What is said is compared; that it is so on servers, the suites themselves see.
    instead: { "tests/soundness/executors.ts": "export const openExecutors = async () => [];" },
  },
};
