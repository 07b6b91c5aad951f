import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";

// `-q` has one meaning: errors, and what is asked for as a document. How it went is not told, by whatever command.

const CONFIG = `version: "2"
sql:
  - engine: postgresql
    schema: schema
    queries: q.sql
    codegen: [{ plugin: ts, out: gen }]
plugins: [{ name: ts, process: { cmd: solitude-gen } }]
`;
const SCHEMA = "create table member (id int primary key, nick text);\n";
const QUERIES = "-- name: Nicks :many\nselect id, nick from member;\n";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-quiet-"));
  write("base", {});
  write("same", {});
  // Safe in either order, with something to look at.
  write("fine", { "schema/2.sql": "update member set nick = upper(nick);\n" });
  write("broken", { "schema/2.sql": "alter table member rename nick to name;\n" });
  for (const side of ["base", "same", "fine"]) {
    const { code, out, err } = await runCommand(join(folder, side), "-q", "generate");
    expect([side, code, out, err]).toEqual([side, 0, "", ""]);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(side: string, files: Readonly<Record<string, string>>): void {
  const own = { "sqlc.yaml": CONFIG, "schema/1.sql": SCHEMA, "q.sql": QUERIES, ...files };
  for (const [path, text] of Object.entries(own)) {
    mkdirSync(join(folder, side, "schema"), { recursive: true });
    writeFileSync(join(folder, side, path), text);
  }
}

const against = ["--against", "../base"];
test.each([
  ["same", ["generate"]],
  ["same", ["generate", "--check"]],
  ["same", ["verify", ...against]],
  ["fine", ["verify", ...against, "--plan"]],
  ["fine", ["ci", ...against]],
  ["fine", ["diff", "--sql=../migration.sql", ...against]],
  ["same", ["diff", ...against]],
  ["same", ["vet"]],
  ["same", ["vet", "--fix"]],
  ["same", ["doctor"]],
  ["same", ["cache", "clear"]],
] as const)("in a project that is %s, %j says nothing", async (side, args) => {
  const loud = await runCommand(join(folder, side), ...args);
  const { code, out, err } = await runCommand(join(folder, side), "-q", ...args);
  expect([code, out, err]).toEqual([0, "", ""]);
  // Where there was nothing to be left out, nothing is shown here.
  if (args[0] !== "vet" || args.length > 1) expect(`${loud.out}${loud.err}`).not.toBe("");
});

test.each(["verify", "ci"])("%s says what fails, and nothing else", async (command) => {
  const { code, out, err } = await runCommand(join(folder, "broken"), "-q", command, ...against);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^error\[/);
  expect(err).not.toMatch(/^(?:warning|info)\[|[1-9] (?:warning|info)/m);
});

test.each([
  ["verify", "--json", ...against],
  ["diff", "--json", ...against],
  ["diff", "--sql", ...against],
  ["analyze"],
  ["doctor", "--json"],
  ["vet", "--list"],
  ["vet", "--report", "json"],
])("what is asked for is printed: %s %s", async (...args) => {
  const { out } = await runCommand(join(folder, "fine"), "-q", ...args);
  expect(out).not.toBe("");
});
