import { sql } from "@ts-safeql/sql-tag";
import type { Pool, PoolClient } from "pg";

const byId = sql`SELECT name FROM rooms WHERE id = ${1}`;
export const one = async (pool: Pool) => (await pool.query(byId)).rows[0];
export const list = async (pool: Pool, mood: "calm" | "loud" | null) => {
  const { rows } = await pool.query<{ id: number; name: string }>(
    sql`SELECT id, name FROM rooms WHERE ${mood}::mood IS NULL OR mood = ${mood}::mood ORDER BY name`,
  );
  return rows;
};
export async function log(client: PoolClient, room: number, payload: object) {
  const result = await client.query<{ id: string }>(
    sql`INSERT INTO events (room_id, payload) VALUES (${room}, ${JSON.stringify(payload)}) RETURNING id`,
  );
  return result.rows[0]?.id;
}
export async function keys(pool: Pool, room: { id: number }, ids: string[]) {
  return (
    await pool.query<{ id: string }>(
      sql`SELECT id FROM events WHERE room_id = ${room.id} AND id = ANY(${ids}) ORDER BY events.id`,
    )
  ).rows.map(({ id }) => id);
}
export const rooms = async (pool: Pool, id: number, other: { id: number }) =>
  (await pool.query(sql`SELECT count(*)::int AS n FROM rooms WHERE id = ${id} OR id = ${other.id}`)).rows[0];
export const within = async (pool: Pool, days: number) =>
  (await pool.query(sql`SELECT id FROM events WHERE at > now() - ${days} * interval '1 day'`)).rowCount;
export const touch = (pool: Pool, id: string) =>
  pool.query(sql`UPDATE events SET at = now() WHERE id = ${id}`);
