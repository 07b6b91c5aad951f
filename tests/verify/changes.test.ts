import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Verdict } from "../../generator/src/check/verify/verify.ts";
import type { Order } from "../../generator/src/config/options/roll-out-orders.ts";
import { askCommand } from "../command.ts";
import { rowsWrittenIn, sliceToRun } from "../long-form.ts";
import { createDatabase, exclusively, type TestDatabase } from "../postgres/database.ts";
import { BODY_CHANGES } from "./body-changes.ts";
import { applyTo, call } from "./calls.ts";
import { CHANGES, type Effect, type Row } from "./changes.ts";
import { OVERLOOKED_CHANGES } from "./overlooked-changes.ts";
import { STORED_CHANGES } from "./stored-changes.ts";

// The table of changes and statements. The rows of a run are one project and one pull request; each names its own things. What `verify` says of a row
// is held against PostgreSQL 16, where the deployed query is called on the new schema, and the new one on the deployed schema, as
// the application's role.

const ROLE = `solitude_application_${process.pid}`;
const CONFIG =
  'version: "2"\nvet: { target_version: 16 }\nsql: [{ engine: postgresql, schema: schema, queries: queries }]\n';
const ORDERS: readonly Order[] = ["migrate-first", "deploy-first"];

interface Named extends Row {
  readonly name: string;
}
/** The effects that are expected, of a statement that both versions have, or one of them. */
const kindOf = ({ expected, query, next }: Row): string =>
  `${Object.values(expected).join()} ${query === null || next === null ? "one" : "both"}`;
const TABLES = [
  ["changes.ts", CHANGES],
  ["stored-changes.ts", STORED_CHANGES],
  ["body-changes.ts", BODY_CHANGES],
  ["overlooked-changes.ts", OVERLOOKED_CHANGES],
] as const;
const CHOSEN = TABLES.flatMap(([file, rows]) => {
  const path = `tests/verify/${file}`;
  return sliceToRun(`changes of ${path}`, rows, 3, { kindOf, isTouched: rowsWrittenIn(path) });
});
const ROWS: readonly Named[] = CHOSEN.map((row, i) => {
  const t = `r${String(i).padStart(3, "0")}`;
  const fill = (text: string): string => text.replaceAll("{t}", t).replaceAll("application", ROLE);
  const { query, next, data, stored, ...rest } = row;
  return {
    ...rest,
    name: `Q${t}`,
    base: fill(row.base),
    change: fill(row.change),
    query: query === null ? null : fill(query),
    ...(next === undefined ? {} : { next: next === null ? null : fill(next) }),
    ...(data === undefined ? {} : { data: fill(data) }),
    ...(stored === undefined ? {} : { stored: fill(stored) }),
  };
});
const BASE = [
  `create role ${ROLE};`,
  ...ROWS.map(({ base }) => base),
  `grant all on all tables in schema public to ${ROLE}; grant usage on all sequences in schema public to ${ROLE};`,
].join("\n");
// A table that is new in a change is granted there.
const CHANGE = ROWS.map(({ change }) => change).join("\n");

const STORED = ROWS.map(({ stored = "" }) => stored).join("\n");

const annotated = (which: (row: Named) => string | null): string =>
  ROWS.flatMap((row) => {
    const text = which(row);
    const [, command, sql] = /^(:\w+) ([\s\S]*)$/.exec(text ?? "") ?? [];
    return command === undefined ? [] : [`-- name: ${row.name} ${command}\n${sql};\n`];
  }).join("\n");

