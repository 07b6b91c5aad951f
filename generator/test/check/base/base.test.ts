import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Base, withBase } from "../../../src/check/base/base.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { DiagnosticError } from "../../../src/model/diagnostic.ts";
import { withProject } from "../../../src/project/node-host.ts";
import type { Project } from "../../../src/project/project.ts";

let repository: string;
let temporary: string;
beforeEach(() => {
  temporary = realpathSync(mkdtempSync(join(tmpdir(), "solitude-gen-base-test-")));
  repository = join(temporary, "repository");
  mkdirSync(repository);
  git("init", "--quiet", "--initial-branch=main");
});
afterEach(() => rmSync(temporary, { recursive: true }));

function git(...args: string[]): string {
  return gitIn(repository, ...args);
}
function gitIn(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
  return execFileSync("git", ["-C", cwd, ...identity, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

const CONFIG = (schema: string, queries = "queries") =>
  `version: "2"\nsql: [{ engine: postgresql, schema: "${schema}", queries: "${queries}" }]\n`;

function write(files: Readonly<Record<string, string>>, folder = repository): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
function commit(files: Readonly<Record<string, string>>): string {
  write(files);
  git("add", "--all");
  git("commit", "--quiet", "--message=x");
  return git("rev-parse", "HEAD");
}

/** What the other side holds, as text: label, schema files and names of queries. */
async function other(against: string | undefined, folder = repository) {
  return withHead(folder, (head) => withBase(against, head, folder, read));
}
async function withHead<T>(folder: string, work: (head: Project) => Promise<T>): Promise<T> {
  return withProject(await loadConfig(undefined, folder), { cache: false }, work);
}
async function read(base: Base) {
  if (base.kind === "database") return { label: base.label, schema: [], queries: [], diagnostics: [] };
  const source = await base.project.source(base.project.config.querySets[0]!);
  return {
    label: base.label,
    schema: source.schema.map(({ path, text }) => `${path}: ${text}`),
    queries: source.queries.map(({ name, text }) => `${name}: ${text}`),
    diagnostics: [...base.project.diagnostics, ...source.diagnostics].map(({ code }) => code),
  };
}
async function refusal(work: Promise<unknown>) {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DiagnosticError)) throw error ?? new Error("it was accepted");
  return error.diagnostics[0]!;
}

const QUERY = "-- name: Get :one\nselect 1;\n";

test("a revision: its own configuration, schema and queries, whatever lies in the folder now", async () => {
  const first = commit({
    "sqlc.yaml": CONFIG("schema"),
    "schema/1.sql": "create table a ();",
    "schema/1.down.sql": "drop table a;",
    "queries/q.sql": QUERY,
  });
  commit({ "schema/2.sql": "create table b ();", "sqlc.yaml": CONFIG("schema/*.sql") });
  write({ "schema/1.sql": "edited", "queries/q.sql": "edited" });
  await withHead(repository, async (head) => {
    const base = await withBase(first, head, repository, async (one) => one);
    if (base.kind === "database") throw new Error("a commit is expected");
    expect(base.project.home).toBe(repository);
    // Whoever asks again gets the same.
    expect(await withBase(first, head, repository, async (one) => one)).toBe(base);
    expect(await read(base)).toEqual({
      label: first.slice(0, 8),
      schema: ["schema/1.sql: create table a ();"],
      queries: ["Get: select 1"],
      diagnostics: [],
    });
  });
  expect(await other("HEAD")).toMatchObject({
    label: expect.stringMatching(/^HEAD \([0-9a-f]{8}\)$/),
    schema: ["schema/1.sql: create table a ();", "schema/2.sql: create table b ();"],
  });
});

test("a configuration in a subfolder, files above it, names that are not ASCII", async () => {
  commit({
    "services/bücher/sqlc.yaml": CONFIG("../../db/schéma", "q.sql"),
    "db/schéma/1 ü.sql": "create table a ();",
    "db/other/2.sql": "create table not_named ();",
    "services/bücher/q.sql": QUERY,
  });
  write({ "db/schéma/1 ü.sql": "edited" });
  expect(await other("main", join(repository, "services/bücher"))).toMatchObject({
    schema: ["../../db/schéma/1 ü.sql: create table a ();"],
    queries: ["Get: select 1"],
    diagnostics: [],
  });
});

test("a configuration that had another name, or another folder", async () => {
  const text = CONFIG("schema");
  commit({ "sqlc.yml": text, "schema/1.sql": "create table a ();", "queries/q.sql": QUERY });
  git("mv", "sqlc.yml", "sqlc.yaml");
  git("commit", "--quiet", "--message=x");
  expect((await other("HEAD~1")).schema).toHaveLength(1);

  mkdirSync(join(repository, "db"));
  for (const name of ["sqlc.yaml", "schema", "queries"]) git("mv", name, `db/${name}`);
  expect(await other("HEAD", join(repository, "db"))).toMatchObject({
    schema: ["schema/1.sql: create table a ();"],
    diagnostics: [],
  });
});

test("a configuration that was moved and rewritten is found by what it reads, and none of a neighbour's", async () => {
  const rewritten = (schema: string) =>
    `# ours\nversion: "2"\nsql:\n  - name: shop\n    engine: postgresql\n    schema: [${schema}]\n    queries: [queries]\n`;
  commit({
    "old/a/sqlc.yaml": CONFIG("schema"),
    "old/a/schema/1.sql": "create table a ();",
    "old/a/queries/q.sql": QUERY,
    "old/b/sqlc.yaml": CONFIG("schema"),
    "old/b/schema/1.sql": "create table b ();",
    "old/b/queries/q.sql": QUERY,
    "stays/sqlc.yaml": CONFIG("schema"),
    "stays/schema/1.sql": "create table b ();",
    "stays/queries/q.sql": QUERY,
  });
  // As a shell moves them: git has not been told.
  renameSync(join(repository, "old/b"), join(repository, "x"));
  renameSync(join(repository, "old/a"), join(repository, "y"));
  for (const folder of ["x", "y"]) {
    renameSync(join(repository, folder, "schema"), join(repository, folder, "migrations"));
    write({ [`${folder}/sqlc.yaml`]: rewritten("migrations") });
  }
  const found = async (folder: string) => (await other("HEAD", join(repository, folder))).schema;
  expect(await found("x")).toEqual(["schema/1.sql: create table b ();"]);
  expect(await found("y")).toEqual(["schema/1.sql: create table a ();"]);
  git("config", "diff.relative", "true");
  git("add", "--all");
  git("commit", "--quiet", "--message=x");
  git("mv", "x", "z");
  write({ "z/sqlc.yaml": rewritten("other"), "z/other/1.sql": "", "z/queries/q.sql": QUERY });
  expect((await other("HEAD", join(repository, "z"))).schema).toEqual([
    "migrations/1.sql: create table b ();",
  ]);
});

test("a project that is new where a neighbour's is gone is compared with nothing, and that is said", async () => {
  commit({ "a/sqlc.yaml": CONFIG("schema"), "a/schema/1.sql": "", "a/queries/q.sql": QUERY });
  rmSync(join(repository, "a"), { recursive: true });
  const text = `version: "2"\nsql:\n  - name: new\n    engine: postgresql\n    schema: [b.sql]\n    queries: [c.sql]\n`;
  write({ "b/sqlc.yaml": text, "b/b.sql": "create table b ();", "b/c.sql": QUERY });
  expect(await other("HEAD", join(repository, "b"))).toMatchObject({
    schema: [],
    diagnostics: ["base-config"],
  });
});

test("a schema that git leaves out is not called new without a word", async () => {
  commit({ ".gitignore": "schema\n", "sqlc.yaml": CONFIG("schema"), "queries/q.sql": QUERY });
  write({ "schema/1.sql": "create table a ();", "schema/2.sql": "create table b ();" });
  expect(await other("HEAD")).toMatchObject({ schema: [], diagnostics: ["base-ignored"] });
  git("add", "--force", "schema");
  git("commit", "--quiet", "--message=x");
  expect(await other("HEAD")).toMatchObject({ diagnostics: [] });
});

test("what git tells a hook of its repository is not taken for the project's", async () => {
  commit({
    "db/sqlc.yaml": CONFIG("schema"),
    "db/schema/1.sql": "create table a ();",
    "db/queries/q.sql": QUERY,
  });
  const tree = join(temporary, "tree");
  git("worktree", "add", "--quiet", "-b", "side", tree);
  const told = {
    GIT_DIR: join(repository, ".git/worktrees/tree"),
    GIT_INDEX_FILE: join(repository, ".git/worktrees/tree/index"),
    GIT_PREFIX: "",
  };
  Object.assign(process.env, told);
  try {
    expect((await other("main", join(tree, "db"))).schema).toEqual(["schema/1.sql: create table a ();"]);
    process.env.GIT_DIR = ".git";
    expect((await other("main", join(repository, "db"))).schema).toHaveLength(1);
  } finally {
    for (const name of Object.keys(told)) delete process.env[name];
  }
});

test("a commit without a configuration is read by the one here", async () => {
  commit({ "schema/1.sql": "create table a ();", "queries/q.sql": QUERY });
  commit({ "sqlc.yaml": CONFIG("schema") });
  expect(await other("HEAD~1")).toMatchObject({
    schema: ["schema/1.sql: create table a ();"],
    diagnostics: ["base-config"],
  });
});

test("links to files and folders of the commit are followed", async () => {
  write({ "real/1.sql": "create table a ();", "sqlc.yaml": CONFIG("schema"), "queries/q.sql": QUERY });
  symlinkSync("real", join(repository, "schema"));
  symlinkSync("../real/1.sql", join(repository, "real/2.sql"));
  symlinkSync("nowhere.sql", join(repository, "real/3.sql"));
  commit({});
  const { schema } = await other("HEAD");
  expect(schema).toEqual(["schema/1.sql: create table a ();", "schema/2.sql: create table a ();"]);
});

test("whatever git takes for one commit is taken, and ranges, files and folders are refused", async () => {
  const message = (text: string): void =>
    void git("commit", "--quiet", "--allow-empty", "--amend", "-m", text);
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "create table a ();", "queries/q.sql": QUERY });
  message("begin with a.sql");
  git("tag", "--annotate", "--message=first", "v1");
  git("checkout", "--quiet", "-b", "side");
  commit({ "schema/2.sql": "create table b ();" });
  git("checkout", "--quiet", "main");
  commit({ "schema/3.sql": "create table c ();" });
  message("add c");
  git("merge", "--quiet", "--no-edit", "side");
  const last = (one: { readonly schema: readonly string[] }): string => one.schema.at(-1)!.slice(0, 12);
  const named = {
    ":/begin with a.sql": "schema/1.sql",
    ":/^add c": "schema/3.sql",
    "HEAD^{/begin}": "schema/1.sql",
    "v1^{}": "schema/1.sql",
    "v1^{commit}": "schema/1.sql",
    "HEAD^2": "schema/2.sql",
    "main~1^1": "schema/1.sql",
    "HEAD@{1}": "schema/3.sql",
    "@": "schema/3.sql",
    "v1...": "schema/1.sql",
    "v1...HEAD": "schema/1.sql",
  };
  const found: Record<string, string> = {};
  for (const against of Object.keys(named)) found[against] = last(await other(against));
  expect(found).toEqual(named);
  expect((await other("@{-1}")).label).toMatch(/^@\{-1\} \(/);

  const refused: Record<string, string> = {};
  for (const against of [
    "v1..main",
    "side...v1",
    "^side",
    "HEAD^@",
    "HEAD:schema",
    "HEAD:schema/1.sql",
    ":/nothing",
  ]) {
    const { code, message: said } = await refusal(other(against));
    refused[against] = `${code} ${said}`;
  }
  const several = (name: string): string =>
    `base-not-found --against: "${name}" names several commits, or leaves one out`;
  expect(refused).toEqual({
    "v1..main": several("v1..main"),
    "side...v1": several("side...v1"),
    "^side": several("^side"),
    "HEAD^@": several("HEAD^@"),
    "HEAD:schema": 'base-not-found --against: "HEAD:schema" is a folder of a commit',
    "HEAD:schema/1.sql": "base-not-found --against: there is no folder HEAD:schema/1.sql",
    ":/nothing": 'base-not-found --against: ":/nothing" is no commit, branch or tag here',
  });
});

