#!/usr/bin/env node
// npm links this at install time, when the bundle may not have been built yet.
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { runCompiled } = require("./compiled-code.js");

const DIST = join(__dirname, "../dist");
/** What the bundle that only looks whether anything has changed understands. */
const SIMPLE = new Set(["--check", "--quiet", "-q"]);

async function run([command, ...args]) {
  const again = join(DIST, "again.cjs");
  if (command === "generate" && args.every((arg) => SIMPLE.has(arg)) && existsSync(again)) {
    const { generateAgain } = runCompiled(again, "again");
    // What goes wrong is for the whole command to find, and to say: also that there is no folder any more.
    if (
      await here()
        .then((folder) => generateAgain(args, folder))
        .catch(() => false)
    )
      return;
  }
  const bundle = join(DIST, "cli.cjs");
  if (existsSync(bundle)) runCompiled(bundle, /^[a-z-]+$/.test(command ?? "") ? command : "none");
  else {
    process.stderr.write(
      "error: solitude-gen is not built yet; run: npm run build --workspace solitude-gen\n",
    );
    process.exitCode = 3;
  }
}

const here = async () => process.cwd();

run(process.argv.slice(2));
