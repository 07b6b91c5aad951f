import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeProjects, runCommand } from "./command.ts";

// What is told of a `:one` query that may give several rows, by whom, and how often.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "several-rows-"));
  file("schema.sql", "create table users (id int primary key, name text);\n");
  file(
    "query.sql",
    `-- name: GetByName :one
select id from users where name = @name;

-- name: GetById :one
select name from users where id = @id;

-- name: CountThem :one
select count(*) from users;

-- solitude-gen-ignore one-may-return-many any of them will do
-- name: GetAny :one
select id from users;
`,
  );
  configure("");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}
function configure(rest: string): void {
  const gen = "gen: { typescript: { out: out } }";
  file(
    "sqlc.yaml",
    `version: "2"\nsql: [{ engine: postgresql, schema: schema.sql, queries: query.sql, ${gen} }]\n${rest}`,
  );
}
/** Nothing but the cache is left of the command before. */
async function run(...args: string[]) {
  const { code, err } = await runCommand(folder, ...args);
  await closeProjects();
  return { status: code, told: err.match(/\[one-may-return-many\].*/g) ?? [], stderr: err };
}
const GET_BY_NAME = [
  "[one-may-return-many]: GetByName is :one, yet several rows may match: no unique key of users has one value in all its columns",
];

test("generate tells of each once, whatever is kept, and does not fail", async () => {
  const first = await run("generate");
  expect(first).toMatchObject({ status: 0, told: GET_BY_NAME });
  expect(first.stderr).toContain("query.sql:1:1");
  expect(first.stderr).toContain("Compare all columns of a unique key");
  expect(await run("generate")).toMatchObject({ status: 0, told: GET_BY_NAME });
  expect(await run("generate", "--check", "--no-cache")).toMatchObject({ status: 0, told: GET_BY_NAME });
  expect(await run("vet")).toMatchObject({ told: GET_BY_NAME });
});

test("it is silent where the rule is off, after a run that told of it, too", async () => {
  expect(await run("generate")).toMatchObject({ told: GET_BY_NAME });
  configure("vet: { rules: { one-may-return-many: off } }\n");
  expect(await run("generate")).toMatchObject({ status: 0, told: [] });
});
