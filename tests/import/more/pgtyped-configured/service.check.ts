import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { busiest } from "./src/openings";

test("pgtyped: names and types as its configuration has them", async () => {
  await pool.query("insert into rooms (name, mood) values ('opened 1', 'calm'), ('opened 2', 'calm')");
  await pool.query("insert into visits (room_id, guest) select id, 'Ann' from rooms where name = 'opened 2'");
  const room = await busiest(pool, { like: "opened%" });
  assert.deepEqual([room?.name, room?.visitsMade], ["opened 2", 1]);
});
