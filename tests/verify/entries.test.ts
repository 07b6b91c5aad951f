import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Rehearsal } from "../../generator/src/check/rehearse/model.ts";
import { runCommand } from "../command.ts";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";

// Entries of the configuration come and go: what is new has a schema that may be there in part, and what is gone has clients that still run.

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-entries-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Entry = readonly [schema: readonly string[], queries: string];
const config = (...entries: readonly Entry[]): string =>
  `version: "2"\nsql:\n${entries
    .map(
      ([schema, queries]) =>
        `  - { engine: postgresql, schema: [${schema.join(", ")}], queries: ${queries} }\n`,
    )
    .join("")}`;

const FILES = {
  "shop/1.sql": "create table orders (id int primary key, note text);\n",
  "shop/q.sql": "-- name: Orders :many\nselect id, note from orders;\n",
};
const BILLING = {
  "billing/1.sql": "create table invoices (id int primary key, order_id int references orders);\n",
  "billing/q.sql":
    "-- name: Invoices :many\nselect i.id, o.note from invoices i join orders o on o.id = i.order_id;\n",
};
const SHOP: Entry = [["shop/1.sql"], "shop/q.sql"];
const BOTH: Entry = [["shop/1.sql", "billing/1.sql"], "billing/q.sql"];

function write(side: "base" | "head", files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, side, path)), { recursive: true });
    writeFileSync(join(folder, side, path), text);
  }
}
const run = (...args: string[]) => runCommand(join(folder, "head"), ...args, "--against", "../base");

test("a new entry's queries are tried on what there is of its schema, and its migration makes the rest", async () => {
  write("base", { ...FILES, "sqlc.yaml": config(SHOP) });
  // Which comes first in the file says nothing.
  for (const entries of [
    [SHOP, BOTH],
    [BOTH, SHOP],
  ]) {
    write("head", { ...FILES, ...BILLING, "sqlc.yaml": config(...entries) });
    const verdict = await run("verify");
    expect(verdict.out).toContain("safe to migrate first");
    expect(verdict.out).toContain("deploy first: 2 new queries on the deployed schema: 1 breaks");
    const { out } = await run("diff", "--sql");
    expect(out).toContain("create table public.invoices");
    expect(out).not.toContain("create table public.orders");
  }
});

test("a new entry on a schema that is there is safe, and is no difference", async () => {
  const others = { "other/q.sql": "-- name: Count :one\nselect count(*) from orders;\n" };
  write("base", { ...FILES, "sqlc.yaml": config(SHOP) });
  write("head", { ...FILES, ...others, "sqlc.yaml": config([["shop/1.sql"], "other/q.sql"], SHOP) });
  expect((await run("verify")).out).toContain("safe in either order: the schema is the same");
  const { out, err } = await run("diff");
  expect(`${out}${err}`).toBe("no difference to ../base\n");
});

test("the queries of an entry that is gone are deployed until the new version is everywhere", async () => {
  const dropped = { "billing/2.sql": "drop table invoices;\n" };
  write("base", { ...FILES, ...BILLING, "sqlc.yaml": config([BOTH[0], "shop/q.sql"], BOTH) });
  write("head", {
    ...FILES,
    ...BILLING,
    ...dropped,
    "sqlc.yaml": config([[...BOTH[0], "billing/2.sql"], "shop/q.sql"]),
  });
  const verdict = await run("verify");
  expect(verdict.out).toContain("safe to deploy first");
  expect(verdict.out).toContain("migrate first: 2 deployed queries on the new schema: 1 breaks");
  expect(verdict.err).toContain(
    'Invoices, as deployed (../base, billing/q.sql:1), on the new schema: relation "invoices"',
  );
});

test("of an entry that is gone with its schema, nothing says what becomes of its database", async () => {
  write("base", { ...FILES, ...BILLING, "sqlc.yaml": config(SHOP, BOTH) });
  write("head", { ...FILES, "sqlc.yaml": config(SHOP) });
  const { out, err } = await run("verify");
  expect(`${out}${err}`).toBe("safe in either order: the schema is the same\n");
});

