import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { add, all, calm, log, moods, renamed } from "./src/rooms";

test("TypedSQL: files where the configuration says, comments behind statements", async () => {
  const id = await add("Prisma's");
  await renamed(id, "Prisma's own");
  assert.deepEqual(await moods(id), [{ id, mood: "calm" }]);
  assert.ok((await calm()).some(({ name }) => name === "Prisma's own"));
  assert.ok((await all()).length >= (await calm()).length);
  await log(id);
  const { rows } = await pool.query("select payload from events where room_id = $1", [id]);
  assert.deepEqual(rows[0].payload, { by: "prisma" });
});
