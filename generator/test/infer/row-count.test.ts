import { TreeAnalysis } from "../../src/infer/analysis.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import type { RowCount } from "../../src/model/row-count.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { queryTree } from "../../src/postgres/query-tree.ts";
import { catalogReader } from "../catalog-reader.ts";

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(`
    create table users (id int primary key, email text not null unique, name text, team int, nick text unique nulls not distinct, gone boolean not null default false);
    create unique index on users (team, lower(name));
    create unique index users_named on users (name) where not gone;
    create unique index on users (coalesce(name, email));
    create table only_named (name text, team int); create unique index on only_named (name) where team is not null;
    create table only_both (name text, team int, gone boolean); create unique index on only_both (name) where team is not null and not gone;
    create table local_times (at timestamp primary key); create table amounts (id int primary key, n numeric); create sequence seq;
    create table orders (user_id int, number int, total int, primary key (user_id, number));
    create table settings (user_id int primary key references users, theme text unique);
    create view named as select id as user_id, email as mail, name from users where name is not null;
    create table notes (id int generated always as identity primary key, text text);
    create table stamped (id int primary key, at timestamptz);
    create function stamp() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
    create trigger stamp before insert or update on stamped for each row execute function stamp();
    create table picky (id int primary key);
    create function pick() returns trigger language plpgsql as $$ begin if new.id = 1 then return null; end if; return new; end $$;
    create trigger pick before insert on picky for each row execute function pick();
    create table parts (id int) partition by list (id);
    create table parts_1 partition of parts for values in (1);
    create trigger pick before insert on parts_1 for each row execute function pick();
    create table ruled (id int);
    create rule nothing as on insert to ruled do also notify x;
    create table base (id int primary key);
    create table derived () inherits (base);
    create view notes_view as select id, text from notes;
    create view picky_view as select id from picky;
    create view made as select n.id, s.at from notes n join stamped s on s.id = n.id;
    create trigger make instead of insert on made for each row execute function pick();
    create view counted as select count(*) as n from users;
    create foreign data wrapper fdw; create server elsewhere foreign data wrapper fdw;
    create foreign table remote (id int) server elsewhere;
    create table spread (id int) partition by list (id);
    create foreign table spread_1 partition of spread for values in (1) server elsewhere;
    create materialized view first_user as select * from users where id = 1;
    create materialized view top_user as select * from users order by id limit 1;
    create materialized view user_count as select count(*) as n from users;
    create materialized view kept_users as select id, name from users; create unique index on kept_users (id);
    create view busy as select o.* from orders o;
    create view totals as select user_id, sum(total) as total from orders group by user_id;`);
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
afterAll(() => engine.close());

async function rowsOf(sql: string): Promise<RowCount> {
  const tree = (await queryTree(engine, sql, ["int", "text", "int"]))!;
  await catalog.ensureForTree(tree.text);
  return new TreeAnalysis(CatalogFacts.of(catalog)).rows(tree.query);
}

