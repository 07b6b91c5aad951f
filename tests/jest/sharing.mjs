import { dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Folders, and suites of others, that share their worker's context, packages and the generator's modules; the rest has all to itself. Of `tests` those
 * are here that run commands in their process, and were seen to leave nothing behind.
 */
const SHARING = [
  "generator/test/",
  "runtime/test/",
  "tests/cases/",
  "tests/integrations/",
  "tests/jest/",
  "tests/solitude/",
  "tests/soundness/",
  "tests/trees/",
  "tests/verify/",
  ...[
    "adaptive",
    "annotations",
    "baseline",
    "cache-between-commands",
    "coming-from",
    "command-shell",
    "examples",
    "explain",
    "facade",
    "grants",
    "grants-fuzz",
    "grants-places",
    "grants-standing",
    "how-to",
    "import",
    "json-numbers",
    "kept-results",
    "nested-rows",
    "own-schema-diff",
    "page-samples",
    "pages-by-type",
    "plugins",
    "quiet",
    "records",
    "reference",
    "rehearse",
    "rehearse-faults",
    "robustness",
    "round-trip",
    "schema-diff",
    "schema-diff-command",
    "schema-diff-rows",
    "schemas",
    "server-engine",
    "server-is-kept",
    "several-rows",
    "roles",
    "diff-cuts",
    "squash",
    "sqlc-beside-us",
    "sqlc-typescript",
    "target-version",
    "tenant-scope",
    "testing-page",
    "two-engines",
    "unexpected-values",
    "vet-fix",
    "vet-on-postgres-16",
  ].map((name) => `tests/${name}.test.ts`),
];

/** @param {string} testPath */
export function sharesModules(testPath) {
  const path = relative(ROOT, testPath).replaceAll(sep, "/");
  return SHARING.some((shared) => path.startsWith(shared));
}
