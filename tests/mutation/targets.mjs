/** What is mutated, and by which suites: those that say exactly what it gives. Paths from the root. */
export const TARGETS = {
  plan: {
    files: ["generator/src/output/plan.ts"],
    suites: ["generator/test/output/plan.test.ts", "generator/test/output/output.test.ts"],
  },
  differences: {
    files: ["generator/src/check/verify/differences.ts"],
    suites: ["generator/test/check/verify/writes.test.ts", "generator/test/check/verify/differences.test.ts"],
  },
  cancel: {
    files: ["runtime/src/postgres/cancel-request.ts"],
    suites: ["runtime/test/postgres/cancel-request.test.ts"],
  },
  /** How many rows, by the suite that is about them alone. */
  rows: {
    files: ["generator/src/infer/certain-row.ts"],
    suites: ["generator/test/infer/row-count.test.ts"],
  },
  infer: {
    folders: ["generator/src/infer"],
    suites: [
      "generator/test/infer/exactness.test.ts",
      "generator/test/infer/proven-on-data.test.ts",
      "generator/test/infer/row-count.test.ts",
      "generator/test/infer/checks.test.ts",
      "generator/test/infer/key-identity.test.ts",
      "generator/test/infer/json-shapes.test.ts",
      "generator/test/infer/json-operations.test.ts",
      "generator/test/infer/parameters.test.ts",
      "generator/test/infer/older-groupings.test.ts",
      "generator/test/infer/growth.test.ts",
      "generator/test/infer/total-functions.test.ts",
      "generator/test/analysis/nullability.test.ts",
      "generator/test/analysis/reasons.test.ts",
      "generator/test/analysis/privileges.test.ts",
      "generator/test/analysis/stars.test.ts",
      "generator/test/analysis/moving-keys.test.ts",
      "tests/soundness/hard-queries.test.ts",
      "tests/cases/cases.test.ts",
    ],
    // What is said is compared; that it is so on servers, the suites themselves see.
    instead: {
      "tests/soundness/executors.ts": "export const openExecutors = async () => [];",
      "tests/cases/execution.ts":
        "export const functionsOf = null; export const readTypes = null; export const tryFunction = null;",
    },
    only: { "tests/cases/cases.test.ts": "the output is the expected one" },
    // A query without conditions, field by field.
    except: ["generator/src/infer/scan.ts"],
  },
};
