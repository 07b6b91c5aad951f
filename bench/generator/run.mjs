/**
 * Measures `solitude-gen` as a user waits for it, process start included, and sqlc and pgtyped on the same queries in the same run.
 *
 *   node generator/run.mjs [--runs 5] [--only start,small,solitude,open,ci,history,sizes,sqlc,pgtyped] [--write]
 *
 * With --write, the lines measured replace those of the same name in the README beside it.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { schema, writeHistory, writeProject } from "./project.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const RUNS = Number(options.runs);
const only = options.only?.split(",");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "generator/bin/solitude-gen.js");
const REPORT = fileURLToPath(new URL("./report-usage.mjs", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "bench-generator-"));
const lines = [];

/** Runs a command and says how long each run took, what it cost and the most memory it held. */
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
  return results;
}

/** Runs a program that is none of Node's: `time` of the shell says what it cost. */
function measureProgram(program, args, cwd, { prepare = () => {}, runs = RUNS } = {}) {
  const results = [];
  for (let n = 0; n < runs; n++) {
    prepare();
    const started = performance.now();
    const { status, stderr, stdout } = spawnSync(
      "bash",
      ["-c", `TIMEFORMAT='used %U %S'; time "$0" "$@"`, program, ...args],
      { cwd, encoding: "utf8", env: { ...process.env, LC_ALL: "C" } },
    );
    const wall = (performance.now() - started) / 1000;
    if (status !== 0)
      throw new Error(`${program} ${args.join(" ")} ended with ${status}\n${stdout}\n${stderr}`);
    const [, user, system] = /^used ([\d.]+) ([\d.]+)$/m.exec(stderr);
    results.push({ wall, cpu: Number(user) + Number(system) });
  }
  return results;
}

/** The least, the middle and the most of what was measured; null where nothing was. */
function rangeOf(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return { least: sorted[0], median: sorted[Math.floor(sorted.length / 2)], most: sorted.at(-1) };
}

/** What `node -e 0` takes in this very run: machines differ, and so does one from hour to hour. */
let unit;
const nodeItself = () => (unit ??= measure(["-e", "0"], folder, { runs: Math.max(RUNS, 9) }));

const HEAD =
  "| | wall: × node -e 0 | CPU: × node -e 0 | wall, s | CPU, s | memory | load | goal |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |";

/** One line: medians, of multiples with the least and the most. */
function line(name, results, goal = "") {
  const shown = (what) => {
    const range = rangeOf(results.map((result) => result[what]));
    if (range === null) return { times: "", seconds: "" };
    const itself = rangeOf(nodeItself().map((result) => result[what])).median;
    const [least, median, most] = [range.least, range.median, range.most].map((value) =>
      (value / itself).toFixed(1),
    );
    return { times: `${median} (${least}–${most})`, seconds: range.median.toFixed(2) };
  };
  const [wall, cpu] = [shown("wall"), shown("cpu")];
  const memory = rangeOf(results.map((result) => result.memory));
  const load = loadavg()[0].toFixed(0);
  const cells = [
    name,
    wall.times,
    cpu.times,
    wall.seconds,
    cpu.seconds,
    memory ? `${Math.round(memory.most)} MB` : "",
    load,
    goal,
  ];
  lines.push(`| ${cells.join(" | ")} |`);
  console.log(lines.at(-1));
}

