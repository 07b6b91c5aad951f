import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { CancelledError, SessionSettingError, UniqueViolationError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { findPgBouncer, startPgBouncer } from "./pgbouncer.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";

const pgbouncer = findPgBouncer();
const tracks = pgbouncer !== null && (pgbouncer.version[0] > 1 || pgbouncer.version[1] >= 21);
if (pgbouncer === null)
  console.warn(
    "SKIPPED: no PgBouncer is installed, so nothing is tested through one (Debian: apt-get install pgbouncer)",
  );
else if (!tracks)
  console.warn(
    `SKIPPED in part: PgBouncer ${pgbouncer.version.join(".")} keeps no prepared statements; 1.21 does`,
  );

let database: TestDatabase;
let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;
const pools: Pool[] = [];

function open(options: PoolOptions = {}): Pool {
  const generous = { cancelTimeout: 60_000, acquireTimeout: 60_000, connectTimeout: 60_000 };
  const pool = createPool({ connectionString: bouncer.url, max: 8, ...generous, ...options });
  pools.push(pool);
  return pool;
}

async function start(settings: Readonly<Record<string, string | number>>): Promise<void> {
  database = await createDatabase();
  bouncer = await startPgBouncer(pgbouncer!.binary, database.url, {
    pool_mode: "transaction",
    default_pool_size: 3,
    ...settings,
  });
}

async function stop(): Promise<void> {
  await bouncer?.stop();
  await database?.drop();
}

/** Few statements, many times, all at once, so that the server's connections are swapped under the clients. */
async function swap(pool: Pool): Promise<void> {
  const calls = Array.from({ length: 300 }, (_, i) => run(pool, `select $1::int + ${i % 3}`, [i]));
  expect((await Promise.all(calls)).map(([row]) => Number(row?.[0]))).toEqual(
    calls.map((_, i) => i + (i % 3)),
  );
}
/** Every server connection's, as it happens that they are asked. */
const prepared = async (pool: Pool) => {
  const asked = await Promise.all(
    Array.from({ length: 20 }, () =>
      pool.execute("select count(*), pg_sleep(0.01) from pg_prepared_statements"),
    ),
  );
  return Math.max(...asked.map(({ rows }) => Number(rows[0]?.[0])));
};

afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

/** Transactions, savepoints, errors and cancelling, whatever the pooler does between the statements. */
async function exercise(pool: Pool): Promise<void> {
  await run(pool, "create table t (n int primary key)");
  await pool.transaction(async (tx) => {
    await run(tx, "insert into t values (1)");
    const failed = tx.transaction((sp) => run(sp, "insert into t values (1)"));
    await expect(failed).rejects.toBeInstanceOf(UniqueViolationError);
    await run(tx, "insert into t values (2)");
  });
  expect(await run(pool, "select count(*) from t")).toEqual([["2"]]);
  const all = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      pool.transaction(async (tx) => {
        const [before] = await run(tx, "select pg_backend_pid()");
        await run(tx, "insert into t values ($1)", [i + 3]);
        return [before, (await run(tx, "select pg_backend_pid()"))[0]];
      }),
    ),
  );
  // Begun with its first statement, and on one connection until its end.
  for (const [before, after] of all) expect(after).toEqual(before);
  const batch = [100, 101].map((n) => statement("insert into t values ($1)", [n]));
  expect((await pool.batch(batch, { atomic: true })).map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
  ]);
  expect(await run(pool, "select count(*) from t")).toEqual([["44"]]);
  const opened = pool.stat().newConnsCount;
  for (let i = 0; i < 20; i++) {
    const abort = new AbortController();
    const sleeping = run(pool, "select pg_sleep(60)", [], { signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    await expect(sleeping).rejects.toBeInstanceOf(CancelledError);
    expect(await run(pool, "select 1")).toEqual([["1"]]);
  }
  expect(pool.stat().newConnsCount).toBe(opened);
}

/** Last calls, behind which COMMIT goes out, whatever the pooler does between the statements; how they end, and what of them lasts. */
async function exerciseLast(pool: Pool): Promise<void> {
  await run(pool, "create table l (n int primary key, m int unique deferrable initially deferred)");
  const insert = (n: number, m = n) => statement("insert into l values ($1, $2) returning n", [n, m]);
  const outcomes = await Promise.all(
    Array.from({ length: 120 }, async (_, i) => {
      const work = pool.scope({ "app.tenant": `t${i}` }).transaction(async (tx) => {
        if (i % 2 === 0) await run(tx, "insert into l values ($1, $1)", [1000 + i]);
        if (i % 6 === 1) return tx.last.query(statement("select 1/$1::int", [0]));
        // What is deferred is found at COMMIT.
        if (i % 6 === 2) return tx.last.query(insert(i, 1000 + i));
        if (i % 6 === 3) return tx.last.batch([insert(i)]);
        if (i % 6 === 4)
          return tx.last.query(statement("select current_setting('app.tenant'), $1::text", [`t${i}`]));
        return tx.last.query(insert(i));
      });
      return work.then(
        (result) => ("rows" in result ? result.rows[0]?.[0] : result[0]?.status),
        (error: { query?: string; sqlState?: string }) => `${error.query} ${error.sqlState}`,
      );
    }),
  );
  const expected = (i: number): string =>
    [String(i), "Test 22012", "commit 23505", "fulfilled", `t${i}`, String(i)][i % 6]!;
  expect(outcomes).toEqual(outcomes.map((_, i) => expected(i)));
  const lasting = Array.from({ length: 120 }, (_, i) => i).flatMap((i) => [
    ...([0, 3, 5].includes(i % 6) ? [i] : []),
    ...([0, 4].includes(i % 6) ? [1000 + i] : []),
  ]);
  expect((await run(pool, "select n from l order by n")).map(([n]) => Number(n))).toEqual(
    lasting.sort((a, b) => a - b),
  );
  // Nothing was left on what the pooler lends to the next.
  const text = "select coalesce(current_setting('app.tenant', true), ''), pg_current_xact_id_if_assigned()";
  for (const row of (await Promise.all(Array.from({ length: 20 }, () => run(pool, text)))).flat())
    expect(row).toEqual(["", null]);
}

/**
 * Scopes on connections that are swapped under them: what a statement sees of its setting beside what it should. The pooler
 * logs in as the superuser, so that it is seen what the session has, and not what a policy makes of it.
 */
async function exerciseScopes(pool: Pool): Promise<void> {
  await run(pool, "create table notes (tenant text default current_setting('app.tenant', true), n int)");
  const text = "select coalesce(current_setting('app.tenant', true), ''), $1::text";
  const insert = (n: number) => statement("insert into notes (n) values ($1) returning tenant", [n]);
  const seen = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const scope = pool.scope({ "app.tenant": `t${i}` });
      if (i % 6 === 0) return run(pool, text, [""]);
      if (i % 6 === 1) return run(scope, text, [`t${i}`]);
      if (i % 6 === 2) return scope.transaction((tx) => run(tx, text, [`t${i}`]));
      if (i % 6 === 3) {
        const settled = await scope.batch([insert(i), insert(i)], { atomic: i % 12 === 3 });
        return settled.map((one) => [one.status === "fulfilled" && one.value.rows[0]?.[0], `t${i}`]);
      }
      if (i % 6 === 4) {
        const rows: unknown[][] = [];
        for await (const row of scope.stream(statement(`${text} from generate_series(1, 300)`, [`t${i}`])))
          rows.push(row);
        return rows;
      }
      await scope.copyRows({
        schema: "public",
        table: "notes",
        columns: ["n"],
        rows: [i],
        encode: (n) => [String(n)],
        query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
      });
      return run(pool, "select tenant, $2::text from notes where n = $1", [i, `t${i}`]);
    }),
  );
  for (const rows of seen) {
    expect(rows.length).toBeGreaterThan(0);
    for (const [is, shouldBe] of rows) expect(is).toBe(shouldBe);
  }
}

