import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueryResult } from "pg";
import type { Verdict } from "../../generator/src/check/verify/verify.ts";
import type { Order } from "../../generator/src/config/options/roll-out-orders.ts";
import { askCommand } from "../command.ts";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";

// Queries that adapt, while their schema changes: what `verify` says is held against PostgreSQL 16, where each text that a client may send is
// sent on both schemas, and where all pages of a query are read on both.

type Effect = "breaks" | "look" | "fine";
interface Row {
  readonly title: string;
  readonly change: string;
  readonly query: string;
  /** The new version's text where it differs; null where it has the query no more. */
  readonly next?: string | null;
  /** What is stored on both schemas. */
  readonly data?: string;
  /** What only the new schema, or only the deployed one, lets be stored. */
  readonly later?: string;
  readonly args?: Readonly<Record<string, readonly (string | null)[]>>;
  readonly expected: readonly [migrateFirst: Effect, deployFirst: Effect];
  /** It is no value of these rows that differs, but what is known of any. */
  readonly isOfTypes?: true;
}

const BASE = `
create table {t}_box (id int primary key, note text, kind text not null default 'k', n int, price numeric(10, 2) not null default 1,
  day date not null default '2026-01-01', rank int not null default 1, code text not null default md5(random()::text) constraint {t}_code unique);
create table {t}_src (id int primary key, t text, box int not null default random() * 1000000 constraint {t}_box_once unique);
create function {t}_by(int) returns int immutable language sql as 'select $1';
`;
const REQUIRED =
  "update {t}_box set note = '' where note is null; alter table {t}_box alter note set not null;";
const BOXES =
  "insert into {t}_box (id, note, kind, n, rank, day, code) select g, 'a', 'k' || g % 2, nullif(g % 3, 0), g % 2, date '2026-01-01' + g / 3, 'c' || g from generate_series(1, 9) g;";
const SOURCES = "insert into {t}_src (id, t) values (1, 'a'), (2, null);";
const NULLABLE = "alter table {t}_box alter rank drop not null;";
const WITHOUT_RANK =
  "insert into {t}_box (id, rank, code) select g, null, 'z' || g from generate_series(20, 22) g;";
const paged = (order: string, from = "{t}_box b", flags = "") =>
  `:many\n${flags}-- @keyset\nselect b.id from ${from} order by ${order} limit @size`;

