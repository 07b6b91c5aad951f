import type { DriverClient } from "./driver.ts";

/**
 * Tells whether statements prepared on this connection are still there for the next transaction. A pooler that gives each
 * transaction another connection of its own loses them, unless it renames and tracks them as PgBouncer does from 1.21 on.
 * Costs one round trip where there is no pooler.
 */
export async function keepsPreparedStatements(client: DriverClient): Promise<boolean> {
  const { rows } = await client.query("select pg_backend_pid()");
  // A pooler makes up an identity of its own for the client.
  if (rows[0].pg_backend_pid === client.processID) return true;
  return isRenamed(client);
}

async function isRenamed(client: DriverClient): Promise<boolean> {
  const name = "solitude_probe";
  // A transaction stays on one connection of the pooler's.
  await client.query("begin");
  try {
    const text = `select count(*)::int as found from pg_prepared_statements where name = '${name}'`;
    const { rows } = await client.query({ name, text });
    const renamed = rows[0].found === 0;
    if (!renamed) await client.query(`deallocate ${name}`);
    return renamed;
  } catch {
    // 42P05: another client's.
    return false;
  } finally {
    await client.query("rollback");
  }
}
