import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { all, byIds, calm, open, seen } from "./src/service";
import { forgetGuest } from "./src/visits";

test("a room is opened, renamed and visited", async () => {
  const id = await open(pool, "Attic", "Ann");
  assert.deepEqual(await calm(pool), [{ id, name: "Attic!", mood: "calm", seats: 4 }]);
  assert.equal((await all(pool)).length, 1);
  assert.deepEqual(await byIds(pool, [id, 99]), [{ id, name: "Attic!" }]);
  assert.deepEqual(await seen(pool, id), [
    { guest: "Ann", rating: 5 },
    { guest: "Bo", rating: null },
  ]);
  await forgetGuest(pool, "Bo");
  assert.deepEqual(
    (await seen(pool, id)).map(({ guest }) => guest),
    ["Ann"],
  );
});
