import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { keys, list, log, rooms, within } from "./src/rooms";

test("SafeQL: a value in two places, JSON, members alike", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('SafeQL', 'loud') returning id");
  const id: number = rows[0].id;
  const client = await pool.connect();
  const event = await log(client, id, { x: 1 });
  client.release();
  const { rows: stored } = await pool.query("select payload from events where id = $1", [event]);
  assert.deepEqual(stored[0].payload, { x: 1 });
  assert.deepEqual(await keys(pool, { id }, [event!]), [event]);
  assert.equal((await rooms(pool, id, { id }))?.n, 1);
  assert.ok((await list(pool, null)).length > (await list(pool, "calm")).length);
  assert.ok((await within(pool, 1)) > 0);
});
