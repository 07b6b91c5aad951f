#!/usr/bin/env node
// npm links this at install time, when the bundle may not have been built yet.
import { existsSync } from "node:fs";

const bundle = new URL("../dist/cli.js", import.meta.url);
if (existsSync(bundle)) await import(bundle.href);
else {
  process.stderr.write("error: solitude-gen is not built yet; run: npm run build --workspace solitude-gen\n");
  process.exitCode = 3;
}
