import { defaultedColumns } from "../../src/infer/defaulted-columns.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { queryTree } from "../../src/postgres/query-tree.ts";
import { catalogReader } from "../catalog-reader.ts";

// A column that a statement leaves to its default gets another value where that is another one.

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(`
    create table t (a int primary key, b int default 1, c int default 2);
    create view v as select a as x, c as z, b + 1 as computed from t;
    create view w as select z, x from v;
    create view own as select a, b from t; alter view own alter b set default 7;
    create view joined as select t.a from t join t u on u.a = t.b;
    create view instead as select a, b from t;
    create function f() returns trigger language plpgsql as 'begin return new; end';
    create trigger g instead of insert on instead for each row execute function f();`);
  catalog = catalogReader(engine);
});
afterAll(() => engine.close());

test.each([
  ["insert into t values (1)", "t.b t.c"],
  ["insert into t (a, b) values (1, 2), (2, default)", "t.b t.c"],
  ["insert into t (a, b, c) select 1, 2, 3", ""],
  ["insert into t default values", "t.a t.b t.c"],
  ["insert into t (a, b, c) values (1, default, 3)", "t.b"],
  ["insert into t values (1, 2, 3) on conflict (a) do update set (b, c) = (default, excluded.c)", "t.b"],
  ["update t set b = default, c = 1", "t.b"],
  ["update t set b = 1", ""],
  ["delete from t", ""],
  ["with n as (update t set c = default returning a) select a from n", "t.c"],
  [
    "merge into t using (select 1 as i) s on t.a = s.i when matched then update set c = default when not matched then insert (a, c) values (s.i, 3)",
    "t.b t.c",
  ],
  // Behind a view, the table's.
  ["insert into v (x) values (1)", "t.b t.c v.computed v.z"],
  ["update w set z = default", "w.z"],
  ["insert into own (a) values (1)", "own.b t.c"],
  ["update own set b = default", "own.b"],
  ["insert into instead (a) values (1)", "instead.b"],
  ["select a from joined", ""],
])("%s", async (sql, expected) => {
  const tree = (await queryTree(engine, sql, []))!;
  await catalog.ensureForTree(tree.text);
  const found = defaultedColumns(tree.query, catalog).map(({ table, column }) => `${table}.${column}`);
  expect(found.sort().join(" ")).toBe(expected);
});
