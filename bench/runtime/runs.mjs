import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";

/** Milliseconds of `node -e 0`, the median of nine. */
function startOfNode() {
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ["-e", "0"]);
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[4];
}

/**
 * Runs a benchmark so many times, each in a process of its own; gives what `figures` takes.
 * @param {string} script writes its lines where `--json` says
 * @param {number} number
 * @param {readonly string[]} args passed on
 */
export function measureRuns(script, number, args) {
  const folder = mkdtempSync(join(tmpdir(), "solitude-bench-"));
  try {
    const runs = [];
    const load = [];
    for (let i = 1; i <= number; i++) {
      const file = join(folder, `${i}.json`);
      const node = startOfNode();
      load.push(loadavg()[0]);
      console.log(`\n## Run ${i} of ${number}; node -e 0: ${Math.round(node)} ms`);
      execFileSync(process.execPath, ["--expose-gc", script, "--json", file, ...args], { stdio: "inherit" });
      runs.push({ node, lines: JSON.parse(readFileSync(file, "utf8")) });
      load.push(loadavg()[0]);
    }
    return { version: process.version.slice(1), cores: cpus().length, load, runs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
