import { setFlagsFromString } from "node:v8";

// A suite is over before code that V8 optimizes has paid for itself, PostgreSQL's own (a fifth of what a suite with it takes) and JavaScript (a
// tenth). As in the tool (generator/src/postgres/v8-flags.ts), of which the tests run the sources without its threads.

/** By Node's major versions, for V8 complains of flags that it does not know. */
const PATIENCE = { 20: "--interrupt-budget=1000000", 22: "--invocation-count-for-turbofan=40000" };

const [major = ""] = process.versions.node.split(".");
const flags = Object.hasOwn(PATIENCE, major) ? [PATIENCE[major]] : [];
if (/^2[0-4]$/.test(major)) flags.push("--no-wasm-dynamic-tiering", "--no-wasm-tier-up");
for (const flag of flags) setFlagsFromString(flag);
