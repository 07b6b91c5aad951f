import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  ConnectionLostError,
  NotNullViolationError,
  ParameterError,
  StatementError,
  TimeoutError,
  TransactionClosedError,
  TransactionRolledBackError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import { batch as send } from "../../src/postgres/batch.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import type { QueryConfig, QueryResult } from "../../src/statement.ts";
import { open } from "./every-call.ts";
import { openConnection, runOn } from "./open-connection.ts";
import { errorResponse, ScriptedServer } from "./scripted-server.ts";
import { statement } from "./statement.ts";
import { untilAsleep } from "./until.ts";

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  connection = await openConnection(database.url);
  await run("drop table if exists t");
  await run("create table t (id int primary key, name text not null)");
});
afterEach(() => connection.client.end());

const run = (text: string, values?: unknown[]): Promise<QueryResult> => runOn(connection, text, values);
const batch = (
  on: Connection,
  configs: readonly QueryConfig[],
  interrupt: Interrupt = Interrupt.of({}),
  atomic = false,
) => send(on, configs, interrupt, atomic);
const INSERT = "insert into t values ($1, $2) returning name";
const insert = (...rows: [unknown, unknown][]) => rows.map((values) => statement(INSERT, values));
const ids = async (): Promise<unknown[]> => (await run("select id from t order by id")).rows.flat();
const brief = (settled: PromiseSettledResult<QueryResult>[]): unknown[] =>
  settled.map((s) => (s.status === "fulfilled" ? s.value.rows.flat().join() : s.reason.constructor));

test.each([true, false])("each result or error stands in its place, prepared: %s", async (prepare) => {
  await connection.client.end();
  connection = await openConnection(database.url, prepare);
  const settled = await batch(connection, insert([1, "a"], [1, "again"], [2, null], [3, "c"]));
  expect(brief(settled)).toEqual(["a", UniqueViolationError, NotNullViolationError, "c"]);
  expect(settled[0]).toEqual({
    status: "fulfilled",
    value: { rows: [["a"]], rowCount: 1, command: "INSERT" },
  });
  // Each was a transaction of its own: the failures took nothing with them.
  expect(await ids()).toEqual(["1", "3"]);
  expect(
    (await run("select count(*) from pg_prepared_statements where statement = $1", [INSERT])).rows,
  ).toEqual([[prepare ? "1" : "0"]]);
});

test("in a transaction, what follows a failure fails too, and nothing stays", async () => {
  await run("begin");
  const settled = await batch(connection, insert([1, "a"], [1, "again"], [2, "b"]));
  expect(settled[0]?.status).toBe("fulfilled");
  expect(settled.slice(1)).toEqual([
    { status: "rejected", reason: expect.any(UniqueViolationError) },
    { status: "rejected", reason: expect.objectContaining({ sqlState: "25P02" }) },
  ]);
  expect((await run("commit")).command).toBe("ROLLBACK");
  expect(await ids()).toEqual([]);
});

test("in a transaction that goes well, all of it stays", async () => {
  await run("begin");
  await batch(connection, insert([1, "a"], [2, "b"]));
  await run("commit");
  expect(await ids()).toEqual(["1", "2"]);
});

test("statements differ, in order: a later one sees what an earlier one did", async () => {
  const settled = await batch(connection, [
    ...insert([1, "a"]),
    statement("select name from t"),
    statement("update t set name = 'b'"),
    statement("select name from t"),
    statement("selec"),
    statement(""),
  ]);
  expect(brief(settled).slice(0, 4)).toEqual(["a", "a", "", "b"]);
  expect(settled[4]).toMatchObject({ reason: { sqlState: "42601", query: "Test" } });
  expect(settled[5]).toMatchObject({ value: { rows: [], command: "" } });
});

