import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { jest } from "@jest/globals";
import { generateAgain } from "../generator/src/cli/again.ts";
import { closeProjects, runCommand } from "./command.ts";
import { rowsToRun, sliceToRun } from "./long-form.ts";

/** What can happen to a run from outside: it is killed, it is not alone, its cache is broken. */

jest.setTimeout(900_000);
/** At which a run is killed, as parts of the time that one takes. */
const MOMENTS = sliceToRun(
  "moments at which a run is killed",
  [0.15, 0.7, 0.35, 0.8, 0.5, 0.9, 0.25, 0.6],
  4,
);
const CLI = fileURLToPath(new URL("../generator/bin/solitude-gen.js", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "robust-"));
  mkdirSync(join(folder, "node_modules"));
  mkdirSync(join(folder, "queries"));
  write(
    "sqlc.yaml",
    `version: "2"\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: queries\n    gen: { typescript: { out: out } }\n`,
  );
  write("schema.sql", "create table t (id int primary key, name text not null, note text);\n");
  writeQueries("name");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, contents: string): void {
  writeFileSync(join(folder, path), contents);
}

function writeQueries(column: string): void {
  for (let n = 0; n < 12; n++)
    write(`queries/q${n}.sql`, `-- name: Get${n} :one\nselect id, ${column} from t where id = $1;\n`);
}

interface Ran {
  /** As a shell has it: 128 and the signal's number where one has ended it. */
  readonly code: number;
  readonly err: string;
}

function start(...args: string[]): { child: ChildProcess; done: Promise<Ran> } {
  const { SOLITUDE_GEN_CACHE: _, ...env } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr!.on("data", (data) => {
    err += data;
  });
  return {
    child,
    done: new Promise((resolve) =>
      child.on("close", (code, signal) => resolve({ code: code ?? 128 + constants.signals[signal!], err })),
    ),
  };
}

const run = (...args: string[]): Promise<Ran> => start(...args).done;

/** Does something with the folder's own cache. */
async function withItsCache<T>(work: () => Promise<T>): Promise<T> {
  const { SOLITUDE_GEN_CACHE: ofTheRun } = process.env;
  delete process.env.SOLITUDE_GEN_CACHE;
  try {
    return await work();
  } finally {
    process.env.SOLITUDE_GEN_CACHE = ofTheRun;
  }
}

/**
 * Generates as the command does in a process of its own, with its folder's cache, but here, from the sources: first it looks whether anything
 * has changed, and nothing is open that was not kept in files.
 */
function generate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return withItsCache(async () => {
    await closeProjects();
    let err = "";
    const written = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      err += text;
      return true;
    });
    const done = await generateAgain(args, folder).finally(() => written.mockRestore());
    return done ? { code: 0, out: "", err } : runCommand(folder, "generate", ...args);
  });
}

/** Writes what a run writes that has nothing to go by but the files: in this process, from the sources, without a cache. */
async function writeFromNothing(): Promise<void> {
  await closeProjects();
  expect(await runCommand(folder, "generate", "--no-cache")).toMatchObject({ code: 0 });
}

function output(): Map<string, string> {
  return new Map(
    readdirSync(join(folder, "out")).map((name) => [name, readFileSync(join(folder, "out", name), "utf8")]),
  );
}

const cache = (): string => join(folder, "node_modules/.cache/solitude-gen");

test("whenever it is ended, by SIGKILL or SIGINT, every file is as it was or as it should be", async () => {
  const began = performance.now();
  expect(await run("generate", "--no-cache")).toMatchObject({ code: 0 });
  let whole = performance.now() - began;
  const before = output();
  writeQueries("note");
  await writeFromNothing();
  const after = output();
  expect(after).not.toEqual(before);

  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    let interrupted = 0;
    for (let i = 0; i < MOMENTS.length || interrupted === 0; i++) {
      for (const [name, contents] of before) write(`out/${name}`, contents);
      const { child, done } = start("generate", "--no-cache");
      await sleep(whole * MOMENTS[i % MOMENTS.length]!);
      child.kill(signal);
      const { code } = await done;
      if (code !== 0) {
        // Also where it had not yet begun to listen, and Node ended it.
        expect(code).toBe(128 + constants.signals[signal]);
        interrupted++;
      } else whole *= 0.7;
      for (const [name, contents] of output()) {
        if (name.endsWith(".ts")) expect([before.get(name), after.get(name)]).toContain(contents);
      }
    }
    await writeFromNothing();
    // The temporary files of runs that were killed are gone too.
    expect(output()).toEqual(after);
  }
});

/** Counts how many messages of a thread are dealt with before anything else can be heard, a signal among it. */
const COUNTING = `import { EventEmitter } from "node:events";
import { writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
let now = 0, most = 0;
Worker.prototype.emit = function (name, ...given) {
  if (name === "message") {
    if (now++ === 0) setImmediate(() => { most = Math.max(most, now); now = 0; });
  }
  return EventEmitter.prototype.emit.call(this, name, ...given);
};
process.on("exit", () => writeFileSync("most", String(Math.max(most, now))));
`;

