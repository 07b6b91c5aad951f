import { analyzeQuery, type QueryResult } from "../generator/src/analysis/analyze-query.ts";
import { CatalogReader } from "../generator/src/postgres/catalog-reader.ts";
import { readDefinitions } from "../generator/src/postgres/definitions.ts";
import { NotingEngine } from "../generator/src/postgres/mentions.ts";
import { EmbeddedEngine } from "../generator/src/postgres/pglite.ts";
import { fingerprintAnywhere } from "../generator/src/project/fingerprint.ts";
import { keptResults, type Predecessor, type Remembered } from "../generator/src/project/kept-results.ts";
import { movedResult } from "../generator/src/project/moved-result.ts";
import { nodeHost } from "../generator/src/project/node-host.ts";
import { readQueries } from "../generator/src/source/queries.ts";
import fc from "./properties.ts";

const SCHEMA = `
  create schema early; create schema shop; set search_path = early, shop, public;
  create type shop.status as enum ('new', 'paid');
  create domain shop.amount as numeric(12, 2) check (value >= 0);
  create type shop.place as (street text, town text);
  create table shop.customers (id bigint generated always as identity primary key, name text not null, email text, home shop.place);
  create table shop.orders (
    id bigint generated always as identity primary key, customer bigint not null references shop.customers,
    status shop.status not null default 'new', total shop.amount, note text, tags text[] not null default '{}');
  create table shop.parts (id int, region text) partition by list (region);
  create table shop.parts_eu partition of shop.parts for values in ('eu');
  create table shop.spare (id serial primary key, label text, kind text check (kind in ('a', 'b')));
  create view shop.paid as select o.id, o.total, c.name from shop.orders o join shop.customers c on c.id = o.customer where o.status = 'paid';
  create materialized view shop.totals as select customer, sum(total) as total from shop.orders group by customer;
  create function shop.label(o shop.orders) returns text language sql stable as $$ select coalesce(o.note, 'none') $$;
  create function shop.names(prefix text) returns setof text language sql stable as $$ select name from customers where name like prefix || '%' $$;
  create function shop.twice(n int) returns int language sql immutable strict return n * 2;
  create function shop.keep() returns trigger language plpgsql as $$ begin return new; end $$;
  create table shop.logs (id int not null, at timestamptz not null default now());
`;

const QUERIES = [
  "select * from orders",
  "select id, note from orders where note is not null",
  "select o.*, c.name from orders o join customers c on c.id = o.customer",
  "select * from orders natural join customers",
  "select * from paid",
  "select * from totals",
  "select label(orders) from orders",
  "select orders.label from orders",
  "select * from names('a')",
  "select twice(id::int) from orders",
  "insert into orders (customer, total) values ($1, $2) returning *",
  "insert into logs (id) values ($1) returning *",
  "insert into spare (label) values ($1) returning id, label, kind",
  "update orders set status = 'paid' where id = $1 returning status, note",
  "select status, count(*) from orders group by status",
  "select case status when 'new' then 1 when 'paid' then 2 end from orders",
  "select (home).town from customers",
  "select home from customers where id = $1",
  "select * from parts where region = $1",
  "select kind from spare",
  "select total + 1 from orders",
  "select note || 'x' from orders",
  "select id = $1 from orders",
  "select 'new'::status, 1::amount",
  "select array_agg(tags) from orders",
  "select nextval('spare_id_seq')",
  "select to_jsonb(c) from customers c",
  "select 1 as one, 'a'::text as a",
  "delete from spare where id in (select id from orders) returning *",
  "select price(1)",
  "select c.name, l.at from customers c left join logs l on l.id = c.id",
  'select "Odd Name" from customers cross join (select 1 as "Odd Name") x',
];

