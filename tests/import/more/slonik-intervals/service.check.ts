import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { backdate, openedWithin } from "./src/rooms";

test("slonik: intervals are made of their fields", async () => {
  await pool.query("insert into rooms (name, mood) values ('Slot A', 'calm'), ('Slot B', 'calm')");
  await backdate(pool as never, "Slot A");
  assert.deepEqual(
    (await openedWithin(pool as never, 1, 30)).map(({ name }) => name),
    ["Slot B"],
  );
  assert.equal((await openedWithin(pool as never, 8, 0)).length, 2);
});
