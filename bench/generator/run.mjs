/**
 * Measures `solitude-gen` as a user waits for it, process start included, and pgtyped on the same queries in the same run.
 *
 *   node generator/run.mjs [--runs 5] [--only start,small,solitude,open,ci,history,sizes,pgtyped]
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { startBinaries } from "../../tests/postgres/binaries.mjs";
import { schema, writeHistory, writeProject } from "./project.mjs";

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

/** What `node -e 0` takes in this very run: machines differ, and so does one from hour to hour. */
let unit;
const nodeItself = () => (unit ??= measure(["-e", "0"], folder, { runs: Math.max(RUNS, 9) }));

function line(name, result, goal = "") {
  const seconds = (value) => (value === undefined ? "" : value.toFixed(2));
  const multiple = (result.wall / nodeItself().wall).toFixed(1);
  const memory = result.memory === undefined ? "" : `${Math.round(result.memory)} MB`;
  lines.push(
    `| ${name} | ${seconds(result.wall)} | ${multiple} | ${seconds(result.cpu)} | ${memory} | ${goal} |`,
  );
  console.log(lines.at(-1));
}

const clear = () => rmSync(join(folder, "cache"), { recursive: true, force: true });
const wants = (name) => only === undefined || only.includes(name);

function start() {
  line("node -e 0", nodeItself());
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
  line("Solitude, cold", measure([CLI, "generate"], cwd, { prepare: clear }), "≤ 18 ×");
  line("Solitude, nothing changed", measure([CLI, "generate"], cwd), "≤ 2.5 ×");
  const edit = (n) => writeFileSync(file, text.replace(/select/i, `select${" ".repeat(n + 2)}`));
  line("Solitude, one query edited", measure([CLI, "generate"], cwd, { prepare: edit }), "≤ 7 ×");
}

/** A copy of Solitude's schema and queries. */
function copySolitude(name) {
  const cwd = join(folder, name);
  for (const path of ["schema", "queries", "sqlc.yaml", "generated/src"])
    cpSync(join(ROOT, path), join(cwd, path), { recursive: true });
  const last = (what) => {
    const names = readdirSync(join(cwd, what)).sort();
    return join(cwd, what, names.at(-1));
  };
  return { cwd, query: last("queries"), migration: last("schema") };
}

/** A project that stays open: from the moment at which the files are read to that at which the output is written. */
async function open() {
  clear();
  const { cwd, query, migration } = copySolitude("open");
  const watcher = spawn(process.execPath, [CLI, "generate", "--watch", "--no-color"], {
    cwd,
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(folder, "cache") },
  });
  try {
    let told = "";
    watcher.stderr.on("data", (chunk) => {
      told += chunk;
    });
    const round = async () => {
      while (!/ (\d+) ms; watching\n/.test(told)) {
        if (watcher.exitCode !== null) throw new Error(told);
        await new Promise((done) => watcher.stderr.once("data", done));
      }
      const wall = Number(/ (\d+) ms; watching\n/.exec(told)[1]) / 1000;
      told = "";
      return wall;
    };
    await round();
    const median = async (file, change) => {
      const text = readFileSync(file, "utf8");
      const walls = [];
      for (let n = 0; n < RUNS * 2 + 1; n++) {
        // What the last edit left to do is done while one looks at it.
        await new Promise((done) => setTimeout(done, 1_000));
        writeFileSync(file, change(text, n));
        walls.push(await round());
      }
      writeFileSync(file, text);
      await round();
      return { wall: walls.slice(1).sort((a, b) => a - b)[Math.floor((walls.length - 1) / 2)] };
    };
    const edit = (text, n) =>
      text.replace(/select|update|insert|delete/i, (word) => `${word}${" ".repeat(n + 1)}`);
    line("open, one query edited", await median(query, edit), "≤ 1 ×");
    const add = (text, n) => `${text}\ncreate table bench_${n} (id int primary key);\n`;
    line("open, the newest migration edited", await median(migration, add), "≤ 8 ×");
  } finally {
    watcher.kill();
  }
}

/** Makes a folder a repository, with a branch for the change that comes next. */
function branchOff(cwd) {
  const git = (...args) =>
    execFileSync(
      "git",
      ["-c", "user.name=b", "-c", "user.email=b@example.com", "-c", "commit.gpgsign=false", ...args],
      { cwd },
    );
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--quiet", "--message=base");
  git("checkout", "--quiet", "-b", "change");
}

/** All checks of a change that adds a migration, in a repository. */
function ci() {
  const { cwd } = copySolitude("ci");
  branchOff(cwd);
  writeFileSync(
    join(cwd, "schema/20990101000000_bench.sql"),
    "create table bench (id bigint primary key);\n",
  );
  measure([CLI, "generate"], cwd, { runs: 1 });
  const args = [CLI, "ci", "--against", "main", "--fail-on", "error"];
  line("ci, cold", measure(args, cwd, { prepare: clear, runs: Math.min(RUNS, 3) }));
  line("ci, warm", measure(args, cwd), "≤ 25 ×");
}

/** The same on a project of a thousand migrations and a thousand queries. */
function history() {
  const cwd = join(folder, "history");
  writeHistory(cwd, 1_000, 1_000);
  measure([CLI, "generate"], cwd, { runs: 1 });
  branchOff(cwd);
  const migration = join(cwd, "schema/1001.sql");
  const args = [CLI, "ci", "--against", "main"];
  const change = (text, alter = (query) => query) => {
    writeFileSync(migration, text);
    for (const name of readdirSync(join(cwd, "queries"))) {
      const path = join(cwd, "queries", name);
      writeFileSync(path, readFileSync(path, "utf8").split("\n").map(alter).join("\n"));
    }
    measure([CLI, "generate"], cwd, { runs: 1 });
  };
  change("alter table t5 add column extra text;\n");
  line("1,000 migrations and queries, ci, new change", measure(args, cwd, { runs: 1 }));
  line("1,000 migrations and queries, ci, warm", measure(args, cwd), "≤ 100 ×");
  // Neither order is safe: the roll-out is planned.
  change("alter table t5 rename column note to remark;\n", (query) =>
    /\bt5\b/.test(query) ? query.replace(/\bnote\b/g, "remark") : query,
  );
  line("the same with a plan, new change", measure(args, cwd, { runs: 1, expected: 1 }));
  line("the same with a plan, warm", measure(args, cwd, { expected: 1 }), "≤ 100 ×");
}

function sizes() {
  for (const [count, goal, runs] of [
    [500, "≤ 3", RUNS],
    [5000, "linear", Math.min(RUNS, 3)],
    [10000, "linear, < 1 GB", Math.min(RUNS, 3)],
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
  console.log(
    "| | wall, s | × node -e 0 | CPU, s | memory | goal |\n| --- | ---: | ---: | ---: | ---: | --- |",
  );
  for (const [name, work] of Object.entries({ start, small, solitude, open, ci, history, sizes, pgtyped }))
    if (wants(name)) await work();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
