import { randomBytes } from "node:crypto";
import { jest } from "@jest/globals";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  DeadlockError,
  ParameterError,
  StatementError,
  TransactionClosedError,
  TransactionRolledBackError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import type { PoolScope } from "../../src/postgres/pool-scope.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { Transaction } from "../../src/postgres/transaction.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";

// Two tenants in one table, apart by a policy that the pool's role cannot get around.

const ROLE = `solitude_scope_${randomBytes(4).toString("hex")}`;
const SCHEMA = `
  create role ${ROLE};
  create table items (
    tenant_id int not null default nullif(current_setting('app.tenant_id', true), '')::int,
    id int not null,
    primary key (tenant_id, id)
  );
  create table notes (
    tenant_id int not null default nullif(current_setting('app.tenant_id', true), '')::int,
    id int primary key,
    body text
  );
  create table counters (
    tenant_id int not null default nullif(current_setting('app.tenant_id', true), '')::int,
    id int generated always as identity,
    tags text[],
    data jsonb,
    amount numeric(10, 2)
  );
  create table parts (item_id int primary key, deferred_id int unique deferrable initially deferred);
  alter table items enable row level security;
  alter table counters enable row level security;
  create policy tenant on counters to ${ROLE}
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int);
  create policy tenant on items to ${ROLE}
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int);
  grant select, insert, update, delete on items, parts, notes, counters to ${ROLE}`;

let database: TestDatabase;
let pool: Pool;
const pools: Pool[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
});
afterAll(async () => {
  await database?.pool.query(`drop table items, parts, notes, counters; drop role ${ROLE}`);
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query(
    "truncate items, parts, notes, counters; insert into items values (1, 1), (1, 2), (2, 1), (2, 7)",
  );
});
afterEach(() => Promise.all(pools.splice(0).map((one) => one.close())));

/** One connection, so that what a statement leaves on it would be the next one's. */
function open(options: PoolOptions = {}): Pool {
  const one = createPool({
    connectionString: database.urlAs(ROLE),
    max: 1,
    acquireTimeout: 60_000,
    ...options,
  });
  pools.push(one);
  return one;
}
const tenant = (id: number): PoolScope => pool.scope({ "app.tenant_id": String(id) });

const ALL = "select tenant_id, id from items order by 1, 2";
const OWN = [
  ["1", "1"],
  ["1", "2"],
];
const all = (on: Queryable) => run(on, ALL);
const left = async () =>
  (await run(pool, "select coalesce(current_setting('app.tenant_id', true), '')"))[0]?.[0];