test.each([
  "select * from users where id = $1",
  "select * from users where $1 = id and name like $2",
  "select * from users where id in ($1)",
  "select * from users where email = lower($2)",
  "select * from users where nick is not distinct from $2",
  "select * from users where team = $1 and lower(name) = $2",
  "select * from users where team = $1 and name = $2",
  "select * from settings s join users u on s.user_id = u.id where u.team = $1 and lower(u.name) = $2",
  "select * from users where coalesce(name, email) = $2",
  "select * from only_named where name = $2 and team is not null",
  "select * from only_named where name = $2 and team = $1",
  "select q.id from (settings s join users q on q.id = s.user_id and q.id = $1) left join orders u on u.user_id = q.id group by q.id",
  "select q.id from orders u right join (settings s join users q on q.id = s.user_id and q.id = $1) on u.user_id = q.id group by q.id",
  "delete from users u using settings s left join orders o on o.user_id = s.user_id where s.user_id = u.id and s.user_id = $1 returning u.id",
  "select * from only_both where name = $2 and team is not null and not gone",
  "select * from only_both where name = $2 and not gone and team = $1",
  "select * from users where name = $2 and not gone",
  "select * from users u join settings s on s.user_id = u.id where u.id = $1",
  "select * from users u join settings s on s.user_id = u.id where s.theme = $2",
  "select * from users u left join settings s on s.user_id = u.id where u.id = $1",
  "select * from users u left join orders o on o.user_id = u.id and o.number = $3 where u.id = $1",
  "select * from users join settings on users.id = settings.user_id where users.id = $1 limit 5",
  "select * from orders where user_id = $1 order by number limit 1",
  "select count(*) from orders",
  "select user_id, sum(total) from orders where user_id = $1 group by user_id",
  "select distinct user_id from orders where user_id = $1",
  "select * from named where user_id = $1",
  "select * from named where mail = $2",
  "select * from totals where user_id = $1",
  "select * from (select user_id, max(number) as last from orders group by user_id) t where t.user_id = $1",
  "with u as (select * from users where email = $2) select * from u join settings s on s.user_id = u.id",
  "select * from orders o where user_id = $1 and number = (select max(number) from orders p where p.user_id = o.user_id)",
  "insert into users (id, email) values ($1, $2) returning *",
  "insert into users (id, email) values ($1, $2) on conflict (id) do update set email = excluded.email returning *",
  "insert into users (id, email) select user_id, 'x' from settings where user_id = $1 returning *",
  "update users set name = $2 where id = $1 returning *",
  "update users u set name = $2 from orders o where o.user_id = u.id and u.id = $1 returning u.id",
  "delete from orders where user_id = $1 and number = $3 returning *",
  "select $1::int",
  "select * from only base where id = $1",
  "select * from users where id = $1 intersect select * from users",
  "select * from users intersect select * from users where id = $1",
  "select * from users where id = $1 except select * from users where id = $3",
  "select count(*) from users group by ()",
  "insert into made values ($1) returning id",
  "select * from top_user",
  "select * from user_count",
  "select * from kept_users where id = $1",
  "select 1 as n from users having true",
  "select count(*) from users group by (), ()",
  "select * from users limit 0",
  "select distinct on (user_id) * from orders where user_id = $1",
  "select * from (select user_id, number, total from orders) o where o.user_id = $1 and o.number = $3",
  "merge into users u using (select $1::int as id) s on s.id = u.id when matched then delete returning u.id",
  "delete from users u using (select 1 as a) x full join (select 2 as b) y on x.a = y.b where u.id = $1 returning u.id",
  "select * from local_times where at = now()::timestamp",
  "select n from amounts where n = $1::numeric group by n",
  "select distinct n from amounts where n = $1::numeric",
  "select * from users where id = abs($1)",
  "select * from users where id = (select count(*) from orders)",
  "select * from users where id = (select user_id from orders order by total limit 1)",
  "select * from users u, lateral (select s.theme from settings s where s.user_id = u.id) l where u.id = $1",
  "select f.x from users u, lateral abs(u.id) f (x) where u.id = $1 group by f.x",
  "select v.x from users u, lateral (values (u.id)) v (x) where u.id = $1 group by v.x",
  "select * from abs($1) f",
  "select * from (values ($1)) v (x)",
  "select * from (values ($1)) v (x) join users on users.id = v.x",
])("one row at most: %s", async (sql) => {
  expect(await rowsOf(sql)).toMatchObject({ atMostOne: true });
});

