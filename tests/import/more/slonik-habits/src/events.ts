import type { DatabasePool } from "slonik";
import { sql } from "./tag";

export async function log(pool: DatabasePool, room: number, payload: unknown): Promise<void> {
  await pool.query(sql.unsafe`INSERT INTO events (room_id, payload) VALUES (${room}, ${sql.jsonb(payload)})`);
}
export async function logText(pool: DatabasePool, room: number, text: string): Promise<void> {
  await pool.query(sql.unsafe`INSERT INTO events (room_id, payload) VALUES (${room}, ${text})`);
}
export const logged = (pool: DatabasePool, room: number) =>
  pool.any(sql.typeAlias("event")`SELECT payload, at FROM events WHERE room_id = ${room} ORDER BY id`);
export const find = (pool: DatabasePool, key: string) =>
  pool.maybeOne(sql.unsafe`SELECT id, data FROM events WHERE key = ${sql.uuid(key)}`);
export async function attach(pool: DatabasePool, id: number, data: Buffer): Promise<void> {
  await pool.query(sql.unsafe`UPDATE events SET data = ${sql.binary(data)} WHERE id = ${id}`);
}