const stored = async () => {
  const { rows } = await database.pool.query({ text: ALL, rowMode: "array" });
  return rows.map(([owner, id]) => `${owner}:${id}`);
};
async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}
const copy = (rows: CopyConfig<number>["rows"]): CopyConfig<number> => ({
  schema: "public",
  table: "items",
  columns: ["id"],
  rows,
  encode: (id) => [String(id)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
});
const failure = new Error("of the application");

describe.each([
  { scopeBy: "set_config", prepare: true },
  { scopeBy: "set_config", prepare: false },
  { scopeBy: "set local", prepare: true },
  { scopeBy: "set local", prepare: false },
] as const)("$scopeBy, prepared: $prepare", (options) => {
  beforeEach(() => {
    pool = open(options);
  });
  // Whatever a test did: outside of a scope nothing is seen.
  afterEach(async () => {
    expect(await left()).toBe("");
    expect(await all(pool)).toEqual([]);
  });

  test("a statement sees its tenant's rows, and one without a scope sees none", async () => {
    expect(await all(pool)).toEqual([]);
    expect(await all(tenant(1))).toEqual(OWN);
    expect(await all(tenant(2))).toEqual([
      ["2", "1"],
      ["2", "7"],
    ]);
    expect(await all(tenant(3))).toEqual([]);
    await expect(run(tenant(1), "insert into items values (2, 9)")).rejects.toThrow(StatementError);
    await run(tenant(1), "delete from items");
    expect(await stored()).toEqual(["2:1", "2:7"]);
  });

  test("a statement gives its own rows and count, not the settings'", async () => {
    const result = await tenant(1).query(statement("update items set id = id + $1 returning id", [10]));
    expect(result).toEqual({ rows: [["11"], ["12"]], rowCount: 2, command: "UPDATE" });
    expect(await tenant(1).query(statement("delete from items where false"))).toMatchObject({
      rows: [],
      rowCount: 0,
    });
    expect((await tenant(1).execute("/* nothing */")).rows).toEqual([]);
  });

  test("a batch is in the scope as a whole, each of it a transaction", async () => {
    const insert = (id: number) =>
      statement("insert into items (id) values ($1) returning tenant_id, id", [id]);
    const settled = await tenant(1).batch([insert(5), insert(1), insert(6), statement(ALL)]);
    expect(settled.map((one) => (one.status === "fulfilled" ? one.value.rows : one.reason.name))).toEqual([
      [["1", "5"]],
      "UniqueViolationError",
      [["1", "6"]],
      [...OWN, ["1", "5"], ["1", "6"]],
    ]);
  });

  test("an atomic batch is all or nothing", async () => {
    const insert = (id: number) => statement("insert into items (id) values ($1) returning tenant_id", [id]);
    const good = await tenant(2).batch([insert(5), insert(6)], { atomic: true });
    expect(good.map((one) => (one.status === "fulfilled" ? one.value.rows : one.reason))).toEqual([
      [["2"]],
      [["2"]],
    ]);
    const bad = await tenant(2).batch([insert(8), insert(8), insert(9)], { atomic: true });
    expect(bad.map((one) => (one.status === "fulfilled" ? one.value : one.reason.constructor))).toEqual([
      TransactionRolledBackError,
      UniqueViolationError,
      TransactionRolledBackError,
    ]);
    expect(await stored()).toEqual(["1:1", "1:2", "2:1", "2:5", "2:6", "2:7"]);
    const part = (id: number) => statement("insert into parts values ($1, 1)", [id]);
    const deferred = await tenant(2).batch([part(1), part(2)], { atomic: true });
    expect(deferred.map((one) => (one.status === "fulfilled" ? one.value : one.reason.constructor))).toEqual([
      UniqueViolationError,
      UniqueViolationError,
    ]);
  });

  test("a stream is, to its end, cut short, or failing", async () => {
    await database.pool.query("insert into items select 1, n from generate_series(3, 1000) n");
    const rows = await collect(tenant(1).stream(statement(ALL)));
    expect(rows).toHaveLength(1000);
    expect(new Set(rows.map(([owner]) => owner))).toEqual(new Set(["1"]));
    for await (const row of tenant(2).stream(statement(ALL))) {
      expect(row).toEqual(["2", "1"]);
      break;
    }
    const failing = collect(tenant(1).stream(statement("select 1 / (id - 600) from items order by id")));
    await expect(failing).rejects.toThrow(StatementError);
    const ended = (async () => {
      for await (const _ of tenant(1).stream(statement(ALL))) throw failure;
    })();
    await expect(ended).rejects.toBe(failure);
  });

  test("COPY is, and leaves nothing where it fails", async () => {
    expect(await tenant(1).copyRows(copy([3, 4]))).toBe(2);
    expect(await tenant(2).copyRows(copy(Array.from({ length: 100_000 }, (_, i) => i + 10)))).toBe(100_000);
    await expect(tenant(1).copyRows(copy([5, 5]))).rejects.toThrow(UniqueViolationError);
    async function* source() {
      yield 8;
      throw failure;
    }
    await expect(tenant(1).copyRows(copy(source()))).rejects.toBe(failure);
    await expect(tenant(1).copyRows({ ...copy([1]), table: "missing" })).rejects.toThrow(StatementError);
    expect(await all(tenant(1))).toEqual([...OWN, ["1", "3"], ["1", "4"]]);
    const rows = (async function* () {
      yield 20;
      await new Promise(() => {});
    })();
    await expect(tenant(1).copyRows({ ...copy(rows), signal: AbortSignal.timeout(50) })).rejects.toThrow(
      "timed out",
    );
    expect(await all(tenant(1))).toEqual([...OWN, ["1", "3"], ["1", "4"]]);
  });

  test("COPY goes by INSERT where a table has policies, and by itself where it has none", async () => {
    const note = { ...copy([5, 6]), table: "notes" };
    expect(await tenant(1).copyRows(note)).toBe(2);
    await expect(tenant(1).copyRows({ ...note, rows: [7, 7] })).rejects.toThrow(UniqueViolationError);
    async function* source() {
      yield 8;
      throw failure;
    }
    await expect(tenant(1).copyRows({ ...note, rows: source() })).rejects.toBe(failure);
    expect(await run(pool, "select tenant_id, id from notes order by id")).toEqual([
      ["1", "5"],
      ["1", "6"],
    ]);
    const values: Record<number, (string | null)[]> = {
      1: ["1", '{a,"b \\"c"}', '{"n": 1e400}', "1.50"],
      2: ["7", null, "null", "-3"],
    };
    const counters: CopyConfig<number> = {
      ...copy([1, 2]),
      table: "counters",
      columns: ["id", "tags", "data", "amount"],
      encode: (n) => values[n] as (string | null)[],
    };
    expect(await tenant(1).copyRows(counters)).toBe(2);
    const { rows } = await database.pool.query(
      "select tenant_id, id, tags::text, data = '{\"n\": 1e400}' as same, data::text = 'null' as nil, amount::text from counters order by id",
    );
    expect(rows).toEqual([
      { tenant_id: 1, id: 1, tags: '{a,"b \\"c"}', same: true, nil: false, amount: "1.50" },
      { tenant_id: 1, id: 7, tags: null, same: false, nil: true, amount: "-3.00" },
    ]);
  });

  test("rows that are too many for one INSERT are all inserted, or none", async () => {
    const ids = Array.from({ length: 1234 }, (_, i) => i + 10);
    await expect(tenant(2).copyRows(copy([...ids, 7]))).rejects.toThrow(UniqueViolationError);
    expect(await stored()).toEqual(["1:1", "1:2", "2:1", "2:7"]);
    expect(await tenant(2).copyRows(copy(ids))).toBe(1234);
    const inTransaction = tenant(2).transaction(async (tx) => {
      await tx.copyRows(copy([1]));
    });
    await expect(inTransaction).rejects.toThrow(UniqueViolationError);
    expect(await stored()).toHaveLength(1238);
  });

  test("a transaction is, whatever comes first in it, with its savepoints", async () => {
    const firsts: ((on: Queryable) => Promise<unknown>)[] = [
      (tx) => run(tx, ALL),
      async (tx) =>
        (await tx.batch([statement(ALL)])).map((one) => one.status === "fulfilled" && one.value.rows)[0],
      (tx) => collect(tx.stream(statement(ALL))),
      async (tx) => (await tx.copyRows(copy([]))) === 0 && all(tx),
    ];
    for (const first of firsts) expect(await tenant(1).transaction(first)).toEqual(OWN);
    await tenant(1).transaction(async (tx) => {
      await expect(
        tx.transaction((savepoint) => run(savepoint, "insert into items values (2, 9)")),
      ).rejects.toThrow(StatementError);
      await tx.transaction((savepoint) => run(savepoint, "insert into items (id) values (9)"));
      expect(await all(tx)).toEqual([...OWN, ["1", "9"]]);
    });
    await using begun = await tenant(2).begin({ isolation: "serializable", readOnly: true });
    expect(await run(begun, "show transaction_isolation")).toEqual([["serializable"]]);
    await expect(run(begun, "insert into items (id) values (9)")).rejects.toThrow(StatementError);
    await begun.rollback();
  });

  test.each([
    "commit and chain",
    "rollback /* to where it began */ and chain",
    "end and chain",
    "; /* /* */ */ commit and chain",
  ])("%s ends a transaction: what follows would be in no scope", async (text) => {
    const ends = (tx: Transaction) => expect(all(tx)).rejects.toBeInstanceOf(TransactionClosedError);
    const work = tenant(1).transaction(async (tx) => {
      await run(tx, "select");
      await tx.execute(text);
      await ends(tx);
    });
    await expect(work).rejects.toMatchObject({ name: "TransactionClosedError", query: "commit" });
    // In a batch the server would have run what follows before anyone could say so.
    await tenant(1).transaction(async (tx) => {
      await run(tx, "select");
      const batch = tx.batch([statement(text), statement("insert into items (id) values (9)")]);
      await expect(batch).rejects.toBeInstanceOf(TransactionClosedError);
      await expect(tx.stream(statement(text)).next()).rejects.toBeInstanceOf(TransactionClosedError);
      await expect(tx.copyTo(text).next()).rejects.toThrow(TypeError);
      expect(await all(tx)).toEqual(OWN);
    });
    expect(await all(tenant(1))).toEqual(OWN);
    expect(pool.stat()).toMatchObject({ acquiredConns: 0, newConnsCount: 1 });
  });

  test("one back to a savepoint does not end it", async () => {
    await tenant(1).transaction(async (tx) => {
      await tx.execute("savepoint chain");
      await tx.execute("rollback to savepoint chain");
      expect(await all(tx)).toEqual(OWN);
    });
  });

  test("a transaction that is tried again is in the scope again", async () => {
    let attempts = 0;
    const rows = await tenant(1).transaction(
      async (tx) => {
        const seen = await all(tx);
        if (++attempts < 3) throw new DeadlockError("as if");
        return seen;
      },
      { retry: 5 },
    );
    expect([attempts, rows]).toEqual([3, OWN]);
  });

  test("replicas are", async () => {
    pool = open({ ...options, replicas: [{ connectionString: database.urlAs(ROLE) }] });
    expect(await all(tenant(1).replica)).toEqual(OWN);
    expect(await all(pool.replica)).toEqual([]);
  });

  test("a setting that the server refuses is the statement's error, and nothing runs", async () => {
    const refused = pool.scope({ "app.tenant_id": "1", session_authorization: "nobody" });
    await expect(run(refused, "insert into parts values (1)")).rejects.toThrow(StatementError);
    const [one] = await refused.batch([statement("insert into parts values (2)")]);
    expect(one?.status).toBe("rejected");
    await expect(
      collect(refused.stream(statement("insert into parts values (3) returning 1"))),
    ).rejects.toThrow(StatementError);
    await expect(refused.copyRows(copy([9]))).rejects.toThrow(StatementError);
    await expect(refused.transaction((tx) => run(tx, "insert into parts values (4)"))).rejects.toThrow(
      StatementError,
    );
    await expect(
      refused.transaction(async (tx) => {
        await run(tx, "insert into parts values (5)").catch(() => {});
      }),
    ).rejects.toThrow(TransactionRolledBackError);
    expect(await run(pool, "select * from parts")).toEqual([]);
  });

  test("a value is a value, whatever it is made of", async () => {
    for (const value of ["'; drop table items; --", "\\' or true --", 'a"b', "日本", "$1", "\\\\'"]) {
      const scope = pool.scope({ "app.tenant_id": "1", "app.Actor": value });
      expect(await run(scope, "select current_setting('app.actor')")).toEqual([[value]]);
    }
  });

  test("many at once on few connections are each in their own", async () => {
    pool = open({ ...options, max: 3 });
    const seen = await Promise.all(
      Array.from({ length: 60 }, (_, i) => all(i % 3 === 0 ? pool : tenant(i % 3))),
    );
    for (const [i, rows] of seen.entries())
      expect(new Set(rows.map(([owner]) => owner))).toEqual(new Set(i % 3 === 0 ? [] : [String(i % 3)]));
  });

  test("a cancelled statement leaves nothing behind", async () => {
    const slow = run(tenant(1), "select pg_sleep(600)", [], { timeout: 50 });
    await expect(slow).rejects.toThrow("timed out");
    expect(await all(tenant(1))).toEqual(OWN);
  });
});

describe("prepared statements", () => {
  test("are found to be outdated with the scope in front of them, and prepared again", async () => {
    pool = open();
    expect(await all(tenant(1))).toEqual(OWN);
    await pool.execute("deallocate all");
    expect(await all(tenant(1))).toEqual(OWN);
    await pool.execute("deallocate all");
    expect((await tenant(1).batch([statement(ALL), statement(ALL)])).map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
    ]);
    await pool.execute("deallocate all");
    expect((await tenant(1).batch([statement(ALL)], { atomic: true }))[0]?.status).toBe("fulfilled");
    await pool.execute("deallocate all");
    expect(await collect(tenant(1).stream(statement(ALL)))).toEqual(OWN);
  });

  test("a scope is one of them, whatever its value", async () => {
    pool = open();
    for (const id of [1, 2, 3]) await all(tenant(id));
    const kept = await run(pool, "select count(*) from pg_prepared_statements where name like 'scope%'");
    expect(kept).toEqual([["1"]]);
  });
});

