#!/usr/bin/env node
// npm links this at install time, when the bundle may not have been built yet.
import { existsSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

/**
 * Most runs are over before V8's optimizing compiler has paid for itself, and on a small machine it takes a processor
 * away from the run: it is to wait for what is really hot. By Node's major versions, for V8 complains of flags that it does not know.
 */
const PATIENCE = {
  20: "--interrupt-budget=1000000",
  22: "--invocation-count-for-turbofan=40000",
};
const patience = PATIENCE[process.versions.node.split(".")[0]];
if (patience !== undefined) setFlagsFromString(patience);

const bundle = new URL("../dist/cli.js", import.meta.url);
if (existsSync(bundle)) await import(bundle.href);
else {
  process.stderr.write("error: solitude-gen is not built yet; run: npm run build --workspace solitude-gen\n");
  process.exitCode = 3;
}
