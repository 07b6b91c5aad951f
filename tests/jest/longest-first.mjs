import TestSequencer from "@jest/test-sequencer";

/**
 * What takes ten seconds and more, the longest first: the workers end together only if no such suite is begun last. A clone has no
 * record of earlier runs, by which jest would go; it takes the largest files for the longest suites.
 */
const LONGEST = [
  "tests/stack/command.test.ts",
  "tests/rehearse.test.ts",
  "tests/sqlc-beside-us.test.ts",
  "tests/cases/cases.test.ts",
  "tests/schema-diff.test.ts",
  "tests/robustness.test.ts",
  "tests/how-to.test.ts",
  "tests/plugins.test.ts",
  "tests/packed.test.ts",
  "tests/verify/plan.test.ts",
  "tests/stack/temporal.test.ts",
  "tests/verify/changes.test.ts",
  "generator/test/analysis/one-transaction.test.ts",
  "tests/integrations/ci.test.ts",
  "tests/consumers.test.ts",
  "generator/test/diagnostics/mistakes.test.ts",
  "tests/round-trip.test.ts",
  "tests/soundness/worlds.test.ts",
  "tests/solitude/pair-races.test.ts",
  "tests/verify/impact.test.ts",
  "runtime/test/documents/kill.test.ts",
  "tests/soundness/hard-queries.test.ts",
  "tests/verify/causes.test.ts",
  "runtime/test/documents/promises.test.ts",
  "tests/cache-between-commands.test.ts",
  "runtime/test/documents/faults.test.ts",
  "tests/verify/live.test.ts",
  "tests/two-stores/two-stores.test.ts",
  "runtime/test/documents/isolation.test.ts",
  "tests/import.test.ts",
  "tests/security.test.ts",
  "tests/verify/broken-base.test.ts",
  "tests/verify/history.test.ts",
  "generator/test/check/base/base.test.ts",
  "generator/test/cli/cli.test.ts",
  "generator/test/check/vet.test.ts",
  "generator/test/check/rules/rules.test.ts",
  "generator/test/check/verify/concerned.test.ts",
  "runtime/test/postgres/babble.test.ts",
  "tests/stack/servers.test.ts",
  "tests/coming-from.test.ts",
  "tests/own-schema-diff.test.ts",
  "tests/solitude/audit-trail.test.ts",
  "tests/stack/backup.test.ts",
  "runtime/test/postgres/silence.test.ts",
  "tests/examples.test.ts",
  "tests/verify/adaptive.test.ts",
  "tests/vet-fix.test.ts",
  "generator/test/project/project.test.ts",
  "generator/test/analysis/nullability.test.ts",
  "tests/solitude/distributed.test.ts",
  "tests/solitude/plans.test.ts",
  "runtime/test/postgres/stream.test.ts",
  "generator/test/check/schema/random.test.ts",
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
