/**
 * Runs run.mjs several times, each in a process of its own, and writes what they measured into the README as ranges.
 *
 *   node runtime/publish.mjs [--runs 5] [--as <another place in the README>] [what run.mjs takes: --rounds 20, --only …, --clients …]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { figures, replaceFigures } from "./figures.mjs";
import { measureRuns } from "./runs.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    as: { type: "string" },
    rounds: { type: "string", default: "20" },
    only: { type: "string" },
    clients: { type: "string" },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const passed = ["rounds", "only", "clients"].flatMap((name) =>
  options[name] === undefined ? [] : [`--${name}`, options[name]],
);

const runs = measureRuns(here("run.mjs"), Number(options.runs), passed);
const readme = here("../README.md");
const by = options.as === undefined ? "runtime/publish.mjs" : `runtime/publish.mjs --as ${options.as}`;
const text = figures({ ...runs, rounds: options.rounds });
writeFileSync(readme, replaceFigures(readFileSync(readme, "utf8"), text, by));
console.log("\nwritten to README.md");
