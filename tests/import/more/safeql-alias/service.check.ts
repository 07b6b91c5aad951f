import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { forget, guests } from "./src/guests";

test("SafeQL: its tag by another name", async () => {
  const { rows } = await pool.query(
    "insert into rooms (name, mood) values ('Orangery', 'calm') returning id",
  );
  await pool.query(
    "insert into visits (room_id, guest, rating) values ($1, 'Florian', 4), ($1, 'Gustave', 1)",
    [rows[0].id],
  );
  assert.deepEqual(await guests(pool, { name: "Orangery" }, 2), ["Florian"]);
  assert.equal(await forget(pool, "Gustave"), 1);
});
