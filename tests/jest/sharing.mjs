import { dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Folders, and suites of others, that share their worker's context and the generator's modules; the rest has both to itself. Of `tests` those
 * are here that run commands in their process, and were seen to leave nothing behind.
 */
const SHARING = [
  "generator/test/",
  "tests/cases/",
  "tests/integrations/",
  "tests/jest/",
  "tests/verify/",
  ...[
    "coming-from",
    "examples",
    "how-to",
    "import",
    "page-samples",
    "plugins",
    "reference",
    "round-trip",
    "schemas",
    "several-rows",
    "sqlc-typescript",
    "testing-page",
    "two-engines",
  ].map((name) => `tests/${name}.test.ts`),
];

/** @param {string} testPath */
export function sharesModules(testPath) {
  const path = relative(ROOT, testPath).replaceAll(sep, "/");
  return SHARING.some((shared) => path.startsWith(shared));
}
