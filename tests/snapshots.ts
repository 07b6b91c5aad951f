import { fileURLToPath } from "node:url";

/**
 * Where the applications of several suites keep PGlite's snapshots: in a folder of an application's own they would be gone with it, and initdb takes two
 * seconds of CPU each time. Not in the one that is the default, either, which keeps those of six schemas, and that many others ask for in each run.
 */
export const SNAPSHOTS = fileURLToPath(
  new URL("../node_modules/.cache/solitude-testing-of-pages", import.meta.url),
);
