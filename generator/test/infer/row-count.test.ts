import { TreeAnalysis } from "../../src/infer/analysis.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import { valueSubqueries } from "../../src/infer/value-subqueries.ts";
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
    create view totals as select user_id, sum(total) as total from orders group by user_id;
    create table picky_update (id int primary key, n int);
    create trigger pick before update on picky_update for each row execute function pick();
    create table moments (at timestamptz primary key);
    create table flags (up boolean primary key);
    create table ranged (id int primary key, n int) partition by range (id);
    create table ranged_1 partition of ranged for values from (1) to (9);
    create table lone (n int); create unique index on lone ((true));
    create function no_number() returns int immutable language sql as 'select null::int';
    create table not_lone (n int); create unique index on not_lone ((no_number())); create unique index on not_lone ((null::int));
    create table lone_or_null (n int); create unique index on lone_or_null ((null::int)) nulls not distinct;
    create function or_zero(int) returns int immutable language sql as 'select coalesce($1, 0)';`);
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
  "select n.team from users n join (orders o left join users u on u.id = o.total and u.id = $1) on n.team = u.id group by n.team",
  "select n.team from users n join (orders o left join users u on u.id = o.total and u.id = $1) on n.team = abs(u.id) group by n.team",
  "select m.n from amounts m join (orders o left join amounts a on a.id = o.total and a.n = $1::numeric) on m.n = a.n group by m.n",
  "select s.n from (select n from amounts group by n) s where s.n = $1::numeric",
  "select * from moments where at = now()",
  "select u.id from orders o left join users u on u.id = $1 where u.id = $1 group by u.id",
  "select * from users where id = case when $1 > 0 then $1 else $3 end",
  "select * from users where id = (select (random() * 10)::int)",
  "select * from users where id = all (array[$1])",
  "select * from current_date d",
  "select * from coalesce($1, 1) c",
  "select * from ranged where id = $1",
  "select * from lone",
  "select * from lone_or_null",
  "select * from users u left join only_named n on n.name = $2 and n.team is not null where u.id = $1",
  "select * from users u right join (settings s left join orders o on o.user_id = s.user_id and o.number = $3) on u.id = s.user_id where s.user_id = $1",
  "select * from users u left join (settings s left join orders o on o.user_id = $1 and o.number = $3) on s.user_id = u.id where u.id = $1",
  "select * from (select 1 as a) x left join (select 3 as c) z on true",
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
  "select n.team from users n join (orders o left join users u on u.id = o.total and u.id = $1) on n.team is not distinct from u.id group by n.team",
  "select n.team from users n join (orders o left join users u on u.id = o.total and u.id = $1) on n.team = or_zero(u.id) group by n.team",
  "select m.n from amounts m join (orders o left join amounts a on a.id = o.total and a.n = $1::numeric) on m.n is not distinct from a.n group by m.n",
  "select * from (select distinct n::text as x, n from amounts) s where s.n = $1::numeric",
  "select distinct id + (random() * 10)::int from users where id + (random() * 10)::int = $1",
  "select distinct row_number() over (order by user_id) from orders",
  "select f.up from users u join flags f on f.up = (u.id in (select user_id from orders)) group by f.up",
  "select * from users where id = coalesce(team, 1)",
  "select * from users where id = any (array[array[$1, $3]])",
  "select * from users where id <> all (array[$1])",
  "select * from (select 1 as a) x full join (select 2 as b) y on x.a = y.b left join (select 3 as c) z on true",
  "select * from not_lone",
  "select * from users where coalesce(name, email) is not distinct from $2",
  "select * from users a join users b on a.team = b.team where a.id = $1",
  "select * from only_named where name = $2 and team is not distinct from $1",
  "select * from only_named n left join users u on n.team is not null and u.id = $1 where n.name = $2",
  "select * from (select user_id, number from orders) a, (select user_id, number from orders) b where a.user_id = $1 and a.number = $3",
  "select * from (select theme from settings) s where s.theme is not distinct from $2",
  "select * from ranged_1 r, ranged where ranged.id = $1",
  "select * from users where nick is distinct from $2 or gone",
  "select * from settings where $2 is not distinct from theme",
  "select * from users where nick is distinct from $2",
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

test.each([
  ["select * from users where id = $1 except select * from users", "single-arm EXCEPT"],
  ["select * from users where id = $1 intersect select * from users", "single-arm INTERSECT"],
  ["select * from users intersect select * from users where id = $1", "single-arm INTERSECT"],
  ["select * from users except select * from users where id = $1", "several-found users"],
  ["select id from users intersect select user_id from orders", "several-found users"],
  ["select id from users union all select 1", "several-arms"],
  ["select generate_series(1, 3)", "several-given a set-returning function"],
  ["insert into ruled values ($1) returning id", "rewritten-command ruled"],
  [
    "merge into users u using (select $1::int as id) s on s.id = u.id when not matched by source then delete returning u.id",
    "changes-found MERGE",
  ],
  ["select count(*) from users", "one-group"],
  ["select count(*) from users group by rollup (name)", "several-sets"],
  ["select count(*) from users group by ()", "one-group"],
  ["select * from users limit 1", "limit-one"],
  ["insert into users (id, email) values ($1, $2) returning *", "one-row-stored"],
  ["insert into users (id, email) values ($1, $2), ($3, 'b') returning *", "several-values"],
  ["insert into users (id, email) select user_id, 'x' from settings returning *", "several-found settings"],
  ["select * from (select 1 as a) x full join (select 2 as b) y on x.a = y.b", "several-given FULL JOIN"],
  ["select * from (values ($1), (2)) v (x)", "several-given VALUES"],
  ["select * from users where id = $1", "unique-key users_pkey"],
  ["select * from (select 1) x, users where id = $1", "unique-key users_pkey"],
  ["select * from (values (1)) v, abs(1) f", "one-row-read"],
  ["select $1::int", "one-row-read"],
  ["select * from generate_series(1, $1) g", "several-given g"],
  ["select * from rows from (abs($1), generate_series(1, 2)) f", "several-given f"],
  ["select distinct user_id from orders where user_id = $1", "one-value"],
  ["select * from named", "several-given named"],
  ["select * from first_user", "several-found first_user"],
  ["select * from top_user", "limit-one"],
  ["with recursive r as (select 1 as n union all select n + 1 from r) select * from r", "several-given r"],
  ["select * from json_table('[1]'::jsonb, '$[*]' columns (a int path '$')) j", "several-given j"],
])("%s: %s", async (sql, why) => {
  const { code, subject } = (await rowsOf(sql)).because.atMostOne;
  expect(code + (subject === undefined ? "" : ` ${subject}`)).toBe(why);
});

test.each([
  ["update users set name = $2 where id = $1 returning *", "changes-found UPDATE"],
  ["delete from users where id = $1 returning *", "changes-found DELETE"],
  [
    "merge into users u using (select $1::int as id) s on s.id = u.id when matched then delete returning u.id",
    "changes-found MERGE",
  ],
  ["select count(*) from users having count(*) > $1", "conditional-row HAVING"],
  ["select 1 as n where $1 > 0", "conditional-row WHERE"],
  ["select 1 as n where null", "conditional-row WHERE"],
  ["select 1 as n where true", "rows-given"],
  ["select * from (values (1)) a (x) join (values (2)) b (y) on x = y", "conditional-row ON"],
  ["select * from (values (1)) a (x) join (values (2)) b (y) on true", "rows-given"],
  ["select * from (values (1)) a (x), users", "may-be-empty users"],
  ["select * from (values (1)) a (x) left join users on x = id", "rows-given"],
  ["select * from users left join (values (1)) a (x) on true", "may-be-empty users"],
  ["select * from users right join (values (1)) a (x) on x = id", "rows-given"],
  ["select * from (values (1)) a (x) right join users on true", "may-be-empty users"],
  ["select * from (values (1)) a (x) full join users on x = id", "rows-given"],
  ["select * from users full join (values (1)) a (x) on x = id", "rows-given"],
  ["select * from users full join orders on user_id = id", "may-be-empty orders"],
  ["select count(*) from users limit $1", "limit-none LIMIT"],
  ["select count(*) from users offset 1", "limit-none OFFSET"],
  ["select 1 intersect select id from users", "common-rows INTERSECT"],
  ["select 1 except select id from users", "common-rows EXCEPT"],
  ["select id from users for update", "locked-rows"],
  ["select count(*) from users", "lone-aggregate"],
  ["select 1 as n from users having true", "lone-aggregate"],
  ["select count(*) from users group by rollup (name)", "empty-grouping-set"],
  ["select count(*) from users group by grouping sets ((name), rollup (team))", "empty-grouping-set"],
  ["select count(*) from users group by grouping sets ((name), (team))", "may-be-empty users"],
  ["select id from users union select 1", "certain-arm"],
  ["select id from users union all select user_id from orders", "may-be-empty users"],
  ["select id from users union all (select 1 intersect select 2)", "may-be-empty users"],
  ["insert into notes (text) values ($2) returning *", "stored-rows"],
  ["insert into notes (text) values ($2)", "returns-nothing"],
  ["insert into orders values (generate_series(1, 0), 1) returning *", "set-function"],
  ["insert into picky_update values ($1, 1) returning *", "stored-rows"],
  [
    "insert into picky_update values ($1, 1) on conflict (id) do update set n = 1 returning *",
    "trigger-suppresses picky_update",
  ],
  ["insert into ruled values ($1) returning *", "rewritten-command ruled"],
  ["insert into remote values ($1) returning *", "foreign-rows remote"],
  ["select * from rows from (abs($1), generate_series(1, 2)) f", "rows-given"],
  ["select * from rows from (generate_series(1, $1), generate_series(1, 2)) f", "set-function"],
  ["select * from user_count", "may-be-empty user_count"],
  ["select * from counted", "rows-given"],
  ["select * from named", "may-be-empty named"],
  [
    "with recursive r as (select id from users union all select id + 1 from r) select * from r",
    "may-be-empty users",
  ],
  ["with r as (select count(*) as n from users) select * from r", "rows-given"],
])("at least one: %s: %s", async (sql, why) => {
  const { code, subject } = (await rowsOf(sql)).because.atLeastOne;
  expect(code + (subject === undefined ? "" : ` ${subject}`)).toBe(why);
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

const valueSubqueriesOf = async (sql: string): Promise<ReturnType<typeof valueSubqueries>> => {
  const tree = (await queryTree(engine, sql, ["int", "text", "int"]))!;
  await catalog.ensureForTree(tree.text);
  return valueSubqueries(tree.query, new TreeAnalysis(CatalogFacts.of(catalog)));
};

test.each([
  ["select 1", []],
  ["select (select name from users where id = $1)", [[true, ["public.users"]]]],
  ["select (select name from users where team = $1)", [[false, ["public.users"]]]],
  ["select (select name from users u where u.id = o.user_id) from orders o", [[true, ["public.users"]]]],
  // What may give several rows, or asks whether there is one, stands for no value.
  ["select array(select id from users), exists (select from orders), 1 in (select id from users)", []],
  [
    "update users set (name, team) = (select theme, user_id from settings where user_id = users.id)",
    [[true, ["public.settings"]]],
  ],
  ["select 1 where (1, 2) = (select user_id, number from orders)", [[false, ["public.orders"]]]],
  // At all levels, with what stands in them.
  [
    "select (select (select theme from settings s where s.user_id = u.id) from users u join orders o on o.user_id = u.id)",
    [
      [false, ["public.orders", "public.settings", "public.users"]],
      [true, ["public.settings"]],
    ],
  ],
  ["select from (select (select id from users)) t", [[false, ["public.users"]]]],
  ["with t as (select (select id from users) as id) select id from t", [[false, ["public.users"]]]],
  ["select (select user_id from named where user_id = $1)", [[true, ["public.named"]]]],
  // Rows of these may come from anywhere.
  ["select (select n from generate_series(1, 2) n)", [[false, null]]],
  ["select (select generate_series(1, 2) from users)", [[false, null]]],
  ["with t as (select id from users) select (select id from t)", [[false, null]]],
])("what stands for a value: %s", async (sql, expected) => {
  const found = await valueSubqueriesOf(sql);
  expect(found.map(({ atMostOne, reads }) => [atMostOne, reads])).toEqual(expected);
});
