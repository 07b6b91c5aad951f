import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { Statistics } from "./src/service";

test("TypedSQL: what is not in a transaction of Prisma's", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('Busy', 'loud') returning id");
  await pool.query(
    "insert into visits (room_id, guest) select $1, 'guest ' || n from generate_series(1, 50) n",
    [rows[0].id],
  );
  assert.deepEqual(await new Statistics(undefined as never).busiest(50), [{ name: "Busy", visits: 50 }]);
});
