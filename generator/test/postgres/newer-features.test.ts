import { featuresAfter } from "../../src/postgres/newer-features.ts";
import { parseStatement } from "../../src/postgres/raw-parse.ts";

async function since(sql: string, target: number, own: readonly string[] = []): Promise<number[]> {
  const { kind, tree } = (await parseStatement(sql))!;
  return featuresAfter(target, kind, tree, new Set(own)).map((feature) => feature.since);
}

test.each([
  ["select gen_random_uuid()", 13],
  ["select * from t order by a fetch first 3 rows with ties", 13],
  ["select date_bin('1 hour', a, b) from t", 14],
  [
    "with recursive r as (select 1 as n union select n + 1 from r) search depth first by n set s select * from r",
    14,
  ],
  ["select a from t group by distinct rollup (a)", 14],
  ["alter table t detach partition p concurrently", 14],
  ["merge into t using s on t.a = s.a when matched then delete", 15],
  ["create unique index on t (a) nulls not distinct", 15],
  ["select regexp_count(a, 'x') from t", 15],
  ["create view v with (security_invoker) as select 1", 15],
  ["select a is json from t", 16],
  ["select json_array(1, 2)", 16],
  ["select any_value(a) from t", 16],
  ["select * from (select 1)", 16],
  ["select * from json_table(j, '$' columns (a int path '$'))", 17],
  ["select json_value(j, '$.a') from t", 17],
  ["merge into t using s on t.a = s.a when not matched by source then delete", 17],
  ["merge into t using s on t.a = s.a when matched then delete returning t.a", 17],
  ["select uuidv7()", 18],
  ["update t set a = 1 returning old.a, new.a", 18],
  ["update t set a = 1 returning with (old as o) o.a", 18],
  ["create table t (a int, b int generated always as (a + 1) virtual)", 18],
  ["create table t (a int, during tstzrange, unique (a, during without overlaps))", 18],
])("%s needs PostgreSQL %i", async (sql, version) => {
  expect(Math.max(...(await since(sql, version - 1)))).toBe(version);
  expect(await since(sql, 18)).toEqual([]);
});

test.each([
  "select old.a from t as old",
  "update old set a = 1 returning old.a",
  "select * from (select 1) as t",
  "select app.uuidv7()",
  "create table t (a int, b int generated always as (a + 1) stored)",
  "select a from t group by rollup (a) limit 3",
])("%s is as old as PostgreSQL 12", async (sql) => {
  expect(await since(sql, 12)).toEqual([]);
});

test("a function of the project's own serves older servers too", async () => {
  expect(await since("select uuidv7()", 16, ["uuidv7"])).toEqual([]);
});
