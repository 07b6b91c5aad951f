import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { seen, visit } from "./src/visits";

test("slonik: lists are sent as arrays", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('Hall', 'loud') returning id");
  const slonik = undefined as never;
  await visit(slonik, rows[0].id, ["Ann", "Bo"]);
  assert.deepEqual(await seen(slonik, [rows[0].id]), [
    { guest: "Ann", rating: null },
    { guest: "Bo", rating: null },
  ]);
});