const ROWS: readonly Row[] = [
  {
    title: "a filter that may be left out let no NULL in",
    change: REQUIRED,
    data: SOURCES,
    query: ":exec\n-- @optional t\ninsert into {t}_box (id, note) select id, t from {t}_src where t = @t",
    next: ":exec\n-- @optional t\ninsert into {t}_box (id, note) select id, coalesce(t, '') from {t}_src where t = @t",
    args: { t: ["a"] },
    expected: ["breaks", "fine"],
  },
  {
    title: "a join that may find more writes NULL",
    change: REQUIRED,
    data: BOXES + SOURCES,
    query:
      ":exec\n-- @optional t\nupdate {t}_box b set note = s.t from {t}_src s where s.id = b.id and s.t = @t",
    next: ":exec\n-- @optional t\nupdate {t}_box b set note = coalesce(s.t, '') from {t}_src s where s.id = b.id and s.t = @t",
    args: { t: ["a"] },
    expected: ["breaks", "fine"],
  },
  {
    title: "a branch of CASE that only some value asks for",
    change: "alter table {t}_box drop column n;",
    data: BOXES,
    query: ":many\nselect id, case when @deep::bool then n end as n from {t}_box",
    next: null,
    args: { deep: ["true", "false"] },
    expected: ["breaks", "fine"],
  },
  {
    title: "a field of rows may be NULL, and its column not",
    change: REQUIRED,
    query:
      ":exec\ninsert into {t}_box (id, note) select r.id, r.note from json_to_recordset(@rows::json) as r (id int, note text)",
    args: { rows: ['[{"id": "1"}]', '[{"id": "1", "note": "a"}]'] },
    expected: ["breaks", "fine"],
  },
  {
    title: "a field of rows is stored in a smaller integer",
    change: "alter table {t}_box alter n type smallint;",
    query:
      ":exec\ninsert into {t}_box (id, n) select r.id, r.n from json_to_recordset(@rows::json) as r (id int, n int)",
    args: { rows: ['[{"id": "1", "n": "70000"}]'] },
    expected: ["look", "fine"],
  },
  {
    title: "a column that a filter is compared with may be NULL",
    change: "alter table {t}_src alter box drop not null;",
    data: SOURCES,
    query: ":many\n-- @optional box\nselect id from {t}_src where box = @box",
    args: { box: ["1", null] },
    expected: ["fine", "fine"],
  },
  {
    title: "an attribute of rows inside of rows may be NULL",
    change: "alter table {t}_box alter kind drop not null;",
    query: ":many\nselect s.id, array(select b from {t}_box b where b.id = s.id) as boxes from {t}_src s",
    expected: ["breaks", "fine"],
    isOfTypes: true,
  },
  {
    title: "a page's key may be NULL",
    change: NULLABLE,
    data: BOXES,
    later: WITHOUT_RANK,
    query: paged("rank, id"),
    expected: ["breaks", "fine"],
  },
  {
    title: "a page's key may be NULL, in one of two directions",
    change: NULLABLE,
    data: BOXES,
    later: WITHOUT_RANK,
    query: paged("rank desc, id"),
    expected: ["breaks", "fine"],
  },
  {
    title: "a key of another order may be NULL",
    change: NULLABLE,
    data: BOXES,
    later: WITHOUT_RANK,
    query: paged("id, rank", "{t}_box b", "-- @sort id | rank: rank, id\n"),
    expected: ["breaks", "fine"],
    isOfTypes: true,
  },
  {
    title: "a page's key is NOT NULL in the new schema alone",
    change: "update {t}_box set n = 0 where n is null; alter table {t}_box alter n set not null;",
    data: BOXES,
    query: paged("n, id"),
    expected: ["fine", "breaks"],
  },
  {
    title: "a page's key is unique no more",
    change: "alter table {t}_box drop constraint {t}_code;",
    data: BOXES,
    later: "insert into {t}_box (id, code) select g, 'same' from generate_series(20, 25) g;",
    query: paged("code"),
    next: null,
    expected: ["look", "fine"],
  },
  {
    title: "a row is joined once no more",
    change: "alter table {t}_src drop constraint {t}_box_once;",
    data: `${BOXES} insert into {t}_src (id, box) select g, g from generate_series(1, 9) g;`,
    later: "insert into {t}_src (id, box) select g, 1 from generate_series(11, 16) g;",
    query: paged("b.id", "{t}_box b join {t}_src s on s.box = b.id"),
    next: null,
    expected: ["look", "fine"],
  },
  {
    title: "a page's key is a time, and was a day",
    // USING gives other values than the days were, which nobody can weigh.
    change: "alter table {t}_box alter day type timestamptz using day + id * interval '1 hour';",
    data: BOXES,
    query: paged("day, id"),
    expected: ["breaks", "look"],
  },
  {
    title: "a page's key is a larger integer",
    change: "alter table {t}_box alter rank type bigint;",
    data: BOXES,
    later:
      "insert into {t}_box (id, rank, code) select g, 5000000000 + g, 'z' || g from generate_series(20, 25) g;",
    query: paged("rank, id"),
    expected: ["look", "fine"],
  },
  {
    title: "a page's key is an integer, and had digits behind the point",
    change: "alter table {t}_box alter price type int;",
    data: BOXES,
    query: paged("price desc, id"),
    expected: ["fine", "breaks"],
  },
  {
    title: "a page's key is padded",
    change: "alter table {t}_box alter kind type char(10);",
    data: BOXES,
    query: paged("kind, id"),
    expected: ["breaks", "look"],
  },
  {
    title: "a page's key has a length",
    change: "alter table {t}_box alter code type varchar(100);",
    data: BOXES,
    query: paged("code"),
    expected: ["fine", "fine"],
  },
  {
    title: "a page's key is another for each page",
    change:
      "create or replace function {t}_by(int) returns int language sql as 'select coalesce($1 + (random() * 1e9)::int, 0)';",
    data: BOXES,
    query: paged("{t}_by(b.rank), b.id"),
    next: null,
    expected: ["breaks", "fine"],
  },
];

interface Sent {
  readonly sql: string;
  readonly params: readonly number[];
  readonly behind: string | null;
  readonly backwards: boolean;
}
interface Analysed {
  readonly name: string;
  readonly sql: string;
  readonly params: readonly { readonly name: string }[];
  readonly variants?: readonly Sent[];
}

const nameOf = (i: number): string => `Q${String(i).padStart(2, "0")}`;
const filled = (text: string, i: number): string => text.replaceAll("{t}", nameOf(i).toLowerCase());
const join2 = (texts: readonly string[]): string => texts.map(filled).join("\n");
const schemaOf = join2(ROWS.map(() => BASE));
const changeOf = join2(ROWS.map(({ change }) => change));
const queriesOf = (which: (row: Row) => string | null): string =>
  ROWS.flatMap((row, i) => {
    const [, command, sql] = /^(:\w+)\n([\s\S]*)$/.exec(filled(which(row) ?? "", i)) ?? [];
    return command === undefined ? [] : [`-- name: ${nameOf(i)} ${command}\n${sql};\n`];
  }).join("\n");

