import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../command.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const CLI = `${process.execPath} ${join(ROOT, "generator/bin/solitude-gen.js")}`;

/** A repository with a pull request: `main` as deployed, a branch checked out, and `origin` to fetch from. */
export interface Repository {
  readonly folder: string;
  /** A folder beside it, for what a runner would keep elsewhere. */
  readonly temporary: string;
  remove(): void;
}

const CONFIG = `version: "2"
sql:
  - engine: postgresql
    schema: schema
    queries: queries
    gen: { typescript: { out: src/db } }
`;
const SCHEMA = `create table people (
  id bigint generated always as identity primary key,
  name text not null
);
create table pets (
  id bigint generated always as identity primary key,
  owner_id bigint not null references people (id)
);
create index pets_owner_id_idx on pets (owner_id);
`;
const QUERIES = `-- name: GetPerson :one
select id, name from people where id = $1;
`;

/** @param change files of the pull request, whose generated code is brought up to date */
export async function makeRepository(change: Readonly<Record<string, string>>): Promise<Repository> {
  const home = mkdtempSync(join(tmpdir(), "solitude-pull-request-"));
  const folder = join(home, "work");
  const temporary = join(home, "temporary");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const run = (command: string, ...args: string[]): void => {
    execFileSync(command, args, { cwd: folder, stdio: "pipe" });
  };
  const commit = (message: string): void => {
    run("git", "add", "--all");
    run(
      "git",
      "-c",
      "user.name=Ada",
      "-c",
      "user.email=ada@example.com",
      "commit",
      "--quiet",
      "--message",
      message,
    );
  };
  const generate = async (): Promise<void> => {
    const { code, err } = await runCommand(folder, "generate");
    if (code !== 0) throw new Error(err);
  };
  mkdirSync(folder, { recursive: true });
  mkdirSync(temporary);
  run("git", "init", "--quiet", "--initial-branch=main");
  write("sqlc.yaml", CONFIG);
  write("schema/1_people.sql", SCHEMA);
  write("queries/people.sql", QUERIES);
  await generate();
  commit("As deployed");
  run("git", "clone", "--quiet", "--bare", ".", join(home, "origin.git"));
  run("git", "remote", "add", "origin", join(home, "origin.git"));
  run("git", "switch", "--quiet", "--create", "change");
  for (const [path, text] of Object.entries(change)) write(path, text);
  await generate();
  commit("The change");
  return { folder, temporary, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** A column that the deployed INSERT, if there were one, would miss, and a query for it. */
export const SAFE = {
  "schema/2_mood.sql": "alter table people add column mood text;\n",
  "queries/people.sql": `${QUERIES}\n-- name: GetMood :one\nselect mood from people where id = $1;\n`,
};
/** What the deployed query reads is renamed. */
export const UNSAFE = {
  "schema/2_rename.sql": "alter table people rename column name to full_name;\n",
  "queries/people.sql": QUERIES.replace("id, name", "id, full_name"),
};
