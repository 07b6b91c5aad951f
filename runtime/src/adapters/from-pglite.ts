import { Pool } from "../postgres/pool.ts";
import type { PoolOptions } from "../postgres/pool-options.ts";
import { type PGliteLike, PGliteSocket } from "./pglite-socket.ts";

/** Where the server is, and how many connections it may have, is PGlite's. */
export type FromPGliteOptions = Pick<PoolOptions, "acquireTimeout" | "onConnect" | "scopeBy" | "telemetry">;

const pools = new WeakMap<PGliteLike, Pool>();

/**
 * A pool for generated functions whose one connection is a PGlite, PostgreSQL in this process: tests of a service need no
 * server. Everything that a pool can do it can do, with three differences: `copyRows` inserts, for PGlite ends at a COPY
 * from a client; nothing is cancelled while PGlite computes; and what others ask of `db` meanwhile is in the transaction that is open,
 * since there is one session. Closing it leaves `db` open. Asked again for the same `db`, it gives the same pool until that is closed.
 */
export function fromPGlite(db: PGliteLike, options: FromPGliteOptions = {}): Pool {
  let pool = pools.get(db);
  if (pool === undefined || pool.isClosed) {
    pool = new Pool(
      {
        ...options,
        host: "pglite",
        port: 5432,
        user: "postgres",
        database: "postgres",
        max: 1,
        prepare: true,
        ssl: false,
      },
      { stream: () => new PGliteSocket(db), copies: false },
    );
    pools.set(db, pool);
  }
  return pool;
}
