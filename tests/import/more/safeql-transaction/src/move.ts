import { sql } from "@ts-safeql/sql-tag";
import type { PoolClient } from "pg";

/** Moves all guests from a room to another, or none. */
export async function move(client: PoolClient, from: number, to: number): Promise<string[]> {
  await client.query("BEGIN");
  try {
    const result = await client.query(
      sql`UPDATE visits SET room_id = ${to} WHERE room_id = ${from} RETURNING guest`,
    );
    const guests = result.rows.map((row: { guest: string }) => row.guest);
    await client.query(sql`UPDATE rooms SET mood = 'calm' WHERE id = ${from}`);
    await client.query("COMMIT");
    return guests.sort();
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