test("what lies in a submodule is read at the commit that the base names", async () => {
  const library = join(temporary, "library");
  const inLibrary = (...args: string[]) =>
    execFileSync("git", ["-C", library, ...args], { encoding: "utf8" }).trim();
  mkdirSync(join(library, "schema"), { recursive: true });
  inLibrary("init", "--quiet", "--initial-branch=main");
  const change = (name: string): void => {
    writeFileSync(join(library, "schema", name), "create table a ();");
    inLibrary("add", "--all");
    inLibrary("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message=x");
  };
  change("1.sql");
  git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, "db");
  commit({ "sqlc.yaml": CONFIG("db/schema"), "queries/q.sql": QUERY });
  change("2.sql");
  const db = join(repository, "db");
  execFileSync("git", ["-C", db, "-c", "protocol.file.allow=always", "pull", "--quiet", "origin", "main"]);
  expect((await other("HEAD")).schema).toEqual(["db/schema/1.sql: create table a ();"]);
  commit({});
  expect((await other("HEAD")).schema).toHaveLength(2);

  // Moved, or gone: git keeps what it had under the name that it was given first.
  git("mv", "db", "database");
  commit({ "sqlc.yaml": CONFIG("database/schema") });
  expect((await other("HEAD~1")).schema).toHaveLength(2);
  git("rm", "--quiet", "--force", "database");
  commit({ "sqlc.yaml": CONFIG("own"), "own/1.sql": "create table a ();" });
  expect((await other("HEAD~1")).schema).toHaveLength(2);
  expect((await other("HEAD~3")).schema).toEqual(["db/schema/1.sql: create table a ();"]);

  rmSync(join(repository, ".git/modules"), { recursive: true });
  expect(await refusal(other("HEAD~1"))).toMatchObject({ code: "base-submodule" });
});

