import type pg from "pg";

/** A call as the application makes it, on rows that are undone after it. */
export interface Call {
  readonly role: string;
  /** What is stored before, as the owner. */
  readonly data: string;
  readonly sql: string;
  readonly args: readonly unknown[];
}

/** Runs statements in a session that ends with them: what functions were compiled to before a change, no call finds. */
export async function applyTo({ pool }: { readonly pool: pg.Pool }, sql: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(sql);
  } finally {
    client.release(true);
  }
}

/** What a call gives: the types and texts of its rows and how many it had to do with; or the error. */
export async function call(pool: pg.Pool, { role, data, sql, args }: Call): Promise<unknown> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(data);
    await client.query(`set local role ${role}`);
    const result = await client.query(sql, [...args]);
    // What is deferred until the end belongs to it.
    await client.query("set constraints all immediate");
    return { count: result.rowCount, rows: result.rows, types: await typeNames(client, result) };
  } catch (error) {
    return { error: (error as Error).message };
  } finally {
    // The next call finds what a new session has; a new process of the server takes ten times as long as a call.
    const isFresh = await client
      .query("rollback")
      .then(() => client.query("discard all"))
      .then(
        () => true,
        () => false,
      );
    client.release(!isFresh);
  }
}

async function typeNames(client: pg.PoolClient, { fields }: pg.QueryResult): Promise<unknown> {
  const oids = (fields ?? []).map(({ dataTypeID }) => dataTypeID);
  return (await client.query("select array_agg(o::regtype::text) as names from unnest($1::oid[]) o", [oids]))
    .rows[0];
}
