/**
 * Measures `solitude-gen` as a user waits for it, process start included, and pgtyped on the same queries in the same run.
 *
 *   node generator/run.mjs [--runs 5] [--only solitude,small,sizes,start,pgtyped]
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { startBinaries } from "../../tests/postgres/binaries.mjs";
import { schema, writeProject } from "./project.mjs";

const { values: options } = parseArgs({
  options: { runs: { type: "string", default: "5" }, only: { type: "string" } },
});
const RUNS = Number(options.runs);
const only = options.only?.split(",");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "generator/bin/solitude-gen.js");
const REPORT = fileURLToPath(new URL("./report-usage.mjs", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "bench-generator-"));
const lines = [];

/** Runs a command and says how long it took, what it cost and the most memory it held. */
function measure(args, cwd, { prepare = () => {}, runs = RUNS, env = {}, expected = 0 } = {}) {
  const results = [];
  for (let n = 0; n < runs; n++) {
    prepare(n);
    const usage = join(folder, "usage.json");
    rmSync(usage, { force: true });
    const started = performance.now();
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", REPORT, ...args], {
      cwd,
      encoding: "utf8",
      env: { ...process.env, SOLITUDE_GEN_CACHE: join(folder, "cache"), USAGE_FILE: usage, ...env },
    });
    const wall = (performance.now() - started) / 1000;
    if (status !== expected) throw new Error(`${args.join(" ")} ended with ${status}\n${stdout}\n${stderr}`);
    results.push({ wall, ...(existsSync(usage) ? JSON.parse(readFileSync(usage, "utf8")) : {}) });
  }
  return results.sort((a, b) => a.wall - b.wall)[Math.floor(results.length / 2)];
}

function line(name, result, goal = "") {
  const seconds = (value) => (value === undefined ? "" : value.toFixed(2));
  const memory = result.memory === undefined ? "" : `${Math.round(result.memory)} MB`;
  lines.push(`| ${name} | ${seconds(result.wall)} | ${seconds(result.cpu)} | ${memory} | ${goal} |`);
  console.log(lines.at(-1));
}

const clear = () => rmSync(join(folder, "cache"), { recursive: true, force: true });
const wants = (name) => only === undefined || only.includes(name);

function start() {
  line("node -e 0", measure(["-e", "0"], folder));
  line("--version", measure([CLI, "--version"], folder));
  line("--help", measure([CLI, "--help"], folder));
}

function small() {
  const cwd = join(folder, "small");
  writeProject(cwd, 1);
  line("one query, cold", measure([CLI, "generate"], cwd, { prepare: clear }));
}

/** Solitude's own schema and queries, in a copy, so that one can be edited. */
function solitude() {
  const cwd = join(folder, "solitude");
  for (const name of ["schema", "queries", "sqlc.yaml", "generated/src"]) {
    cpSync(join(ROOT, name), join(cwd, name), { recursive: true });
  }
  const file = join(cwd, "queries", readdirSync(join(cwd, "queries"))[0]);
  const text = readFileSync(file, "utf8");
  line("Solitude, cold", measure([CLI, "generate"], cwd, { prepare: clear }), "≤ 1.5");
  line("Solitude, nothing changed", measure([CLI, "generate"], cwd), "≤ 0.3");
  const edit = (n) => writeFileSync(file, text.replace(/select/i, `select${" ".repeat(n + 2)}`));
  line("Solitude, one query edited", measure([CLI, "generate"], cwd, { prepare: edit }), "≤ 0.8");
}

function sizes() {
  for (const [count, goal, runs] of [
    [500, "≤ 3", RUNS],
    [5000, "linear, < 1 GB", Math.min(RUNS, 3)],
  ]) {
    const cwd = join(folder, `size-${count}`);
    writeProject(cwd, count);
    line(`${count} queries, cold`, measure([CLI, "generate"], cwd, { prepare: clear, runs }), goal);
  }
}

async function pgtyped() {
  const cwd = join(folder, "pgtyped");
  writeProject(cwd, 200);
  line("200 queries, cold", measure([CLI, "generate"], cwd, { prepare: clear }));
  const server = await startBinaries("16");
  try {
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query(schema());
    await client.end();
    writeFileSync(
      join(cwd, "pgtyped.json"),
      JSON.stringify({
        transforms: [{ mode: "sql", include: "**/*.sql", emitTemplate: "{{dir}}/{{name}}.queries.ts" }],
        srcDir: "./src",
        dbUrl: server.url,
      }),
    );
    const cli = fileURLToPath(new URL("../node_modules/@pgtyped/cli/lib/index.js", import.meta.url));
    const theirs = measure([cli, "-c", "pgtyped.json"], cwd, {
      runs: Math.min(RUNS, 3),
      prepare: () => {
        for (const name of readdirSync(join(cwd, "src")))
          if (name.endsWith(".ts")) rmSync(join(cwd, "src", name));
      },
    });
    if (!readdirSync(join(cwd, "src")).some((name) => name.endsWith(".queries.ts")))
      throw new Error("pgtyped wrote nothing");
    line("the same 200, pgtyped with its server running", theirs);
  } finally {
    await server.stop();
  }
}

try {
  console.log(
    `Node ${process.version}, ${availableParallelism()} processors, load ${loadavg()[0].toFixed(1)}; medians\n`,
  );
  console.log("| | wall, s | CPU, s | memory | goal, s |\n| --- | ---: | ---: | ---: | --- |");
  for (const [name, work] of Object.entries({ start, small, solitude, sizes, pgtyped }))
    if (wants(name)) await work();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
