import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readExample } from "./rules/examples.ts";
import { vetExample } from "./rules/vet-example.ts";

// What is known of the tenant where a table is used: what PostgreSQL's planner knows when it plans that use alone.

const SCHEMA = `-- vet: { tenant: { column: w, tables: { tenants: id }, across: [worker], distributed: { reference: [shared] } } }
create table tenants (id bigint primary key, name text not null);
create table a (w bigint not null, id bigint not null, at timestamptz, n integer, primary key (w, id));
create table b (w bigint not null, id bigint not null, a_id bigint, primary key (w, id));
create table shared (w bigint not null, id bigint primary key, n integer, at timestamptz);
create table everywhere (id bigint primary key, n integer);
create view joined as select a.w, a.id, b.id as b_id from a join b on b.w = a.w and b.a_id = a.id;
create view both_of_them as select w, id from a union all select w, id from b;
create view counted as select w, count(*) as n from b group by w;
create view nested as select x.w, x.n from (select w, max(n) as n from a group by w) x;
create view first_ones as select w, id from a order by w, id limit 10;
create view numbered as select w, id, row_number() over (partition by w order by id) as n from a;
create view numbered_by_id as select w, id, row_number() over (order by id) as n from a;
create view cut as select w, id from a where exists (select from b where b.id = a.id);
`;

const ONE_TENANT = [
  "select a.id from a where a.w = @w",
  "select a.id from a where (a.w, a.id) = (@w, @id)",
  "select a.id from a where @w::bigint = a.w and (a.n = 1 or a.n = 2)",
  "select b.id from a join b on b.w = a.w where a.w = @w",
  "select b.id from a join b using (w) where w = @w",
  "select b.id from a full join b using (w, id) where w = @w",
  "select b.id from a left join b on b.w = a.w where a.w = @w",
  "select b.id from a right join b on b.w = a.w where b.w = @w",
  "select b.id from a left join b on b.w = @w where a.w = @w",
  "select t.name, a.id from tenants t join a on a.w = t.id where t.id = @w",
  "select b_id from joined where w = @w",
  "select id from both_of_them where w = @w",
  "select n from counted where w = @w",
  "select n from nested where w = @w",
  "select n from numbered where w = @w",
  "select id from a where w = @w and id in (select a_id from b where b.w = @w)",
  "with x as (select id from a where w = @w) select b.id from b join x on x.id = b.a_id where b.w = @w",
  "select id from a where w = @w union all select id from b where w = @w",
  "select a.id from a join shared s on s.id = a.id where a.w = @w",
  "insert into a (w, id) values (@w, @id)",
  "insert into a (w, id) select b.w, b.id from b where b.w = @w",
  "insert into a (w, id) select @w, b.id from b where b.w = @w",
  "insert into a (w, id) values (@w, @id) on conflict (w, id) do update set n = excluded.n",
  "update a set n = 1 from b where a.w = @w and b.w = a.w and b.a_id = a.id",
  "delete from a using b where a.w = b.w and b.w = @w and b.a_id = a.id",
  "merge into a using (select @id::bigint as id) s on a.w = @w and a.id = s.id when matched then delete",
] as const;

const SEVERAL = [
  ["select a.id from a where a.w = any(@ws::bigint[])", "a"],
  ["select a.id from a where a.w = @w or a.id = @id", "a"],
  ["select a.id from a where a.w is not distinct from (select max(w) from a a2 where a2.w = @w)", "a"],
  ["select b.id from a join b on b.a_id = a.id where a.w = @w", "b"],
  ["select a.id from a left join b on b.w = a.w and a.w = @w", "a,b"],
  ["select b.id from a left join b on b.w = a.w and b.w = @w", "a"],
  ["select a.id from a where a.w = @w and exists (select from b where b.w = a.w)", "b"],
  ["select (select count(*) from b where b.w = a.w) from a where a.w = @w", "b"],
  ["select b.id from a, lateral (select id from b where b.w = a.w limit 1) b where a.w = @w", "b"],
  ["with x as (select w, id from a) select x.id from x where x.w = @w", "a"],
  ["select id from a where w = @w union all select id from b", "b"],
  ["select id from first_ones where w = @w", "a"],
  ["select id from numbered_by_id where w = @w", "a"],
  ["select id from cut where w = @w", "b"],
  ["insert into a (w, id) select x, @id from unnest(@ws::bigint[]) x", "a"],
  ["with x as (select w from b where w = @w) insert into a (w, id) select x.w, @id from x", "a"],
  ["merge into a using (select @id::bigint as id) s on a.id = s.id when matched then delete", "a"],
] as const;

