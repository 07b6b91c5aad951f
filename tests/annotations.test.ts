import {
  CancelledError,
  type Client,
  createPool,
  type DatabaseConfig,
  fromPGlite,
  fromPg,
  type Pool,
  type QueryOptions,
  TimeoutError,
  type Transaction,
  TransactionRolledBackError,
  UniqueViolationError,
} from "@solitude/runtime";
import pg from "pg";
import postgres from "postgres";
import { until, untilAsleep } from "../runtime/test/postgres/until.ts";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import { openEmbedded } from "./postgres/embedded.ts";

const SCHEMA = "create table notes (id int primary key, body text not null); create sequence computed;";
const QUERIES = `
-- name: GetNote :one
select * from notes where id = $1;
-- name: ListNotes :many
select * from notes order by id;
-- name: AddNote :exec
insert into notes values ($1, $2);
-- name: ClearNotes :execrows
delete from notes where id >= $1;
-- name: ShoutNotes :execresult
update notes set body = upper(body);
-- name: AddNotes :batchexec
insert into notes values ($1, $2);
-- name: GetNotes :batchone
select * from notes where id = $1;
-- name: NotesUpTo :batchmany
select * from notes where id <= $1 order by id;
-- name: LoadNotes :copyfrom
insert into notes (id, body) values ($1, $2);
-- name: Wait :exec
select pg_sleep($1);
-- name: Number :many
select nextval('computed')::int as n from generate_series(1, sqlc.arg(up_to)::int);
-- name: Count :many
select n::int as n from generate_series(1, sqlc.arg(up_to)::int) n;
`;

interface Note {
  readonly id: number;
  readonly body: string;
}
type Notes = Iterable<Note> | AsyncIterable<Note>;
interface Module<C> {
  getNote(client: C, args: { id: number }, options?: QueryOptions): Promise<Note | null>;
  listNotes(client: C, options?: QueryOptions): Promise<Note[]>;
  listNotesStream(client: C, options?: QueryOptions): AsyncIterable<Note>;
  addNote(client: C, args: Note, options?: QueryOptions): Promise<void>;
  clearNotes(client: C, args: { id: number }, options?: QueryOptions): Promise<number>;
  shoutNotes(client: C, options?: QueryOptions): Promise<{ rowCount: number; command: string }>;
  addNotes(client: C, args: readonly Note[], options?: QueryOptions): Promise<PromiseSettledResult<void>[]>;
  getNotes(client: C, args: readonly { id: number }[]): Promise<PromiseSettledResult<Note | null>[]>;
  notesUpTo(client: C, args: readonly { id: number }[]): Promise<PromiseSettledResult<Note[]>[]>;
  loadNotes(client: C, args: Notes, options?: QueryOptions): Promise<number>;
  wait(client: C, args: { pgSleep: number }, options?: QueryOptions): Promise<void>;
  count(client: C, args: { upTo: number }, options?: QueryOptions): Promise<{ n: number }[]>;
  numberStream(client: C, args: { upTo: number }): AsyncIterable<{ n: number }>;
  countStream(client: C, args: { upTo: number }, options?: QueryOptions): AsyncIterable<{ n: number }>;
}

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  pool = createPool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

const notes = (from: number, to: number): Note[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: from + i, body: `note ${from + i}` }));

/** The same story for every client that functions take. */
async function everyAnnotation<C>(m: Module<C>, client: C): Promise<void> {
  await m.clearNotes(client, { id: 0 });
  expect(await m.addNote(client, { id: 1, body: "note 1" })).toBe(undefined);
  expect(await m.getNote(client, { id: 1 })).toEqual({ id: 1, body: "note 1" });
  expect(await m.getNote(client, { id: 9 })).toBe(null);
  expect(await m.addNotes(client, notes(2, 3))).toEqual(
    [2, 3].map(() => ({ status: "fulfilled", value: undefined })),
  );
  expect(await m.getNotes(client, [{ id: 3 }, { id: 9 }])).toEqual([
    { status: "fulfilled", value: { id: 3, body: "note 3" } },
    { status: "fulfilled", value: null },
  ]);
  expect(await m.notesUpTo(client, [{ id: 2 }, { id: 0 }])).toEqual([
    { status: "fulfilled", value: notes(1, 2) },
    { status: "fulfilled", value: [] },
  ]);
  expect(await m.loadNotes(client, notes(4, 1500))).toBe(1497);
  expect(await m.listNotes(client)).toEqual(notes(1, 1500));
  expect(await m.clearNotes(client, { id: 3 })).toBe(1498);
  expect(await m.shoutNotes(client)).toEqual({ rowCount: 2, command: "UPDATE" });
  expect((await m.listNotes(client)).map((n) => n.body)).toEqual(["NOTE 1", "NOTE 2"]);
  expect(await m.addNotes(client, [])).toEqual([]);
}

