import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { RoomStore } from "./src/rooms";

test("pg: a client that is taken out of the pool of a class", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('Bar', 'loud') returning id");
  await pool.query("insert into visits (room_id, guest) values ($1, 'Flo'), ($1, 'Gus')", [rows[0].id]);
  assert.deepEqual(await new RoomStore(pool).close(rows[0].id, ["Flo"]), { left: 1 });
});
