import { command } from "./command.ts";
import type { DriverClient } from "./driver.ts";
import { roundTrip } from "./round-trip.ts";

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

const PROBE = "solitude_probe";

/** In one packet, which no pooler takes apart, not even one that gives each statement another connection of its own. */
async function isRenamed(client: DriverClient): Promise<boolean> {
  const text = `select count(*) from pg_prepared_statements where name = '${PROBE}'`;
  try {
    const { rows } = await roundTrip(client, (packet) =>
      packet.parse(PROBE, text).bind(PROBE, []).execute().close("S", PROBE),
    );
    return rows[0]?.[0] === "0";
  } catch {
    // 42P05: another client's. Until it is ready, nobody can have the connection.
    await command(client, "");
    return false;
  }
}