describe("driver pg", () => {
  test("a pool, a client, a pooled client and whatever has its query method", async () => {
    const { module, remove } = await generateCode<Module<unknown>>(SCHEMA, QUERIES, { driver: "pg" });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const pooled = await database.pool.connect();
    // Parsers that an application registers for itself change nothing.
    client.setTypeParser(23, () => "mine");
    try {
      const fake = { query: (config: pg.QueryConfig) => client.query(config) };
      for (const one of [database.pool, client, pooled, fake]) await everyAnnotation(module, one);
    } finally {
      pooled.release();
      await client.end();
      remove();
    }
  });
});

describe("driver postgres", () => {
  let m: Module<unknown>;
  let remove = (): void => {};
  let sql: postgres.Sql;
  beforeAll(async () => {
    const code = await generateCode<Module<unknown>>(SCHEMA, QUERIES, { driver: "postgres" });
    m = code.module;
    remove = code.remove;
    // What an application registers for itself changes nothing.
    const mine = { to: 23, from: [23, 25], serialize: () => "7", parse: () => "mine" };
    sql = postgres(database.url, { max: 2, types: { mine }, transform: postgres.camel, onnotice: () => {} });
  });
  afterAll(async () => {
    await sql?.end();
    remove();
  });

  test("a pool, a reserved connection, a transaction and a savepoint", async () => {
    await everyAnnotation(m, sql);
    const reserved = await sql.reserve();
    await everyAnnotation(m, reserved);
    reserved.release();
    await sql.begin(async (tx) => {
      await everyAnnotation(m, tx);
      await tx.savepoint((savepoint) => everyAnnotation(m, savepoint));
    });
  });

  test("what is kept prepared is prepared once for a connection", async () => {
    const named = await generateCode<Module<unknown>>(SCHEMA, QUERIES, {
      driver: "postgres",
      emit_prepared_queries: true,
    });
    const reserved = await sql.reserve();
    try {
      await everyAnnotation(named.module, reserved);
      for (let i = 0; i < 3; i++) await named.module.getNote(reserved, { id: 1 });
      await named.module.listNotes(reserved);
      const kept = await reserved.unsafe("select statement from pg_prepared_statements").raw();
      const names = kept.map(([statement]) => /^-- name: (\w+)/.exec(String(statement))?.[1]);
      expect(names.filter((name) => name === "GetNote" || name === "ListNotes").sort()).toEqual([
        "GetNote",
        "ListNotes",
      ]);
    } finally {
      reserved.release();
      named.remove();
    }
  });

  test("a transaction that fails leaves nothing, and its error is the server's", async () => {
    await m.clearNotes(sql, { id: 0 });
    const failed = sql.begin(async (tx) => {
      await m.addNote(tx, { id: 1, body: "gone" });
      await m.addNote(tx, { id: 1, body: "again" });
    });
    await expect(failed).rejects.toMatchObject({ code: "23505", constraint_name: "notes_pkey" });
    expect(await m.listNotes(sql)).toEqual([]);
    const settled = await m.addNotes(sql, [...notes(1, 2), ...notes(1, 1), ...notes(3, 3)]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await m.listNotes(sql)).toEqual(notes(1, 3));
  });

  test("rows come through a cursor, which ends with the loop; a failure ends the loop", async () => {
    const reserved = await sql.reserve();
    try {
      for (const last of [1, 100, 101, 250]) {
        const seen: number[] = [];
        for await (const { n } of m.countStream(reserved, { upTo: 250 })) if (seen.push(n) === last) break;
        expect(seen).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      }
      await database.pool.query("alter sequence computed restart");
      for await (const { n } of m.numberStream(reserved, { upTo: 1000 })) if (n === 1) break;
      // What one fetch brings is computed, and nothing beyond.
      expect(await reserved`select last_value from computed`).toEqual([{ lastValue: "100" }]);
      const rows = [];
      for await (const row of m.countStream(reserved, { upTo: 0 })) rows.push(row);
      expect(rows).toEqual([]);
      await reserved.unsafe("alter sequence computed maxvalue 500");
      const failing = async () => {
        for await (const { n } of m.numberStream(reserved, { upTo: 1000 })) void n;
      };
      await expect(failing()).rejects.toMatchObject({ code: "2200H" });
      await reserved.unsafe("alter sequence computed no maxvalue");
      expect(await m.count(reserved, { upTo: 2 })).toEqual([{ n: 1 }, { n: 2 }]);
    } finally {
      reserved.release();
    }
  });
});

