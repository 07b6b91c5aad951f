import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { writeSides } from "../two-sides.ts";

// Who owns most tables is no less a right than another: only beside a server is it taken for whoever applied the schema. And a schema that is
// called as the role comes first in its search path.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-owners-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TABLES = `create table t (id int primary key, note text);
create table u (id int);
grant select on u to other;
`;
const owned = (by: string): string => `alter table t owner to ${by};\nalter table u owner to ${by};\n`;
const QUERIES = "-- name: Notes :many\nselect note from t;\n";

test("every table gets another owner: whoever owned them may do nothing more", async () => {
  writeSides(folder, {
    base: { schema: [TABLES, owned("app")], queries: QUERIES },
    head: { schema: [TABLES, owned("app"), owned("other")], queries: QUERIES },
  });
  const head = join(folder, "head");
  const verdict = await runCommand(head, "verify", "--role", "app", "--against", "../base");
  expect(verdict.code).toBe(1);
  expect(verdict.err).toContain("as app: permission denied for table t");
  const { out } = await runCommand(head, "diff", "--against", "../base", "--sql");
  expect(out).toContain("alter table public.t owner to other;");
});

test("a table in a schema that is called as the role hides the one of its name", async () => {
  const table = "create table public.t (id int primary key, note text);\ngrant all on public.t to app;\n";
  const hidden = `create schema app;
grant usage on schema app to app;
create table app.t (id int primary key, note text);
grant all on app.t to app;
`;
  const queries = `${QUERIES}\n-- name: Said :many\nselect note from public.t;\n`;
  writeSides(folder, {
    base: { schema: [table], queries },
    head: { schema: [table, hidden], queries },
  });
  const head = join(folder, "head");
  const { err } = await runCommand(head, "verify", "--role", "app", "--against", "../base");
  expect(err).toMatch(
    /public\.t is another one here .* app\.t, which sessions of app find first|app\.t, which sessions of app find first gets the name/,
  );
  expect(err).toContain("Notes");
  expect(err).not.toContain("Said");
  // For another role it is not there.
  writeSides(folder, {
    base: { schema: [table], queries },
    head: { schema: [table, hidden.replaceAll("app", "other")], queries },
  });
  const { out } = await runCommand(head, "verify", "--role", "app", "--against", "../base");
  expect(out).toMatch(/^safe in either order\n/);
});

test("a policy that asks for what the application sets keeps no new query from being deployed, unless it went well before", async () => {
  const table = (
    using: string,
  ): string => `create table item (id int generated always as identity primary key, org int not null, note text);
alter table item enable row level security;
create policy own on item using (${using});
grant select, insert, update on item to app;
`;
  const ofSetting = "org = nullif(current_setting('app.org', true), '')::int";
  const add = (note: string): string =>
    `-- name: Add :one\ninsert into item (org, note) values ($1, ${note}) returning id;\n`;
  const required =
    "update item set note = '' where note is null;\nalter table item alter note set not null;\n";
  const verdictOn = async (base: string, more: string): Promise<string> => {
    writeSides(folder, {
      base: { schema: [base], queries: add("$2") },
      head: { schema: [base, more], queries: add("coalesce($2, '')") },
    });
    const head = join(folder, "head");
    return (await runCommand(head, "verify", "--role", "app", "--against", "../base")).out;
  };
  expect(await verdictOn(table(ofSetting), required)).toMatch(/^safe to deploy first: /);
  const closed = `${required}drop policy own on item;\ncreate policy own on item using (${ofSetting});\n`;
  expect(await verdictOn(table("org > 0"), closed)).toMatch(/^the new version cannot be deployed: /);
});