test.each([
  "select * from users",
  "select * from users where name = $2",
  "select * from users where id > $1",
  "select * from users where id = $1 or email = $2",
  "select * from users where id = any (array[$1, $3])",
  "select * from users where email = any (string_to_array($2, ','))",
  "select * from users where email is not distinct from $2 and team = $1 or gone",
  "select * from users where lower(email) = $2",
  "select * from users where coalesce(name) = $2",
  "delete from users u using settings s full join orders o on o.user_id = s.user_id and s.user_id = $1 where s.user_id = u.id returning u.id",
  "select q.id from (settings s join users q on q.id = s.user_id and q.id = $1) right join users u on u.id = q.id group by q.id",
  "select q.id from users u left join (settings s join users q on q.id = s.user_id and q.id = $1) on u.id = q.id group by q.id",
  "select q.id from settings s right join users q on s.user_id = q.id and q.id = $1 group by q.id",
  "select * from only_named where name = $2",
  "select * from only_named where name = $2 and team is null",
  "select * from only_both where name = $2 and team is not null",
  "select * from only_both where name = $2 and not gone",
  "select * from users where coalesce(email, name) = $2",
  "select * from users where coalesce(name, email, 'x') = $2",
  "select * from users where team = $1",
  "select * from users where id + 0 = $1",
  "select * from orders where user_id = $1",
  "select * from users u join orders o on o.user_id = u.id where u.id = $1",
  "select * from users u left join orders o on o.user_id = u.id where u.id = $1",
  "select * from users u left join settings s on s.user_id = u.id and u.id = $1",
  "select * from settings s right join users u on u.id = s.user_id where s.user_id is null or s.user_id = $1",
  "select * from users u full join settings s on s.user_id = u.id and u.id = $1",
  "select * from users u, settings s where u.id = $1",
  "select user_id from orders group by user_id",
  "select user_id, number from orders where user_id = $1 group by user_id, number",
  "select user_id from orders where user_id = $1 group by grouping sets ((user_id), ())",
  "select distinct number from orders where user_id = $1",
  "select * from totals where total = $1",
  "select * from named where name = $2",
  "select id from users where id = $1 union all select id from users where id = $3",
  "select generate_series(1, 3)",
  "select * from generate_series(1, $1)",
  "select unnest(array[id, id]) from users where id = $1",
  "select * from users where id = (select max(o.number) from orders o where o.user_id = users.team)",
  "insert into users (id, email) values ($1, $2), ($3, 'b') returning *",
  "insert into users (id, email) select user_id, 'x' from settings returning *",
  "update users set name = $2 where team = $1 returning *",
  "delete from orders o using users u where o.user_id = u.id and u.id = $1 returning o.number",
  "select * from orders where user_id = $1 order by number limit $3",
  "select * from orders where user_id = $1 order by number fetch first 1 row with ties",
  "select * from base where id = $1",
  "delete from base where id = $1 returning id",
  "insert into ruled values ($1) returning id",
  "select id from users union select id from users where id = $1",
  "select id from users except select id from users where id = $1",
  "with recursive r as (select id from users where id = $1 union all select u.id from users u join r on u.team = r.id) select * from r",
  "select * from first_user",
  "select * from users u where u.email = array(select o.total from orders o where o.user_id = u.team)::text",
  "select lower(u.name) from orders o left join users u on u.id = o.total and u.name = $2 group by lower(u.name)",
  "select l.id from users u, lateral (select u.id as k, s.user_id as id from (select user_id, count(*) as n from orders group by user_id) s) l where u.id = $1 and l.k = 1",
  "select * from kept_users where name = $2",
  "select count(*) from users group by grouping sets ((), ())",
  "select * from users limit null",
  "select * from users limit 2",
  "select distinct on (number) * from orders where user_id = $1",
  "select * from (select user_id, number, total from orders) o where o.user_id = $1",
  "merge into users u using settings s on s.user_id = u.id and u.id = $1 when not matched then insert (id, email) values (s.user_id, 'x') returning u.id",
  "merge into users u using (select $1::int as id) s on s.id = u.id when not matched by source then delete returning u.id",
  "select * from (select 1 as a) x full join (select 2 as b) y on x.a = y.b",
  "select * from local_times where at = now()",
  "select n::text from amounts where n = $1::numeric group by n::text",
  "select * from settings where theme is not distinct from $2",
  "select * from users where id = (random() * 10)::int",
  "select * from users where id = nextval('seq')",
  "select * from users where id = (select (random() * 10)::int from orders o where o.user_id = users.team limit 1)",
  "select f.x from users u, lateral abs(u.id) f (x) group by f.x",
  "select v.x from users u, lateral (values (u.id)) v (x) group by v.x",
  "select * from rows from (abs($1), generate_series(1, 2)) f",
  "select * from (values ($1), (2)) v (x)",
])("several may be: %s", async (sql) => {
  expect(await rowsOf(sql)).toMatchObject({ atMostOne: false });
});