/**
 * Statements that a migration outdates, and that are deallocated under everybody, on connections that are swapped. PgBouncer keeps
 * statements by their text, and gives an outdated one again to who prepares it anew.
 */
async function outdate(pool: Pool): Promise<void> {
  await run(pool, "create table grown (a int)");
  await run(pool, "insert into grown values (1)");
  const text = "select * from grown";
  const ways: ((on: Pool) => Promise<unknown[][]>)[] = [
    (on) => run(on, text),
    (on) => on.transaction((tx) => run(tx, text)),
    async (on) => {
      const settled = await on.batch([statement(text), statement(text)]);
      return settled.flatMap((one) => (one.status === "fulfilled" ? one.value.rows : [[one.reason]]));
    },
    async (on) => {
      const [one] = await on.batch([statement(text)], { atomic: true });
      return one?.status === "fulfilled" ? one.value.rows : [[one?.reason]];
    },
    async (on) => {
      const rows: unknown[][] = [];
      for await (const row of on.stream(statement(text))) rows.push(row);
      return rows;
    },
  ];
  const all = async (on: Pool): Promise<unknown[]> => {
    const calls = Array.from({ length: 60 }, (_, i) => ways[i % ways.length]!(on));
    return (await Promise.all(calls)).flat().map((row) => row.length);
  };
  const widths = async (on: Pool): Promise<unknown[]> => [...new Set(await all(on))];
  expect(await widths(pool)).toEqual([1]);
  for (const [i, column] of ["b", "c", "d"].entries()) {
    await database.pool.query(`alter table grown add ${column} int`);
    expect(await widths(pool)).toEqual([i + 2]);
    const later = open();
    expect(await widths(later)).toEqual([i + 2]);
    await later.close();
  }
  for (let i = 0; i < 3; i++) {
    await Promise.all(Array.from({ length: 9 }, () => pool.execute("deallocate all")));
    expect(await widths(pool)).toEqual([4]);
  }
}

