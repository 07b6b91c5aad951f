import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../stack/processes/free-port.mjs";
import { createDatabase } from "../postgres/database.ts";

// `generate --watch` as a person has it before them: in a pseudo-terminal, saved as editors save.

const CLI = fileURLToPath(new URL("../../generator/bin/solitude-gen.js", import.meta.url));
const TERMINAL = fileURLToPath(new URL("./terminal.py", import.meta.url));
const HANG_UP = fileURLToPath(new URL("./hang-up.py", import.meta.url));
/** Written at once; SOLITUDE_WATCH_FILES=1000 for the long form. */
const MANY = Number(process.env.SOLITUDE_WATCH_FILES ?? 150);

const hasTerminal = process.platform !== "win32" && spawnSync("python3", ["-c", "import pty"]).status === 0;
if (!hasTerminal)
  console.warn("generate --watch is not tested: python3, which gives a pseudo-terminal, is missing");
const inTerminal = hasTerminal ? test : test.skip;

const CONFIG = `version: "2"
sql: [{ engine: postgresql, schema: schema, queries: queries, gen: { typescript: { out: db } } }]
`;
const PEOPLE = "-- name: People :many\nselect id, name from people;\n";

let root: string;
let watcher: ChildProcessWithoutNullStreams;
let screen = "";
/** How much of it was there when it last showed what was waited for. */
let seen = 0;
let told: () => void = () => {};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "watch-")));
  write("sqlc.yaml", CONFIG);
  write("schema/1.sql", "create table people (id bigint primary key, name text not null);\n");
  write("schema/2.sql", "create table pets (id bigint primary key);\n");
  write("queries/people.sql", PEOPLE);
});
afterEach(async () => {
  if (watcher?.exitCode === null && watcher.signalCode === null) {
    watcher.kill();
    await once(watcher, "exit");
  }
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** As most editors do it: another file takes the place. */
function replace(path: string, text: string): void {
  write(`${path}.tmp~`, text);
  renameSync(join(root, `${path}.tmp~`), join(root, path));
}

const generated = (name: string): string => readFileSync(join(root, "db", name), "utf8");

function start(...options: string[]): void {
  screen = "";
  seen = 0;
  const { CI: _, ...env } = process.env;
  watcher = spawn("python3", [TERMINAL, process.execPath, CLI, "generate", "--watch", ...options], {
    cwd: root,
    env: { ...env, TERM: "xterm", SOLITUDE_GEN_CACHE: join(root, ".cache") },
  });
  watcher.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString("utf8");
    told();
  });
  watcher.on("exit", () => told());
}

/** Waits until a run has ended, and what was shown since the last time has the texts: one save may take two runs. */
async function shows(...texts: readonly (string | RegExp)[]): Promise<void> {
  for (;;) {
    const since = screen.slice(seen);
    const has = (text: string | RegExp): boolean =>
      typeof text === "string" ? since.includes(text) : text.test(since);
    const hasEnded = screen.slice(screen.lastIndexOf("\u001b[H")).includes("watching");
    if (hasEnded && texts.every(has)) {
      seen = screen.length;
      return;
    }
    if (watcher.exitCode !== null) throw new Error(`it has ended:\n${screen}`);
    await new Promise<void>((done) => {
      told = done;
    });
  }
}

