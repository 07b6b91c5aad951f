import TestSequencer from "@jest/test-sequencer";

/**
 * Those that begin many processes, while their worker is small: for each, the memory of the one that begins it is copied in part, which of a
 * gigabyte takes 40 ms and more.
 */
const OF_PROCESSES = [
  "tests/stack/command.test.ts",
  "generator/test/check/base/base.test.ts",
  "tests/packed.test.ts",
  "tests/consumers.test.ts",
  "tests/robustness.test.ts",
  "tests/examples.test.ts",
  "tests/coming-from.test.ts",
  "generator/test/cli/cli.test.ts",
  "tests/sqlc-beside-us.test.ts",
  "tests/integrations/ci.test.ts",
  "tests/corpus/projects.test.ts",
  "tests/stack/servers.test.ts",
  "tests/stack/seals.test.ts",
  "tests/plugins.test.ts",
  "tests/import.test.ts",
  "tests/rehearse-faults.test.ts",
  "tests/schema-diff.test.ts",
  "tests/how-to.test.ts",
  "tests/security.test.ts",
];

/**
 * Then what takes ten seconds and more, the longest first: the workers end together only if no such suite is begun last. A clone has no
 * record of earlier runs, by which jest would go; it takes the largest files for the longest suites.
 */
const LONGEST = [
  "tests/cases/cases.test.ts",
  "tests/verify/plan.test.ts",
  "tests/rehearse.test.ts",
  "tests/server-is-kept.test.ts",
  "tests/verify/changes.test.ts",
  "generator/test/analysis/one-transaction.test.ts",
  "runtime/test/documents/promises.test.ts",
  "generator/test/diagnostics/mistakes.test.ts",
  "tests/verify/impact.test.ts",
  "tests/roles.test.ts",
  "generator/test/check/vet.test.ts",
  "tests/soundness/hard-queries.test.ts",
  "tests/soundness/worlds.test.ts",
  "tests/grants-suffice.test.ts",
  "tests/solitude/distributed.test.ts",
  "generator/test/project/project.test.ts",
  "runtime/test/documents/faults.test.ts",
  "tests/round-trip.test.ts",
  "runtime/test/documents/payloads.test.ts",
  "tests/verify/entries.test.ts",
  "runtime/test/postgres/silence.test.ts",
  "runtime/test/postgres/babble.test.ts",
  "runtime/test/postgres/opening.test.ts",
  "tests/grants-places.test.ts",
  "tests/verify/causes.test.ts",
  "tests/verify/plan-values.test.ts",
  "generator/test/check/schema/vet-passes.test.ts",
  "generator/test/check/schema/online.test.ts",
  "generator/test/check/schema/unwritten.test.ts",
  "tests/solitude/pair-races.test.ts",
  "runtime/test/postgres/stream.test.ts",
  "tests/own-schema-diff.test.ts",
  "generator/test/infer/total-functions.test.ts",
  "tests/baseline.test.ts",
  "tests/cache-between-commands.test.ts",
  "tests/watch/watch.test.ts",
  "tests/schema-diff-rows.test.ts",
  "generator/test/check/verify/concerned.test.ts",
  "generator/test/check/schema/cases.test.ts",
  "tests/solitude/factories.test.ts",
  "generator/test/check/known-schemas.test.ts",
  "runtime/test/adapters/from-pg-waits.test.ts",
  "tests/verify/live.test.ts",
  "tests/page-samples.test.ts",
  "tests/verify/history.test.ts",
  "tests/solitude/plans.test.ts",
  "tests/adaptive.test.ts",
  "generator/test/emit/emit.test.ts",
  "generator/test/cli/init.test.ts",
  "tests/quiet.test.ts",
  "tests/two-stores/two-stores.test.ts",
  "runtime/test/documents/kill.test.ts",
  "generator/test/check/rules/rules.test.ts",
  "runtime/test/documents/storable.test.ts",
  "generator/test/analysis/moving-keys.test.ts",
  "runtime/test/testing/test-database.test.ts",
  "runtime/test/postgres/closes.test.ts",
  "tests/schema-diff-command.test.ts",
  "tests/squash.test.ts",
  "tests/pages-by-type.test.ts",
  "tests/testing-page.test.ts",
  "runtime/test/postgres/scope.test.ts",
];

const ORDER = [...OF_PROCESSES, ...LONGEST];

/** @param {string} path */
function rank(path) {
  const place = ORDER.findIndex((name) => path.replaceAll("\\", "/").endsWith(`/${name}`));
  return place === -1 ? ORDER.length : place;
}

export default class LongestFirst extends TestSequencer {
  /** @override */
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a.path) - rank(b.path));
  }
}