test("a signal is heard between the answers of the database", async () => {
  for (let n = 0; n < 12; n++)
    write(
      `queries/q${n}.sql`,
      Array.from(
        { length: 20 },
        (_, i) =>
          `-- name: Get${n}x${i} :many\nselect a.*, b.note as other from t a left join t b on b.id = a.id where a.id = $1;\n`,
      ).join(""),
    );
  write("counting.mjs", COUNTING);
  const { SOLITUDE_GEN_CACHE: _, ...env } = process.env;
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "./counting.mjs", CLI, "generate", "--no-cache"],
    { cwd: folder, env, encoding: "utf8" },
  );
  expect([status, stderr]).toEqual([0, expect.stringContaining("240 queries")]);
  // As many as are under way at a time.
  expect(Number(readFileSync(join(folder, "most"), "utf8"))).toBeLessThanOrEqual(16);
});

test("runs at the same time in one folder do not disturb each other", async () => {
  const runs = await Promise.all([
    run("generate"),
    run("generate"),
    run("generate"),
    run("generate", "--no-cache"),
  ]);
  expect(runs.map(({ code, err }) => ({ code, isWritten: err.includes("generated") }))).toEqual(
    runs.map(() => ({ code: 0, isWritten: true })),
  );
  expect([...output().keys()].filter((name) => !name.endsWith(".ts"))).toEqual([]);
  expect(readdirSync(cache()).filter((name) => !/^[a-z]+-[0-9a-f]{64}$/.test(name))).toEqual([]);
  expect(await run("generate", "--check")).toMatchObject({ code: 0 });
});

/** What a cache can have suffered: each kind of entry suffers one of these, for all are read by one function. */
const DAMAGE: readonly ((path: string) => void)[] = [
  (path) => writeFileSync(path, "nonsense"),
  (path) => truncateSync(path, 1000),
  (path) => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 10]! ^= 1;
    writeFileSync(path, bytes);
  },
];
/** In the order in which they are asked for. */
const KINDS = ["output", "analysis", "snapshot", "schema", "queries"];

/** Damages what the cache has of a kind, and removes what is asked for before: it would hide what became of this one. */
function damageCache(kind: string, harm: (path: string) => void): void {
  const before = KINDS.slice(0, Math.max(0, KINDS.indexOf(kind)));
  expect(readdirSync(cache())).toContainEqual(expect.stringMatching(`^${kind}`));
  for (const name of readdirSync(cache()))
    if (name.startsWith(kind)) harm(join(cache(), name));
    else if (before.some((one) => name.startsWith(one))) rmSync(join(cache(), name));
}

test("a broken cache is not believed, nor are its parts, from which a database begins", async () => {
  expect(await generate()).toMatchObject({ code: 0 });
  const good = output();
  // What is read before there is a database, and all at once.
  for (const [i, harm] of DAMAGE.entries())
    for (const kind of rowsToRun(["files", ...KINDS, ""], (one) => one === ["files", "output", ""][i])) {
      damageCache(kind, harm);
      expect(await generate("--check")).toEqual({
        code: 0,
        out: "",
        err: expect.stringContaining("up to date"),
      });
    }
  for (const [i, kind] of KINDS.slice(1).entries()) {
    damageCache(kind, DAMAGE[i % DAMAGE.length]!);
    expect(await generate("--check")).toMatchObject({ code: 0, err: expect.stringContaining("up to date") });
  }
  expect(output()).toEqual(good);
});

describe("after a run with nothing to do, what has changed is not overlooked:", () => {
  const changes: [string, () => void][] = [
    [
      "a file of the same size and time",
      () => {
        const path = join(folder, "queries/q3.sql");
        const { atime, mtime } = statSync(path);
        write("queries/q3.sql", readFileSync(path, "utf8").replace("name from", "note from"));
        utimesSync(path, atime, mtime);
      },
    ],
    ["a new file", () => write("queries/q99.sql", "-- name: Get99 :one\nselect 1 as one;\n")],
    ["a file that is gone", () => rmSync(join(folder, "queries/q4.sql"))],
    [
      "the schema",
      () => write("schema.sql", "create table t (id bigint primary key, name text not null, note text);\n"),
    ],
    [
      "an option",
      () =>
        write(
          "sqlc.yaml",
          readFileSync(join(folder, "sqlc.yaml"), "utf8").replace(
            "out: out",
            "out: out, emit_facade: Db, driver: '@solitude/runtime'",
          ),
        ),
    ],
    [
      "what was generated",
      () => write("out/q3_sql.ts", `${readFileSync(join(folder, "out/q3_sql.ts"), "utf8")}\n`),
    ],
  ];
  // One after the other in one folder: what each leaves behind is what the next is not to overlook.
  test("each in turn", async () => {
    await generate();
    for (const [what, change] of changes) {
      const codes = [await generate("--check")];
      change();
      codes.push(await generate("--check"), await generate());
      const kept = output();
      await writeFromNothing();
      expect([what, ...codes.map(({ code }) => code)]).toEqual([what, 0, 1, 0]);
      expect([what, output()]).toEqual([what, kept]);
    }
  });
});

