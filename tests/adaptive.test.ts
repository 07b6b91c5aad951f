import { createPool, type Pool } from "@solitude/runtime";
import postgres from "postgres";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import fc from "./properties.ts";

// Queries that adapt, as applications call them.

const SCHEMA = `
create table goods (shop_id int not null, id int not null, name text not null, price int, sold boolean not null, primary key (shop_id, id));
insert into goods select 1 + g % 2, g, 'good ' || g, nullif(g % 5, 0), g % 3 = 0 from generate_series(1, 40) g;
`;
const PAGES = `
create table pages (id int primary key, a int, b numeric, n int not null, t timestamptz);
create table marks (id int primary key, mark text not null);
create type duo as (x int, y int);
`;
const QUERIES = `
-- name: Page :many
-- @optional least
-- @sort one: a | two: b, n | three: n, t, a
-- @keyset
select p.id, p.n as number from pages p where p.id < 0 or p.id > 0 and p.n >= @least
order by p.a desc, p.b nulls first, p.n desc, p.t desc nulls last, p.id limit @size;

-- name: Other :many
-- @sort one: a | two: b, n | three: n, t, a
-- @keyset
select p.id from pages p order by p.a desc, p.b nulls first, p.n desc, p.t desc nulls last, p.id limit @size;

-- name: Search :many
-- @optional name, min, max, sold, most, skip
select id, price from goods
where shop_id = @shop_id and name = @name and price >= @min and price <= @max and sold = @sold
order by id limit @most offset @skip;

-- name: Patch :batchone
-- @optional name, price
update goods set name = @name, price = @price where shop_id = @shop_id and id = @id returning name, price;

-- name: Choose :many
select id, case when @priced::bool then price end as price, case when not @priced and @sort::text = 'name' then name end as name
from goods where case when @priced then price is not null else true end
order by case when @sort = 'name' then name end desc, case @sort when 'price' then price when 'low' then -price end,
  case when (@sort = 'shop' or @priced) then shop_id end, id;

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
interface PageArgs {
  readonly size: number;
  readonly least?: number;
  readonly sort?: string;
  readonly reverse?: boolean;
  readonly after?: string | null;
  readonly before?: string | null;
}
interface Module {
  page(
    client: unknown,
    args: PageArgs,
  ): Promise<{ rows: { id: number }[]; next: string | null; previous: string | null }>;
  other(client: unknown, args: PageArgs): Promise<{ next: string | null }>;
  search(client: unknown, args: Search & { shopId: number }): Promise<Row[]>;
  searchStream(client: unknown, args: Search & { shopId: number }): AsyncIterable<Row>;
  patch(client: unknown, args: readonly object[]): Promise<PromiseSettledResult<unknown>[]>;
  readonly chooseQuery: string;
  choose(client: unknown, args: { priced: boolean | null; sort: string | null }): Promise<object[]>;
  byPrice(client: unknown, args: { shopId: number; price: number | null }): Promise<{ id: number }[]>;
  createShop(config: object): {
    shop(id: number): { queries: { search(args: Search): Promise<Row[]> } };
    shutdown(): Promise<void>;
  };
}

let database: TestDatabase;
let pool: Pool;
let sql: postgres.Sql;
const generatedCode: { readonly module: Module; remove(): void }[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA + PAGES);
  for (const options of [
    {
      driver: "@solitude/runtime",
      emit_facade: "Shop",
      tenant: { column: "shop_id", setting: "app.shop_id" },
    },
    { driver: "pg", emit_prepared_queries: true },
    { driver: "postgres" },
  ])
    generatedCode.push(await generateCode<Module>(`${SCHEMA.split(";")[0]!};${PAGES}`, QUERIES, options));
  pool = createPool({ connectionString: database.url, max: 1, prepare: true });
  sql = postgres(database.url, { max: 1 });
});
afterAll(async () => {
  for (const { remove } of generatedCode) remove();
  await pool?.close();
  await sql?.end();
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

test.each([0, 1, 2])("every combination finds what it should (driver %i)", async (driver) => {
  const { module } = generatedCode[driver]!;
  const client = await database.pool.connect();
  const on = [pool, client, sql][driver];
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

  for (const [i, { module: each }] of generatedCode.entries()) {
    const on = [pool, database.pool, sql][i];
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

test.each([0, 1, 2])(
  "CASE of arguments says what it said, and is not asked of the server (driver %i)",
  async (driver) => {
    const { module } = generatedCode[driver]!;
    const client = await database.pool.connect();
    const on = [pool, client, sql][driver];
    try {
      for (const priced of [true, false, null])
        for (const sort of ["name", "price", "low", "shop", "Name", "", "name ", "'", null]) {
          const { rows } = await client.query(module.chooseQuery, [priced, sort]);
          expect([priced, sort, await module.choose(on, { priced, sort })]).toEqual([priced, sort, rows]);
        }
      const { rows } = await client.query(
        "select statement from pg_prepared_statements where statement like '%-- name: Choose %' order by 1",
      );
      expect(rows.every(({ statement }) => !statement.includes("$"))).toBe(true);
      expect(rows.length).toBe(driver === 1 ? 15 : 0);
    } finally {
      client.release(true);
    }
  },
);

test("a flag that is none is an error before anything is sent", async () => {
  const { module } = generatedCode[0]!;
  const nothing = { query: () => Promise.reject(new Error("sent")) };
  await expect(module.choose(nothing, { priced: 1 as never, sort: "name" })).rejects.toThrow(
    new TypeError("not a boolean: 1"),
  );
});

const ORDERS: Readonly<Record<string, string>> = {
  one: "a desc, id",
  two: "b nulls first, n desc, id",
  three: "n desc, t desc nulls last, a desc, id",
};

test("pages meet each row that stayed once, forwards and back, while others come", async () => {
  const { page } = generatedCode[0]!.module;
  const value = fc.option(fc.nat(3), { freq: 2 });
  const row = fc.tuple(value, value, fc.nat(2), value);
  let id = 0;
  const insert = (rows: readonly (readonly (number | null)[])[], ids: number[]): Promise<unknown> => {
    const values = rows.map(([a, b, n, t], i) => {
      const time = t === null || t === undefined ? "null" : `'2026-01-01 00:00:00.00000${t}Z'`;
      return `(${ids[i]}, ${a ?? null}, ${b ?? null}, ${n}, ${time})`;
    });
    return values.length === 0
      ? Promise.resolve()
      : database.pool.query(`insert into pages (id, a, b, n, t) values ${values.join(", ")}`);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 25 }),
      fc.array(row, { maxLength: 12 }),
      fc.constantFrom(...Object.keys(ORDERS)),
      fc.boolean(),
      fc.integer({ min: 1, max: 6 }),
      fc.option(fc.nat(2), { nil: undefined }),
      async (rows, later, sort, reverse, size, least) => {
        await database.pool.query("truncate pages");
        id = 0;
        // Some come in front of others.
        await insert(
          rows,
          rows.map(() => (id += 3)),
        );
        const filter = least === undefined ? "true" : `n >= ${least}`;
        const asked = { size, sort, reverse, ...(least === undefined ? {} : { least }) };
        const order = ORDERS[sort]!;
        const stayed = (await database.pool.query(`select id from pages where ${filter} order by ${order}`))
          .rows;
        const expected = stayed.map((one) => Number(one.id));
        if (reverse) expected.reverse();
        const isOld = ({ id: one }: { id: number }): boolean => one % 3 === 0;
        const forwards: number[] = [];
        let comes = 0;
        let last: Awaited<ReturnType<typeof page>> | undefined;
        for (let after: string | null | undefined; after !== null; after = last.next) {
          last = await page(pool, { ...asked, after: after ?? null });
          expect(last.rows.length).toBeLessThanOrEqual(size);
          forwards.push(...last.rows.filter(isOld).map((one) => one.id));
          const [one] = later.slice(comes, comes + 1);
          if (one) await insert([one], [3 * comes++ + 1]);
        }
        expect([sort, reverse, forwards]).toEqual([sort, reverse, expected]);
        // What came behind the last page is none of the way back.
        const back: number[] = last!.rows.filter(isOld).map((one) => one.id);
        for (let before = last!.previous; before !== null; ) {
          const one = await page(pool, { ...asked, before });
          back.unshift(...one.rows.filter(isOld).map((each) => each.id));
          before = one.previous;
        }
        expect([sort, reverse, back]).toEqual([sort, reverse, expected]);
      },
    ),
    { numRuns: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 60) },
  );
});

/** What is selected, and its order as it is and backwards: expressions bind as they stand, and ORDER BY knows outputs by name and number. */
const ODD: readonly (readonly [select: string, order: string, backwards: string, from?: string])[] = [
  ["id, a is null as none", "a is null, id", "1 = 1, (a is null) desc, id desc"],
  ["id, a > 1 or b is null as odd", "odd desc, id", "(a > 1 or b is null), id desc"],
  ["id", "not (n = 1), a > 1 or b is null desc, id", "(n <> 1) desc, (a > 1 or b is null), id desc"],
  ["id, -n as n", "n, id", "-n desc, id desc"],
  ["id, -n as n", "pages.n, id", "pages.n desc, id desc"],
  ["id, a", "2 desc, 1", "2, 1 desc"],
  ['id, coalesce(a, 2) * n as "Odd"', '"Odd" desc, id', "coalesce(a, 2) * n, id desc"],
  ["id, abs(a - 1)", "abs, id", "abs(a - 1) desc, id desc"],
  [
    "id, case when a = 1 then b end as c",
    "3 - n, c nulls first, id desc",
    "3 - n desc, 2 desc nulls last, id",
  ],
  [
    "id, a + @by::int as more",
    "more, case when @by = 0 then n end, id",
    "a desc, case when BY = 0 then n end desc, id desc",
  ],
  ["id, array[a, n] as l, t::text as t", "l desc, t, id", "2, 3 desc, id desc"],
  [
    "id, (select count(*) from marks m where m.id < pages.id and m.id > @by::int) as before",
    "before desc, n = current_setting('server_version_num')::int % 3, id",
    "2, n = current_setting('server_version_num')::int % 3 desc, id desc",
  ],
  // A row of NULLs is no NULL to ORDER BY.
  [
    "id, case when n > 0 then row(nullif(n, 1), null)::duo end as d",
    "d nulls first, id",
    "2 desc nulls last, 1 desc",
  ],
  // The star's id is that of the marks, of which a page may have none; the other one is that of both.
  ["m.*", "id, pages.id", "m.id desc nulls first, pages.id desc", "pages left join marks m using (id)"],
  ["m.*", "id desc", "m.id", "pages join marks m on m.id = pages.id"],
  // A name of the keys' own, and a clause that nothing uses.
  ["id", '"key 2", id', '"key 2" desc, id desc', '(select id, n as "key 2" from pages) p'],
  ["id", "n, id desc", "n desc, id", "pages where n > 0 or a is null window w as (order by a)"],
];

test("pages of what ORDER BY can say are what the statement gives without LIMIT", async () => {
  const queries = ODD.map(
    ([select, order, , from = "pages"], i) =>
      `-- name: Odd${i} :many\n-- @keyset\nselect ${select} from ${from} order by ${order} limit @size;\n`,
  );
  const { module, remove } = await generateCode<Record<string, Module["page"]>>(PAGES, queries.join("\n"), {
    driver: "pg",
  });
  try {
    await database.pool.query(
      "truncate pages; insert into pages select g, nullif(g % 4, 3), nullif(g % 3, 2), g % 3, case when g % 2 = 0 then timestamptz '2026-01-01' + g % 5 * interval '1 us' end from generate_series(1, 20) g",
    );
    await database.pool.query("insert into marks select g, 'm' from generate_series(1, 20, 3) g");
    for (const [i, [select, order0, order1, from = "pages"]] of ODD.entries())
      for (const by of select.includes("@by") ? [0, 1] : [0])
        for (const [backwards, order] of [order0, order1].entries()) {
          const valued = (sql: string): string => sql.replaceAll(/@by(::int)?|BY/g, String(by));
          const { rows } = await database.pool.query(
            `select id from (select row_number() over (), s.id from (select ${valued(select)} from ${from} order by ${valued(order)}) s) s order by row_number`,
          );
          const walked: number[] = [];
          for (let after: string | null | undefined; after !== null; ) {
            const args = { size: 3, after: after ?? null, reverse: backwards === 1, by };
            const page = await module[`odd${i}`]!(database.pool, args);
            walked.push(...page.rows.map(({ id }) => id));
            after = page.next;
          }
          expect([i, order, walked]).toEqual([i, order, rows.map(({ id }) => id)]);
        }
  } finally {
    remove();
  }
});

test("a number of rows asks for one more, and names of orders may be numbers", async () => {
  const { module, remove } = await generateCode<Record<string, Module["page"]>>(
    PAGES,
    `-- name: Fixed :many
