import { sql } from "@ts-safeql/sql-tag";
import type { Pool } from "pg";

interface Room {
  id: number;
  name: string;
}
export async function search(pool: Pool, part: string, limit: number): Promise<Room[]> {
  const { rows } = await pool.query<Room>(sql`
    SELECT id, name FROM rooms WHERE name ILIKE '%' || ${part} || '%' ORDER BY name LIMIT ${limit}`);
  return rows;
}
export async function rate(pool: Pool, visit: { id: string; rating: number }): Promise<boolean> {
  const { rowCount } = await pool.query(
    sql`UPDATE visits SET rating = ${visit.rating} WHERE id = ${visit.id}`,
  );
  return rowCount === 1;
}
