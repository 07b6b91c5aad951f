import { randomUUID } from "node:crypto";
import type { Pool, QueryResult } from "pg";

const sql = String.raw;
interface Named {
  name: string;
}

// Two values that are written alike are two values.
export async function addKeys(pool: Pool, room: number): Promise<void> {
  await pool.query("INSERT INTO events (room_id, key, other) VALUES ($1, $2, $3)", [
    room,
    randomUUID(),
    randomUUID(),
  ]);
}
// A text of JSON is sent as it is.
export async function log(pool: Pool, room: number, payload: object): Promise<void> {
  const text = "INSERT INTO events (room_id, payload) VALUES ($1, $2)";
  await pool.query(text, [room, JSON.stringify(payload)]);
}
export async function logText(pool: Pool, room: number, json: string): Promise<void> {
  const text = "INSERT INTO events (room_id, payload) VALUES ($1, $2::jsonb) -- as it came";
  await pool.query(text, [room, json]);
}
export const logged = async (pool: Pool, part: { level?: number }) =>
  (await pool.query("SELECT payload FROM events WHERE payload @> $1 ORDER BY id", [part])).rows;
// One value, two types.
// biome-ignore lint/suspicious/noExplicitAny: it comes from a form
export async function search(pool: Pool, term: any): Promise<string[]> {
  const searchQuery = "SELECT name FROM rooms WHERE id = $1 OR name = $2 ORDER BY name;";
  const result: QueryResult<Named> = await pool.query<Named>(searchQuery, [term, term]);
  return result.rows.map(({ name }) => name);
}
// A backslash is PostgreSQL's.
export const numbered = async (pool: Pool, least: number): Promise<string[]> => {
  const { rows } = await pool.query<Named>(sql`SELECT name FROM rooms WHERE name ~ '^\d+$' AND id >= $1`, [
    least,
  ]);
  return rows.map(({ name }) => name);
};
// What is called when the rows are there.
export function nameOf(pool: Pool, id: number, done: (name: string | undefined) => void): void {
  pool.query<Named>("SELECT name FROM rooms WHERE id = $1", [id], (_, { rows }) => done(rows[0]?.name));
}
export async function clear(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM events WHERE kind = 'old'; DELETE FROM events WHERE kind = 'older'");
}
export class Rooms {
  constructor(private readonly pool: Pool) {}

  async delete(id: number): Promise<boolean> {
    return (await this.pool.query("DELETE FROM rooms WHERE id = $1", [id])).rowCount === 1;
  }
  rename = async (id: number, name: string): Promise<void> => {
    await this.pool.query({ text: "UPDATE rooms SET name = $2 WHERE id = $1", values: [id, name] });
  };
  async busy(): Promise<number> {
    const { rows }: { rows: { n: string }[] } = await this.pool.query(
      `SELECT count(*) AS n FROM rooms WHERE to_tsvector('simple', name) @@ to_tsquery('simple', 'busy')`,
    );
    return Number(rows[0]?.n);
  }
}
