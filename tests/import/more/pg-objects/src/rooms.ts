import type { Pool } from "pg";

export const byName = async (pool: Pool, name: string) => {
  const { rows: found } = await pool.query({
    text: "SELECT id, seats FROM rooms WHERE name = $1 AND ($2::int IS NULL OR seats > $2)",
    values: [name, null],
  });
  return found;
};
export const first = async (pool: Pool) => (await pool.query("SELECT name FROM rooms ORDER BY id")).rows[0];
export const prepared = (pool: Pool, id: number) =>
  pool.query({ name: "room", text: "SELECT name FROM rooms WHERE id = $1", values: [id] });
