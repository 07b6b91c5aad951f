import { type CommonQueryMethods, type DatabasePool, sql } from "slonik";

export async function visit(pool: DatabasePool, roomId: number, guests: string[]): Promise<void> {
  await pool.query(sql.unsafe`
    INSERT INTO visits (room_id, guest) SELECT ${roomId}::int, guest FROM unnest(${sql.array(guests, "text")}) guest`);
}
export function seen(pool: DatabasePool, ids: number[]) {
  return pool.any(sql.unsafe`
    SELECT guest, rating FROM visits WHERE room_id = ANY(${sql.array(ids, "int4")}) ORDER BY guest`);
}
export const names = (connection: CommonQueryMethods): Promise<readonly unknown[]> =>
  connection.anyFirst(sql.unsafe`SELECT name FROM rooms ORDER BY name`);
export const sorted = (pool: DatabasePool, column: string) =>
  pool.any(sql.unsafe`SELECT name FROM rooms ORDER BY ${sql.identifier([column])}`);