test("a tag and a branch of one name are not taken for each other", async () => {
  const first = commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  git("checkout", "--quiet", "-b", "work");
  const second = commit({ "schema/2.sql": "create table a ();" });
  git("tag", "main");
  git("branch", "origin/main");
  for (const against of ["main", "main...", "main~0"])
    expect(await refusal(other(against))).toMatchObject({
      code: "base-not-found",
      message: '--against: "main" is refs/heads/main and refs/tags/main, which are not the same commit',
      hint: "Name the one that is meant: --against refs/heads/main.",
    });
  expect((await other("refs/heads/main")).schema).toHaveLength(1);
  expect((await other("refs/tags/main")).schema).toHaveLength(2);
  expect((await other(undefined)).label).toBe(`the merge base with main (${first.slice(0, 8)})`);
  git("tag", "--force", "--annotate", "--message=x", "work", second);
  expect((await other("work")).label).toBe(`work (${second.slice(0, 8)})`);
});

test("what a partial clone does not have, and cannot get, is said", async () => {
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  commit({ "schema/1.sql": "create table a ();" });
  git("config", "uploadpack.allowFilter", "true");
  const clone = join(temporary, "clone");
  git("clone", "--quiet", "--filter=blob:none", `file://${repository}`, clone);
  renameSync(repository, join(temporary, "gone"));
  expect(await refusal(other("HEAD~1", clone))).toMatchObject({
    code: "base-unreadable",
    message: expect.stringMatching(/^git cannot read [0-9a-f]{8}:schema\/1\.sql: .*promisor/),
  });
});

