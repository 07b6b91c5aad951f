import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderInMemory } from "./temporary-folder.mjs";
import { sliceOfCommit, touchedLately } from "./touched.mjs";

/** Read by what is tested, and set by those who run the tests: a CI system, a hook of git's, a person. */
const NOT_OURS = [
  "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
  "FORCE_COLOR",
  "GITHUB_ACTIONS",
  "GITHUB_BASE_REF",
  "GIT_DIR",
  "GIT_INDEX_FILE",
  "GIT_WORK_TREE",
  "SOLITUDE_GEN_DEBUG",
  "SOLITUDE_STACK",
  "npm_config_user_agent",
];

/** What git would do by itself behind a command that has ended, in repositories that tests remove; and ask a person for. */
const GIT = { "gc.auto": "0", "maintenance.auto": "false", "commit.gpgsign": "false" };

/**
 * Makes the folder in which the suites of this run agree on their servers; the first suite that needs one starts it.
 * Beyond that the suites find the same environment wherever they run.
 */
export default function setUp() {
  for (const name of NOT_OURS) delete process.env[name];
  // Jest itself has its workers' children print in colors where it runs on a terminal; this prevails.
  process.env.NO_COLOR = "1";
  const memory = folderInMemory();
  // Never the one of a run that has started this one.
  delete process.env.SOLITUDE_TEST_MEMORY;
  if (memory !== undefined) {
    process.env.SOLITUDE_TEST_MEMORY = memory;
    process.env.TMPDIR = memory;
  }
  const run = mkdtempSync(join(tmpdir(), "solitude-tests-"));
  process.env.SOLITUDE_TEST_RUN = run;
  process.env.SOLITUDE_TEST_JEST = String(process.pid);
  process.env.SOLITUDE_GEN_CACHE = join(run, "cache");
  process.env.SOLITUDE_SLICE ??= sliceOfCommit();
  const touched = touchedLately();
  if (touched !== null) writeFileSync(join(run, "touched.json"), JSON.stringify(touched));
  // The compiler of TypeScript, sqlc and esbuild are programs in Go, and over before it pays to collect their garbage as often as Go does
  // by default: a fifth of their CPU.
  process.env.GOGC = "400";
  for (const [i, [key, value]] of Object.entries(GIT).entries()) {
    process.env[`GIT_CONFIG_KEY_${i}`] = key;
    process.env[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  process.env.GIT_CONFIG_COUNT = String(Object.keys(GIT).length);
}
