import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { addRoom, Rooms } from "./src/service";

test("rooms are added, renamed and cleared", async () => {
  const client = await pool.connect();
  const rooms = new Rooms(client);
  const id = await addRoom(client, "Attic", { seats: 4 });
  await addRoom(client, "Cave", { seats: null });
  assert.equal(await rooms.rename(id, "Loft"), 1);
  assert.deepEqual(await rooms.names(), ["Cave", "Loft"]);
  assert.deepEqual(await rooms.find(id), { name: "Loft", seats: 4 });
  assert.deepEqual((await rooms.sorted("name")).length, 2);
  assert.equal((await rooms.raw([id])).rows[0].name, "Loft");
  await rooms.clear();
  assert.deepEqual(await rooms.names(), ["Loft"]);
  client.release();
});
