import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import * as errors from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { promisedRow } from "../../src/promised-row.ts";
import { run } from "../postgres/run.ts";
import { untilAsleep } from "../postgres/until.ts";

// Every class of the server's errors, provoked on a real one. Those of pools, connections and transactions are in ../postgres.

let database: TestDatabase;
let pool: Pool;
/** In every statement as a value, and in no message. */
const SECRET = "secret value";

beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(`
    create schema s;
    create domain s.short as text constraint short_is_short check (length(value) < 5) not null;
    create table s.parent (
      name text constraint parent_pkey primary key,
      need text not null,
      n int constraint parent_n_check check (n > 0),
      span int4range,
      constraint parent_span_excl exclude using gist (span with &&)
    );
    create table s.child (parent text constraint child_parent_fkey references s.parent);
    create table s.strict (parent text constraint strict_parent_fkey references s.parent on delete restrict);
    insert into s.parent values ('${SECRET}', 'x', 1, '[1,5)'), ('other', 'x', 1, null);
    insert into s.child values ('${SECRET}');
    insert into s.strict values ('other');
    create function s.raise(state text, words text) returns void language plpgsql as
      $$ begin raise exception using errcode = state, message = words; end $$;
  `);
  pool = createPool({ connectionString: database.url, max: 3 });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

const provoke = async (text: string, values: unknown[]): Promise<errors.DatabaseError> => {
  const error = await run(pool, text, values).then(
    () => new Error("nothing happened"),
    (e) => e,
  );
  expect(error).toBeInstanceOf(errors.DatabaseError);
  expect(error.message).not.toContain(SECRET);
  expect(error.message.startsWith("Test: ")).toBe(true);
  expect(error.query).toBe("Test");
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.name).toBe(error.constructor.name);
  return error;
};

