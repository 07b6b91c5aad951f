import assert from "node:assert";
import { test } from "node:test";
import { pool } from "./pool";
import { addRoom, findRooms, removeRooms } from "./src/rooms";

test("pgtyped: templates with their values, lists too", async () => {
  const id = await addRoom(pool, "tmpl A");
  await addRoom(pool, "tmpl B");
  assert.deepEqual(
    (await findRooms(pool)).map(({ name, seats }) => [name, seats]),
    [
      ["tmpl A", null],
      ["tmpl B", null],
    ],
  );
  assert.deepEqual(await removeRooms(pool, [id]), [{ name: "tmpl A" }]);
});
