import pg from "pg";
import { type FromPGliteOptions, fromPGlite } from "../adapters/from-pglite.ts";
import { type PGliteLike, PGliteSocket } from "../adapters/pglite-socket.ts";
import type { Pool } from "../postgres/pool.ts";
import { Recording } from "./recording.ts";
import { readSchema, type SchemaSource } from "./schema-source.ts";
import { ServerSession } from "./server-session.ts";
import { ask, type Rows } from "./session.ts";
import { defaultCache, type Extensions, openSnapshot } from "./snapshot.ts";
import { createFromTemplate } from "./template-database.ts";
import { TestTransaction } from "./test-transaction.ts";

export interface TestDatabaseOptions {
  /** What is in it: `{ sql }`, such as the `schema` that `emit_schema` writes, or `{ files }`: a dump, or a folder of migrations. */
  readonly schema: SchemaSource;
  /** The URL of a server, as of an embedded PostgreSQL, where a database is made for the tests; PGlite without it. */
  readonly server?: string | undefined;
  /** PGlite's extensions that the schema needs, as `PGlite.create` takes them. */
  readonly extensions?: Extensions | undefined;
  /** Where snapshots of PGlite with a schema are kept for the next process; `node_modules/.cache/solitude-testing`; false: nowhere. */
  readonly cache?: string | false | undefined;
  /** Of the pool. */
  readonly pool?: FromPGliteOptions | undefined;
}

/** Functions of a test runner's that run something before and after each test; those of node:test, Jest and vitest are. */
export interface TestHooks {
  beforeEach(hook: () => Promise<void>): unknown;
  afterEach(hook: () => Promise<void>): unknown;
}

/** A database for tests, with one session. */
export interface TestDatabase extends AsyncDisposable {
  /** For generated functions that run on the runtime, and for `create…` of a facade. */
  readonly pool: Pool;
  /** The same for code that uses `pg`, such as generated functions with `driver: pg`, Kysely or Drizzle; in place of `pool`. */
  readonly pgPool: pg.Pool;
  /** Begins a test's transaction: whatever the code does from now on, `rollback` undoes. */
  begin(): Promise<void>;
  /** Undoes what was done since `begin`. @throws Error where a transaction of the code's own was left open */
  rollback(): Promise<void>;
  /** Has each test in a transaction: `database.isolate({ beforeEach, afterEach })`. */
  isolate(hooks: TestHooks): void;
  /** Takes down what is executed from now on, until it is stopped. */
  record(): Recording;
  /** Runs one statement with values in PostgreSQL's text form, and gives its rows likewise. */
  query(text: string, values?: readonly (string | null)[]): Promise<Rows>;
  close(): Promise<void>;
}

/**
 * Makes a database for tests that has the schema: a PGlite, cloned from a snapshot that is made once, or a copy of a template on a
 * server. One for a file of tests is enough; `begin` and `rollback` keep the tests apart.
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const schema = readSchema(options.schema);
  if (options.server === undefined) {
    const db = await openSnapshot(schema, options.extensions ?? {}, options.cache ?? defaultCache());
    return open(db, () => db.close(), options);
  }
  const own = await createFromTemplate(options.server, schema);
  const session = await ServerSession.connect(own.connectionString);
  return open(session, () => session.close().finally(own.drop), options);
}

async function open(
  session: PGliteLike,
  end: () => Promise<void>,
  options: TestDatabaseOptions,
): Promise<TestDatabase> {
  const database = new OpenDatabase(session, end, options);
  return database;
}

class OpenDatabase implements TestDatabase {
  readonly #transaction: TestTransaction;
  readonly #end: () => Promise<void>;
  readonly #options: FromPGliteOptions;
  readonly #recordings = new Set<Recording>();
  #pool: Pool | undefined;
  #pgPool: pg.Pool | undefined;
  #closed: Promise<void> | undefined;
  /** What the tests themselves ask is no one's query. */
  #isOwn = false;

  constructor(session: PGliteLike, end: () => Promise<void>, { pool = {} }: TestDatabaseOptions) {
    this.#transaction = new TestTransaction(session, (statement) => {
      if (!this.#isOwn) for (const recording of this.#recordings) recording.add(statement);
    });
    this.#end = end;
    this.#options = pool;
  }

  get pool(): Pool {
    if (this.#pgPool !== undefined) throw new TypeError(ONE);
    this.#pool ??= fromPGlite(this.#transaction, this.#options);
    return this.#pool;
  }

  get pgPool(): pg.Pool {
    if (this.#pool !== undefined) throw new TypeError(ONE);
    if (this.#pgPool === undefined) {
      const stream = (): never => new PGliteSocket(this.#transaction) as never;
      // Never idle for too long: what a new connection makes of the session would be undone with a test.
      this.#pgPool = new pg.Pool({
        max: 1,
        idleTimeoutMillis: 0,
        stream,
        user: "postgres",
        database: "postgres",
      });
      this.#pgPool.on("error", () => {});
    }
    return this.#pgPool;
  }

  async begin(): Promise<void> {
    // Connected before, so that what a connection sets for its session outlives the test.
    await (this.#pool?.ping() ?? this.#pgPool?.query("select"));
    await this.#transaction.begin();
  }

  rollback(): Promise<void> {
    return this.#transaction.rollback();
  }

  isolate({ beforeEach, afterEach }: TestHooks): void {
    beforeEach(() => this.begin());
    afterEach(() => this.rollback());
  }

  record(): Recording {
    const recording = new Recording((stopped) => this.#recordings.delete(stopped));
    this.#recordings.add(recording);
    return recording;
  }

  query(text: string, values: readonly (string | null)[] = []): Promise<Rows> {
    return this.#transaction.runExclusive(async () => {
      this.#isOwn = true;
      try {
        return await ask(this.#transaction, text, values);
      } finally {
        this.#isOwn = false;
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#pool?.close();
    await this.#pgPool?.end();
    await this.#end();
  }
}

const ONE =
  "the database has one session: it is used through `pool` or through `pgPool`, and the other was asked for";