let folder: string;
let verdict: Verdict;
let databases: Readonly<Record<"base" | "head", TestDatabase>>;
const clients: Record<"base" | "head", ReadonlyMap<string, Analysed>> = {
  base: new Map(),
  head: new Map(),
};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "solitude-adaptive-changes-"));
  const write = (side: string, schema: readonly string[], queries: string): string => {
    const root = join(folder, side);
    mkdirSync(join(root, "schema"), { recursive: true });
    for (const [i, text] of schema.entries()) writeFileSync(join(root, `schema/${i + 1}.sql`), text);
    writeFileSync(join(root, "queries.sql"), queries);
    writeFileSync(
      join(root, "sqlc.yaml"),
      'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: queries.sql }]\n',
    );
    return root;
  };
  const roots = {
    base: write(
      "base",
      [schemaOf],
      queriesOf(({ query }) => query),
    ),
    head: write(
      "head",
      [schemaOf, changeOf],
      queriesOf(({ query, next }) => (next === undefined ? query : next)),
    ),
  };
  for (const side of ["base", "head"] as const) {
    const { queries } = await askCommand<{ queries: Analysed[] }>(roots[side], "analyze");
    clients[side] = new Map(queries.map((query) => [query.name, query]));
  }
  verdict = await askCommand<Verdict>(roots.head, "verify", "--against", roots.base);
  databases = { base: await createDatabase(), head: await createDatabase() };
  for (const [i, { data = "" }] of ROWS.entries())
    for (const { pool } of Object.values(databases)) await pool.query(filled(BASE + data, i));
  await databases.head.pool.query(changeOf);
  for (const [i, { later = "" }] of ROWS.entries()) await databases.head.pool.query(filled(later, i));
});
afterAll(async () => {
  await databases?.base.drop();
  await databases?.head.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** What one text gives there, undone after it: its rows as texts, or "refused". */
async function given({ pool }: TestDatabase, text: string, values: readonly unknown[]): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    return JSON.stringify((await raw(client, text, values)).rows.sort());
  } catch {
    return "refused";
  } finally {
    await client.query("rollback");
    client.release();
  }
}

function raw(
  client: { query(config: object): Promise<unknown> },
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<(string | null)[]>> {
  const types = { getTypeParser: () => (value: string) => value };
  return client.query({ text, values, rowMode: "array", types }) as Promise<QueryResult<(string | null)[]>>;
}

const MOST_PAGES = 30;

/** Tells whether the pages that a client reads there, two rows each, have the rows that the statement gives. */
async function readsAll({ pool }: TestDatabase, variants: readonly Sent[]): Promise<boolean> {
  const forwards = variants.filter(({ backwards }) => !backwards);
  const first = forwards.find(({ behind }) => behind === null)!;
  const keys = first.sql.match(/as "key \d+"/g)!.length;
  const { rows: all } = await raw(pool, first.sql, [1000]);
  const read: (string | null)[][] = [];
  let sent: Sent | undefined = first;
  let cursor: readonly (string | null)[] = [];
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    if (sent === undefined) return false;
    const values = sent.params.map((number) => (number === 1 ? 3 : cursor[number - 2]));
    const page = await raw(pool, sent.sql, values).catch(() => null);
    if (page === null) return false;
    read.push(...page.rows.slice(0, 2));
    if (page.rows.length < 3) break;
    cursor = page.rows[1]!.slice(-keys);
    const behind = cursor.map((value) => (value === null ? "1" : "0")).join("");
    sent = forwards.find((one) => one.behind === behind);
  }
  return JSON.stringify(read) === JSON.stringify(all);
}

/** Tells whether a client does there what it does at home. */
async function isAtEase(
  row: Row,
  client: Analysed,
  home: TestDatabase,
  there: TestDatabase,
): Promise<boolean> {
  const variants = client.variants ?? [];
  if (row.query.includes("@keyset")) {
    // What is stored later is none of the deployed schema's rows.
    if (home === databases.base) expect(await readsAll(home, variants)).toBe(true);
    return readsAll(there, variants);
  }
  const whole = { sql: client.sql, params: client.params.map((_, i) => i + 1) };
  for (const { sql, params } of variants.length > 0 ? variants : [whole]) {
    const names = params.map((number) => client.params[number - 1]!.name);
    const lists = names.reduce<(string | null)[][]>(
      (all, name) => all.flatMap((list) => row.args![name]!.map((value) => [...list, value])),
      [[]],
    );
    for (const values of lists) {
      const at = await given(home, sql, values);
      if (at !== "refused" && at !== (await given(there, sql, values))) return false;
    }
  }
  return true;
}

const ORDERS: readonly Order[] = ["migrate-first", "deploy-first"];
const effectOf = (name: string, order: Order): Effect => {
  const found = verdict.findings.filter((one) => one.query === name && one.order === order);
  return found.some(({ effect }) => effect === "breaks") ? "breaks" : found.length > 0 ? "look" : "fine";
};

test.each(ROWS.map((row, i) => [row.title, row, i] as const))("%s", async (_, row, i) => {
  const said = ORDERS.map((order) => effectOf(nameOf(i), order));
  expect(said).toEqual(row.expected);
  if (row.isOfTypes) return;
  const { base, head } = databases;
  for (const [order, client, home, there] of [
    [0, clients.base.get(nameOf(i)), base, head],
    [1, clients.head.get(nameOf(i)), head, base],
  ] as const) {
    if (client === undefined) continue;
    const isFine = await isAtEase(row, client, home, there);
    // A person has to look where values of some kind would differ, be there any or not.
    if (row.expected[order] !== "look" || !isFine)
      expect([order, isFine]).toEqual([order, row.expected[order] === "fine"]);
  }
});