/** The first byte of each message. */
function typesOf(packet: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at < packet.length; at += 1 + packet.readInt32BE(at + 1))
    types.push(String.fromCharCode(packet[at]!));
  return types;
}

test("settings cost no round trip, for a statement, an atomic batch, and with BEGIN", async () => {
  pool = open();
  const connection = await pool.connect();
  const write = jest.spyOn(connection.client.connection.stream, "write");
  connection.release();
  // What was done with the client is asked for.
  await run(pool, "select 1");
  write.mockClear();
  /** The messages that are answered by ReadyForQuery: Syncs, and simple queries. */
  const sent = async (work: Promise<unknown>) => {
    await work;
    const types = write.mock.calls.flatMap(([packet]) => typesOf(packet as Buffer));
    write.mockClear();
    return ["S", "Q"].map((type) => types.filter((one) => one === type).length);
  };
  expect(await sent(all(tenant(1)))).toEqual([1, 0]);
  expect(await sent(tenant(1).batch([statement(ALL), statement(ALL)], { atomic: true }))).toEqual([1, 0]);
  // And COMMIT.
  expect(await sent(tenant(1).transaction(all))).toEqual([1, 1]);
});

describe.each(["set_config", "set local"] as const)(
  "by %s, what commits in its body stays in the scope",
  (scopeBy) => {
    const ADD = "insert into notes values (default, $1)";
    const adding = (id: number): string => ADD.replace("$1", String(id));
    const BODY = `begin ${adding(1)}; commit; ${adding(2)}; end`;
    beforeAll(() =>
      database.pool.query(`create procedure committing() language plpgsql as $$ ${BODY} $$;
      create procedure staying(inout n int) language plpgsql as $$ begin ${adding(3)}; n = n + 1; end $$`),
    );
    afterAll(() => database.pool.query("drop procedure committing, staying"));
    const notes = async () =>
      (await database.pool.query({ text: "select tenant_id, id from notes order by id", rowMode: "array" }))
        .rows;

    const ways: Readonly<Record<string, (on: Queryable, text: string) => Promise<unknown>>> = {
      query: (on, text) => run(on, text),
      execute: async (on, text) => (await on.execute(text)).rows,
      batch: async (on, text) => settled(await on.batch([statement("select 1"), statement(text)])),
      "an atomic batch": async (on, text) =>
        settled(await on.batch([statement("select 1"), statement(text)], { atomic: true })),
      stream: (on, text) => collect(on.stream(statement(text))),
    };
    const settled = (all: PromiseSettledResult<{ rows: unknown[] }>[]): unknown => {
      const last = all.at(-1)!;
      if (last.status === "rejected") throw last.reason;
      return last.value.rows;
    };

    describe.each(["the pool", "a replica"])("on %s", (where) => {
      test.each(Object.keys(ways))("by %s", async (way) => {
        pool = open({ scopeBy, replicas: where === "a replica" ? [{}] : [] });
        const on = where === "a replica" ? tenant(1).replica : tenant(1);
        for (const text of ["call committing()", `do $$ ${BODY} $$`]) {
          await expect(ways[way]!(on, text)).rejects.toThrow("2D000");
          expect(await notes()).toEqual([]);
        }
        expect(await ways[way]!(on, "call staying(1)")).toEqual([["2"]]);
        expect(await notes()).toEqual([[1, 3]]);
        expect(await left()).toBe("");
      });
    });
  },
);

