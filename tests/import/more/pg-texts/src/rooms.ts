import type { Pool } from "pg";

const BY_NAME = "SELECT id, seats FROM rooms WHERE name = $1";
const ADD = "INSERT INTO rooms (name, mood, seats)";
const QUERIES = {
  add: `${ADD} VALUES ($1, 'calm', $2) RETURNING id`,
  grow: "UPDATE rooms SET seats = seats + 1 " + "WHERE name = $1",
} as const;

export async function add(pool: Pool, name: string, seats: number): Promise<number> {
  const {
    rows: [room],
  } = await pool.query(QUERIES.add, [name, seats]);
  return room?.id ?? 0;
}
export async function find(pool: Pool, name: string) {
  const found = await pool.query(BY_NAME, [name]);
  return found.rows[0];
}
export const exists = async (pool: Pool, name: string): Promise<boolean> =>
  (await pool.query("SELECT 1 FROM rooms WHERE name = $1", [name])).rowCount === 1;
export async function grow(pool: Pool, name: string): Promise<number | null> {
  const result = await pool.query({ text: QUERIES.grow, values: [name] });
  return result.rowCount;
}
