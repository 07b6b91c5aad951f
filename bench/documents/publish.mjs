/**
 * Runs run.mjs several times, each in a process of its own, and writes what they measured into the README as ranges.
 *
 *   node documents/publish.mjs [--runs 3] [--rounds 60]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { figures, replaceFigures } from "../runtime/figures.mjs";
import { measureRuns } from "../runtime/runs.mjs";
import { ACCESSOR } from "./contestants.mjs";

const { values: options } = parseArgs({
  options: { runs: { type: "string", default: "3" }, rounds: { type: "string", default: "60" } },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Where a server takes its time, as all servers do. */
const GOALS = ["secantusdb", "ferretdb", "mongodb"].flatMap((server) => [
  [`find-${server}`, ACCESSOR, "wallRatio", 1.05, `find one by id, on ${server}, against the driver alone`],
  [`find-${server}`, ACCESSOR, "wallToFloor", 1.05, `find one by id, on ${server}, against by hand`],
  [`insert-${server}`, ACCESSOR, "wallRatio", 1.05, `insert one, on ${server}, against the driver alone`],
  [`insert-${server}`, ACCESSOR, "wallToFloor", 1.05, `insert one, on ${server}, against by hand`],
]);
const runs = measureRuns(here("run.mjs"), Number(options.runs), ["--rounds", options.rounds]);
const readme = here("../README.md");
const text = figures({ ...runs, rounds: options.rounds }, GOALS, "by hand");
writeFileSync(readme, replaceFigures(readFileSync(readme, "utf8"), text, "documents/publish.mjs"));
console.log("\nwritten to README.md");