/** Each with something that only some of the queries rest on. */
const MIGRATIONS = [
  "create table shop.unrelated (id int primary key, customer bigint references shop.customers)",
  "create index on shop.orders (note)",
  "create unique index on shop.orders (customer)",
  "alter table shop.orders add column extra text",
  "alter table shop.customers add column status text",
  "alter table shop.orders alter column note set not null",
  "alter table shop.orders alter column note drop not null",
  "alter table shop.orders alter column customer drop not null",
  "alter table shop.spare drop constraint spare_kind_check",
  "alter table shop.spare add constraint spare_kind_check check (kind in ('a', 'c'))",
  "alter table shop.logs alter column at drop default",
  "create trigger keep before insert on shop.logs for each row execute function shop.keep()",
  "create or replace function shop.keep() returns trigger language plpgsql as $$ begin new.id := null; return new; end $$",
  "create or replace function shop.keep() returns trigger language plpgsql as $$ begin return null; end $$",
  "alter table shop.orders enable row level security",
  "create policy own on shop.orders using (customer = 1)",
  "comment on column shop.orders.note is 'a note @type {Note}'",
  "comment on table shop.customers is 'who buys'",
  "create table early.orders (id text)",
  "drop table early.orders",
  "create function early.label(o shop.orders) returns int language sql as $$ select 1 $$",
  "create function shop.twice(n bigint) returns text language sql immutable return n::text",
  "create function early.names(prefix text) returns setof int language sql as $$ select 1 $$",
  "create or replace function shop.names(prefix text) returns setof text language sql stable as $$ select email from customers $$",
  "create table early.customers (name int)",
  "drop table early.customers",
  "create function shop.join_text(text, text) returns text language sql as $$ select $1 $$; create operator shop.|| (leftarg = text, rightarg = text, function = shop.join_text)",
  "drop operator shop.|| (text, text)",
  "create function shop.to_place(text) returns shop.place language sql as $$ select ($1, $1)::shop.place $$; create cast (text as shop.place) with function shop.to_place(text) as implicit",
  "drop cast (text as shop.place)",
  "alter type shop.status add value 'sent'",
  "create type early.status as enum ('x')",
  "drop type early.status",
  "alter domain shop.amount set not null",
  "alter domain shop.amount drop not null",
  "alter domain shop.amount add constraint few check (value < 100)",
  "alter type shop.place add attribute land text cascade",
  "drop table shop.logs; create table shop.logs (id int not null, at timestamptz not null default now())",
  "create table shop.logs_below () inherits (shop.logs)",
  "alter table shop.parts_eu alter column id set not null",
  "alter table shop.parts alter column id set not null",
  "create table shop.parts_us partition of shop.parts for values in ('us'); create trigger keep before insert on shop.parts_us for each row execute function shop.keep()",
  "create or replace view shop.paid as select o.id, o.total, coalesce(c.name, c.email) as name from shop.orders o join shop.customers c on c.id = o.customer",
  "create rule quiet as on insert to shop.spare do also insert into shop.logs values (1)",
  "drop rule quiet on shop.spare",
  "create sequence early.spare_id_seq",
  "create function shop.price(int) returns int language sql return 1",
  "set search_path = shop, early, public",
  "set search_path = early, shop, public",
  "alter table shop.customers rename column email to mail",
  "alter table shop.spare alter column label set default 'x'",
  "alter sequence shop.spare_id_seq rename to renamed",
  "drop materialized view shop.totals; create materialized view shop.totals as select customer, sum(total) as total from shop.orders group by customer",
];

/** How many migrations; more of them for a hunt, and SOLITUDE_SEED tries others. */
const RUNS = Number(process.env.SOLITUDE_FUZZ_RUNS ?? 12);

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start({ snapshot: null, extensions: [], root: "." });
  await engine.run(SCHEMA);
});
afterAll(() => engine.close());

const text = QUERIES.map((sql, i) => `-- name: Query${i} :exec\n${sql};\n`).join("\n");
const { queries } = readQueries("queries.sql", text);