/** Puts the lines into the README's table, in place of those of the same name. */
function publish() {
  const file = fileURLToPath(new URL("./README.md", import.meta.url));
  const [before, table = "", after = ""] = readFileSync(file, "utf8").split(
    /<!-- (?:figures|end of figures) -->/,
  );
  const nameOf = (row) => row.split("|")[1].trim();
  const rows = new Map(
    table
      .split("\n")
      .filter((row) => row.startsWith("| ") && !row.startsWith("| ---") && nameOf(row) !== "")
      .map((row) => [nameOf(row), row]),
  );
  for (const row of lines) rows.set(nameOf(row), row);
  const taken = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} processors.`;
  const text = [taken, "", HEAD, ...rows.values()].join("\n");
  writeFileSync(file, `${before}<!-- figures -->\n\n${text}\n\n<!-- end of figures -->${after}`);
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

/** The seconds of CPU that a running process has used; undefined where the system does not tell. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
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
    // What an edit leaves to do is done while one looks at what came of it.
    const untilQuiet = async () => {
      let spent;
      do {
        const before = cpuOf(watcher.pid) ?? 0;
        await new Promise((done) => setTimeout(done, 1_500));
        spent = (cpuOf(watcher.pid) ?? 0) - before;
      } while (spent > 0.02);
    };
    const rounds = async (file, change) => {
      const text = readFileSync(file, "utf8");
      const found = [];
      for (let n = 0; n < RUNS * 2 + 1; n++) {
        await untilQuiet();
        told = "";
        const before = cpuOf(watcher.pid);
        writeFileSync(file, change(text, n));
        const wall = await round();
        found.push({ wall, cpu: before && cpuOf(watcher.pid) - before });
      }
      await untilQuiet();
      told = "";
      writeFileSync(file, text);
      await round();
      return found.slice(1);
    };
    const edit = (text, n) =>
      text.replace(/select|update|insert|delete/i, (word) => `${word}${" ".repeat(n + 1)}`);
    line("open, one query edited", await rounds(query, edit), "≤ 1 ×");
    // In front of the half that undoes it, which nobody runs.
    const add = (text, n) =>
      text.replace(/^-- migrate:up\n/m, (up) => `${up}create table bench_${n} (id int primary key);\n`);
    line("open, the newest migration edited", await rounds(migration, add), "≤ 8 ×");
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
    [500, "≤ 3 s", RUNS],
    [5000, "linear", Math.min(RUNS, 3)],
    [10000, "linear, < 1 GB", Math.min(RUNS, 3)],
  ]) {
    const cwd = join(folder, `size-${count}`);
    writeProject(cwd, count);
    line(`${count} queries, cold`, measure([CLI, "generate"], cwd, { prepare: clear, runs }), goal);
  }
}

/** The same files for us and for sqlc, which writes Go: with its own catalog, and with a server that analyses for it. */
async function sqlc() {
  const { findSqlc, SQLC_VERSION } = await import("../../tests/sqlc/real-sqlc.mjs");
  // What its users have.
  const program = await findSqlc("released");
  if (program === null) {
    return;
  }
  const { default: pg } = await import("pg");
  const { startBinaries } = await import("../../tests/postgres/binaries.mjs");
  const server = await startBinaries("16");
  try {
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query(schema());
    await client.end();
    for (const count of [200, 5000]) {
      const cwd = join(folder, `sqlc-${count}`);
      writeProject(cwd, count);
      const runs = Math.min(RUNS, 3);
      const config = (database) =>
        `version: "2"\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: queries\n${database}` +
        "    gen: { go: { package: db, out: go, sql_package: pgx/v5 } }\n";
      writeFileSync(join(cwd, "catalog.yaml"), config(""));
      writeFileSync(join(cwd, "server.yaml"), config(`    database: { uri: "${server.url}" }\n`));
      line(`${count} queries, cold, beside sqlc`, measure([CLI, "generate"], cwd, { prepare: clear, runs }));
      const prepare = () => rmSync(join(cwd, "go"), { recursive: true, force: true });
      for (const [name, file] of [
        ["its own catalog", "catalog.yaml"],
        ["its server running", "server.yaml"],
      ]) {
        const theirs = measureProgram(program, ["generate", "--file", file], cwd, { prepare, runs });
        if (!readdirSync(join(cwd, "go")).some((written) => written.endsWith(".sql.go")))
          throw new Error("sqlc wrote nothing");
        line(`the same ${count}, sqlc ${SQLC_VERSION} with ${name}`, theirs);
      }
    }
  } finally {
    await server.stop();
  }
}

async function pgtyped() {
  const cwd = join(folder, "pgtyped");
  writeProject(cwd, 200);
  line("200 queries, cold", measure([CLI, "generate"], cwd, { prepare: clear }));
  // Of no use to the other lines, which need no more than the root's packages.
  const { default: pg } = await import("pg");
  const { startBinaries } = await import("../../tests/postgres/binaries.mjs");
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
  console.log(HEAD);
  for (const [name, work] of Object.entries({
    start,
    small,
    solitude,
    open,
    ci,
    history,
    sizes,
    sqlc,
    pgtyped,
  }))
    if (wants(name)) await work();
  if (options.write) publish();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