describe("driver @solitude/runtime", () => {
  let m: Module<Client>;
  let remove = (): void => {};
  beforeAll(async () => {
    const code = await generateCode<Module<Client>>(SCHEMA, QUERIES, { driver: "@solitude/runtime" });
    m = code.module;
    remove = code.remove;
  });
  afterAll(() => remove());

  test("a pool, a connection, a transaction, a savepoint and replicas", async () => {
    await everyAnnotation(m, pool);
    await everyAnnotation(m, pool.replica);
    const connection = await pool.connect();
    await everyAnnotation(m, connection);
    connection.release();
    await pool.transaction(async (tx) => {
      await everyAnnotation(m, tx);
      await tx.transaction((savepoint) => everyAnnotation(m, savepoint));
    });
    expect(pool.stat().acquiredConns).toBe(0);
  });

  test("a :batch in a transaction fails from its first failure on; alone each stands for itself", async () => {
    await m.clearNotes(pool, { id: 0 });
    const doubled = [...notes(1, 2), ...notes(1, 1), ...notes(3, 3)];
    const alone = await m.addNotes(pool, doubled);
    expect(alone.map((s) => s.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(alone[2]).toMatchObject({ reason: { query: "AddNotes", constraint: "notes_pkey" } });
    await m.clearNotes(pool, { id: 0 });
    const attempt = pool.transaction(async (tx) => {
      const settled = await m.addNotes(tx, doubled);
      expect(settled.map((s) => s.status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
      expect((settled[2] as PromiseRejectedResult).reason).toBeInstanceOf(UniqueViolationError);
    });
    // The error was swallowed, and the server can no longer commit.
    await expect(attempt).rejects.toMatchObject({ name: "TransactionRolledBackError" });
    expect(await m.listNotes(pool)).toEqual([]);
  });

  test("a stream of a pool gives its connection back when the loop ends, however it ends", async () => {
    for (const upTo of [0, 10, 100_000]) {
      for await (const { n } of m.countStream(pool, { upTo })) {
        expect(pool.stat().acquiredConns).toBe(1);
        if (n === 300) break;
      }
      expect(pool.stat().acquiredConns).toBe(0);
    }
    const failing = (async () => {
      for await (const _ of m.countStream(pool, { upTo: 10 })) throw new Error("mine");
    })();
    await expect(failing).rejects.toThrow("mine");
    expect(pool.stat().acquiredConns).toBe(0);
    expect(pool.stat().newConnsCount).toBeLessThanOrEqual(2);
  });

  test("the server computes no more of a stream than is asked for, a few rows and then more at a time", async () => {
    await database.pool.query("alter sequence computed restart");
    let read = 0;
    for await (const { n } of m.numberStream(pool, { upTo: 1_000_000 })) {
      expect(n).toBe(++read);
      if (read === 300) break;
    }
    const { rows } = await database.pool.query("select last_value::int as n from computed");
    expect(rows[0].n).toBe(32 + 128 + 512);
  });

  test("every kind of call takes a signal and a timeout, and ends on the server", async () => {
    await expect(m.wait(pool, { pgSleep: 60 }, { timeout: 50 })).rejects.toBeInstanceOf(TimeoutError);
    await untilAsleep(database.pool, 0);
    const abort = new AbortController();
    const cancelled = expect(m.wait(pool, { pgSleep: 60 }, { signal: abort.signal })).rejects.toBeInstanceOf(
      CancelledError,
    );
    await untilAsleep(database.pool);
    abort.abort();
    await cancelled;
    await untilAsleep(database.pool, 0);
    const options = { signal: AbortSignal.abort() };
    async function* rows(): AsyncGenerator<Note> {
      yield* notes(1, 1);
    }
    await expect(m.getNote(pool, { id: 1 }, options)).rejects.toBeInstanceOf(CancelledError);
    await expect(m.addNotes(pool, notes(1, 2), options)).rejects.toBeInstanceOf(CancelledError);
    await expect(m.loadNotes(pool, rows(), options)).rejects.toBeInstanceOf(CancelledError);
    const stream = m.countStream(pool, { upTo: 3 }, options)[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toBeInstanceOf(CancelledError);
    await until(() => pool.stat().acquiredConns === 0);
  });
});

/** A module's functions without their first parameter. */
type Bound<M> = {
  readonly [K in keyof M]: M[K] extends (client: never, ...rest: infer A) => infer R
    ? (...rest: A) => R
    : never;
};
type BoundModule = Bound<Module<Client>>;
interface BoundTransaction {
  readonly queries: BoundModule;
  readonly last: { readonly queries: BoundModule };
  readonly client: Transaction;
  transaction<T>(work: (savepoint: BoundTransaction) => Promise<T>): Promise<T>;
}
interface Notebook {
  transaction<T>(work: (tx: BoundTransaction) => Promise<T>, options?: object): Promise<T>;
  shutdown(): Promise<void>;
}

/** A call of each annotation as a transaction's last, behind one that added the first note, and what it gives. */
const lastCalls: readonly [
  annotation: string,
  call: (last: BoundModule) => Promise<unknown>,
  gives: unknown,
][] = [
  [":one", (last) => last.getNote({ id: 1 }), { id: 1, body: "note 1" }],
  [":one without a row", (last) => last.getNote({ id: 9 }), null],
  [":many", (last) => last.listNotes(), notes(1, 1)],
  [
    ":many as a stream",
    async (last) => {
      const rows = [];
      for await (const row of last.listNotesStream()) rows.push(row);
      return rows;
    },
    notes(1, 1),
  ],
  [":exec", (last) => last.addNote({ id: 2, body: "note 2" }), undefined],
  [":execrows", (last) => last.clearNotes({ id: 2 }), 0],
  [":execresult", (last) => last.shoutNotes(), { rowCount: 1, command: "UPDATE" }],
  [
    ":batchexec",
    (last) => last.addNotes(notes(2, 3)),
    [2, 3].map(() => ({ status: "fulfilled", value: undefined })),
  ],
  [":batchexec of none", (last) => last.addNotes([]), []],
  [
    ":batchone",
    (last) => last.getNotes([{ id: 1 }]),
    [{ status: "fulfilled", value: { id: 1, body: "note 1" } }],
  ],
  [":batchmany", (last) => last.notesUpTo([{ id: 1 }]), [{ status: "fulfilled", value: notes(1, 1) }]],
  [":copyfrom", (last) => last.loadNotes(notes(2, 4)), 3],
];

describe("the last call of a transaction", () => {
  let code: Awaited<
    ReturnType<typeof generateCode<Module<Client> & { createNotebook(config: DatabaseConfig): Notebook }>>
  >;
  let memory: Awaited<ReturnType<typeof openEmbedded>>;
  const places: Record<string, Notebook> = {};
  beforeAll(async () => {
    code = await generateCode(SCHEMA, QUERIES, { driver: "@solitude/runtime", emit_facade: "Notebook" });
    memory = await openEmbedded();
    await memory.exec(SCHEMA);
    places.server = code.module.createNotebook({ postgres: { connectionString: database.url, max: 2 } });
    places.PGlite = code.module.createNotebook({ postgres: fromPGlite(memory) });
  });
  afterAll(async () => {
    await Promise.all(Object.values(places).map((db) => db.shutdown()));
    await memory?.close();
    code?.remove();
  });

  describe.each(["server", "PGlite"])("of a facade on a %s", (place) => {
    const first = async (tx: BoundTransaction): Promise<void> => {
      await tx.queries.clearNotes({ id: 0 });
      await tx.queries.addNote({ id: 1, body: "note 1" });
    };
    const count = (): Promise<number> =>
      places[place]!.transaction(async (tx) => (await tx.queries.listNotes()).length);

    test.each(lastCalls)("%s commits, and gives what it gives elsewhere", async (_, call, gives) => {
      const db = places[place]!;
      const wasOpen = await db.transaction(async (tx) => {
        await first(tx);
        expect(await call(tx.last.queries)).toEqual(gives);
        return tx.client.isOpen;
      });
      expect(wasOpen).toBe(false);
      expect(await count()).toBeGreaterThan(0);
      // Of a savepoint it is the last of what is kept, and the transaction goes on.
      await db.transaction(async (tx) => {
        await tx.transaction(async (savepoint) => {
          await first(savepoint);
          expect(await call(savepoint.last.queries)).toEqual(gives);
          expect(savepoint.client.isOpen).toBe(false);
        });
        expect((await tx.queries.listNotes()).length).toBeGreaterThan(0);
      });
    });

    test("what fails leaves nothing, and a batch whose failure nobody looks at is no success", async () => {
      const db = places[place]!;
      await db.transaction((tx) => tx.last.queries.clearNotes({ id: 0 }));
      const once = db.transaction(async (tx) => {
        await tx.queries.addNote({ id: 1, body: "note 1" });
        await tx.last.queries.addNote({ id: 1, body: "again" });
      });
      await expect(once).rejects.toBeInstanceOf(UniqueViolationError);
      const copied = db.transaction((tx) => tx.last.queries.loadNotes([...notes(1, 1), ...notes(1, 1)]));
      await expect(copied).rejects.toBeInstanceOf(UniqueViolationError);
      const batch = db.transaction((tx) => tx.last.queries.addNotes([...notes(1, 1), ...notes(1, 1)]));
      await expect(batch).rejects.toBeInstanceOf(TransactionRolledBackError);
      expect(await count()).toBe(0);
    });
  });

  test("one that is tried again has its last call anew", async () => {
    const db = places.server!;
    await db.transaction((tx) => tx.last.queries.clearNotes({ id: 0 }));
    let attempts = 0;
    let release = (): void => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Each reads what the other adds, so that one of them must come after the other.
    const one = (id: number): Promise<void> =>
      db.transaction(
        async (tx) => {
          await tx.queries.listNotes();
          if (++attempts === 2) release();
          await both;
          await tx.last.queries.addNote({ id, body: `note ${id}` });
        },
        { isolation: "serializable", retry: { retries: 5, backoff: 0 } },
      );
    await Promise.all([one(1), one(2)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await code.module.listNotes(pool)).toEqual(notes(1, 2));
  });

  test.each(["a pool", "a client"])(
    "on %s of pg's it takes a round trip more, and is the same",
    async (what) => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      const on = what === "a pool" ? fromPg(database.pool) : fromPg(client);
      const { module } = code;
      for (const [, call, gives] of lastCalls) {
        const wasOpen = await on.transaction(async (tx: Transaction) => {
          await module.clearNotes(tx, { id: 0 });
          await module.addNote(tx, { id: 1, body: "note 1" });
          const last = Object.fromEntries(
            Object.entries(module).map(([name, fn]) => [
              name,
              (...rest: unknown[]) => (fn as (...all: unknown[]) => unknown)(tx.last, ...rest),
            ]),
          ) as unknown as BoundModule;
          expect(await call(last)).toEqual(gives);
          return tx.isOpen;
        });
        expect(wasOpen).toBe(false);
        expect((await module.listNotes(pool)).length).toBeGreaterThan(0);
      }
      await client.end();
    },
  );
});
