import { type DatabasePool, sql } from "slonik";

export function openedWithin(pool: DatabasePool, days: number, minutes: number) {
  return pool.any(sql.unsafe`
    SELECT name FROM rooms WHERE opened_at > now() - ${sql.interval({ days, minutes })} AND name LIKE ${"Slot%"}`);
}
export async function backdate(pool: DatabasePool, name: string): Promise<void> {
  await pool.query(sql.unsafe`
    UPDATE rooms SET opened_at = opened_at - ${sql.interval({ weeks: 1, hours: 2, seconds: 0.5 })} WHERE name = ${name}`);
}