test("a statement that cannot be prepared has the same error in every place", async () => {
  const bad = "select nothing_of_the_kind, $1::int";
  const settled = await batch(
    connection,
    [1, 2, 3].map((n) => statement(bad, [n])),
  );
  for (const one of settled) expect(one).toMatchObject({ reason: { sqlState: "42703" } });
  expect(brief(await batch(connection, insert([1, "a"])))).toEqual(["a"]);
});

test("a value that cannot be written fails in its place, before anything of it runs", async () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const settled = await batch(connection, insert([1, "a"], [2, circular], [3, "c"]));
  expect(brief(settled)).toEqual(["a", ParameterError, "c"]);
  expect(await ids()).toEqual(["1", "3"]);
});

test.each([false, true])(
  "a statement comes again after more others than a connection keeps, atomic: %s",
  async (atomic) => {
    const others = Array.from({ length: 600 }, (_, i) => statement(`select ${i}`));
    const settled = await batch(connection, [...others, ...others], undefined, atomic);
    expect(brief(settled)).toEqual([...others.keys(), ...others.keys()].map(String));
  },
);

test("none is a round trip to nowhere", async () => {
  expect(await batch(connection, [])).toEqual([]);
});

test("many at once, more than the sockets hold", async () => {
  const name = "x".repeat(10_000);
  const settled = await batch(
    connection,
    insert(...Array.from({ length: 2000 }, (_, i): [number, string] => [i, name])),
  );
  expect(settled.every((s) => s.status === "fulfilled" && s.value.rows[0]?.[0] === name)).toBe(true);
  expect(await ids()).toHaveLength(2000);
});

test("what a migration has outdated is prepared again, and runs in order", async () => {
  await run("insert into t values (1, 'a')");
  const all = (n: number) => Array.from({ length: n }, () => statement("select * from t"));
  await batch(connection, all(2));
  await run("alter table t add b int default 7");
  expect(brief(await batch(connection, all(3)))).toEqual(["1,a,7", "1,a,7", "1,a,7"]);
  await run("deallocate all");
  expect(brief(await batch(connection, all(2)))).toEqual(["1,a,7", "1,a,7"]);
});

test("a signal ends what runs, in its place, and the connection goes on", async () => {
  const abort = new AbortController();
  const interrupt = new Interrupt({ signal: abort.signal });
  const running = batch(connection, [statement("select 1"), statement("select pg_sleep(60)")], interrupt);
  await untilAsleep(database.pool);
  abort.abort();
  expect(brief(await running)).toEqual(["1", CancelledError]);
  interrupt.end();
  expect((await run("select 1")).rows).toEqual([["1"]]);
});

test("a signal ends the rest too, none of which runs after what was cancelled", async () => {
  const abort = new AbortController();
  const interrupt = new Interrupt({ signal: abort.signal });
  const rest = Array.from({ length: 5 }, () => statement("select pg_sleep(60)"));
  const running = batch(connection, [...insert([1, "a"]), ...rest, ...insert([2, "b"])], interrupt);
  await untilAsleep(database.pool);
  abort.abort();
  expect(brief(await running)).toEqual(["a", ...rest.map(() => CancelledError), CancelledError]);
  interrupt.end();
  // The connection is given up, for the server has the rest already.
  await untilAsleep(database.pool, 0);
  expect((await database.pool.query("select id from t")).rows).toEqual([{ id: 1 }]);
});

test("a connection that is lost fails all that had no answer yet", async () => {
  const other = await openConnection(database.url);
  const running = batch(connection, [
    statement("select 1"),
    statement("select pg_sleep(60)"),
    statement("select 2"),
  ]);
  await untilAsleep(database.pool);
  await runOn(other, "select pg_terminate_backend($1)", [connection.client.processID]);
  expect(brief(await running)).toEqual(["1", ConnectionLostError, ConnectionLostError]);
  await other.client.end();
});