-- @sort 10: n, id | 9: id
-- @keyset
select id from pages order by n, id fetch first 5 rows only;
`,
    { driver: "pg" },
  );
  try {
    await database.pool.query(
      "truncate pages; insert into pages (id, n) select g, -g from generate_series(1, 10) g",
    );
    const idsOf = async (sort?: string): Promise<unknown[]> => {
      const first = await module.fixed!(database.pool, { ...(sort && { sort }) } as PageArgs);
      const after = first.next;
      const second = await module.fixed!(database.pool, { ...(sort && { sort }), after } as PageArgs);
      return [...first.rows, ...second.rows, second.next].map((row) => (row as { id: number } | null)?.id);
    };
    expect(await idsOf()).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, undefined]);
    expect(await idsOf("10")).toEqual(await idsOf());
    expect(await idsOf("9")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, undefined]);
  } finally {
    remove();
  }
});

test("a cursor holds for the arguments that its order is made of", async () => {
  interface NearArgs extends PageArgs {
    readonly to?: number;
    readonly since?: Date | null;
    readonly most?: string;
  }
  type Near = (client: unknown, args: NearArgs) => ReturnType<Module["page"]>;
  const { module, remove } = await generateCode<{ readonly near: Near }>(
    PAGES,
    `-- name: Near :many
