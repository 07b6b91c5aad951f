import { sql } from "slonik";
import { z } from "zod";
import { pool } from "./database";

const named = z.object({ id: z.number(), name: z.string() });

export async function addRoom(name: string, seats: number | null): Promise<number> {
  const { id } = await pool.one(sql.unsafe`
    INSERT INTO rooms (name, mood, seats) VALUES (${name}, 'calm', ${seats}) RETURNING id`);
  return id;
}
export const findRoom = (id: number) =>
  pool.maybeOne(sql.type(named)`SELECT id, name FROM rooms WHERE id = ${id}`);
export async function rename(id: number, name: string): Promise<void> {
  await pool.query(sql.unsafe`UPDATE rooms SET name = ${name} WHERE id = ${id}`);
}
export const rooms = (): Promise<readonly z.infer<typeof named>[]> =>
  pool.any(sql.type(named)`SELECT id, name FROM rooms ORDER BY name`);
