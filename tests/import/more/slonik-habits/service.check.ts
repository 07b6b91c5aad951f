import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { attach, find, log, logged, logText } from "./src/events";
import { count, open, openNew, summary, total } from "./src/rooms";

test("slonik: one row, JSON, parts of statements", async () => {
  const slonik = undefined as never;
  const before = await count(slonik);
  const id = await open(slonik, "Slonik's");
  assert.equal(await open(slonik, "Slonik's"), id);
  await openNew(slonik, "Slonik's second");
  await assert.rejects(openNew(slonik, "Slonik's second"));
  assert.equal(await count(slonik), before + 2);
  assert.equal((await summary(slonik)).isVisited, true);
  assert.equal(typeof (await total(slonik)), "number");
  await log(slonik, id, { a: [1] });
  await log(slonik, id, "a text");
  await logText(slonik, id, '{"b":2}');
  assert.deepEqual(
    (await logged(slonik, id)).map(({ payload }) => payload),
    [{ a: [1] }, "a text", { b: 2 }],
  );
  const { rows } = await pool.query("insert into events (room_id) values ($1) returning id, key", [id]);
  await attach(slonik, Number(rows[0].id), Buffer.from("abc"));
  assert.equal((await find(slonik, rows[0].key))?.data?.toString(), "abc");
});