inTerminal(
  "queries, schema and configuration: each save shows what became of it, and no error ends it",
  async () => {
    start();
    await shows("db/people_sql.ts (new)", "1 query");

    replace("queries/people.sql", PEOPLE.replace("name from", "name, id + 1 as next from"));
    await shows("db/people_sql.ts", "PeopleRow", "+ next: string;");
    expect(generated("people_sql.ts")).toContain("next: string;");

    replace("queries/people.sql", PEOPLE.replace("name from", "nome from"));
    await shows('column "nome" does not exist', "people.sql:2:12", "nothing was written");
    expect(generated("people_sql.ts")).toContain("next: string;");

    // The schema has it now.
    write("schema/2.sql", "alter table people add column nome text;\n");
    await shows("+ nome: string | null;", "- next: string;");
    write("schema/2.sql", "alter table people add column nome text not null;\n");
    await shows("+ nome: string;", "- nome: string | null;");
    write("schema/2.sql", "alter table people add colum;\n");
    await shows("error[schema-", "nothing was written");

    write("sqlc.yaml", "version: '9'\n");
    await shows("invalid version number: 9");
    rmSync(join(root, "sqlc.yaml"));
    await shows("error[config-missing]");
    write("schema/2.sql", "alter table people add column nome int;\n");
    write("sqlc.yaml", CONFIG.replace("out: db", "out: code"));
    await shows("code/people_sql.ts (new)");
    expect(readFileSync(join(root, "code/people_sql.ts"), "utf8")).toContain("nome: number | null;");

    rmSync(join(root, "queries/people.sql"));
    await shows("error[queries-missing]");
    write("queries/people.sql", PEOPLE);
    await shows("- nome: number | null;");

    watcher.stdin.write("\u0003");
    const [code] = await once(watcher, "exit");
    expect(code).toBe(130);
  },
  300_000,
);

inTerminal(
  "another branch, many files at once, and the command that follows each change of the output",
  async () => {
    const git = (...args: string[]): void => {
      const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
      execFileSync("git", [...identity, ...args], { cwd: root, stdio: "pipe" });
    };
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("commit", "--quiet", "--message=x");
    git("checkout", "--quiet", "-b", "other");
    write("schema/3.sql", "alter table people alter column name drop not null;\n");
    rmSync(join(root, "queries/people.sql"));
    write("queries/persons.sql", PEOPLE.replace("People", "Persons"));
    git("add", "--all");
    git("commit", "--quiet", "--message=x");
    git("checkout", "--quiet", "main");

    start("--exec", "echo ran >> followed.txt");
    await shows("db/people_sql.ts (new)");
    git("checkout", "--quiet", "other");
    await shows("db/persons_sql.ts (new)", "db/people_sql.ts (removed)");
    expect(generated("models.ts")).toContain("name: string | null;");
    git("checkout", "--quiet", "main");
    await shows("db/people_sql.ts (new)", "db/persons_sql.ts (removed)");

    for (let n = 0; n < MANY; n++) write(`queries/q${n}.sql`, `-- name: Q${n} :one\nselect ${n} as n;\n`);
    await shows(`${MANY + 1} queries`);
    expect(existsSync(join(root, `db/q${MANY - 1}_sql.ts`))).toBe(true);
    for (let n = 0; n < MANY; n++) rmSync(join(root, `queries/q${n}.sql`));
    await shows("1 query,");
    expect(existsSync(join(root, "db/q0_sql.ts"))).toBe(false);
    expect(readFileSync(join(root, "followed.txt"), "utf8")).toMatch(/^(?:ran\n)+$/);
  },
  300_000,
);

inTerminal(
  "what follows may fail, and may format the output, which then stays until something else is wanted of it",
  async () => {
    const format = "for f in db/*.ts; do echo '// formatted' >> $f; done; echo x >> ran.txt; exit 7";
    start("--exec", format);
    await shows("db/people_sql.ts (new)", /`for f in .*` has ended with exit code 7/);
    // It has changed files beside the configuration, too, each of which is a reason to look again.
    write("touched.txt", "x");
    replace("queries/people.sql", PEOPLE.replace("name from", "name, 1 as one from"));
    await shows("+ one: number;", "1 file changed", "exit code 7");
    for (const name of ["people_sql.ts", "models.ts"]) expect(generated(name)).toMatch(/\/\/ formatted\n$/);
    replace("queries/people.sql", PEOPLE.replace("name from", "name, 2 as two from"));
    await shows("+ two: number;", "1 file changed", "exit code 7");
    expect(readFileSync(join(root, "ran.txt"), "utf8")).toBe("x\nx\nx\n");
  },
  300_000,
);

