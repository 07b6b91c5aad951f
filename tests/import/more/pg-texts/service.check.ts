import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { count } from "./src/counts";
import { add, exists, find, grow } from "./src/rooms";

test("pg: texts that stand elsewhere in the file, and numbers of rows", async () => {
  const before = Number(await count());
  const id = await add(pool, "Foyer", 4);
  assert.deepEqual([await exists(pool, "Foyer"), await exists(pool, "Cellar")], [true, false]);
  assert.deepEqual([await grow(pool, "Foyer"), await grow(pool, "Cellar")], [1, 0]);
  assert.deepEqual({ ...(await find(pool, "Foyer")) }, { id, seats: 5 });
  assert.equal(Number(await count()), before + 1);
});
