import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { Rooms } from "./src/rooms";

test("slonik: a repository's queries run, but for those in its transactions", async () => {
  const { rows } = await pool.query(
    "insert into rooms (name, mood, seats) values ('Aula', 'loud', 900) returning id",
  );
  await pool.query("insert into visits (room_id, guest) values ($1, 'Ann')", [rows[0].id]);
  const rooms = new Rooms(undefined as never);
  assert.equal(await rooms.busiest(), "Aula");
  assert.deepEqual(await rooms.guestsOf({ id: rows[0].id }), [{ guest: "Ann", room: "Aula" }]);
});
