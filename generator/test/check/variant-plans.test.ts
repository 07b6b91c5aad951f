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
