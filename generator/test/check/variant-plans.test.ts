import { RULES } from "../../src/check/rules/registry.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readExample } from "./rules/examples.ts";
import { vetExample } from "./rules/vet-example.ts";

// A query that adapts is several statements, of which each has its own plan.

const EXAMPLE = `create table public.goods (id bigint primary key, shop_id bigint not null, status text not null);
create index on goods (shop_id);

-- name: ListGoods :many
-- @optional shop_id, status
select id from goods where shop_id = @shop_id and status = @status order by id limit 10;

-- name: ListOfShop :many
-- @optional status
select id from goods where shop_id = @shop_id and status = @status order by id limit 10;
`;

test("a filter without an index is found where it is the only one that is given", async () => {
  const engine = await EmbeddedEngine.start();
  try {
    const found = (await vetExample(engine, readExample(EXAMPLE))).filter(
      ({ code }) => RULES.get(code)?.severity !== "off",
    );
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      [
        "filter-without-index",
        'with status given, no index of "goods" can serve the filter (goods.status = $1)',
      ],
    ]);
  } finally {
    await engine.close();
  }
});

const OF_TENANTS = `-- vet: { tenant: { column: shop_id }, growing_tables: [goods] }
create table public.goods (id bigint primary key, shop_id bigint not null, status text not null);
create index on goods (shop_id);

-- name: ListGoods :many
-- @optional shop_id, status
select id from goods where shop_id = @shop_id and status = @status order by id limit 10;

-- name: ListOfShop :many
-- @optional status, page_size
select id from goods where shop_id = @shop_id and status = @status order by id limit @page_size;

-- name: MoveGoods :execrows
-- @optional shop_id, status
update goods set shop_id = @shop_id, status = @status where id = @id;

-- name: FindGoods :many
-- @optional status
select id from goods where (sqlc.narg(shop_id)::bigint is null or shop_id = sqlc.narg(shop_id)) and status = @status limit 10;
`;

test("what a statement lacks is found where it may be left out", async () => {
  const engine = await EmbeddedEngine.start();
  try {
    const found = await vetExample(engine, readExample(OF_TENANTS));
    const lacking = new Set(["tenant-key-missing", "many-without-limit"]);
    expect(found.filter(({ code }) => lacking.has(code)).map(({ code, message }) => [code, message])).toEqual(
      [
        ["tenant-key-missing", "with nothing optional given, goods is queried without comparing its shop_id"],
        ["many-without-limit", "with nothing optional given, ListOfShop reads public.goods without a limit"],
        ["tenant-key-missing", "goods is queried without comparing its shop_id"],
      ],
    );
  } finally {
    await engine.close();
  }
});