test.each([
  [
    errors.UniqueViolationError,
    "insert into s.parent (name, need) values ($1, 'x')",
    { sqlState: "23505", schema: "s", table: "parent", constraint: "parent_pkey" },
    "Test: unique violation of parent_pkey in table s.parent (23505)",
  ],
  [
    errors.ForeignKeyViolationError,
    "insert into s.child values ($1 || '!')",
    { sqlState: "23503", schema: "s", table: "child", constraint: "child_parent_fkey" },
    "Test: foreign key violation of child_parent_fkey in table s.child (23503)",
  ],
  [
    errors.ForeignKeyViolationError,
    "delete from s.parent where name = 'other' and $1 <> ''",
    { table: "strict", constraint: "strict_parent_fkey" },
    /^Test: (foreign key|restrict) violation of strict_parent_fkey in table s.strict \(23(503|001)\)$/,
  ],
  [
    errors.NotNullViolationError,
    "insert into s.parent (name) values ($1 || '2')",
    { sqlState: "23502", schema: "s", table: "parent", column: "need" },
    "Test: not-null violation in column need of table s.parent (23502)",
  ],
  [
    errors.NotNullViolationError,
    "select nullif($1, $1)::s.short",
    { sqlState: "23502" },
    "Test: not-null violation in type s.short (23502)",
  ],
  [
    errors.CheckViolationError,
    "insert into s.parent (name, need, n) values ($1 || '3', 'x', -1)",
    { sqlState: "23514", constraint: "parent_n_check", table: "parent" },
    "Test: check violation of parent_n_check in table s.parent (23514)",
  ],
  [
    errors.CheckViolationError,
    "select $1::s.short",
    { sqlState: "23514", schema: "s", constraint: "short_is_short" },
    "Test: check violation of short_is_short in type s.short (23514)",
  ],
  [
    errors.ExclusionViolationError,
    "insert into s.parent (name, need, span) values ($1 || '4', 'x', '[4,9)')",
    { sqlState: "23P01", constraint: "parent_span_excl" },
    "Test: exclusion violation of parent_span_excl in table s.parent (23P01)",
  ],
  [
    errors.StatementError,
    "select $1::text::int",
    { sqlState: "22P02" },
    "Test: invalid text representation (22P02)",
  ],
  [
    errors.StatementError,
    "select s.raise('P0001', $1)",
    { sqlState: "P0001" },
    "Test: exception raised (P0001)",
  ],
  [errors.StatementError, "select s.raise('ZZ123', $1)", { sqlState: "ZZ123" }, "Test: error raised (ZZ123)"],
  [
    errors.ConstraintViolationError,
    "select s.raise('23999', $1)",
    { sqlState: "23999" },
    "Test: integrity constraint violation (23999)",
  ],
  [
    errors.SerializationFailureError,
    "select s.raise('40001', $1)",
    { sqlState: "40001" },
    "Test: serialization failure (40001)",
  ],
  [errors.DeadlockError, "select s.raise('40P01', $1)", {}, "Test: deadlock detected (40P01)"],
  // An ERROR of whatever code leaves the connection as it is.
  [errors.StatementError, "select s.raise('08006', $1)", {}, "Test: connection exception (08006)"],
  [errors.StatementError, "select s.raise('57P01', $1)", {}, "Test: server is shutting down (57P01)"],
])("%p: %s", async (expected, text, fields, message) => {
  const error = await provoke(text, [SECRET]);
  expect(error.constructor).toBe(expected);
  expect(error).toMatchObject(fields);
  expect(error.message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
});

test("classes follow from each other", async () => {
  const error = await provoke("insert into s.parent (name, need) values ($1, 'x')", [SECRET]);
  expect(error).toBeInstanceOf(errors.ConstraintViolationError);
  expect(error).toBeInstanceOf(errors.StatementError);
  expect(await provoke("select s.raise('40001', $1)", [SECRET])).not.toBeInstanceOf(
    errors.ConstraintViolationError,
  );
});

test("what is not known is not there", async () => {
  const error = await provoke("select $1::text::int", [SECRET]);
  expect(Object.keys(error).sort()).toEqual(["name", "query", "sqlState"]);
});

test("locks that are not to be had", async () => {
  await using tx = await pool.begin();
  await run(tx, "select from s.child for update");
  const error = await provoke("select from s.child where parent = $1 for update nowait", [SECRET]);
  expect(error.constructor).toBe(errors.LockNotAvailableError);
  const waiting = pool.transaction(async (other) => {
    await run(other, "set local lock_timeout = 20");
    await run(other, "select from s.child for update");
  });
  await expect(waiting).rejects.toBeInstanceOf(errors.LockNotAvailableError);
});

test("limits of the server's, by what set them", async () => {
  const limited = createPool({
    connectionString: database.url,
    // Long enough for what the pool itself runs, on whatever machine; they end what would last for ever.
    statementTimeout: 2000,
    idleInTransactionTimeout: 500,
  });
  await expect(run(limited, "select pg_sleep(60)")).rejects.toMatchObject({
    name: "TimeoutError",
    sqlState: "57014",
  });
  const held = await limited.connect();
  const isEnded = new Promise<void>((resolve) => held.client.on("end", () => resolve()));
  const idle = held.transaction(() => isEnded);
  await expect(idle).rejects.toMatchObject({ name: "ConnectionLostError", sqlState: "25P03" });
  held.release();
  await limited.close();
});

test("somebody at the server cancels", async () => {
  const held = await pool.connect();
  const sleeping = expect(run(held, "select pg_sleep(60)")).rejects.toBeInstanceOf(errors.CancelledError);
  await untilAsleep(database.pool);
  await run(pool, "select pg_cancel_backend($1)", [held.client.processID]);
  await sleeping;
  held.release();
});

test("a row that was promised does not come", async () => {
  const none = { rows: await run(pool, "select 1 where false") };
  expect(() => promisedRow(none, "GetUser")).toThrow(errors.NoRowsError);
  expect(() => promisedRow(none, "GetUser")).toThrow("GetUser: no row came");
  const one = { rows: await run(pool, "select 1 as n") };
  expect(promisedRow(one, "GetUser")).toEqual(one.rows[0]);
});
