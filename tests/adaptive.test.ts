import { createPool, type Pool } from "@solitude/runtime";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import fc from "./properties.ts";

// Queries that adapt, as applications call them.

const SCHEMA = `
create table goods (shop_id int not null, id int not null, name text not null, price int, sold boolean not null, primary key (shop_id, id));
insert into goods select 1 + g % 2, g, 'good ' || g, nullif(g % 5, 0), g % 3 = 0 from generate_series(1, 40) g;
`;
const QUERIES = `
-- name: Search :many
-- @optional name, min, max, sold, most, skip
select id, price from goods
where shop_id = @shop_id and name = @name and price >= @min and price <= @max and sold = @sold
order by id limit @most offset @skip;

-- name: Patch :batchone
-- @optional name, price
update goods set name = @name, price = @price where shop_id = @shop_id and id = @id returning name, price;

-- name: ByPrice :many
select id from goods where shop_id = @shop_id and (sqlc.narg(price)::int is null or price = sqlc.narg(price)) order by id;
`;
interface Search {
  readonly name?: string;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly sold?: boolean;
  readonly most?: number;
  readonly skip?: number;
}
interface Row {
  readonly id: number;
  readonly price: number | null;
}
interface Module {
  search(client: unknown, args: Search & { shopId: number }): Promise<Row[]>;
  searchStream(client: unknown, args: Search & { shopId: number }): AsyncIterable<Row>;
  patch(client: unknown, args: readonly object[]): Promise<PromiseSettledResult<unknown>[]>;
  byPrice(client: unknown, args: { shopId: number; price: number | null }): Promise<{ id: number }[]>;
  createShop(config: object): {
    shop(id: number): { queries: { search(args: Search): Promise<Row[]> } };
    shutdown(): Promise<void>;
  };
}

let database: TestDatabase;
let pool: Pool;
const generatedCode: { readonly module: Module; remove(): void }[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  for (const options of [
    {
      driver: "@solitude/runtime",
      emit_facade: "Shop",
      tenant: { column: "shop_id", setting: "app.shop_id" },
    },
    { driver: "pg", emit_prepared_queries: true },
  ])
    generatedCode.push(await generateCode<Module>(SCHEMA.split(";")[0]!, QUERIES, options));
  pool = createPool({ connectionString: database.url, max: 1, prepare: true });
});
afterAll(async () => {
  for (const { remove } of generatedCode) remove();
  await pool?.close();
  await database?.drop();
});

/** What a search gives, computed here. */
function expected(shop: number, { name, min, max, sold, most, skip = 0 }: Search): number[] {
  const holds = (limit: number | null | undefined, test: (limit: number) => boolean): boolean =>
    limit === undefined || (limit !== null && test(limit));
  const all = Array.from({ length: 40 }, (_, i) => i + 1).filter((id) => {
    const price = id % 5 === 0 ? null : id % 5;
    return (
      1 + (id % 2) === shop &&
      (name === undefined || name === `good ${id}`) &&
      holds(min, (limit) => price !== null && price >= limit) &&
      holds(max, (limit) => price !== null && price <= limit) &&
      (sold === undefined || sold === (id % 3 === 0))
    );
  });
  return all.slice(skip, most === undefined ? undefined : skip + most);
}

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const search: fc.Arbitrary<Search> = fc
  .record({
    name: some(fc.integer({ min: 1, max: 40 }).map((id) => `good ${id}`)),
    min: some(fc.option(fc.nat(5))),
    max: some(fc.option(fc.nat(5))),
    sold: some(fc.boolean()),
    most: some(fc.nat(9)),
    skip: some(fc.nat(9)),
  })
  .map((one) => one as Search);

test.each([0, 1])("every combination finds what it should (driver %i)", async (driver) => {
  const { module } = generatedCode[driver]!;
  const client = await database.pool.connect();
  const on = driver === 0 ? pool : client;
  try {
    await fc.assert(
      fc.asyncProperty(search, fc.constantFrom(1, 2), async (args, shopId) => {
        const rows = await module.search(on, { ...args, shopId });
        expect(rows.map(({ id }) => id)).toEqual(expected(shopId, args));
      }),
      { numRuns: 150 },
    );
    const { rows } = await client.query("select count(*)::int as n from pg_prepared_statements");
    expect(rows[0].n).toBeLessThanOrEqual(16);
  } finally {
    client.release();
  }
  const named = await pool.execute("select name from pg_prepared_statements where name like 'Search%'");
  // The server keeps a plan for each.
  if (driver === 0) expect(named.rows.length).toBe(16);
});

test("streams, batches of different shapes and scopes of tenants", async () => {
  const { module } = generatedCode[0]!;
  const streamed: number[] = [];
  for await (const { id } of module.searchStream(pool, { shopId: 2, sold: true, skip: 1 })) streamed.push(id);
  expect(streamed).toEqual(expected(2, { sold: true, skip: 1 }));

  for (const { module: each } of generatedCode) {
    const on = each === module ? pool : database.pool;
    const settled = await each.patch(
      on,
      [
        { shopId: 1, id: 2, name: "two" },
        { shopId: 1, id: 4, price: null },
        { shopId: 1, id: 6 },
        { shopId: 1, id: 8, name: "eight", price: 80 },
      ].filter(({ id }) => id !== 6),
    );
    expect(settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason))).toEqual([
      { name: "two", price: 2 },
      { name: "good 4", price: null },
      { name: "eight", price: 80 },
    ]);
    expect(await each.byPrice(on, { shopId: 1, price: 80 })).toEqual([{ id: 8 }]);
    expect((await each.byPrice(on, { shopId: 1, price: null })).length).toBe(20);
  }
  await database.pool.query("truncate goods");
  await database.pool.query(SCHEMA.split(";\n")[1]!);

  const shop = module.createShop({ postgres: { connectionString: database.url, max: 1 } });
  try {
    const { queries } = shop.shop(1);
    expect((await queries.search({ min: 2 })).map(({ id }) => id)).toEqual(expected(1, { min: 2 }));
    expect((await queries.search({})).map(({ id }) => id)).toEqual(expected(1, {}));
  } finally {
    await shop.shutdown();
  }
});
