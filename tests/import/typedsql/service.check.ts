import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { count, loud } from "./src/service";

test("rooms by mood", async () => {
  await pool.query("insert into rooms (name, mood) values ('Hall', 'loud'), ('Nook', 'calm')");
  await pool.query("insert into visits (room_id, guest) select id, 'Ann' from rooms where name = 'Hall'");
  assert.deepEqual(
    (await loud()).map(({ name, visits }) => [name, visits]),
    [["Hall", 1n]],
  );
  assert.equal(await count(), 2);
});