-- @optional least, since
-- @sort near: abs | first: none | late: t
-- @keyset
select s.id from (
  select p.id, p.t, p.n, bool_or(m.mark is null) as none from pages p left join marks m on m.id = p.id
  where p.t > @since and p.n <= @most::numeric group by p.id
) s where s.n >= @least order by abs(s.n - @to::int), s.none, s.t, s.id limit @size;
`,
    { driver: "pg" },
  );
  try {
    await database.pool.query(
      "truncate pages, marks; insert into pages (id, n) select g, g % 5 from generate_series(1, 12) g",
    );
    const { near } = module;
    const asked = { size: 5, to: 2, most: "4" };
    const page = await near(database.pool, asked);
    const after = page.next;
    expect(page.rows.map(({ id }) => id)).toEqual([2, 7, 12, 1, 3]);
    // Which rows there are is another question.
    const next = await near(database.pool, { ...asked, after, least: 3 });
    expect(next.rows.map(({ id }) => id)).toEqual([8, 4, 9]);
    await expect(near(database.pool, { ...asked, after, to: 3 })).rejects.toThrow(
      /^Near: the cursor is of another to, by which rows are ordered$/,
    );
    await expect(near(database.pool, { ...asked, before: after, to: 3 })).rejects.toThrow(TypeError);
    const first = (await near(database.pool, { ...asked, sort: "first" })).next;
    expect((await near(database.pool, { ...asked, sort: "first", to: 3, after: first })).rows).toHaveLength(
      5,
    );
    // What is not given is something else than null.
    const other = /another since or most,/;
    for (const args of [{ since: null }, { since: new Date(0) }, { most: "4.0" }])
      await expect(near(database.pool, { ...asked, ...args, sort: "first", after: first })).rejects.toThrow(
        other,
      );
    // A word is another moment on the next page, and does no harm where the order is not made of it.
    const words = { ...asked, since: "yesterday" as unknown as Date };
    await expect(near(database.pool, { ...words, sort: "first" })).rejects.toThrow(
      /^Near: since is another time on the next page: "yesterday"$/,
    );
    expect((await near(database.pool, words)).rows).toEqual([]);
    const late = (await near(database.pool, { ...asked, sort: "late" })).next;
    expect(
      (await near(database.pool, { ...asked, sort: "late", after: late, to: 9, most: "3" })).rows,
    ).toHaveLength(5);
  } finally {
    remove();
  }
});

test("a cursor is read under another TimeZone, and not written in another DateStyle than ISO", async () => {
  type Dated = (client: unknown, args: PageArgs) => ReturnType<Module["page"]>;
  const { module, remove } = await generateCode<{ readonly dated: Dated }>(
    PAGES,
    "-- name: Dated :many\n-- @keyset\nselect p.id from pages p order by p.t::date - 1, tstzrange(p.t, null), p.t, p.id limit @size;\n",
    { driver: "pg" },
  );
  const client = await database.pool.connect();
  const under = async (setting: string, args: PageArgs) => {
    await client.query(`reset all; ${setting}`);
    return module.dated(client, args);
  };
  try {
    await client.query(
      "truncate pages; insert into pages (id, n, t) select g, g, '2026-03-29 12:10Z'::timestamptz + g * interval '5 minutes' from generate_series(1, 8) g",
    );
    const { next: after } = await under("set timezone to 'Europe/Paris'", { size: 3 });
    for (const setting of [
      "set timezone to 'Asia/Tokyo'",
      "set datestyle to 'ISO, DMY'",
      "set intervalstyle to iso_8601",
    ]) {
      const { rows, previous } = await under(setting, { size: 3, after });
      expect(rows.map(({ id }) => id)).toEqual([4, 5, 6]);
      expect((await under("", { size: 3, before: previous })).rows.map(({ id }) => id)).toEqual([1, 2, 3]);
    }
    for (const style of ["SQL, DMY", "German", "Postgres, MDY"])
      await expect(under(`set datestyle to '${style}'`, { size: 3 })).rejects.toThrow(
        /^Dated: a cursor needs dates as ISO writes them, not /,
      );
  } finally {
    client.release(true);
    remove();
  }
});

test("a time of day that keys are made of has its offset", async () => {
  type Early = (client: unknown, args: PageArgs & { limit: string | string[] }) => ReturnType<Module["page"]>;
  const { module, remove } = await generateCode<{ readonly early: Early; readonly among: Early }>(
    PAGES,
    `-- name: Early :many