test.each([
  "select count(*) from users",
  "select max(id) from users where id = $1",
  "select count(*) from users having true",
  "select count(*) from users group by rollup (name)",
  "select count(*) from users group by rollup (name), cube (team)",
  "select count(*) from users group by grouping sets ((name), ())",
  "select exists (select from users where id = $1)",
  "select $1::int",
  "select $1::int limit 1",
  "select $1::int limit null",
  "select count(*) from users offset 0",
  "select count(*) from users limit 1 offset 0",
  "values (1), (2)",
  "insert into notes (text) values ($2) returning *",
  "insert into notes (text) values ($2), ('b') returning *",
  "insert into notes default values returning *",
  "insert into notes (text) select $2 returning *",
  "insert into notes_view (text) values ($2) returning *",
  "insert into stamped values ($1) returning *",
  "insert into stamped values ($1) on conflict (id) do update set at = null returning *",
  "insert into base values ($1) returning *",
  "with made as (insert into notes (text) values ($2) returning *) select * from made",
  "select * from counted",
  "select n from counted left join users on users.id = n",
  "select id from users union all select $1",
  "with recursive r as (select 1 as n union all select n + 1 from r where n < $1) select * from r",
])("at least one row: %s", async (sql) => {
  expect(await rowsOf(sql)).toMatchObject({ atLeastOne: true });
});

test.each([
  ["select * from users", "may-be-empty"],
  ["select * from users where id = $1", "conditional-row"],
  ["select count(*) from users having count(*) > $1", "conditional-row"],
  ["select count(*) from users limit $1", "limit-none"],
  ["select count(*) from users limit 0", "limit-none"],
  ["select count(*) from users offset 1", "limit-none"],
  ["select count(*) from users group by name", "may-be-empty"],
  ["select count(*) from users group by team, rollup (name)", "may-be-empty"],
  ["select count(*) from users group by grouping sets ((name), (team))", "may-be-empty"],
  ["select count(*), unnest(array[$1]) from users", "set-function"],
  ["select * from generate_series(1, $1)", "set-function"],
  ["update users set name = $2 where id = $1 returning *", "changes-found"],
  ["delete from users where id = $1 returning *", "changes-found"],
  ["insert into users (id, email) values ($1, $2) on conflict do nothing returning *", "conflict-suppresses"],
  [
    "insert into users (id, email) values ($1, $2) on conflict (id) do update set name = 'x' where users.gone returning *",
    "conflict-suppresses",
  ],
  ["insert into users (id, email) select $1, $2 where $1 > 0 returning *", "conditional-row"],
  ["insert into users (id, email) select user_id, $2 from orders returning *", "may-be-empty"],
  ["insert into picky values ($1) returning *", "trigger-suppresses"],
  ["insert into picky_view values ($1) returning *", "trigger-suppresses"],
  ["insert into parts values ($1) returning *", "trigger-suppresses"],
  ["insert into ruled values ($1) returning *", "rewritten-command"],
  ["insert into made values ($1) returning id", "rewritten-command"],
  ["insert into remote values ($1) returning *", "foreign-rows"],
  ["insert into spread values ($1) returning *", "foreign-rows"],
  ["insert into notes (text) values ($2)", "returns-nothing"],
  ["select 1 intersect select id from users", "common-rows"],
  ["select 1 except select id from users", "common-rows"],
  ["select * from (values (1)) v (x) join users on users.id = x", "conditional-row"],
  ["select n from counted where n > $1", "conditional-row"],
])("there may be none: %s", async (sql, code) => {
  expect(await rowsOf(sql)).toMatchObject({ atLeastOne: false, because: { atLeastOne: { code } } });
});

test("what a view may give is told of the view, at its own place", async () => {
  const sql = "select b.number from busy b join orders o on o.user_id = b.user_id";
  const tree = (await queryTree(engine, sql, []))!;
  await catalog.ensureForTree(tree.text);
  const analysis = new TreeAnalysis(CatalogFacts.of(catalog), {
    relationAt: (name) => sql.indexOf(` ${name} `),
  });
  expect(analysis.rows(tree.query).because.atMostOne).toEqual({
    code: "several-given",
    subject: "b",
    at: 25,
  });
  const { because } = analysis.rows((await queryTree(engine, "select * from busy b, orders o", []))!.query);
  expect(because.atLeastOne).toEqual({ code: "may-be-empty", subject: "b", at: 25 });
});

test("chained CTEs cost no more than they are", async () => {
  const ctes = Array.from(
    { length: 40 },
    (_, i) => `c${i + 1} as (select a.id from c${i} a join c${i} b on b.id = a.id)`,
  );
  const sql = `with c0 as (select id from users where id = $1), ${ctes.join(", ")} select * from c40`;
  expect(await rowsOf(sql)).toMatchObject({ atLeastOne: false, atMostOne: true });
});
