import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { byName, first } from "./src/rooms";

test("pg: a statement and its values in an object", async () => {
  await pool.query("insert into rooms (name, mood, seats) values ('Pit', 'loud', 7)");
  assert.deepEqual(
    (await byName(pool, "Pit")).map(({ seats }) => seats),
    [7],
  );
  assert.equal(typeof (await first(pool))?.name, "string");
});
