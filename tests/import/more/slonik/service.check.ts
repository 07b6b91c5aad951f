import assert from "node:assert";
import { test } from "node:test";
import { addRoom, findRoom, rename, rooms } from "./src/service";

test("slonik: rooms are added, found and renamed", async () => {
  const id = await addRoom("Attic", 4);
  await addRoom("Cave", null);
  await rename(id, "Loft");
  assert.deepEqual(await findRoom(id), { id, name: "Loft" });
  assert.equal(await findRoom(99), null);
  assert.deepEqual(
    (await rooms()).map(({ name }) => name).filter((name) => /^(Attic|Cave|Loft)$/.test(name)),
    ["Cave", "Loft"],
  );
});
