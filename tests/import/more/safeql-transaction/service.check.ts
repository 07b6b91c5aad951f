import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { move } from "./src/move";

test("SafeQL: statements stay in the transaction that a client has begun", async () => {
  const { rows } = await pool.query(
    "insert into rooms (name, mood) values ('From', 'loud'), ('To', 'loud') returning id",
  );
  const [from, to] = rows.map(({ id }) => id);
  await pool.query("insert into visits (room_id, guest) values ($1, 'Eve'), ($1, 'Al')", [from]);
  const client = await pool.connect();
  assert.deepEqual(await move(client, from, to), ["Al", "Eve"]);
  await assert.rejects(move(client, to, -1));
  client.release();
  assert.equal((await pool.query("select from visits where room_id = $1", [to])).rowCount, 2);
});
