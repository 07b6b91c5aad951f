import { type DatabasePool, type DatabaseTransactionConnection, sql } from "slonik";

export class Rooms {
  constructor(private readonly pool: DatabasePool) {}

  async open(name: string, guest: string): Promise<string> {
    return this.pool.transaction(async (transaction) => {
      const room = await transaction.one(sql.unsafe`
        INSERT INTO rooms (name, mood) VALUES (${name}, 'loud') RETURNING id, name`);
      await this.greet(transaction, room.id, guest);
      return room.name;
    });
  }

  private async greet(transaction: DatabaseTransactionConnection, id: number, guest: string): Promise<void> {
    await transaction.query(sql.unsafe`INSERT INTO visits (room_id, guest) VALUES (${id}, ${guest})`);
  }

  guestsOf(room: { id: number }) {
    return this.pool.any(sql.unsafe`
      SELECT v.guest, r.name AS room FROM visits v JOIN rooms r ON r.id = v.room_id WHERE r.id = ${room.id}`);
  }

  /** There is always one. */
  async busiest(): Promise<string> {
    const { name } = await this.pool.one(
      sql.unsafe`SELECT name FROM rooms ORDER BY seats DESC NULLS LAST LIMIT 1`,
    );
    return name;
  }
}
