import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { StatementError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { QueryConfig } from "../../src/statement.ts";
import { statement } from "./statement.ts";

/** The server's prepared statements may be gone, or outdated, or another's, wherever one is used. */

let database: TestDatabase;
let pool: Pool;
let columns = 1;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  pool = createPool({ connectionString: database.url, max: 1, prepare: true });
  await pool.execute("drop table if exists things");
  await pool.execute("create table things (c1 int)");
  await pool.execute("insert into things values (1)");
  columns = 1;
});
afterEach(() => pool.close());

const all = statement("select * from things");
const other = statement("select 1");
const writing = {
  ...statement("insert into things (c1) values (2)"),
  query: { ...all.query, operation: "INSERT" },
};

/** What makes the prepared statements of the pool's connection useless. */
const causes: Readonly<Record<string, () => Promise<unknown>>> = {
  "0A000, by a migration": () => database.pool.query(`alter table things add column c${++columns} int`),
  "26000, by DEALLOCATE": () => pool.execute("deallocate all"),
  "42P05, by somebody's PREPARE": async () => {
    const { rows } = await pool.execute("select name from pg_prepared_statements");
    await pool.reset();
    await pool.execute("select");
    for (const [name] of rows) await pool.execute(`prepare "${name}" as select 'another''s'`);
  },
};

/** Each way to use a statement; gives the number of columns of its row. */
const uses: Readonly<Record<string, (on: Queryable) => Promise<number>>> = {
  query: async (on) => (await on.query(all)).rows[0]!.length,
  batch: async (on) => first(await on.batch([all, all])),
  "batch of different ones": async (on) => {
    const settled = await on.batch([other, all, other]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    return first(settled.slice(1));
  },
  "batch that ends with it": async (on) => first((await on.batch([other, all])).slice(1)),
  "atomic batch": async (on) => first((await on.batch([other, all], { atomic: true })).slice(1)),
  stream: async (on) => {
    for await (const row of on.stream(all)) return row.length;
    return 0;
  },
};

function first(settled: PromiseSettledResult<{ rows: unknown[][] }>[]): number {
  const [one] = settled;
  if (one?.status !== "fulfilled") throw one?.reason;
  return one.value.rows[0]!.length;
}

/** Where it stands. */
const places: Readonly<Record<string, (use: (on: Queryable) => Promise<number>) => Promise<number>>> = {
  "outside a transaction": (use) => use(pool),
  "first in a transaction": (use) => pool.transaction((tx) => use(tx)),
  "first in a transaction of a session": async (use) => {
    await using session = await pool.connect();
    return await session.transaction((tx) => use(tx));
  },
  "in a scope": (use) => use(pool.scope({ "app.tenant": "1" })),
};

const matrix = Object.keys(causes)
  .flatMap((cause) =>
    Object.keys(places).flatMap((place) => Object.keys(uses).map((use) => [cause, place, use] as const)),
  )
  // With another's under the scope's own name, what follows in the packet is bound to that one.
  .filter(
    ([cause, place, use]) => !(cause.startsWith("42P05") && place === "in a scope" && /^batch /.test(use)),
  );

test.each(matrix)("%s, %s: %s", async (cause, place, use) => {
  for (const round of [1, 2]) {
    expect([round, await places[place]!(uses[use]!)]).toEqual([round, columns]);
    expect([round, await places[place]!(uses[use]!)]).toEqual([round, columns]);
    await causes[cause]!();
  }
  expect(await places[place]!(uses[use]!)).toBe(columns);
});

test("later in a transaction it fails, for what came before would be lost; retry tries the whole again", async () => {
  const work = async (tx: Queryable) => {
    await tx.query(writing);
    return (await tx.query(all)).rows.length;
  };
  expect(await pool.transaction(work)).toBe(2);
  await causes["0A000, by a migration"]!();
  await expect(pool.transaction(work)).rejects.toBeInstanceOf(StatementError);
  await causes["0A000, by a migration"]!();
  expect(await pool.transaction(work, { retry: 1 })).toBe(3);
  const { rows } = await pool.query(statement("select count(*) from things"));
  expect(rows).toEqual([["3"]]);
});

test("a batch never runs its statements in another order than was asked for", async () => {
  const read: QueryConfig = all;
  await pool.batch([read, writing]);
  await causes["0A000, by a migration"]!();
  const [refused, written] = await pool.batch([read, writing]);
  expect([refused?.status, written?.status]).toEqual(["rejected", "fulfilled"]);
  expect(await uses.query!(pool)).toBe(columns);
});

test("it keeps as many as it may, those used last", async () => {
  await pool.close();
  pool = createPool({ connectionString: database.url, max: 1, prepare: true, maxPreparedStatements: 3 });
  const nth = (n: number) => statement(`select ${n} as n`);
  for (const n of [1, 2, 3, 1, 4, 1, 5]) await pool.query(nth(n));
  const { rows } = await pool.execute("select statement from pg_prepared_statements order by 1");
  expect(rows.map(([text]) => text)).toEqual([1, 4, 5].map((n) => `select ${n} as n`));
  for (const limit of [0, 1.5, Number.NaN, -1])
    expect(() => createPool({ maxPreparedStatements: limit })).toThrow(RangeError);
});
