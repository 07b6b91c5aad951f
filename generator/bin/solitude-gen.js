#!/usr/bin/env node
// npm links this at install time, when the bundle may not have been built yet.
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { runCompiled } = require("./compiled-code.js");

const bundle = join(__dirname, "../dist/cli.cjs");
if (existsSync(bundle))
  runCompiled(bundle, /^[a-z-]+$/.test(process.argv[2] ?? "") ? process.argv[2] : "none");
else {
  process.stderr.write("error: solitude-gen is not built yet; run: npm run build --workspace solitude-gen\n");
  process.exitCode = 3;
}
