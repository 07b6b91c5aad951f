import { createPool, TimeoutError } from "@solitude/runtime";
import { countVisit } from "./db";

// Outside of the handler: an instance keeps its one connection from call to call. PgBouncer shares the server's among instances, by
// transaction; statements have no names unless `emit_prepared_queries` says so, so that any of them may run any.
const pool = createPool({ connectionString: process.env.DATABASE_URL, max: 1 });

interface Context {
  getRemainingTimeInMillis(): number;
}

export async function handler(event: { rawPath: string }, context: Context) {
  try {
    // Half a second is left to answer in: the statement is cancelled at the server, and the connection stays usable.
    const timeout = Math.max(context.getRemainingTimeInMillis() - 500, 0);
    const visit = await countVisit(pool, { path: event.rawPath }, { timeout });
    return { statusCode: 200, body: JSON.stringify(visit) };
  } catch (error) {
    if (error instanceof TimeoutError) return { statusCode: 503, body: "try again" };
    throw error;
  }
}

/** What ends with the instance. */
export const close = () => pool.close();
