import TestSequencer from "@jest/test-sequencer";

/**
 * What takes ten seconds and more, the longest first: two workers end together only if no such suite is begun last. A clone has no
 * record of earlier runs, by which jest would go; it takes the largest files for the longest suites.
 */
const LONGEST = [
  "tests/packed.test.ts",
  "tests/how-to.test.ts",
  "tests/stack/command.test.ts",
  "tests/consumers.test.ts",
  "tests/stack/temporal.test.ts",
  "tests/verify/changes.test.ts",
  "tests/robustness.test.ts",
  "tests/cases/cases.test.ts",
  "tests/integrations/ci.test.ts",
  "generator/test/check/verify/concerned.test.ts",
  "tests/import.test.ts",
  "tests/schema-diff.test.ts",
  "tests/solitude/pair-races.test.ts",
  "tests/two-stores/two-stores.test.ts",
  "runtime/test/documents/payloads.test.ts",
  "generator/test/check/rules/rules.test.ts",
  "tests/verify/live.test.ts",
  "runtime/test/documents/faults.test.ts",
  "tests/sqlc-beside-us.test.ts",
  "tests/verify/history.test.ts",
  "tests/cache-between-commands.test.ts",
  "tests/corpus/projects.test.ts",
  "tests/round-trip.test.ts",
  "generator/test/diagnostics/mistakes.test.ts",
  "generator/test/check/vet.test.ts",
  "runtime/test/documents/promises.test.ts",
  "tests/plugins.test.ts",
  "tests/soundness/worlds.test.ts",
  "runtime/test/postgres/silence.test.ts",
  "tests/own-schema-diff.test.ts",
  "tests/examples.test.ts",
  "generator/test/analysis/one-transaction.test.ts",
  "tests/soundness/hard-queries.test.ts",
  "generator/test/check/schema/random.test.ts",
  "generator/test/check/schema/cases.test.ts",
  "tests/watch/watch.test.ts",
  "runtime/test/postgres/stream.test.ts",
  "generator/test/cli/cli.test.ts",
  "runtime/test/documents/kill.test.ts",
];

/** @param {string} path */
function rank(path) {
  const place = LONGEST.findIndex((name) => path.replaceAll("\\", "/").endsWith(`/${name}`));
  return place === -1 ? LONGEST.length : place;
}

export default class LongestFirst extends TestSequencer {
  /** @override */
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a.path) - rank(b.path));
  }
}