describe("an atomic one", () => {
  const atomically = (configs: Parameters<typeof batch>[1], interrupt?: Interrupt) =>
    batch(connection, configs, interrupt, true);

  test.each([true, false])(
    "gives each result in its place, and stays whole, prepared: %s",
    async (prepare) => {
      await connection.client.end();
      connection = await openConnection(database.url, prepare);
      const configs = [
        ...insert([1, "a"], [2, "b"]),
        statement(""),
        statement("select name from t order by id"),
      ];
      for (let again = 0; again < 3; again++) {
        await run("truncate t");
        const settled = await atomically(configs);
        expect(brief(settled)).toEqual(["a", "b", "", "a,b"]);
        expect(settled[0]).toMatchObject({ value: { rowCount: 1, command: "INSERT" } });
        expect(await ids()).toEqual(["1", "2"]);
      }
    },
  );

  test("is undone by one that fails, which has its error; the others say whose fault it was", async () => {
    const settled = await atomically(insert([1, "a"], [1, "again"], [2, "b"]));
    expect(brief(settled)).toEqual([
      TransactionRolledBackError,
      UniqueViolationError,
      TransactionRolledBackError,
    ]);
    expect(settled[2]).toMatchObject({
      reason: { message: "Test: statement 2 of the batch failed, which undid all of it", query: "Test" },
    });
    expect((settled[0] as PromiseRejectedResult).reason.cause).toBe(
      (settled[1] as PromiseRejectedResult).reason,
    );
    expect(await ids()).toEqual([]);
    expect(brief(await atomically(insert([1, "a"])))).toEqual(["a"]);
  });

  test("is part of the transaction that it is in", async () => {
    await run("begin");
    await run("insert into t values (1, 'a')");
    await atomically(insert([2, "b"]));
    await run("rollback");
    expect(await ids()).toEqual([]);
    await run("begin");
    await atomically(insert([1, "a"], [1, "a"]));
    expect((await run("commit")).command).toBe("ROLLBACK");
  });

  test("what a deferred constraint says at its end stands in every place", async () => {
    await run("alter table t add constraint t_name_key unique (name) deferrable initially deferred");
    const settled = await atomically(insert([1, "a"], [2, "a"]));
    expect(brief(settled)).toEqual([UniqueViolationError, UniqueViolationError]);
    expect(await ids()).toEqual([]);
  });

  test("nothing is sent where a value cannot be written", async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const settled = await atomically(insert([1, "a"], [2, circular]));
    expect(brief(settled)).toEqual([TransactionRolledBackError, ParameterError]);
    expect(await ids()).toEqual([]);
  });

  test("what a migration has outdated is prepared again", async () => {
    await run("insert into t values (1, 'a')");
    const all = (n: number) => Array.from({ length: n }, () => statement("select * from t"));
    await atomically(all(2));
    await run("alter table t add b int default 7");
    expect(brief(await atomically(all(3)))).toEqual(["1,a,7", "1,a,7", "1,a,7"]);
    await run("deallocate all");
    expect(brief(await atomically(all(2)))).toEqual(["1,a,7", "1,a,7"]);
  });

  test("is ended by a signal, and by the loss of the connection", async () => {
    const sleeping = [...insert([1, "a"]), statement("select pg_sleep(60)"), ...insert([2, "b"])];
    const interrupt = new Interrupt({ timeout: 100 });
    expect(brief(await atomically(sleeping, interrupt))).toEqual([
      TransactionRolledBackError,
      TimeoutError,
      TransactionRolledBackError,
    ]);
    interrupt.end();
    expect(await ids()).toEqual([]);
    const running = atomically(sleeping);
    connection.client.connection.stream.destroy();
    expect(brief(await running)).toEqual([ConnectionLostError, ConnectionLostError, ConnectionLostError]);
    connection = await openConnection(database.url);
    await expect(ids()).resolves.toEqual([]);
  });
});