-- @keyset
select p.id from pages p order by p.t::timetz < @limit, p.id limit @size;

-- name: Among :many
-- @keyset
select p.id from pages p order by p.t::timetz = any (@limit::timetz[]), p.id limit @size;
`,
    { driver: "pg" },
  );
  try {
    await database.pool.query("truncate pages; insert into pages (id, n) values (1, 1)");
    for (const limit of ["10:00+02", "10:00:00Z", "allballs"]) {
      expect((await module.early(database.pool, { size: 5, limit })).rows).toHaveLength(1);
      expect((await module.among(database.pool, { size: 5, limit: [limit] })).rows).toHaveLength(1);
    }
    for (const limit of ["10:00", "100000", "now"]) {
      await expect(module.early(database.pool, { size: 5, limit })).rejects.toThrow(
        /^Early: limit is another/,
      );
      await expect(module.among(database.pool, { size: 5, limit: ["10:00Z", limit] })).rejects.toThrow(
        TypeError,
      );
    }
  } finally {
    remove();
  }
});

test("a cursor of another query or order, and what is none, are refused before anything is sent", async () => {
  const { page } = generatedCode[0]!.module;
  await database.pool.query(
    "truncate pages; insert into pages (id, n) select g, 1 from generate_series(1, 5) g",
  );
  const { next } = await page(pool, { size: 2, sort: "one" });
  expect((await page(pool, { size: 2, sort: "one", after: next })).rows).toHaveLength(2);
  const refused = /^Page: the cursor is none of this query in this order$/;
  await expect(page(pool, { size: 2, sort: "two", after: next })).rejects.toThrow(refused);
  // Another query has the same order, and no NULL for what has none is a place.
  const other = await generatedCode[0]!.module.other(pool, { size: 2 });
  const [version] = JSON.parse(Buffer.from(next!, "base64url").toString());
  for (const cursor of [
    other.next!,
    Buffer.from(JSON.stringify([version, "one", "1", null])).toString("base64url"),
    "",
    "x",
    Buffer.from("[]").toString("base64url"),
    Buffer.from('{"0":1}').toString("base64url"),
  ])
    await expect(page(pool, { size: 2, after: cursor })).rejects.toThrow(refused);
  await expect(page(pool, { size: 2, sort: "constructor" })).rejects.toThrow(
    /there is no order "constructor"/,
  );
  for (const size of [0, -1, 1.5, 2 ** 53, Number.NaN])
    await expect(page(pool, { size })).rejects.toThrow(
      RangeError(`a page's size is a whole number from 1 to 2 ** 53 - 1, not ${size}`),
    );
  expect((await page(pool, { size: 2 ** 53 - 1 })).rows).toHaveLength(5);
});