test("the default is where HEAD left the branch that it goes back to", async () => {
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "create table a ();", "queries/q.sql": QUERY });
  const left = git("rev-parse", "--short=8", "HEAD");
  git("checkout", "--quiet", "-b", "feature");
  commit({ "schema/2.sql": "create table b ();" });
  git("checkout", "--quiet", "main");
  commit({ "schema/3.sql": "create table c ();" });
  git("checkout", "--quiet", "feature");
  expect(await other(undefined)).toMatchObject({
    label: `the merge base with main (${left})`,
    schema: ["schema/1.sql: create table a ();"],
  });
  expect(await other("main...")).toMatchObject({ schema: [expect.stringContaining("table a")] });
  // What the branch has gained is not this change's doing; whoever names the commit gets the commit.
  expect(await other("main")).toMatchObject({
    label: `where this branch left main (${left}); main has 1 commit more`,
    schema: [expect.stringContaining("table a")],
  });
  expect((await other(git("rev-parse", "main"))).schema).toHaveLength(2);

  // A work tree of its own, whose .git is a file.
  const tree = join(temporary, "tree");
  git("worktree", "add", "--quiet", tree, "main");
  expect((await other(git("rev-parse", "feature"), tree)).schema.map((s) => s.slice(0, 12))).toEqual([
    "schema/1.sql",
    "schema/2.sql",
  ]);
});

