import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type TestDatabase as OnServer } from "../../../tests/postgres/database.ts";
import { StatementError, UniqueViolationError } from "../../src/errors/errors.ts";
import { createTestDatabase, type TestDatabase } from "../../src/testing/test-database.ts";
import { statement } from "../postgres/statement.ts";
import { schema } from "./schema.ts";

// What a service does in a test is undone, whatever transactions it opens: on PGlite and on a server.

const cache = mkdtempSync(join(tmpdir(), "solitude-testing-"));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const STORED = statement("select a, b from pairs order by a");

const servers: OnServer[] = [];
async function onServer(): Promise<TestDatabase> {
  servers.push(await createDatabase());
  // Roles belong to the whole server.
  const sql = schema.replace(
    "create role reader;",
    () => "do $$ begin create role reader; exception when others then end $$;",
  );
  return createTestDatabase({ schema: { sql }, server: servers[0]!.url });
}
afterAll(async () => {
  for (const server of servers) await server.drop();
});

describe.each([
  ["PGlite", () => createTestDatabase({ schema: { sql: schema }, cache })],
  ["a server", onServer],
])("on %s", (_, create) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await create();
  });
  afterAll(() => database?.close());
  const insert = (a: number, b = a) => statement("insert into pairs values ($1, $2) returning a", [a, b]);
  const stored = async () => (await database.pool.query(STORED)).rows.map(([a]) => Number(a));

  test("what was done is undone, transactions among it", async () => {
    await database.begin();
    await database.pool.query(insert(1));
    await database.pool.transaction(async (transaction) => {
      await transaction.query(insert(2));
      const kept = transaction.transaction(async (savepoint) => {
        await savepoint.query(insert(3));
        throw new Error("undone");
      });
      await expect(kept).rejects.toThrow("undone");
    });
    const failed = database.pool.transaction(async (transaction) => {
      await transaction.query(insert(4));
      throw new Error("undone, too");
    });
    await expect(failed).rejects.toThrow("undone, too");
    const begun = await database.pool.begin();
    await begun.query(insert(5));
    await begun.commit();
    expect(await stored()).toEqual([1, 2, 5]);
    await database.rollback();
    expect(await stored()).toEqual([]);
  });

  test("an error ends a statement, or a transaction, and not the test's", async () => {
    await database.begin();
    await database.pool.query(insert(1));
    await expect(database.pool.query(insert(1))).rejects.toThrow(UniqueViolationError);
    await expect(database.pool.query(statement("select nonsense"))).rejects.toThrow(StatementError);
    const transaction = database.pool.transaction(async (inner) => {
      await inner.query(insert(2));
      await inner.query(insert(2));
    });
    await expect(transaction).rejects.toThrow(UniqueViolationError);
    const settled = await database.pool.batch([insert(3), insert(3), insert(4)]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const atomic = await database.pool.batch([insert(5), insert(1)], { atomic: true });
    expect(atomic.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    let rows = 0;
    for await (const _ of database.pool.stream(STORED)) rows++;
    expect(rows).toBe(3);
    expect(await stored()).toEqual([1, 3, 4]);
    await database.rollback();
  });

  test("deferred constraints are checked where the transaction would end", async () => {
    await database.begin();
    await database.pool.transaction(async (transaction) => {
      await transaction.query(insert(1, 7));
      await transaction.query(insert(2, 7));
      await transaction.query(statement("update pairs set b = 8 where a = 2"));
    });
    const violated = database.pool.transaction((transaction) => transaction.query(insert(3, 7)));
    await expect(violated).rejects.toThrow(UniqueViolationError);
    await expect(database.pool.query(insert(3, 7))).rejects.toThrow(UniqueViolationError);
    // They begin deferred again.
    await database.pool.transaction(async (transaction) => {
      await transaction.query(insert(3, 7));
      await transaction.query(statement("update pairs set b = 9 where a = 3"));
    });
    expect(await stored()).toEqual([1, 2, 3]);
    await database.rollback();
  });

  test("a transaction's last call ends it within the test's, as COMMIT behind it says", async () => {
    await database.begin();
    const { pool } = database;
    await pool.transaction(async (transaction) => {
      await transaction.query(insert(1));
      expect((await transaction.last.query(insert(2))).rows).toEqual([["2"]]);
      expect(transaction.isOpen).toBe(false);
    });
    // The first, too, with BEGIN in its packet.
    await pool.transaction((transaction) => transaction.last.query(insert(3)));
    const failed = pool.transaction(async (transaction) => {
      await transaction.query(insert(4));
      await transaction.last.query(insert(1));
    });
    await expect(failed).rejects.toThrow(UniqueViolationError);
    const violated = pool.transaction((transaction) => transaction.last.query(insert(4, 3)));
    await expect(violated).rejects.toMatchObject({ query: "commit", sqlState: "23505" });
    const batch = await pool.transaction((transaction) => transaction.last.batch([insert(5), insert(6)]));
    expect(batch.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await stored()).toEqual([1, 2, 3, 5, 6]);
    const recording = database.record();
    await pool.transaction((transaction) => transaction.last.query(insert(7)));
    expect(recording.queries.map(({ text }) => text)).toEqual([insert(7).text]);
    recording.stop();
    await database.rollback();
    expect(await stored()).toEqual([]);
  });

  test("what was set for a transaction, or a statement, ends with it", async () => {
    await database.begin();
    await database.pool.query(statement("insert into notes values (1, 'ann'), (2, 'bob')"));
    const count = statement("select count(*) from notes");
    const seen = async (client: { query: TestDatabase["pool"]["query"] }) =>
      (await client.query(count)).rows[0]?.[0];
    const owner = statement(
      "select coalesce(current_setting('app.owner', true), '') || current_user = 'ann' || 'reader'",
    );
    const ann = database.pool.scope({ "app.owner": "ann", role: "reader" });
    expect(await seen(ann)).toBe("1");
    expect(await seen(database.pool)).toBe("2");
    expect(await ann.transaction(seen)).toBe("1");
    expect((await database.pool.query(owner)).rows).toEqual([["f"]]);
    await database.pool.transaction(async (transaction) => {
      await transaction.query(statement("select act_as('bob')"));
      await transaction.query(statement("set local role reader"));
      expect(await seen(transaction)).toBe("1");
    });
    expect(await seen(database.pool)).toBe("2");
    await database.rollback();
  });

  test("a transaction that only reads does", async () => {
    await database.begin();
    const wrote = database.pool.transaction((transaction) => transaction.query(insert(1)), {
      readOnly: true,
    });
    await expect(wrote).rejects.toThrow(/read-only/);
    await database.pool.query(insert(1));
    await database.rollback();
  });

  test("one that the code leaves open is reported", async () => {
    await database.begin();
    const left = await database.pool.begin();
    await left.query(insert(1));
    await expect(database.rollback()).rejects.toThrow("left a transaction open");
    await left.rollback();
    await expect(database.rollback()).rejects.toThrow("no transaction of a test");
    await database.begin();
    await expect(database.begin()).rejects.toThrow("another test is open");
    expect(await stored()).toEqual([]);
    await database.rollback();
  });

  test("queries are recorded by name, with their values; N+1 are found, a batch is not", async () => {
    await database.begin();
    const named = (a: number) =>
      statement("-- name: InsertPair :one\ninsert into pairs values ($1, $1) returning a", [a]);
    const recording = database.record();
    await database.pool.transaction(async (transaction) => {
      for (const a of [1, 2, 3]) await transaction.query(named(a));
    });
    await database.pool.batch([4, 5, 6].map((a) => insert(a)));
    for (const _ of [1, 2, 3]) await stored();
    recording.stop();
    await stored();
    expect(recording.counts).toEqual({
      InsertPair: 3,
      "insert into pairs values": 3,
      "select a, b from": 3,
    });
    expect(recording.queries[1]).toMatchObject({ name: "InsertPair", values: ["2"] });
    expect(recording.repeated().map(({ name, count }) => [name, count])).toEqual([["InsertPair", 3]]);
    await database.rollback();
  });
});