// As COPY, and by INSERTs where the table has policies, of which the values of all rows are parameters in a row.
test.each(["parts", "items"])(
  "rows with more values than columns, or fewer, are refused: %s",
  async (table) => {
    pool = open();
    const odd: Readonly<Record<string, (string | null)[]>> = { a: [], b: ["1", "2", "3"], c: ["1"] };
    const columns = table === "parts" ? ["item_id", "deferred_id"] : ["tenant_id", "id"];
    const encode = (row: string): (string | null)[] => odd[row] ?? ["1", row];
    for (const rows of [["a"], ["b", "c"], ["5", "c", "6"]]) {
      const bad = tenant(1).copyRows({ ...copy([]), table, columns, rows, encode });
      await expect(bad).rejects.toThrow(ParameterError);
      await expect(bad).rejects.toThrow(/^Load: a row has \d values, and there are 2 columns$/);
    }
    expect(await all(tenant(1))).toEqual(OWN);
    expect((await database.pool.query("select from parts")).rows).toEqual([]);
  },
);

test.each<[string, () => unknown]>([
  ["no setting at all", () => pool.scope({})],
  ["no value", () => pool.scope({ "app.tenant_id": undefined as never })],
  ["an empty value", () => pool.scope({ "app.tenant_id": "" })],
  ["a number from JavaScript", () => pool.scope({ "app.tenant_id": 1 as never })],
  ["U+0000", () => pool.scope({ "app.tenant_id": "1\0" })],
  ["no name", () => pool.scope({ "app.tenant_id', '2', false); --": "1" })],
  ["no list", () => pool.scope({ search_path: "a, " })],
  ["nothing in a list", () => pool.scope({ search_path: 'a, "" , b' })],
  ["half of a name in a list", () => pool.scope({ search_path: 'a, "b' })],
  ["a name that would be cut", () => pool.scope({ [`app.${"x".repeat(64)}`]: "1" })],
  ["an area that would be cut", () => pool.scope({ [`${"x".repeat(64)}.y`]: "1" })],
])("%s is refused before anything is sent", (_, make) => {
  pool = open({ scopeBy: "set local" });
  expect(make).toThrow(TypeError);
});

// "set local" is another statement than set_config, with other rules.
describe.each(["set_config", "set local"] as const)("by %s a setting is made as it was given", (scopeBy) => {
  test.each([
    ["app.tenant_id", 'it\'s \\ "so"', 'it\'s \\ "so"'],
    [`app.${"x".repeat(63)}`, "1", "1"],
    ["search_path", "information_schema, public", "information_schema, public"],
    ["Search_Path", 'Public ,"$user","Two ""Words"""', 'public, "$user", "Two ""Words"""'],
    ["temp_tablespaces", "pg_default", "pg_default"],
  ])("%s = %s", async (name, value, expected) => {
    const scope = open({ scopeBy }).scope({ [name]: value });
    const text = "select current_setting($1)";
    const [[seen]] = (await run(scope, text, [name])) as [[string]];
    const spread = (list: string): string => list.replaceAll(/ ?, ?/g, ", ").toLowerCase();
    expect(spread(seen)).toBe(spread(expected));
  });
});

test("another way to set it is refused", () => {
  expect(() => createPool({ scopeBy: "set" as never })).toThrow(RangeError);
});
