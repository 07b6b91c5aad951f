import { sql as query } from "@ts-safeql/sql-tag";
import type { Pool } from "pg";

export async function guests(pool: Pool, room: { name: string }, least: number): Promise<string[]> {
  const result = await pool.query<{ guest: string }>(query`
    SELECT v.guest FROM visits v JOIN rooms r ON r.id = v.room_id
    WHERE r.name = ${room.name} AND v.rating >= ${least} ORDER BY v.guest`);
  return result.rows.map(({ guest }) => guest);
}
export const forget = async (pool: Pool, guest: string): Promise<number | null> =>
  (await pool.query(query`DELETE FROM visits WHERE guest = ${guest}`)).rowCount;
