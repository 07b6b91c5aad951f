import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { give, guests } from "./src/service";

test("pgtyped: lists, members of objects, and columns that are said to be there", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('Inn', 'calm') returning id");
  await pool.query("insert into visits (room_id, guest) values ($1, 'Hal'), ($1, 'Ida'), ($1, 'Hal')", [
    rows[0].id,
  ]);
  assert.deepEqual(await guests(pool, [rows[0].id]), [
    { guest: "Hal", visits: 2 },
    { guest: "Ida", visits: 1 },
  ]);
  assert.equal(await give(pool, rows[0].id, "Ida"), 4);
});
