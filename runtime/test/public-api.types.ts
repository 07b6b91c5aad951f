/**
 * What the compiler must accept and refuse of the public interface; `npm run typecheck` runs it, and an error that it
 * expects and does not find is one itself.
 */
import {
  type BeginOptions,
  type Client,
  type ConstraintViolationError,
  createPool,
  DatabaseError,
  type Pool,
  type PoolConnection,
  type PoolStat,
  type QueryConfig,
  type QueryResult,
  type Transaction,
  UniqueViolationError,
} from "../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [never]): void => {};
declare const config: QueryConfig;

export async function pools(): Promise<void> {
  const pool = createPool({
    connectionString: "postgres://",
    max: 5,
    prepare: "auto",
    password: async () => "x",
  });
  same<typeof pool, Pool>();
  createPool();
  // @ts-expect-error: it has no such option
  createPool({ maximum: 5 });
  // @ts-expect-error: milliseconds
  createPool({ acquireTimeout: "5s" });
  // @ts-expect-error
  createPool({ prepare: "never" });
  // @ts-expect-error: createPool makes them
  createPool({ telemetry: {} });
  same<ReturnType<Pool["stat"]>, PoolStat>();
  // @ts-expect-error: numbers to read
  pool.stat().maxConns = 1;
  await pool.close({ timeout: 1 });
}

export async function clients(pool: Pool): Promise<void> {
  const tx = await pool.begin();
  const connection = await pool.connect({ timeout: 100 });
  // What generated functions take.
  const all: readonly Client[] = [pool, pool.replica, connection, tx];
  same<typeof tx, Transaction>();
  same<typeof connection, PoolConnection>();
  const result = await all[0]!.query(config);
  same<typeof result, QueryResult>();
  same<(typeof result)["rowCount"], number | null>();
  // A replica's transactions only read.
  await pool.replica.transaction((reading) => reading.query(config));
  // @ts-expect-error: text is for execute()
  await pool.query("select 1");
  await pool.execute("select $1", [1], { name: "one", signal: AbortSignal.timeout(1) });
  for await (const row of pool.stream(config)) row.length;
  await using disposed = await pool.connect();
  disposed.release();
}

export async function transactions(pool: Pool, connection: PoolConnection): Promise<void> {
  const result = await pool.transaction(async () => ({ id: 1 }), {
    isolation: "serializable",
    retry: { retries: 3 },
  });
  same<typeof result, { id: number }>();
  await connection.transaction(async (tx) => {
    same<typeof tx, Transaction>();
    // @ts-expect-error: a savepoint has its transaction's isolation
    await tx.transaction(async () => {}, { isolation: "serializable" });
    // @ts-expect-error: only the whole is tried again
    await tx.transaction(async () => {}, { retry: 1 });
    // @ts-expect-error: that is the pool's
    tx.connect;
  });
  // @ts-expect-error
  await pool.transaction(async () => {}, { isolation: "chaos" });
  // @ts-expect-error: `work` must be asynchronous, or it would be committed while it runs
  await pool.transaction(() => 1);
  // @ts-expect-error: who begins explicitly must try again explicitly
  await pool.begin({ retry: 1 });
  same<BeginOptions["readOnly"], boolean | undefined>();
  await using tx = await pool.begin({ readOnly: true, deferrable: true });
  same<Awaited<ReturnType<typeof tx.rollback>>, void>();
}

export function errors(error: unknown): string | undefined {
  if (error instanceof UniqueViolationError) {
    const constraint: ConstraintViolationError = error;
    same<typeof error.constraint, string | undefined>();
    same<typeof error.name, "UniqueViolationError">();
    return constraint.constraint;
  }
  // @ts-expect-error: they are told, not changed
  if (error instanceof DatabaseError) error.sqlState = "00000";
  return error instanceof DatabaseError ? error.query : undefined;
}
