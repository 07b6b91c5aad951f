import { pool } from "../pool";
import { query } from "./query";
import { sql } from "./tags";

export const countEvents = async (): Promise<number> => {
  const text = "SELECT count(*)::int AS n FROM events";
  return (await query(text)).rows[0].n;
};
/** Put together elsewhere. */
export const countOf = async (kind: string): Promise<number> => {
  let text = "SELECT count(*)::int AS n FROM events";
  if (kind !== "") text += ` WHERE kind = '${kind}'`;
  return (await pool.query(text)).rows[0].n;
};
export const kinds = async (least: string): Promise<string[]> =>
  (
    await pool.query(sql`SELECT kind FROM events GROUP BY kind HAVING count(*) >= $1 ORDER BY kind`, [least])
  ).rows.map(({ kind }: { kind: string }) => kind);
