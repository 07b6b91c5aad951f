import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  ConnectionLostError,
  ParameterError,
  TimeoutError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import type { QueryOptions } from "../../src/statement.ts";
import { openConnection } from "./open-connection.ts";
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
});
afterEach(() => connection.client.end());

const run = (text: string, values: unknown[] = [], options: QueryOptions = {}) =>
  connection.run(statement(text, values), Interrupt.of(options));

test.each([true, false])("rows are PostgreSQL's text, with prepared statements: %s", async (prepare) => {
  await connection.client.end();
  connection = await openConnection(database.url, prepare);
  for (const n of [1, 2]) {
    expect(
      await run("select $1::int8, null, '{1,2}'::int4[], 'x'::bytea from generate_series(1, $2)", [n, 2]),
    ).toEqual({
      rows: [
        [String(n), null, "{1,2}", "\\x78"],
        [String(n), null, "{1,2}", "\\x78"],
      ],
      rowCount: 2,
      command: "SELECT",
    });
  }
  const { rows } = await run("select count(*) from pg_prepared_statements");
  expect(rows).toEqual([[prepare ? "2" : "0"]]);
});

test("what is asked for while another has the turn waits for it", async () => {
  const results = await Promise.all([1, 2, 3].map((n) => run("select $1::int", [n])));
  expect(results.map(({ rows }) => rows[0]?.[0])).toEqual(["1", "2", "3"]);
});

test("an error of a waiting statement's own leaves the others alone", async () => {
  const settled = await Promise.allSettled([
    run("select 1"),
    run("select 1 / $1::int", [0]),
    run("select 2", [], { signal: AbortSignal.abort() }),
    run("select 3"),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
});

test("the server's error comes as ours, without a value in its message", async () => {
  await run("create table t (email text constraint t_email_key unique)");
  await run("insert into t values ($1)", ["secret@example.com"]);
  const error = await run("insert into t values ($1)", ["secret@example.com"]).catch((e) => e);
  expect(error).toBeInstanceOf(UniqueViolationError);
  expect(error.message).toBe("Test: unique violation of t_email_key in table public.t (23505)");
  expect(error).toMatchObject({ query: "Test", sqlState: "23505", table: "t", constraint: "t_email_key" });
  expect(error.cause.detail).toMatch("secret@example.com");
});

test("a signal ends the statement on the server, and the connection goes on", async () => {
  const abort = new AbortController();
  const reason = new Error("the user left");
  const running = run("select pg_sleep(60)", [], { signal: abort.signal }).catch((e) => e);
  await untilAsleep(database.pool);
  abort.abort(reason);
  const error = await running;
  expect(error).toBeInstanceOf(CancelledError);
  expect(error).toMatchObject({ cause: reason, sqlState: "57014" });
  expect((await run("select 1")).rows).toEqual([["1"]]);
});

test("a timeout is told apart from a signal, whoever keeps the time", async () => {
  for (const options of [{ timeout: 50 }, { signal: AbortSignal.timeout(50) }])
    await expect(run("select pg_sleep(60)", [], options)).rejects.toBeInstanceOf(TimeoutError);
  await run("set statement_timeout = 50");
  await expect(run("select pg_sleep(60)")).rejects.toBeInstanceOf(TimeoutError);
});

test("a connection that ends under a statement rejects it, and everything after", async () => {
  const other = await openConnection(database.url);
  const pid = connection.client.processID;
  const running = run("select pg_sleep(60)");
  const ended = expect(running).rejects.toBeInstanceOf(ConnectionLostError);
  await untilAsleep(database.pool);
  await other.run(statement("select pg_terminate_backend($1)", [pid]), Interrupt.of({}));
  await ended;
  await expect(run("select 1")).rejects.toBeInstanceOf(ConnectionLostError);
  await other.client.end();
});

test("a statement whose result a migration has changed is prepared again", async () => {
  await run("create table m (a int)");
  await run("insert into m values (1)");
  expect((await run("select * from m")).rows).toEqual([["1"]]);
  await run("alter table m add b int default 2");
  expect((await run("select * from m")).rows).toEqual([["1", "2"]]);
  await run("deallocate all");
  expect((await run("select * from m")).rows).toEqual([["1", "2"]]);
});

test("a value that cannot be written is an error before anything runs", async () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  await expect(run("select $1::json", [circular])).rejects.toThrow(ParameterError);
  expect((await run("select $1::json", [{ fine: true }])).rows).toEqual([['{"fine":true}']]);
});
