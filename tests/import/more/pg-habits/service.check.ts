import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { countEvents, countOf, kinds } from "./src/counts";
import { Database } from "./src/database";
import { addKeys, clear, log, logged, logText, nameOf, numbered, Rooms, search } from "./src/rooms";
import { Store } from "./src/store";

test("pg: values alike, texts of JSON, callbacks, several statements", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('4711', 'calm') returning id");
  const id: number = rows[0].id;
  assert.ok((await new Store(new Database(pool)).names()).includes("4711"));
  const before = await countEvents();
  await addKeys(pool, id);
  const { rows: keys } = await pool.query("select key, other from events where room_id = $1", [id]);
  assert.notEqual(keys[0].key, keys[0].other);
  await log(pool, id, { level: 1, text: "a" });
  await logText(pool, id, '{"level":2}');
  assert.deepEqual(
    (await logged(pool, {})).map(({ payload }) => payload),
    [{ level: 1, text: "a" }, { level: 2 }],
  );
  assert.equal(await countEvents(), before + 3);
  assert.deepEqual(await search(pool, "4711"), ["4711"]);
  assert.deepEqual(await numbered(pool, id), ["4711"]);
  assert.equal(await new Promise((done) => nameOf(pool, id, done)), "4711");
  await pool.query("insert into events (room_id, kind) values ($1, 'old'), ($1, 'older')", [id]);
  assert.deepEqual(await kinds("1"), ["new", "old", "older"]);
  assert.equal(await countOf("old"), 1);
  await clear(pool);
  assert.equal(await countOf("old"), 0);
  const store = new Rooms(pool);
  await store.rename(id, "4712 busy");
  assert.equal(await store.busy(), 1);
  await pool.query("delete from events where room_id = $1", [id]);
  assert.deepEqual([await store.delete(id), await store.delete(id)], [true, false]);
});
