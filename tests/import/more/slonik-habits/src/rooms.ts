import { type DatabasePool, type FragmentSqlToken, sql } from "slonik";
import { onlyCalm } from "./tag";

const isNamed = sql.fragment`name <> ''`;

export const count = async (pool: DatabasePool): Promise<number> =>
  (await pool.one(sql.unsafe`SELECT count(*) AS n FROM rooms`)).n;
export const summary = (pool: DatabasePool) =>
  pool.one(
    sql.unsafe`SELECT (SELECT count(*) FROM rooms) AS rooms, EXISTS (SELECT FROM visits) AS "isVisited"`,
  );
export const total = async (pool: DatabasePool): Promise<number> =>
  (await pool.one(sql.unsafe`SELECT coalesce(sum(seats), 0) AS seats FROM rooms LIMIT 1`)).seats;
export async function open(pool: DatabasePool, name: string): Promise<number> {
  const room = await pool.one(sql.unsafe`
    INSERT INTO rooms (name, mood) VALUES (${name}, 'calm') ON CONFLICT (name) DO UPDATE SET mood = 'calm' RETURNING id`);
  await pool.query(sql.unsafe`INSERT INTO visits (room_id, guest) VALUES (${room.id}, ${name})`);
  return room.id;
}
export const openNew = async (pool: DatabasePool, name: string): Promise<number> =>
  (
    await pool.one(sql.unsafe`
      INSERT INTO rooms (name, mood) VALUES (${name}, 'calm') ON CONFLICT DO NOTHING RETURNING id`)
  ).id;
// Parts of statements, which are no values.
export const calm = (pool: DatabasePool) => pool.any(sql.unsafe`SELECT name FROM rooms WHERE ${onlyCalm}`);
export const named = (pool: DatabasePool) => pool.any(sql.unsafe`SELECT name FROM rooms WHERE ${isNamed}`);
export const some = (pool: DatabasePool, mood: string | null) =>
  pool.any(
    sql.unsafe`SELECT name FROM rooms ${mood === null ? sql.fragment`` : sql.fragment`WHERE mood = ${mood}`}`,
  );
export const where = (pool: DatabasePool, condition: FragmentSqlToken) =>
  pool.any(sql.unsafe`SELECT name FROM rooms WHERE ${condition}`);
// It throws where there is none.
export const guests = (pool: DatabasePool) => pool.many(sql.unsafe`SELECT guest FROM visits`);
const FIRST = sql.unsafe`SELECT name FROM rooms ORDER BY id LIMIT 1`;
export const first = (pool: DatabasePool) => pool.one(FIRST);
