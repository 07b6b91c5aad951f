import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";
import { catalogReader } from "../catalog-reader.ts";

// What stands for a star in the text that is sent: the columns by name, or the star itself where that would deliver something else.

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(`
    create table a (id int primary key, "Name" text not null, "user" text);
    create table b (id int not null, a_id int, z text);
    create type point_of as (x int, y int);
    create table c (p point_of, id int not null);
    create table d (gone int, id int, late int); alter table d drop column gone;
    create view v as select id, z from b;
    create function pairs() returns table (k int, v text) language sql as $$ values (1, 'a') $$;`);
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
afterAll(() => engine.close());

test.each([
  ["select * from a", 'select id, "Name", "user" from a'],
  ["select a.* from a", 'select a.id, a."Name", a."user" from a'],
  ['select "A".* from a as "A"', 'select "A".id, "A"."Name", "A"."user" from a as "A"'],
  ["select * from a, b", 'select a.id, a."Name", a."user", b.id, b.a_id, b.z from a, b'],
  ["select *, a.id from a, b", 'select a.id, a."Name", a."user", b.id, b.a_id, b.z, a.id from a, b'],
  ["select b.*, * from b", "select b.id, b.a_id, b.z, id, a_id, z from b"],
  ["select *, * from b", "select id, a_id, z, id, a_id, z from b"],
  [
    "select 1 as one, b.*, a.id, b.* from a, b",
    "select 1 as one, b.id, b.a_id, b.z, a.id, b.id, b.a_id, b.z from a, b",
  ],
  [
    "select *, *, 1 from a, b",
    'select a.id, a."Name", a."user", b.id, b.a_id, b.z, a.id, a."Name", a."user", b.id, b.a_id, b.z, 1 from a, b',
  ],
  ["select * from d", "select id, late from d"],
  ["select d.* from d", "select d.id, d.late from d"],
  ["select d.*, * from d", "select d.id, d.late, id, late from d"],
  ["select * from v", "select id, z from v"],
  ["select (p).*, id from c", "select (p).*, id from c"],
  ["select (p).*, * from c", "select (p).*, * from c"],
  ["select * from pairs()", "select k, v from pairs()"],
  ["select p.*, b.* from pairs() p, b", "select p.k, p.v, b.id, b.a_id, b.z from pairs() p, b"],
  [
    "select * from a join b using (id)",
    'select a.id, a."Name", a."user", b.a_id, b.z from a join b using (id)',
  ],
  [
    "select * from a full join b using (id)",
    'select id, a."Name", a."user", b.a_id, b.z from a full join b using (id)',
  ],
  [
    "select * from a full join b using (id) full join d using (id)",
    'select id, a."Name", a."user", b.a_id, b.z, d.late from a full join b using (id) full join d using (id)',
  ],
  [
    "select j.* from (a join b on b.a_id = a.id) j (i, n, u, bi, ai, z)",
    "select j.i, j.n, j.u, j.bi, j.ai, j.z from (a join b on b.a_id = a.id) j (i, n, u, bi, ai, z)",
  ],
  [
    "select * from (a join b on b.a_id = a.id) j (i, n, u, bi, ai, z)",
    "select * from (a join b on b.a_id = a.id) j (i, n, u, bi, ai, z)",
  ],
  ["select * from (select * from b) s", "select id, a_id, z from (select * from b) s"],
  [
    "select s.*, 1 as n from (values (1, 2)) s (x, y)",
    "select s.x, s.y, 1 as n from (values (1, 2)) s (x, y)",
  ],
  ["select * from b order by a_id", "select id, a_id, z from b order by a_id"],
  ["select * from v union all select * from v", "select id, z from v union all select id, z from v"],
  [
    "select * from v except (select * from v intersect select * from v)",
    "select id, z from v except (select id, z from v intersect select id, z from v)",
  ],
  [
    "(select * from v limit 1) union select d.id, z from d, b",
    "(select id, z from v limit 1) union select d.id, z from d, b",
  ],
  [
    "with w as (select * from b) select w.* from w",
    "with w as (select * from b) select w.id, w.a_id, w.z from w",
  ],
  [
    "select * from b, lateral (select b.z as y) l",
    "select b.id, b.a_id, b.z, l.y from b, lateral (select b.z as y) l",
  ],
  ["select count(*) from b", "select count(*) from b"],
  ["select exists (select * from b) as e", "select exists (select * from b) as e"],
  ["insert into b values (1, 2, 'x') returning *", "insert into b values (1, 2, 'x') returning id, a_id, z"],
  [
    "insert into b as n values (1, 2, 'x') returning n.*, 1 as one",
    "insert into b as n values (1, 2, 'x') returning n.id, n.a_id, n.z, 1 as one",
  ],
  [
    "insert into b select * from b where id > 1 returning *",
    "insert into b select id, a_id, z from b where id > 1 returning id, a_id, z",
  ],
  [
    "insert into b as n values (1, 2, 'x') returning n.*, old.*, 1 as one, *",
    "insert into b as n values (1, 2, 'x') returning n.id, n.a_id, n.z, old.id, old.a_id, old.z, 1 as one, id, a_id, z",
  ],
  ["update b set z = 'q' returning *", "update b set z = 'q' returning id, a_id, z"],
  [
    "update b set z = 'q' returning old.*, new.z",
    "update b set z = 'q' returning old.id, old.a_id, old.z, new.z",
  ],
  [
    "update b set z = 'q' returning new.*, *",
    "update b set z = 'q' returning new.id, new.a_id, new.z, id, a_id, z",
  ],
  [
    "update b set z = 'q' returning with (old as before, new as after) before.*, after.*",
    "update b set z = 'q' returning with (old as before, new as after) before.id, before.a_id, before.z, after.id, after.a_id, after.z",
  ],
  [
    "update b x set z = 'q' from a where a.id = x.id returning *",
    'update b x set z = \'q\' from a where a.id = x.id returning x.id, x.a_id, x.z, a.id, a."Name", a."user"',
  ],
  [
    "update b x set z = 'q' from a where a.id = x.id returning a.*, x.*, x.z as y",
    'update b x set z = \'q\' from a where a.id = x.id returning a.id, a."Name", a."user", x.id, x.a_id, x.z, x.z as y',
  ],
  [
    "update d set late = 1 from b old where old.id = d.id returning old.*",
    "update d set late = 1 from b old where old.id = d.id returning old.id, old.a_id, old.z",
  ],
  [
    "update b x set z = 'q' from a where a.id = x.id returning old.*, *",
    'update b x set z = \'q\' from a where a.id = x.id returning old.id, old.a_id, old.z, x.id, x.a_id, x.z, a.id, a."Name", a."user"',
  ],
  ["delete from b returning b.*", "delete from b returning b.id, b.a_id, b.z"],
  [
    "delete from d using b where b.id = d.id returning d.*, b.z",
    "delete from d using b where b.id = d.id returning d.id, d.late, b.z",
  ],
  [
    "merge into d using b on b.id = d.id when matched then delete returning *",
    "merge into d using b on b.id = d.id when matched then delete returning b.id, b.a_id, b.z, d.id, d.late",
  ],
  [
    "merge into d using b on b.id = d.id when matched then delete returning merge_action() as done, d.*",
    "merge into d using b on b.id = d.id when matched then delete returning merge_action() as done, d.id, d.late",
  ],
])("%s", async (sql, expected) => {
  const [source] = readQueries("query.sql", `-- name: Q :many\n${sql};\n`).queries;
  const result = await analyzeQuery(source!, engine, catalog);
  if (!("query" in result)) throw new Error(`${result.diagnostics[0]?.message}\n${sql}`);
  expect(result.query.sql.text).toBe(expected);
});
