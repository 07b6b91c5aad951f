import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { closeAll, J, J2, LAYOUTS, message, W } from "./fixture.ts";
import { openReal } from "./real-server.ts";

afterAll(closeAll);

describe.each(LAYOUTS)("%s", (layout) => {
  const workspace = openReal({ layout }).workspace(W);
  const at = new Date("2099-01-01T00:00:00Z");

  test("a job's documents of the kinds that expire are let go together, and kept again", async () => {
    const [one, other] = [workspace.job(J), workspace.job(J2)];
    await one.collections.messages.insert(message(), { id: "a" });
    await one.collections.messages.insert(message(), { id: "b" });
    await one.collections.notes.insert({ text: "stays" }, { id: "n" });
    await other.collections.messages.insert(message(), { id: "a" });
    expect(await one.expire(at)).toBe(2);
    expect((await one.collections.messages.get("b"))?.expiresAt).toEqual(at);
    expect(await one.collections.notes.get("n")).not.toHaveProperty("expiresAt");
    expect(await other.collections.messages.get("a")).not.toHaveProperty("expiresAt");
    await one.expire(null);
    expect(await one.collections.messages.get("a")).not.toHaveProperty("expiresAt");
  });

  test("dropping what is not there is fine", async () => {
    const job = workspace.job(J2);
    await job.drop();
    await job.drop();
    expect(await job.collections.messages.count()).toBe(0);
  });
});

test("closing twice is closing once, and needs no connection", async () => {
  const documents = openReal();
  await Promise.all([documents.close(), documents.close()]);
  await expect(documents.ping()).rejects.toMatchObject({ name: "PoolClosedError" });
});

test("what `await using` opens is closed behind it", async () => {
  const documents = openReal();
  {
    await using opened = documents;
    await opened.ping();
  }
  await expect(documents.ping()).rejects.toMatchObject({ name: "PoolClosedError" });
});

test("who does not use documents does not load the driver", () => {
  const loadedBy = (name: string): string[] => {
    const script = `
      import { createRequire } from "node:module";
      await import(${JSON.stringify(name)});
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      process.stdout.write(JSON.stringify(loaded.filter((path) => /node_modules.(mongodb|bson)\\W/.test(path))));`;
    const cwd = fileURLToPath(new URL("../../../", import.meta.url));
    return JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd, encoding: "utf8" }),
    );
  };
  expect(loadedBy("@solitude/runtime")).toEqual([]);
  // The same look does see it where it is.
  expect(loadedBy("@solitude/runtime/documents")).not.toEqual([]);
});
