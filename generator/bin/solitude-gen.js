#!/usr/bin/env node
// npm links this at install time, when the bundle may not have been built yet.
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { runCompiled } = require("./compiled-code.js");

/**
 * Most runs are over before V8's optimizing compiler has paid for itself, and on a small machine it takes a processor
 * away from the run: it is to wait for what is really hot. By Node's major versions, for V8 complains of flags that it does not know.
 */
const PATIENCE = {
  20: "--interrupt-budget=1000000",
  22: "--invocation-count-for-turbofan=40000",
};
/**
 * V8 optimizes WebAssembly on as many threads as it has. On runs of seconds that costs more than it gives, with 5,000 queries still.
 * (`--liftoff-only` would say the same, and end the process where V8 must optimize after all.)
 */
const UNOPTIMIZED = ["--no-wasm-dynamic-tiering", "--no-wasm-tier-up"];
/** Node's versions whose V8 has them. */
const KNOWN = new Set(["20", "21", "22", "23", "24"]);

// Before anything is compiled: code that was compiled under other flags is not taken.
const version = process.versions.node.split(".")[0];
const flags = [PATIENCE[version] ?? [], KNOWN.has(version) ? UNOPTIMIZED : []].flat();
for (const flag of flags) setFlagsFromString(flag);

const bundle = join(__dirname, "../dist/cli.cjs");
if (existsSync(bundle))
  runCompiled(bundle, /^[a-z-]+$/.test(process.argv[2] ?? "") ? process.argv[2] : "none");
else {
  process.stderr.write("error: solitude-gen is not built yet; run: npm run build --workspace solitude-gen\n");
  process.exitCode = 3;
}
