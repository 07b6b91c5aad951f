import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Only makes the folder in which the suites of this run agree on their servers; the first suite that needs one starts it. */
export default function setUp() {
  process.env.SOLITUDE_TEST_RUN = mkdtempSync(join(tmpdir(), "solitude-tests-"));
  process.env.SOLITUDE_TEST_JEST = String(process.pid);
}
