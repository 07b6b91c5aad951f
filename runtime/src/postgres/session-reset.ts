import type { PoolConnection } from "./pool-connection.ts";

/** All that a session has but what is prepared, which the pool keeps, and temporary schemas' own names. */
const RESET = [
  "close all",
  "reset session authorization",
  "reset role",
  "reset all",
  "unlisten *",
  "select pg_advisory_unlock_all()",
  "discard sequences",
  "discard temp",
].join("; ");

/**
 * For `afterRelease`: undoes what a session was left with, so that the next one finds none of it: settings and roles, channels
 * that are listened to, advisory locks, temporary tables, cursors. What `onConnect` has set is undone too.
 */
export async function resetSession(connection: PoolConnection): Promise<boolean> {
  await connection.client.query(RESET);
  return true;
}
