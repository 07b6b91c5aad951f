import pg from "pg";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { openEmbedded } from "../../../tests/postgres/embedded.ts";
import { fromPg } from "../../src/adapters/from-pg.ts";
import { fromPGlite } from "../../src/adapters/from-pglite.ts";
import { CancelledError, SessionSettingError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { readRows } from "../../src/read-rows.ts";
import type { Client, RawRow } from "../../src/statement.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";

// Rows that are read as they come, while the server sends the others.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({
    connectionString: database.url,
    max: 1,
    replicas: [{ connectionString: database.url }],
  });
  await run(pool, "create table t (n int)");
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

interface Numbered {
  readonly n: number;
}
const unread = new Error("cannot be read");
/** Reads a number; 3 of `refused` is none. */
const readNumber =
  (seen: string[] = [], refused = ""): ((row: RawRow) => Numbered) =>
  ([text]) => {
    seen.push(text);
    if (text === refused) throw unread;
    return { n: Number(text) };
  };
const numbers = (to: number) => statement("select generate_series(1, $1::int)", [to]);
const objects = (to: number): Numbered[] => Array.from({ length: to }, (_, i) => ({ n: i + 1 }));

/** Every client there is, each of which reads them itself. */
const clients: Readonly<Record<string, (use: (on: Client) => Promise<void>) => Promise<void>>> = {
  "a pool": (use) => use(pool),
  "a pool that prepares nothing": async (use) => {
    await using own = createPool({ connectionString: database.url, prepare: false });
    await use(own);
  },
  "a connection": async (use) => {
    await using held = await pool.connect();
    await use(held);
  },
  "a transaction": (use) => pool.transaction(use),
  "a transaction's last call": (use) => pool.transaction((tx) => use(tx.last)),
  "the last call of a transaction that its connection's others may use": async (use) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await fromPg(client).transaction((tx) => use(tx.last));
    await client.end();
  },
  "a savepoint": (use) => pool.transaction((tx) => tx.transaction(use)),
  "a scope": (use) => use(pool.scope({ "app.tenant": "3" })),
  "a scope by set local": async (use) => {
    await using own = createPool({ connectionString: database.url, scopeBy: "set local" });
    await use(own.scope({ "app.tenant": "3" }));
  },
  "a scope's transaction": (use) => pool.scope({ "app.tenant": "3" }).transaction(use),
  "a replica": (use) => use(pool.replica),
  "a replica in a scope": (use) => use(pool.scope({ "app.tenant": "3" }).replica),
  "a pool of pg's": async (use) => {
    const own = new pg.Pool({ connectionString: database.url });
    await use(fromPg(own));
    await own.end();
  },
  "a client of pg's": async (use) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await use(fromPg(client));
    await client.end();
  },
  PGlite: async (use) => {
    const db = await openEmbedded();
    const own = fromPGlite(db);
    await use(own);
    await own.close();
    await db.close();
  },
};

describe.each(Object.entries(clients))("on %s", (where, on) => {
  test("each is read once, and no row of another statement is", async () => {
    await on(async (client) => {
      const seen: string[] = [];
      const read = readNumber(seen);
      const result = await client.query(numbers(5), read);
      expect(result).toMatchObject({ rows: objects(5), readCount: 5, rowCount: 5 });
      expect(readRows(result, read)).toEqual(objects(5));
      expect(seen).toEqual(["1", "2", "3", "4", "5"]);
    });
  });

  test("one that cannot be read is an error of who reads it, and of nothing else", async () => {
    await on(async (client) => {
      const seen: string[] = [];
      const read = readNumber(seen, "3");
      const result = await client.query(numbers(5), read);
      expect(result.rows).toEqual([{ n: 1 }, { n: 2 }, ["3"], ["4"], ["5"]]);
      expect(result).toMatchObject({ readCount: 2, rowCount: 5, command: "SELECT" });
      expect(() => readRows(result, read)).toThrow(unread);
      expect(seen).toEqual(["1", "2", "3", "3"]);
      if (where.includes("last call")) return;
      expect((await client.query(numbers(2))).rows).toEqual([["1"], ["2"]]);
    });
  });
});

test("they are read while others are yet to come", async () => {
  const abort = new AbortController();
  const wide =
    "select n, repeat('x', 20000) from generate_series(1, 3) n where n < 3 or pg_sleep(60) is null";
  const seen: string[] = [];
  const work = pool.query(statement(wide, [], { signal: abort.signal, timeout: 30_000 }), ([n]: RawRow) => {
    seen.push(n);
    abort.abort();
  });
  await expect(work).rejects.toBeInstanceOf(CancelledError);
  expect(seen[0]).toBe("1");
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

test("the first statement of a transaction that is begun anew has the rows of its second try", async () => {
  const own = createPool({ connectionString: database.url, max: 1, prepare: true });
  const all = statement("select * from t order by n");
  await run(own, "insert into t values (1), (2)");
  await own.query(all);
  await run(own, "alter table t add column m int default 7");
  const read = ([n, m]: RawRow) => ({ n, m });
  const result = await own.transaction((tx) => tx.query(all, read));
  expect(readRows(result, read)).toEqual([
    { n: "1", m: "7" },
    { n: "2", m: "7" },
  ]);
  await own.close();
});

test("what a client has left as it came is read by who asked", () => {
  const read = readNumber();
  const rows = [["1"], ["2"]];
  expect(readRows({ rows }, read)).toEqual(objects(2));
  // They are its client's, which may give them again.
  expect(rows).toEqual([["1"], ["2"]]);
  expect(readRows({ rows: [] }, read)).toEqual([]);
});

test("of what was read in another encoding the text is no longer there to be held against it", async () => {
  await using held = await pool.connect();
  await held.execute("set client_encoding = 'LATIN1'");
  const adHoc = statement("select 'a'");
  const query = { ...adHoc.query, isAdHoc: true };
  expect((await held.query({ ...adHoc, query })).rows).toEqual([["a"]]);
  await expect(held.query({ ...adHoc, query }, ([text]: RawRow) => ({ text }))).rejects.toBeInstanceOf(
    SessionSettingError,
  );
  await held.execute("set client_encoding = 'UTF8'");
});
