import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { listed } from "./src/lists";
import { howMany } from "./src/rooms";

test("pgtyped: a template that another file imports", async () => {
  await pool.query("insert into rooms (name, mood) values ('shared 1', 'calm'), ('shared 2', 'calm')");
  assert.equal(await howMany(pool, "shared%"), 2);
  assert.deepEqual(await listed(pool), ["shared 1", "shared 2"]);
});
