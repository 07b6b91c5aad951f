import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { COMMANDS } from "../../src/model/query.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";
import { catalogReader } from "../catalog-reader.ts";

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(
    "create table t (id int primary key, n text); create procedure p(a int) language sql as '';",
  );
});
afterAll(() => engine.close());

/** Every kind of statement. */
const STATEMENTS = {
  select: "select id from t where id = $1",
  values: "values ($1::int)",
  table: "table t",
  with: "with x as (delete from t where id = $1 returning id) select id from x",
  insert: "insert into t (id) values ($1)",
  "insert returning": "insert into t (id) values ($1) returning id",
  "insert select": "insert into t (id) select $1::int",
  upsert: "insert into t (id) values ($1) on conflict do nothing",
  update: "update t set n = $1",
  "update returning": "update t set n = $1 returning id",
  delete: "delete from t where id = $1",
  "delete returning": "delete from t where id = $1 returning id",
  merge: "merge into t using (select $1::int as i) s on s.i = t.id when matched then do nothing",
  "merge returning":
    "merge into t using (select $1::int as i) s on s.i = t.id when matched then delete returning t.id",
  "select into": "select id into u from t",
  call: "call p(1)",
  do: "do $$ begin end $$",
  "create table": "create table u (id int)",
  "create table as": "create table u as select 1 as one",
  alter: "alter table t add column x int",
  drop: "drop table t",
  truncate: "truncate t",
  lock: "lock t",
  fetch: "fetch 10 from c",
  declare: "declare c cursor for select 1",
  close: "close c",
  prepare: "prepare x as select 1",
  execute: "execute x",
  "copy from stdin": "copy t from stdin",
  "copy to stdout": "copy t to stdout",
  "copy from a file": "copy t from '/x'",
  explain: "explain select 1",
  show: "show time zone",
  set: "set time zone 'utc'",
  begin: "begin",
  savepoint: "savepoint s",
  listen: "listen x",
  notify: "notify x",
  vacuum: "vacuum t",
  analyze: "analyze t",
  refresh: "refresh materialized view v",
  grant: "grant select on t to public",
  comment: "comment on table t is 'x'",
} as const;

/** Which of them have which row; by command in the order of `COMMANDS`: `+` supported, `-` refused, `w` with a warning. */
const TABLE: Readonly<Record<string, readonly (keyof typeof STATEMENTS)[]>> = {
  "--+++w----": [
    "call",
    "do",
    "create table",
    "create table as",
    "alter",
    "drop",
    "truncate",
    "lock",
    "fetch",
    "declare",
    "close",
    "prepare",
    "execute",
    "copy from a file",
    "set",
    "begin",
    "savepoint",
    "listen",
    "notify",
    "vacuum",
    "analyze",
    "refresh",
    "grant",
    "comment",
    "select into",
  ],
  "----------": ["copy from stdin", "copy to stdout"],
  "--+++w-+--": ["insert select", "upsert", "update", "delete", "merge"],
  "--+++w++--": ["insert"],
  "+++++w-+++": [
    "select",
    "values",
    "with",
    "insert returning",
    "update returning",
    "delete returning",
    "merge returning",
  ],
  "+++++w----": ["table", "explain", "show"],
};

async function outcome(command: string, statement: string): Promise<string> {
  const { queries, diagnostics } = readQueries("q.sql", `-- name: Q ${command}\n${statement};\n`);
  const [query] = queries;
  if (!query) return "-";
  const result = await analyzeQuery(query, engine, catalogReader(engine));
  if (!("query" in result)) return "-";
  return diagnostics.length + (result.diagnostics?.length ?? 0) > 0 ? "w" : "+";
}

test("every kind of statement under every command is supported, refused or warned of", async () => {
  const found: Record<string, string[]> = {};
  for (const [name, statement] of Object.entries(STATEMENTS)) {
    let row = "";
    for (const command of COMMANDS) row += await outcome(command, statement);
    found[row] = [...(found[row] ?? []), name].sort();
  }
  const expected = Object.entries(TABLE).map(([row, names]) => [row, [...names].sort()]);
  expect(found).toEqual(Object.fromEntries(expected));
});

test.each([
  ["select id from t order by $1", "order-by-parameter"],
  ["select id from t order by n, @by::text desc", "order-by-parameter"],
  ["select id from t where n like '%@q%'", "parameter-in-string"],
  ["select id from t where n = ':name'", "parameter-in-string"],
  ["select id from t where n like '%$1'", "parameter-in-string"],
])("%s is warned of", async (statement, code) => {
  const { queries } = readQueries("q.sql", `-- name: Q :many\n${statement};\n`);
  const result = await analyzeQuery(queries[0]!, engine, catalogReader(engine));
  expect(result.diagnostics?.map((one) => one.code)).toEqual([code]);
});

test.each([
  ["select id from t order by case when @by::text = 'n' then n end"],
  ["select n like 'a@b.c', n like '%12:30%', to_char(now(), 'HH24:MI'), n = '$$', n = 'a: b' from t"],
  ["select jsonb_path_query(to_jsonb(t), '$.a ? (@.x > 1)') as x, to_tsquery('a & b:*') as y from t"],
])("%s is not", async (statement) => {
  const { queries } = readQueries("q.sql", `-- name: Q :many\n${statement};\n`);
  expect((await analyzeQuery(queries[0]!, engine, catalogReader(engine))).diagnostics).toEqual([]);
});

test("statements without an annotation are told, and those of a file that is schema too are not", () => {
  const { leftOut } = readQueries(
    "q.sql",
    "-- name: A :exec\nupdate t set n = 'x'; update t set n = 'y';\nselect 1;\n\n-- a note\nselect 2;\nselect 3;\n",
  );
  expect(leftOut.map(({ behind }) => behind)).toEqual(["A", null, null, null]);
});
