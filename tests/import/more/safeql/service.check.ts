import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { rate, search } from "./src/rooms";

test("SafeQL: values of templates are parameters by their names", async () => {
  await pool.query("insert into rooms (name, mood) values ('Upper deck', 'calm'), ('Lower deck', 'calm')");
  assert.deepEqual(
    (await search(pool, "DECK", 1)).map(({ name }) => name),
    ["Lower deck"],
  );
  const { rows } = await pool.query(
    "insert into visits (room_id, guest) select id, 'Di' from rooms limit 1 returning id",
  );
  assert.equal(await rate(pool, { id: rows[0].id, rating: 3 }), true);
  assert.equal(await rate(pool, { id: "0", rating: 3 }), false);
});
