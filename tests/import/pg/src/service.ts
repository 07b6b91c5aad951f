import type pg from "pg";
import sql from "./sql";

type Client = pg.Pool | pg.ClientBase;

export async function addRoom(
  client: Client,
  name: string,
  options: { seats: number | null },
): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    "INSERT INTO rooms (name, mood, seats) VALUES ($1, 'calm', $2) RETURNING id",
    [name, options.seats],
  );
  return rows[0]!.id;
}

export class Rooms {
  readonly #client: Client;
  constructor(client: Client) {
    this.#client = client;
  }
  async rename(id: number, name: string): Promise<number | null> {
    const { rowCount } = await this.#client.query(`UPDATE rooms SET name = $2 WHERE id = $1`, [id, name]);
    return rowCount;
  }
  async names(): Promise<string[]> {
    const result = await this.#client.query("SELECT name FROM rooms ORDER BY name");
    return result.rows.map(({ name }) => name);
  }
  async find(id: number): Promise<{ name: string; seats: number | null } | undefined> {
    return (await this.#client.query(sql`SELECT name, seats FROM rooms WHERE id = ${id}`)).rows[0];
  }
  async clear(): Promise<void> {
    await this.#client.query("BEGIN");
    await this.#client.query({ text: "DELETE FROM visits", values: [] });
    await this.#client.query("DELETE FROM rooms WHERE seats IS NULL");
    await this.#client.query("COMMIT");
  }
  async sorted(column: "name" | "seats"): Promise<unknown[]> {
    return (await this.#client.query(`SELECT name FROM rooms ORDER BY ${column}`)).rows;
  }
  async raw(ids: readonly number[]) {
    return this.#client.query("SELECT name FROM rooms WHERE id = ANY($1)", [ids]);
  }
}