test("code on pg is undone as well, and what it begins by hand", async () => {
  await using database = await createTestDatabase({ schema: { sql: schema }, cache });
  const pool = database.pgPool;
  await database.begin();
  const client = await pool.connect();
  await client.query(
    "begin; insert into pairs values (1, 1); savepoint a; insert into pairs values (2, 2); rollback to a; commit",
  );
  await client.query("BEGIN");
  await client.query("insert into pairs values ($1, $1)", [3]);
  await expect(client.query("insert into pairs values (3, 3)")).rejects.toThrow(/duplicate key/);
  await expect(client.query("select 1")).rejects.toThrow(/current transaction is aborted/);
  expect((await client.query("commit")).command).toBe("ROLLBACK");
  await client.query("start transaction");
  await client.query("insert into pairs values (4, 4)");
  expect((await client.query("end")).command).toBe("COMMIT");
  await expect(client.query("commit and chain")).rejects.toThrow(/no AND CHAIN/);
  await client.query("do $$ begin perform 1; end $$; select 'begin; commit'");
  client.release();
  expect((await pool.query("select a from pairs order by a")).rows).toEqual([{ a: 1 }, { a: 4 }]);
  await database.rollback();
  expect((await pool.query("select a from pairs")).rows).toEqual([]);
  expect(() => database.pool).toThrow(/one session/);
});

test("a file that says how to undo itself is not a schema", async () => {
  const { readSchema } = await import("../../src/testing/schema-source.ts");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(cache, "1.sql"), "create table a ();\n-- +goose Down\ndrop table a;\n");
  expect(() => readSchema({ files: join(cache, "1.sql") })).toThrow(/emit_schema/);
});

test("a cluster is made once for all schemas", async () => {
  const identifiers = new Set<unknown>();
  const databases = [
    { sql: schema, cache },
    { sql: "create table a ()", cache: false },
  ] as const;
  for (const { sql, cache } of databases) {
    await using database = await createTestDatabase({ schema: { sql }, cache });
    const { rows } = await database.pgPool.query("select system_identifier from pg_control_system()");
    identifiers.add(rows[0].system_identifier);
  }
  expect(identifiers.size).toBe(1);
});
