import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { ratings } from "./src/guests";

test("TypedSQL: lists, and names of parameters that stand in comments", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('Typed', 'calm') returning id");
  await pool.query(
    "insert into visits (room_id, guest, rating) values ($1, 'Jo', 2), ($1, 'Kit', null), ($1, 'Lu', 9)",
    [rows[0].id],
  );
  assert.deepEqual(await ratings("Typed", ["Jo", "Kit"]), [2, null]);
});
