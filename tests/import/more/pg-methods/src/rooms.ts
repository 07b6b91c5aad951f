import type pg from "pg";

export class RoomStore {
  constructor(private readonly pool: pg.Pool) {}

  async close(id: number, guests: string[]): Promise<{ left: number }> {
    const client = await this.pool.connect();
    try {
      await client.query("DELETE FROM visits WHERE room_id = $1 AND guest = ANY($2)", [id, guests]);
      const result = await client.query("SELECT count(*)::int AS left FROM visits WHERE room_id = $1", [id]);
      return { left: result.rows[0]?.left ?? 0 };
    } finally {
      client.release();
    }
  }
}
