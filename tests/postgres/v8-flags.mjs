import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";

// A suite is over before JavaScript that V8 optimizes has paid for itself (a tenth of what a suite takes), and the next one has JavaScript of
// its own. As in the tool (generator/src/postgres/v8-flags.ts), of which the tests run the sources without its threads.

/** By Node's major versions, for V8 complains of flags that it does not know. */
const PATIENCE = { 20: "--interrupt-budget=1000000", 22: "--invocation-count-for-turbofan=40000" };

const [major = ""] = process.versions.node.split(".");
if (Object.hasOwn(PATIENCE, major)) setFlagsFromString(PATIENCE[major]);

// By what it has compiled of a module V8 keeps all that the module holds: each suite, to the end of the process. No module is compiled twice from
// it, since each has import() of its own.
setFlagsFromString("--no-compilation-cache");

// WebAssembly is one for all suites of a process: PostgreSQL is optimized once, in a second of CPU, and takes a quarter less from then on. V8
// finds it by its bytes as long as something holds on to it.
globalThis.postgresOfAllSuites = new WebAssembly.Module(
  readFileSync(join(dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite")), "pglite.wasm")),
);