async function analyzed(): Promise<Map<string, Remembered>> {
  const reader = new CatalogReader(engine, { builtins: await nodeHost.builtins() });
  await reader.prefetch();
  const found = new Map<string, Remembered>();
  for (const query of queries) {
    const noting = new NotingEngine(engine);
    const result = await analyzeQuery(query, noting, reader);
    found.set(query.text, { result, mentions: noting.mentions, place: query });
  }
  return found;
}
const defined = async () => (await readDefinitions(engine))!;
const plain = (result: QueryResult | undefined) => JSON.parse(JSON.stringify(result)) as unknown;

/** With what has a place in the file: macros, flags, doubts, mistakes and what mends them. */
const PLACED = `-- name: ListOrders :many
-- The orders of a customer.
-- @optional status
-- @sort newest: o.id desc, total
select o.id, sqlc.embed(c), o.note, coalesce(o.note, c.email) as text
from orders o left join customers c on c.id = o.customer
where o.status = @status and o.id = any(sqlc.slice(ids)) and (sqlc.narg(note)::text is null or o.note = sqlc.narg(note))
order by o.id;

-- name: FirstOrder :one
select * from orders where note = sqlc.arg('note') limit 1;

-- name: Misspelt :many
select id, nothing from orders where id = @id;

-- name: Broken :many
select id from from orders;

-- name: Wrong :one
-- @optional nobody
update orders set note = @note where id = @id;

-- name: Unsure :exec
delete from orders where customer = null or id = @id;
`;

test("a query that only stands elsewhere in its file has the result that is found there", async () => {
  const reader = new CatalogReader(engine, { builtins: await nodeHost.builtins() });
  await reader.prefetch();
  const all = `${PLACED}\n${text}`;
  const here = readQueries("queries.sql", all).queries;
  const there = readQueries("queries.sql", `-- ü\n\n-- name: Added :exec\nselect 1;\n${all}`).queries.slice(
    1,
  );
  expect(there).toHaveLength(here.length);
  for (const [i, query] of here.entries()) {
    const other = there[i]!;
    expect(fingerprintAnywhere(other)).toBe(fingerprintAnywhere(query));
    const result = await analyzeQuery(query, engine, reader);
    expect(plain(movedResult(result, query, other))).toEqual(
      plain(await analyzeQuery(other, engine, reader)),
    );
    expect(movedResult(result, query, query)).toBe(result);
  }
  // A macro that is written otherwise has its mistakes elsewhere.
  const prints = ["@id", "sqlc.arg(id)"].map((macro) => {
    const [query] = readQueries("queries.sql", `-- name: A :exec\nselect ${macro}::int, nothing;\n`).queries;
    return fingerprintAnywhere(query!);
  });
  expect(prints[0]).not.toBe(prints[1]);
});

test("what is kept over a migration is what is found anew", async () => {
  let before: Predecessor = { definitions: await defined(), results: await analyzed() };
  let kept = 0;
  let steps = 0;
  const sizes = {
    minLength: Math.min(RUNS, MIGRATIONS.length),
    maxLength: Math.min(RUNS, MIGRATIONS.length),
  };
  // In their order each can be run; in another one, what cannot is left out.
  const chosen = fc.sample(fc.subarray(MIGRATIONS, sizes), 1).flat();
  const others = fc.sample(fc.shuffledSubarray(MIGRATIONS), Math.floor(RUNS / MIGRATIONS.length)).flat();
  for (const migration of [...chosen, ...others]) {
    await engine.run(migration).catch(() => engine.run("rollback"));
    const definitions = await defined();
    const results = await analyzed();
    const { results: held } = keptResults(before, definitions);
    for (const [sql, { result }] of held)
      expect([migration, sql, plain(result)]).toEqual([migration, sql, plain(results.get(sql)?.result)]);
    kept += held.size / results.size;
    steps++;
    before = { definitions, results };
  }
  // Most migrations concern few of the queries.
  expect(kept / steps).toBeGreaterThan(0.3);
});