test("where nobody says, a fork is compared with the project that it was made of", async () => {
  const first = commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "create table a (id int);" });
  const fork = join(temporary, "fork");
  git("branch", "--move", "trunk");
  git("clone", "--quiet", repository, fork);
  gitIn(fork, "switch", "--quiet", "--create", "work");
  expect((await other(undefined, fork)).label).toBe(
    `the merge base with origin/trunk (${first.slice(0, 8)})`,
  );
  const second = commit({ "schema/2.sql": "create table b (id int);" });
  gitIn(fork, "remote", "add", "upstream", repository);
  gitIn(fork, "fetch", "--quiet", "upstream");
  gitIn(fork, "update-ref", "refs/remotes/upstream/main", second);
  gitIn(fork, "merge", "--quiet", "--ff-only", "upstream/trunk");
  expect((await other(undefined, fork)).label).toBe(
    `the merge base with upstream/main (${second.slice(0, 8)})`,
  );
});

test("a shallow clone says how to get what is missing", async () => {
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  const first = git("rev-parse", "HEAD");
  commit({ "schema/2.sql": "" });
  const clone = join(temporary, "clone");
  git("clone", "--quiet", "--depth=1", `file://${repository}`, clone);
  const problem = await refusal(other(first, clone));
  expect(problem).toMatchObject({ code: "base-shallow", hint: expect.stringContaining("fetch-depth: 0") });
  expect(await other("origin/main", clone)).toMatchObject({ diagnostics: [] });
  expect(await refusal(other("HEAD~1", clone))).toMatchObject({
    hint: expect.stringMatching(/^Run `git fetch --unshallow`; in GitHub/),
  });
});

test("a shallow clone of one branch says how to get the one to compare with", async () => {
  const first = commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  git("switch", "--quiet", "--create", "work");
  commit({ "schema/2.sql": "" });
  git("switch", "--quiet", "main");
  const clone = join(temporary, "clone");
  git("clone", "--quiet", "--depth=1", "--branch=work", `file://${repository}`, clone);
  const problem = await refusal(other(undefined, clone));
  expect(problem).toMatchObject({ code: "base-shallow", message: expect.stringContaining("shallow clone") });
  const [, command = ""] = /`git (fetch [^`]*)`/.exec(problem.hint ?? "") ?? [];
  gitIn(clone, ...command.replaceAll("<branch>", "main").split(" "), "--quiet");
  expect((await other(undefined, clone)).label).toBe(
    `the merge base with origin/main (${first.slice(0, 8)})`,
  );
});

test.each([
  ["nonsense", "base-not-found", '"nonsense" is no commit, branch or tag'],
  ["./nowhere", "base-not-found", "there is no folder ./nowhere"],
  ["--help", "base-not-found", '"--help" is no commit'],
  ["", "base-not-found", "nothing is named"],
])("--against %s is refused", async (against, code, message) => {
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  expect(await refusal(other(against))).toMatchObject({ code, message: expect.stringContaining(message) });
});

test("outside of a repository; a commit whose configuration is broken", async () => {
  const outside = join(temporary, "outside");
  write({ "sqlc.yaml": CONFIG("schema") }, outside);
  expect(await refusal(other("main", outside))).toMatchObject({ code: "base-not-git" });
  expect(await refusal(other(undefined, outside))).toMatchObject({ code: "base-not-git" });

  // Who mends it must not be kept from it.
  commit({ "sqlc.yaml": "version: '9'\n", "schema/1.sql": "create table a ();" });
  write({ "sqlc.yaml": CONFIG("schema") });
  expect(await other("HEAD")).toMatchObject({
    schema: ["schema/1.sql: create table a ();"],
    diagnostics: ["base-config"],
  });
});

test("a file in Git LFS is read as a checkout has it; one that was never fetched is said", async () => {
  const text = "create table a ();";
  const pointer = (oid: string): string =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${text.length}\n`;
  const known = "ab".repeat(32);
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": pointer(known) });
  write({ [`.git/lfs/objects/ab/ab/${known}`]: text });
  expect((await other("HEAD")).schema).toEqual([`schema/1.sql: ${text}`]);
  commit({ "schema/1.sql": pointer("cd".repeat(32)) });
  expect(await refusal(other("HEAD"))).toMatchObject({ code: "base-lfs" });
  const own = await withHead(repository, (head) => head.source(head.config.querySets[0]!));
  expect(own.diagnostics.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("schema/1.sql: it is a pointer of Git LFS"),
  );
});

