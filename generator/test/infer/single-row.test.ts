import { deliversAtMostOneRow } from "../../src/infer/single-row.ts";
import { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { type IndexCatalog, readIndexes } from "../../src/postgres/index-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { queryTree } from "../../src/postgres/query-tree.ts";

let engine: EmbeddedEngine;
let catalog: CatalogReader;
let indexes: IndexCatalog;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(`
    create table users (id int primary key, email text not null unique, name text, team int, nick text unique nulls not distinct, gone boolean not null default false);
    create unique index on users (team, lower(name));
    create unique index users_named on users (name) where not gone;
    create table orders (user_id int, number int, total int, primary key (user_id, number));
    create table settings (user_id int primary key references users, theme text unique);
    create view named as select id as user_id, email as mail, name from users where name is not null;
    create view totals as select user_id, sum(total) as total from orders group by user_id;`);
  catalog = new CatalogReader(engine);
  await catalog.prefetch();
  indexes = await readIndexes(engine);
});
afterAll(() => engine.close());

async function isOne(sql: string): Promise<boolean> {
  const tree = (await queryTree(engine, sql, ["int", "text", "int"]))!;
  await catalog.ensureForTree(tree.text);
  return deliversAtMostOneRow(tree.query, { catalog, indexes });
}

test.each([
  "select * from users where id = $1",
  "select * from users where $1 = id and name like $2",
  "select * from users where id in ($1)",
  "select * from users where email = lower($2)",
  "select * from users where nick is not distinct from $2",
  "select * from users where team = $1 and lower(name) = $2",
  "select * from users where team = $1 and name = $2",
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
])("one row at most: %s", async (sql) => {
  expect(await isOne(sql)).toBe(true);
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
  "with recursive r as (select id from users where id = $1 union all select u.id from users u join r on u.team = r.id) select * from r",
])("several may be: %s", async (sql) => {
  expect(await isOne(sql)).toBe(false);
});
