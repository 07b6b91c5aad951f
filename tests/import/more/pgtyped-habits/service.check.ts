import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { drop, firstTags, isOfMood, last, like, log, touchAll, visit } from "./src/service";

test("pgtyped: parameters in snake case beside columns in camel case, JSON, types of its own", async () => {
  const { rows } = await pool.query("insert into rooms (name, mood) values ('Written', 'loud') returning id");
  const id: number = rows[0].id;
  const event = await log(pool, id, { a: 1 });
  const client = await pool.connect();
  assert.deepEqual(
    (await like(client, { a: 1 })).map(({ payload }) => payload),
    [{ a: 1 }],
  );
  client.release();
  await visit(pool, id, "Ann");
  assert.equal((await pool.query("select from visits where room_id = $1", [id])).rowCount, 1);
  assert.equal(await isOfMood(pool, id, "loud"), true);
  assert.deepEqual(await firstTags(pool, event), [{ firstTags: [], hasSome: false }]);
  assert.equal(await touchAll(pool, { room_id: id }), "1");
  assert.deepEqual(
    (await last(pool, ["new"], new Date())).map(({ label }) => label),
    ["at :noon"],
  );
  await drop(pool);
  assert.equal((await pool.query("select from events where room_id = $1", [id])).rowCount, 0);
});
