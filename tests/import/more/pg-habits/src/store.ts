import type { Database } from "./database";

export class Store {
  constructor(private readonly database: Database) {}

  async names(): Promise<string[]> {
    const { rows } = await this.database.query("SELECT name FROM rooms ORDER BY name");
    return rows.map(({ name }) => name);
  }
}