test("a folder: a copy of the project, schema files alone, one file", async () => {
  write({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  const copy = join(temporary, "copy");
  write({ "sqlc.yaml": CONFIG("s"), "s/1.sql": "create table a ();", "queries/q.sql": QUERY }, copy);
  expect(await other("../copy")).toEqual({
    label: "../copy",
    schema: ["s/1.sql: create table a ();"],
    queries: ["Get: select 1"],
    diagnostics: [],
  });
  expect((await other("../copy/s/")).schema).toEqual(["../copy/s/1.sql: create table a ();"]);
  expect((await other("../copy/s/1.sql")).schema).toEqual(["../copy/s/1.sql: create table a ();"]);
});

test("a database is named without its password", async () => {
  write({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "", "queries/q.sql": QUERY });
  expect((await other("postgres://me:secret@db.example.com/shop")).label).toBe(
    "postgres://me@db.example.com/shop",
  );
});

test("a file that a filter writes when it is checked out is read as it is there", async () => {
  git("config", "filter.turned.clean", "tr a-z n-za-m");
  git("config", "filter.turned.smudge", "tr n-za-m a-z");
  commit({
    "sqlc.yaml": CONFIG("schema"),
    ".gitattributes": "*.sql filter=turned\n*-raw.sql -filter\n",
    "schema/1.sql": "create table a (id int);",
    "schema/2-raw.sql": "create table b (id int);",
    "queries/q.sql": "-- name: One :one\nselect 1 as one;",
  });
  expect(git("show", "HEAD:schema/1.sql")).toContain("perngr gnoyr");
  expect((await other("HEAD")).schema).toEqual([
    "schema/1.sql: create table a (id int);",
    "schema/2-raw.sql: create table b (id int);",
  ]);
  // What it cannot be made of is told: as it is stored, it is another text.
  git("config", "filter.turned.smudge", "false");
  git("config", "filter.turned.required", "true");
  expect(await refusal(other("HEAD"))).toMatchObject({ code: "base-unreadable" });
});

test("of several merge bases it is said that there are others", async () => {
  commit({ "sqlc.yaml": CONFIG("schema"), "schema/1.sql": "create table a ();", "queries/q.sql": QUERY });
  git("checkout", "--quiet", "-b", "mine");
  const own = commit({ "schema/2.sql": "create table b ();" });
  git("checkout", "--quiet", "main");
  const theirs = commit({ "schema/3.sql": "create table c ();" });
  git("merge", "--quiet", "--no-edit", own);
  git("checkout", "--quiet", "mine");
  git("merge", "--quiet", "--no-edit", theirs);
  commit({ "schema/4.sql": "create table d ();" });
  const bases = [own, theirs].map((hash) => hash.slice(0, 8));
  for (const [against, said] of [
    ["main...", "the merge base with main"],
    ["main", "where this branch left main"],
    [undefined, "the merge base with main"],
  ] as const) {
    const { label } = await other(against);
    const [, first, second] = /\((\w+)\), as is (\w+): what main has from there counts/.exec(label) ?? [];
    expect(label.startsWith(`${said} (`)).toBe(true);
    expect([first, second].sort()).toEqual(bases.sort());
  }
});