test("the database that is started ahead serves an edited query alone", async () => {
  write(
    "record.cjs",
    `const fs = require("node:fs");
     const { readFileSync } = fs;
     fs.readFileSync = (path, ...rest) => {
       if (String(path).includes("/snapshot-")) process._rawDebug("read a snapshot");
       return readFileSync(path, ...rest);
     };
     const threads = require("node:worker_threads");
     threads.Worker = class extends threads.Worker {
       constructor(...of) {
         super(...of);
         process._rawDebug("began a thread");
       }
     };
     const vm = require("node:vm");
     vm.Script = class extends vm.Script {
       constructor(...of) {
         super(...of);
         if (this.cachedDataRejected) process._rawDebug("compiled anew");
       }
     };`,
  );
  const edits: [string, number, () => void][] = [
    [
      "a query and the schema",
      0,
      () => {
        write("schema.sql", "create table t (id int primary key, name text, note text);\n");
        write("queries/q3.sql", "-- name: Get3 :one\nselect id from t where id = $1;\n");
      },
    ],
    [
      "a query of the new schema",
      1,
      () => write("queries/q3.sql", "-- name: Get3 :many\nselect t from t;\n"),
    ],
    [
      "a query, and the snapshot is lost",
      0,
      () => {
        write("queries/q3.sql", "-- name: Get3 :many\nselect note, id from t;\n");
        for (const name of readdirSync(cache()))
          if (name.startsWith("snapshot-")) rmSync(join(cache(), name));
      },
    ],
    ["a query, after that", 1, () => write("queries/q3.sql", "-- name: Get3 :many\nselect id from t;\n")],
  ];
  expect(await run("generate")).toMatchObject({ code: 0 });
  const { SOLITUDE_GEN_CACHE: _, ...env } = process.env;
  for (const [what, reads, edit] of edits) {
    edit();
    const ran = spawnSync(process.execPath, ["-r", join(folder, "record.cjs"), CLI, "generate"], {
      cwd: folder,
      encoding: "utf8",
      timeout: 120_000,
      env,
    });
    const found = ran.stderr.split("read a snapshot").length - 1;
    expect([what, ran.status, found]).toEqual([what, 0, what.includes("lost") ? expect.any(Number) : reads]);
    expect(ran.stderr.split("began a thread")).toHaveLength(2);
    expect(ran.stderr).not.toContain("compiled anew");
    const kept = output();
    await writeFromNothing();
    expect([what, output()]).toEqual([what, kept]);
  }
});

test("a warning is said again by a run with nothing to do", async () => {
  write(
    "schema.sql",
    "create table t (id int primary key, name text not null, note text);\ncreate table t (id int);\n",
  );
  const first = await generate();
  expect(first).toMatchObject({ code: 0, err: expect.stringContaining("schema-duplicate") });
  const said = ({ err }: { readonly err: string }) => err.split("\n").slice(0, -2);
  expect(said(await generate())).toEqual(said(first));
});

const onUnix = process.platform === "win32" ? test.skip : test;

onUnix.each(["generate", "generate --watch", "doctor"])(
  "in a folder that has gone, %s says so in words",
  (command) => {
    const gone = mkdtempSync(join(tmpdir(), "solitude-gone-"));
    const script = 'rmdir "$PWD" && exec "$@"';
    const args = ["-c", script, "sh", process.execPath, CLI, ...command.split(" ")];
    const { status, stderr } = spawnSync("sh", args, { cwd: gone, encoding: "utf8" });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "error: the folder that this was started in has gone\n",
    });
  },
);

test("clearing the cache removes nothing else", async () => {
  expect(await generate()).toMatchObject({ code: 0 });
  writeFileSync(join(cache(), "mine.txt"), "mine");
  expect(await withItsCache(() => runCommand(folder, "cache", "clear"))).toMatchObject({ code: 0 });
  expect(readdirSync(cache())).toEqual(["mine.txt"]);
});

test("what stands in the way of the output, and a schema that cannot be read, are told in words, once", async () => {
  write("out", "a file");
  const inTheWay = await generate();
  expect(inTheWay.code).toBe(2);
  expect(inTheWay.err).toMatch(
    /^error\[output-unwritable\]: cannot write out: a file of that name stands in the way\nhint: /,
  );
  rmSync(join(folder, "schema.sql"));
  mkdirSync(join(folder, "schema.sql.d"));
  write(
    "sqlc.yaml",
    readFileSync(join(folder, "sqlc.yaml"), "utf8").replace("schema.sql", "schema.sql.d/*.sql"),
  );
  mkdirSync(join(folder, "schema.sql.d/a.sql"));
  const unreadable = await generate();
  expect(unreadable.err.match(/^error\[/gm)).toHaveLength(1);
  expect(unreadable.err).not.toContain("does not exist");
});