let folder: string;
let databases: { readonly old: TestDatabase; readonly new: TestDatabase };
let verdict: Verdict;
/** The texts as clients send them, by name. */
let sent: Readonly<Record<"base" | "head", ReadonlyMap<string, string>>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-changes-"));
  const roots = {
    base: write(
      "base",
      [BASE],
      annotated(({ query }) => query),
    ),
    head: write(
      "head",
      [BASE, CHANGE],
      annotated(({ query, next }) => (next === undefined ? query : next)),
    ),
  };
  sent = { base: await textsOf(roots.base), head: await textsOf(roots.head) };
  verdict = await askCommand<Verdict>(roots.head, "verify", "--against", roots.base);
  await exclusively(16, async () => {
    databases = { old: await createDatabase(), new: await createDatabase() };
    await applyTo(databases.old, BASE);
    await applyTo(databases.new, BASE.replace(/^create role.*$/m, ""));
  });
  for (const database of Object.values(databases)) await applyTo(database, STORED);
  await applyTo(databases.new, CHANGE);
});
afterAll(async () => {
  await databases?.new.drop();
  await databases?.old.pool.query(`drop owned by ${ROLE}; drop role ${ROLE}`);
  await databases?.old.drop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, migrations: readonly string[], queries: string): string {
  const root = join(folder, name);
  for (const part of ["schema", "queries"]) mkdirSync(join(root, part), { recursive: true });
  writeFileSync(join(root, "sqlc.yaml"), CONFIG);
  for (const [i, text] of migrations.entries()) writeFileSync(join(root, `schema/${i + 1}.sql`), text);
  writeFileSync(join(root, "queries/q.sql"), queries);
  return root;
}

async function textsOf(root: string): Promise<ReadonlyMap<string, string>> {
  const { queries, diagnostics } = await askCommand<{
    queries: { name: string; sql: string }[];
    diagnostics: unknown[];
  }>(root, "analyze");
  expect(diagnostics).toEqual([]);
  return new Map(queries.map(({ name, sql }) => [name, sql]));
}

/** The row's call; a copy begins there as its client begins it. */
function callOf({ pool }: TestDatabase, row: Named, sql: string, args: readonly unknown[]): Promise<unknown> {
  const isCopy = row.query?.startsWith(":copyfrom") ?? false;
  return call(pool, {
    role: ROLE,
    data: row.data ?? "",
    sql: isCopy ? `copy ${/into (.*?) values/.exec(sql)![1]} from stdin` : sql,
    args: isCopy ? [] : args,
  });
}

/** What PostgreSQL does otherwise in some call that goes well at home. */
async function seen(
  row: Named,
  sql: string,
  calls: Row["calls"],
  home: TestDatabase,
  other: TestDatabase,
): Promise<Effect> {
  let effect: Effect = "fine";
  for (const args of calls) {
    const [at, there] = [
      asRead(await callOf(home, row, sql, args)),
      asRead(await callOf(other, row, sql, args)),
    ];
    // A copy is never begun by this driver where the server takes it.
    if (row.query?.startsWith(":copyfrom"))
      return JSON.stringify(there).includes("cannot copy to view") ? "breaks" : "fine";
    expect(at).not.toHaveProperty("error");
    if (JSON.stringify(at) === JSON.stringify(there)) continue;
    effect =
      "error" in (there as object) || typesOf(at) !== typesOf(there) || valuesOf(at) !== valuesOf(there)
        ? "breaks"
        : "look";
  }
  return effect;
}

/** Types of which a client reads one as the other. */
const READ_AS: Readonly<Record<string, string>> = {
  "character varying": "text",
  character: "text",
  "character[]": "text[]",
  jsonb: "json",
  "bit varying": "bit",
  "bit varying[]": "bit[]",
  cidr: "inet",
};

/** What a client makes of a result: the members of a document have no order. */
function asRead(result: unknown): unknown {
  const { types, rows } = result as { types?: { names: readonly string[] | null }; rows?: unknown };
  if (types === undefined) return result;
  const sorted = JSON.stringify(rows, (_, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return {
    ...(result as object),
    types: types.names?.map((name) => READ_AS[name] ?? name),
    rows: JSON.parse(sorted) as unknown,
  };
}
const typesOf = (result: unknown): string => JSON.stringify((result as { types?: unknown }).types);
/** Rows are compared where both have as many. */
const valuesOf = (result: unknown): string => {
  const { count, rows } = result as { count: number; rows: unknown };
  return JSON.stringify(count > 0 ? rows : []);
};

function said({ name }: Named, order: Order): Effect {
  const found = verdict.findings.filter((finding) => finding.query === name && finding.order === order);
  return found.some(({ effect }) => effect === "breaks") ? "breaks" : found.length > 0 ? "look" : "fine";
}

test.each(ROWS.map((row) => [row.title, row] as const))("%s", async (_, row) => {
  expect(Object.fromEntries(ORDERS.map((order) => [order, said(row, order)]))).toEqual(row.expected);
  const { old, new: now } = databases;
  const proofs = [
    ["migrate-first", sent.base.get(row.name), row.calls, old, now],
    ["deploy-first", sent.head.get(row.name), row.nextCalls ?? row.calls, now, old],
  ] as const;
  for (const [order, sql, calls, home, other] of proofs) {
    if (sql === undefined || row.isUnseen) continue;
    // What does not work on the new schema either is proven by the deployed version.
    if (
      order === "deploy-first" &&
      row.expected["migrate-first"] === "breaks" &&
      row.next === undefined &&
      row.expected[order] === "breaks"
    )
      continue;
    const effect = await seen(row, sql, calls, home, other);
    // A person has to look where some call fails, and others do not.
    const proven = row.expected[order] === "look" && effect === "breaks" ? "look" : effect;
    expect([order, proven]).toEqual([order, row.expected[order]]);
  }
});