inTerminal(
  "output that goes is put back, and what stands in its way is no longer when it goes",
  async () => {
    // What follows removes some of it, for which nobody goes on for ever.
    start("--exec", "echo ran >> ran.txt; rm -f db/index.ts");
    const runs = (): number =>
      existsSync(join(root, "ran.txt")) ? readFileSync(join(root, "ran.txt"), "utf8").length / 4 : 0;
    const isThere = async (name: string): Promise<void> => {
      while (!existsSync(join(root, "db", name))) await sleep(20);
    };
    while (runs() < 2) await sleep(20);
    rmSync(join(root, "db/people_sql.ts"));
    await isThere("people_sql.ts");
    rmSync(join(root, "db/people_sql.ts"));
    write("db/people_sql.ts/mine.txt", "");
    replace("queries/people.sql", PEOPLE.replace("name from", "name, 1 as one from"));
    await shows("error[output-not-ours]: db/people_sql.ts");
    rmSync(join(root, "db/people_sql.ts"), { recursive: true });
    await isThere("people_sql.ts");
    await isThere("index.ts");
    expect(generated("people_sql.ts")).toContain("one: number;");
    expect(runs()).toBeLessThan(6);
  },
  300_000,
);

inTerminal(
  "a server that answers again is asked again by itself",
  async () => {
    const database = await createDatabase();
    const { hostname, port, pathname, username } = new URL(database.url);
    // What stands before it is not there at first.
    const way = createServer((socket) => {
      const on = connect(Number(port), hostname);
      socket.pipe(on).pipe(socket);
      for (const end of [socket, on]) end.on("error", () => end.destroy());
    });
    const at = await freePort();
    const uri = `postgres://${username}@127.0.0.1:${at}${pathname}`;
    write("sqlc.yaml", CONFIG.replace("gen:", `database: { uri: "${uri}" }, gen:`));
    start();
    await shows("error[database-unreachable]", "nothing was written");
    way.listen(at, "127.0.0.1");
    await shows("db/people_sql.ts (new)", "1 query");
    watcher.kill();
    await once(watcher, "exit");
    way.close();
    await database.drop();
  },
  300_000,
);

/** A command that stays, and writes down its number. */
const STAYING = "echo $$ > follows.txt; exec sleep 300";
const follows = (): number => Number(readFileSync(join(root, "follows.txt"), "utf8"));
async function isStarted(): Promise<void> {
  while (!existsSync(join(root, "follows.txt")) || follows() === 0) await sleep(20);
}
async function isEnded(): Promise<void> {
  const id = follows();
  const isThere = (): boolean => {
    try {
      return process.kill(id, 0);
    } catch {
      return false;
    }
  };
  while (isThere()) await sleep(20);
}

inTerminal(
  "a terminal that is closed ends it, and what follows, by the signal that says so",
  async () => {
    // What follows shows its word when it has written down its number.
    const exec = `echo $$ > follows.txt; echo followed; exec sleep 300`;
    const run = spawn(
      "python3",
      [HANG_UP, "followed", process.execPath, CLI, "generate", "--watch", "--exec", exec],
      { cwd: root, env: { ...process.env, SOLITUDE_GEN_CACHE: join(root, ".cache") } },
    );
    let said = "";
    run.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    await once(run, "close");
    expect(said).toBe("-1\n");
    await isEnded();
  },
  300_000,
);

inTerminal(
  "Ctrl-\\ ends what follows too",
  async () => {
    start("--exec", STAYING);
    await isStarted();
    watcher.stdin.write("\u001c");
    await once(watcher, "exit");
    await isEnded();
  },
  300_000,
);

test("where nobody reads any more what it says, it ends", async () => {
  const quiet = spawn(process.execPath, [CLI, "generate", "--watch"], {
    cwd: root,
    env: { ...process.env, SOLITUDE_GEN_CACHE: join(root, ".cache") },
  });
  let said = "";
  quiet.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
    if (!said.includes("watching")) return;
    quiet.stderr.destroy();
    replace("queries/people.sql", PEOPLE.replace("name from", "name, 1 as one from"));
  });
  const [code] = await once(quiet, "exit");
  expect(code).toBe(141);
}, 300_000);