async function rehearse(...args: string[]): Promise<readonly Rehearsal[]> {
  const few = ["--rows", "20", "--rate", "50", "--seconds", "0.3"];
  const said = await run("rehearse", "--format", "json", "--database-url", database.url, ...few, ...args);
  if (said.out === "") throw new Error(said.err);
  return (JSON.parse(said.out) as { rehearsals: Rehearsal[] }).rehearsals;
}
const inShort = ({ statements, queries, untried }: Rehearsal) => ({
  ran: statements.map(({ sql, error }) => error ?? sql.split(" ").slice(0, 3).join(" ")),
  queries: [...queries, ...untried].map(({ name }) => name),
});

test("the migration of a new entry is rehearsed on what there is of its schema, beneath the queries that run there", async () => {
  write("base", { ...FILES, "sqlc.yaml": config(SHOP) });
  write("head", { ...FILES, ...BILLING, "sqlc.yaml": config(BOTH, SHOP) });
  expect((await rehearse()).map(inShort)).toEqual([
    { ran: ["create table invoices", "commit"], queries: ["Orders"] },
  ]);
  // A script is for the schema that was there.
  write("head", { "note.sql": "alter table orders add column at date;\n" });
  expect((await rehearse("--sql", "note.sql")).map(inShort)).toEqual([
    { ran: ["alter table orders", "commit"], queries: ["Orders"] },
  ]);
});

test("a new entry's schema that is edited in place is rehearsed from what there was", async () => {
  write("base", { ...FILES, "sqlc.yaml": config(SHOP) });
  write("head", {
    ...FILES,
    "shop/1.sql": "create table orders (id int primary key, note text, at date);\n",
    "sqlc.yaml": config([["shop/1.sql"], "other/q.sql"], SHOP),
    "other/q.sql": "-- name: Dates :many\nselect at from orders;\n",
  });
  const found = (await rehearse()).map(inShort);
  expect(found).toHaveLength(2);
  for (const { ran, queries } of found) {
    expect(ran.join()).toContain("alter table public.orders");
    expect(queries).toEqual(["Orders"]);
  }
});

test("the queries of an entry that is gone run while what has become of its schema is rehearsed", async () => {
  write("base", { ...FILES, ...BILLING, "sqlc.yaml": config(SHOP, BOTH) });
  write("head", {
    ...FILES,
    ...BILLING,
    "billing/1.sql": "create table invoices (id int primary key);\n",
    "sqlc.yaml": config(SHOP),
  });
  const [only, ...others] = await rehearse();
  expect(others).toEqual([]);
  expect(inShort(only!).ran.join()).toContain("alter table public.invoices");
  expect(only!.queries).toMatchObject([
    { name: "Invoices", error: expect.stringMatching(/order_id does not exist/) },
  ]);
});

test("configurations that became one are all found in the base", async () => {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], {
      cwd: join(folder, "head"),
      timeout: 60_000,
    });
  const entry = config([["1.sql"], "q.sql"]);
  write("head", { ...FILES, "shop/sqlc.yaml": entry, "billing/sqlc.yaml": entry });
  // Files that are called the same are not the same.
  write("head", {
    "billing/1.sql": "create table invoices (id int primary key, total int);\n",
    "billing/q.sql": "-- name: Invoices :many\nselect id, total from invoices;\n",
    "copy/1.sql": FILES["shop/1.sql"],
    "copy/q.sql": FILES["shop/q.sql"],
    "copy/sqlc.yaml": entry,
  });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "first");
  for (const gone of ["shop", "billing", "copy"]) rmSync(join(folder, "head", gone, "sqlc.yaml"));
  write("head", {
    "billing/2.sql": "alter table invoices drop column total;\n",
    "billing/q.sql": "-- name: Invoices :many\nselect id from invoices;\n",
    "sqlc.yaml": config(SHOP, [["billing/1.sql", "billing/2.sql"], "billing/q.sql"]),
  });
  const { out, err } = await runCommand(join(folder, "head"), "verify", "--against", "HEAD");
  expect(out).toContain("safe to deploy first");
  expect(out).toContain("migrate first: 2 deployed queries on the new schema: 1 breaks");
  expect(err).toMatch(/Invoices, as deployed \(HEAD .*on the new schema: column "total" does not exist/);
});
