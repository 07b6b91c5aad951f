import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  outsideTransactions,
  toolsByFolder,
  transactionMode,
} from "../../../src/check/migrations/transaction-mode.ts";
import { vetOptions } from "../../../src/config/options/vet.ts";
import { sliceToRun } from "../../long-form.ts";
import { isTouched } from "../../touched.ts";
import { vetExample } from "../rules/vet-example.ts";
import { Bench } from "./bench.ts";

const CASES = fileURLToPath(new URL("./cases", import.meta.url));

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start(["citext", "pg_trgm"]);
});
afterAll(() => bench.close());

/** What locks a table in use although there are other words for it, and what is wrong with the file as such. */
const AVOIDABLE = [
  "detach-not-concurrent",
  "index-not-concurrent",
  "drop-index-not-concurrent",
  "constraint-validates",
  "foreign-key-validates",
  "not-null-validates",
  "constraint-builds-index",
  "primary-key-nullable",
  "concurrently-in-transaction",
  "fails-in-transaction",
  "transaction-nesting",
  "uncommitted-transaction",
  "lock-timeout-missing",
];

/** PostgreSQL has no other words for these, or what it stands on goes and comes back in the same transaction. */
const UNAVOIDABLE: Readonly<Record<string, readonly string[]>> = {
  "columns-that-relate": ["foreign-key-validates"],
  // Their table goes and comes back, or it or a type of its columns is changed, in the same transaction.
  "left-by-their-parent": ["detach-not-concurrent", "detach-not-concurrent"],
  partitions: ["detach-not-concurrent", "detach-not-concurrent"],
  "indexes-of-partitions": ["constraint-builds-index", "detach-not-concurrent", "detach-not-concurrent"],
  "types-under-tables-remade": ["detach-not-concurrent", "detach-not-concurrent"],
  "tables-in-use": ["index-not-concurrent"],
  // A partition of a partition is detached with a lock, and one whose whole goes in the same transaction.
  "partitions-referred-to": ["detach-not-concurrent", "detach-not-concurrent"],
  // What stands on a column that is moved is made anew when its values are there.
  "typed-tables-apart": ["constraint-builds-index", "foreign-key-validates"],
};

const options = vetOptions.parse({ rules: { "lock-timeout-missing": "error" } });

/** Where what vets was changed, all of them are tried. */
const isSubjectTouched = isTouched("generator/src/check") || isTouched("generator/src/analysis");
const SCRIPTS = readdirSync(CASES)
  .filter((name) => existsSync(join(CASES, name, "online.sql")))
  .sort();
const CHOSEN = sliceToRun("scripts for tables in use, vetted", SCRIPTS, 3, {
  // Those that are allowed something are each of a kind.
  kindOf: (name) => (name in UNAVOIDABLE ? name : ""),
  isTouched: (name) => isSubjectTouched || isTouched(`generator/test/check/schema/cases/${name}`),
});

test.each(CHOSEN)("vet passes what is written online: %s", async (name) => {
  const read = (file: string): string => readFileSync(join(CASES, name, file), "utf8");
  const base = { path: "1_base.sql", text: read("base.sql") };
  const files = [base, { path: "2_online.sql", text: read("online.sql") }];
  const found = await vetExample(bench.engine, { options, files, base: [base] });
  const left = found.map(({ code }) => code).filter((code) => AVOIDABLE.includes(code));
  expect(left).toEqual(UNAVOIDABLE[name] ?? []);
});

test.each([
  ["goose", "1.sql", "-- +goose Up\nselect 1;"],
  ["dbmate", "1.sql", "-- migrate:up\nselect 1;"],
  ["sql-migrate", "1.sql", "-- +migrate Up\nselect 1;"],
  ["tern", "1.sql", "select 1;\n---- create above / drop below ----\n"],
  ["atlas", "1.sql", "-- atlas:nolint\nselect 1;"],
])("a file of %s says that it wants no transaction", (tool, path, text) => {
  const { head, refusedBy } = outsideTransactions([{ path, text }], undefined);
  expect(refusedBy).toBeNull();
  const file = { path, text: `${head}\nselect 1;\nselect 2;` };
  expect(transactionMode(file, 2, undefined, new Map())).toMatchObject({
    tool,
    runs: "none",
  });
});

describe("a file of one statement, which bears no marks", () => {
  const one = "create index concurrently i on t (a);\n";
  const two = "create table t (a int);\n--> statement-breakpoint\ncreate table u (a int);\n";
  const modeOf = (path: string, others: readonly { path: string; text: string }[]) => {
    const file = { path, text: one };
    const { tool, runs } = transactionMode(file, 1, undefined, toolsByFolder([...others, file]));
    return [tool, runs, outsideTransactions([...others, file], undefined).refusedBy];
  };

  test.each([
    ["a file for each", "drizzle/0000_a.sql", "drizzle/0001_b.sql"],
    ["a folder for each", "drizzle/20260101000000_a/migration.sql", "drizzle/20260102000000_b/migration.sql"],
  ])("is run as those beside it: %s", (_, first, second) => {
    expect(modeOf(second, [{ path: first, text: two }])).toEqual(["Drizzle", "one", "Drizzle"]);
  });

  test("is run by itself where none beside it bears marks, or two tools' are", () => {
    expect(modeOf("m/20260102000000_b/migration.sql", [{ path: "m/x.sql", text: "select 1;" }])).toEqual([
      "Prisma",
      "none",
      "Prisma",
    ]);
    const several = [
      { path: "m/1.sql", text: two },
      { path: "m/2.sql", text: "-- +goose Up\nselect 1;" },
    ];
    expect(modeOf("m/3.sql", several).slice(0, 2)).toEqual([null, "unknown"]);
    // Of another folder.
    expect(modeOf("n/3.sql", several.slice(0, 1)).slice(0, 2)).toEqual([null, "unknown"]);
  });
});

test("what cannot be told in a file is told by name", () => {
  const refused = (path: string, setting?: "file") =>
    outsideTransactions([{ path, text: "select 1;" }], setting).refusedBy;
  expect(refused("1_a.up.sql")).toBe("golang-migrate");
  expect(refused("20260101000000_a/migration.sql")).toBe("Prisma");
  expect(refused("1.sql")).toBeNull();
  expect(refused("1.sql", "file")).toContain("vet.transaction");
});