const suite = pgbouncer === null ? describe.skip : describe;

suite("transaction pooling that keeps no prepared statements", () => {
  beforeAll(() => start(tracks ? { max_prepared_statements: 0 } : {}));
  afterAll(stop);

  test("is found out, so that none are used", async () => {
    const pool = open();
    await swap(pool);
    expect(await prepared(pool)).toBe(0);
  });

  test("is why they fail where they are insisted on", async () => {
    const pool = open({ prepare: true });
    // Each is tried again, on another connection of the pooler's, which may have it.
    const failure = await swap(pool).catch((error: unknown) => error);
    if (failure !== undefined)
      expect(failure).toMatchObject({ sqlState: expect.stringMatching(/^(26000|42P05)$/) });
  });

  test("transactions, savepoints, errors and cancelling work through it", () => exercise(open()));

  test("a transaction's last call is committed in its packet, or not at all", () => exerciseLast(open()));

  test("what a migration outdates, or somebody deallocates, is no error", () => outdate(open()));

  test.each(["set_config", "set local"] as const)("a scope is nobody else's, by %s", async (scopeBy) => {
    const pool = open({ scopeBy });
    await exerciseScopes(pool);
    await run(pool, "drop table notes");
  });
});

suite("statement pooling, which takes no transactions", () => {
  beforeAll(() => start({ pool_mode: "statement", ...(tracks ? { max_prepared_statements: 100 } : {}) }));
  afterAll(stop);

  test("what is one packet works through it, and what it keeps of prepared statements is found out", async () => {
    const pool = open();
    await swap(pool);
    expect((await prepared(pool)) > 0).toBe(tracks);
    const scope = pool.scope({ "app.tenant": "7" });
    expect(await run(scope, "select current_setting('app.tenant')")).toEqual([["7"]]);
    expect(await run(pool, "select coalesce(current_setting('app.tenant', true), '')")).toEqual([[""]]);
    const batch = [statement("select 1"), statement("select 2")];
    expect((await pool.batch(batch, { atomic: true })).map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
    ]);
    await expect(pool.transaction((tx) => run(tx, "select 1"))).rejects.toMatchObject({
      name: "ConnectionLostError",
    });
    // One that is a single packet is none that the pooler sees.
    const { rows } = await pool.transaction((tx) => tx.last.query(statement("select 2")));
    expect(rows).toEqual([["2"]]);
    expect(await run(pool, "select 3")).toEqual([["3"]]);
  });
});

suite("a database with settings that change values, which PgBouncer neither sets nor reports", () => {
  beforeAll(async () => {
    await start({});
    const name = new URL(database.url).pathname.slice(1);
    await database.pool.query(`alter database ${name} set extra_float_digits = 0`);
  });
  afterAll(stop);

  test("is an error, and not other values", async () => {
    const pool = open();
    const error = await run(pool, "select 0.1::float8").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SessionSettingError);
    expect((error as Error).message).toContain("extra_float_digits is 0");
    expect(pool.stat().newConnsCount).toBeLessThanOrEqual(1); // Once: it will not pass.
  });
});

suite("session pooling", () => {
  beforeAll(() => start({ pool_mode: "session", default_pool_size: 8 }));
  afterAll(stop);

  test("is not told apart, which costs only speed; prepare: true prepares", async () => {
    const cautious = open();
    await swap(cautious);
    expect(await prepared(cautious)).toBe(0);
    await cautious.close();
    const pool = open({ prepare: true });
    await swap(pool);
    expect(await prepared(pool)).toBe(3);
  });
});

(tracks ? describe : describe.skip)(
  "transaction pooling that keeps prepared statements (PgBouncer 1.21)",
  () => {
    beforeAll(() => start({ max_prepared_statements: 100 }));
    afterAll(stop);

    test("is found out, so that they are used", async () => {
      const pool = open();
      await swap(pool);
      expect(await prepared(pool)).toBeGreaterThan(0);
    });

    test("transactions, savepoints, errors and cancelling work through it", () => exercise(open()));

    test("a transaction's last call is committed in its packet, or not at all", () => exerciseLast(open()));

    test("what a migration outdates, or somebody deallocates, is no error", () => outdate(open()));

    test("a scope is nobody else's", () => exerciseScopes(open()));
  },
);