const REFUSED = [
  [
    "update a set n = case when at < now() then 1 end where w = @w",
    "now() is not immutable, and stands inside of CASE",
  ],
  ["update everywhere set n = coalesce(@n, extract(day from now())::integer)", "inside of CASE or COALESCE"],
  ["update a set at = at + interval '1 day' where w = @w", "takes a column"],
  ["update a set n = (random() * 2)::integer where w = @w", "random() is volatile"],
  [
    "insert into a (w, id) values (@w, @id) on conflict (w, id) do update set at = now()",
    "stands in DO UPDATE",
  ],
  [
    "merge into a using (select 1) s on a.w = @w when matched then update set at = now()",
    "stands in a MERGE",
  ],
  [
    "select id from a where id = @id for update skip locked",
    "rows of a are locked on every node (skip locked)",
  ],
  [
    "update shared set n = 1 from a where a.w = @w and shared.id = a.id",
    "shared, which every node has, is changed",
  ],
] as const;

const TAKEN = [
  "update a set at = now() where w = @w",
  "update a set at = now() + interval '1 day', n = n + 1 where w = @w",
  "update a set n = coalesce(@n, n) where w = @w",
  "insert into a (w, id, at) values (@w, @id, coalesce(@at, now()))",
  "with x as (select case when at < now() then 1 end as n from a where w = @w) update a set n = x.n from x where w = @w",
  "select id from a where w = @w for update skip locked",
  "update shared set n = 1 where id = @id",
] as const;

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine.close());

/** The messages of a rule, by the name of the query, `q<n>`. */
async function messagesOf(code: string, queries: readonly string[]): Promise<string[][]> {
  const text = queries.map((sql, i) => `-- name: Q${i} :exec\n${sql};\n`).join("\n");
  const found = await vetExample(engine, readExample(SCHEMA + text));
  const all = SCHEMA + text;
  return queries.map((_, i) => {
    const start = all.indexOf(`-- name: Q${i} `) - all.indexOf("\n") - 1;
    const end =
      i + 1 < queries.length ? all.indexOf(`-- name: Q${i + 1} `) - all.indexOf("\n") - 1 : all.length;
    return found
      .filter((item) => item.code === code && item.span.start >= start && item.span.start < end)
      .map(({ message }) => message);
  });
}

test("finds what does not name the tenant where a table is used, and nothing else", async () => {
  const messages = await messagesOf("tenant-not-compared", [...ONE_TENANT, ...SEVERAL.map(([sql]) => sql)]);
  expect(messages.slice(0, ONE_TENANT.length).map((m, i) => [ONE_TENANT[i], m])).toEqual(
    ONE_TENANT.map((sql) => [sql, []]),
  );
  for (const [i, [sql, tables]] of SEVERAL.entries()) {
    const found = messages[ONE_TENANT.length + i]!;
    expect([sql, ...found]).toEqual([
      sql,
      ...tables.split(",").map((table) => expect.stringMatching(new RegExp(`(^| )${table}('s| is) `))),
    ]);
  }
});

test("finds what Citus refuses, and nothing else", async () => {
  const messages = await messagesOf("refused-when-distributed", [...TAKEN, ...REFUSED.map(([sql]) => sql)]);
  expect(messages.slice(0, TAKEN.length)).toEqual(TAKEN.map(() => []));
  for (const [i, [sql, part]] of REFUSED.entries())
    expect([sql, messages[TAKEN.length + i]!.join()]).toEqual([sql, expect.stringContaining(part)]);
});