describe.each([true, false])(
  "an atomic batch with what could end its transaction, prepared: %s",
  (prepare) => {
    const COMMITTING = "begin insert into t values (7, 'kept'); commit; end";
    beforeEach(async () => {
      await connection.client.end();
      connection = await openConnection(database.url, prepare);
      await run(`create or replace procedure committing() language plpgsql as $$ ${COMMITTING} $$`);
      await run("create or replace procedure adding(inout n int) language sql as 'select n + 1'");
    });

    test.each(["call committing()", `do $$ ${COMMITTING} $$`, "/* /* */ */ call committing()", "vacuum t"])(
      "undoes all of it: %s",
      async (text) => {
        const settled = await batch(connection, [...insert([1, "a"]), statement(text)], undefined, true);
        expect(brief(settled)).toEqual([TransactionRolledBackError, StatementError]);
        const failing = [...insert([1, "a"]), statement(text), statement("select 1 / 0")];
        expect(brief(await batch(connection, failing, undefined, true)).at(-1)).not.toBe("1");
        expect(await ids()).toEqual([]);
        expect(connection.isInTransaction).toBe(false);
      },
    );

    test("keeps what ends nothing, and gives its rows", async () => {
      const all = [...insert([1, "a"]), statement("call adding($1)", [1]), statement("do $$ begin end $$")];
      for (const _ of [1, 2]) {
        expect(brief(await batch(connection, all, undefined, true))).toEqual(["a", "2", ""]);
        expect(await ids()).toEqual(["1"]);
        expect(connection.isInTransaction).toBe(false);
        await run("delete from t");
      }
    });

    test("says at its COMMIT what a deferred constraint says", async () => {
      await run("create table u (id int unique deferrable initially deferred)");
      const all = [statement("insert into u values (1), (1)"), statement("do $$ begin end $$")];
      const settled = await batch(connection, all, undefined, true);
      expect(brief(settled)).toEqual([UniqueViolationError, UniqueViolationError]);
      expect(connection.isInTransaction).toBe(false);
      await run("drop table u");
    });

    test.each(["commit", "END", "rollback", "abort", "prepare transaction 'p'", "commit and chain"])(
      "is refused with %s in it, and nothing is sent",
      async (text) => {
        const all = [...insert([1, "a"]), statement(text), ...insert([2, "b"])];
        await expect(batch(connection, all, undefined, true)).rejects.toThrow(TransactionClosedError);
        expect(await ids()).toEqual([]);
      },
    );
  },
);

test.each([false, true])(
  "each statement is looked at a few times, however many there are, atomic: %s",
  async (atomic) => {
    const looksPer = async (count: number): Promise<number> => {
      let looks = 0;
      const configs = Array.from({ length: count }, (_, i) => ({
        ...statement("", [i]),
        get text() {
          looks++;
          return "select $1::int";
        },
      }));
      const settled = await batch(connection, configs, Interrupt.of({}), atomic);
      expect(brief(settled)).toEqual(Array.from({ length: count }, (_, i) => String(i)));
      return looks / count;
    };
    expect(await looksPer(1_000)).toBeCloseTo(await looksPer(10));
  },
);

test("an atomic batch whose connection a pooler ends, and says why, may have been committed", async () => {
  // Where the words stand for a ReadyForQuery, this server says nothing more, nor does it close the connection.
  const long = { timeout: 60_000, connectTimeout: 60_000, acquireTimeout: 60_000, cancelTimeout: 40 };
  const both = [statement("select 1"), statement("select 2")];
  let ended = 0;
  for (let step = 0; step < 8; step++) {
    const server = await ScriptedServer.start();
    const pool = open(server, { ...long, pingAfter: 60_000, replicas: [] });
    await pool.batch(both, { atomic: true });
    const disturb = () => errorResponse("FATAL", "08P01");
    server.disturbance = { step: server.steps + step, disturb };
    for (const one of await pool.batch(both, { atomic: true })) {
      if (one.status === "fulfilled") continue;
      expect(one.reason).toMatchObject({ name: "ConnectionLostError" });
      ended++;
    }
    await pool.close({ timeout: 0 });
    await server.close();
  }
  expect(ended).toBeGreaterThan(3);
});
