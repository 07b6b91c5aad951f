import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "./command.ts";

// Migrations that others take the place of, which lead to the same schema: nothing of it is new.

const MIGRATIONS = {
  "db/1.sql": "create table item (id serial primary key, note text);\n",
  "db/2.sql": "alter table item add column more text;\nupdate item set note = upper(note);\n",
  "db/3.sql": "create index on item (note);\n",
};
const WHOLE =
  "create table item (id serial primary key, note text, more text);\nupdate item set note = upper(note);\ncreate index on item (note);\n";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-squash-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(side: string, schema: string, files: Readonly<Record<string, string>>): void {
  rmSync(join(folder, side), { recursive: true, force: true });
  const config = `version: "2"\nsql: [{ engine: postgresql, schema: ${schema}, queries: q.sql }]\n`;
  const query = "-- name: Notes :many\nselect id, note from item;\n";
  for (const [path, text] of Object.entries({ "sqlc.yaml": config, "q.sql": query, ...files })) {
    mkdirSync(dirname(join(folder, side, path)), { recursive: true });
    writeFileSync(join(folder, side, path), text);
  }
}

/** The code and the file of each finding of a pull request. */
async function foundAfter(schema: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  write("base", "db", MIGRATIONS);
  write("head", schema, files);
  const { out } = await runCommand(join(folder, "head"), "ci", "--against", "../base", "--report", "json");
  const { findings } = JSON.parse(out) as { findings: { code: string; file: string }[] };
  return findings.map(({ code, file }) => `${code} ${file.split("/").at(-1)}`);
}

test.each([
  ["one migration in place of three", "db", { "db/1_all.sql": WHOLE }],
  ["the first one, with all that the others did", "db", { "db/1.sql": WHOLE }],
  ["one file of schema in place of migrations", "schema.sql", { "schema.sql": WHOLE }],
  [
    "two in place of three",
    "db",
    {
      "db/1.sql": MIGRATIONS["db/1.sql"],
      "db/2_3.sql": `${MIGRATIONS["db/2.sql"]}${MIGRATIONS["db/3.sql"]}`,
    },
  ],
])("of %s nothing is told", async (_, schema, files) => {
  expect(await foundAfter(schema, files)).toEqual([]);
});

test("rows that are written beside it are told", async () => {
  const found = await foundAfter("db", {
    "db/1.sql": WHOLE,
    "db/4.sql": "update item set note = lower(note);\n",
  });
  expect(found).toContain("verify-behaviour 4.sql");
  expect(found.filter((one) => !one.endsWith("4.sql"))).toEqual([]);
});

test("what leads to another schema is new", async () => {
  expect(await foundAfter("db", { "db/1_all.sql": WHOLE.replace("more text", "more int") })).toEqual(
    expect.arrayContaining(["migration-out-of-order 1_all.sql", "integer-key 1_all.sql"]),
  );
});

test("a migration that is merely new is so though the schema stays the same", async () => {
  const twice = "alter table item add column other text;\nalter table item drop column other;\n";
  expect(await foundAfter("db", { ...MIGRATIONS, "db/2_9.sql": twice })).toContain(
    "migration-out-of-order 2_9.sql",
  );
});
