/**
 * Runs run.mjs several times, each in a process of its own, and writes what they measured into the README as ranges.
 *
 *   node runtime/publish.mjs [--runs 5] [what run.mjs takes: --rounds 20, --only …, --clients …]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { figures, replaceFigures } from "./figures.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    rounds: { type: "string", default: "20" },
    only: { type: "string" },
    clients: { type: "string" },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const passed = ["rounds", "only", "clients"].flatMap((name) =>
  options[name] === undefined ? [] : [`--${name}`, options[name]],
);

/** Milliseconds of `node -e 0`, the median of nine. */
function startOfNode() {
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ["-e", "0"]);
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[4];
}

const folder = mkdtempSync(join(tmpdir(), "solitude-bench-"));
try {
  const runs = [];
  const load = [];
  for (let i = 1; i <= Number(options.runs); i++) {
    const file = join(folder, `${i}.json`);
    const node = startOfNode();
    load.push(loadavg()[0]);
    console.log(`\n## Run ${i} of ${options.runs}; node -e 0: ${Math.round(node)} ms`);
    execFileSync(process.execPath, ["--expose-gc", here("run.mjs"), "--json", file, ...passed], {
      stdio: "inherit",
    });
    runs.push({ node, lines: JSON.parse(readFileSync(file, "utf8")) });
    load.push(loadavg()[0]);
  }
  const measured = {
    version: process.version.slice(1),
    cores: cpus().length,
    rounds: options.rounds,
    load,
    runs,
  };
  const readme = here("../README.md");
  writeFileSync(readme, replaceFigures(readFileSync(readme, "utf8"), figures(measured)));
  console.log("\nwritten to README.md");
} finally {
  rmSync(folder, { recursive: true });
}
