import { MongoClient } from "mongodb";
import { z } from "zod";
import type { WorkspaceScope } from "../../src/documents/index.ts";
import { closeAll, type FixtureCollections, J, message, open, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";
import { useScriptedServer } from "./scripted.ts";

afterAll(closeAll);
const scripted = useScriptedServer();
const layout = "shared-collections";

async function everything(workspace: WorkspaceScope<FixtureCollections>): Promise<void> {
  const { messages } = workspace.job(J).collections;
  const { id, revision } = await messages.insert(message());
  await messages.get(id);
  await messages.getMany([id]);
  await messages.update(id, { unread: false });
  await messages.replace(id, message());
  await messages.upsert("u", message());
  await messages.upsert("u", message());
  await messages.delete(id, { revision }).catch(() => {});
  await messages.bulk([
    { insert: message(), id: "b" },
    { upsert: message(), id: "c" },
  ]);
  await messages.bulk([{ replace: message(), id: "b" }, { replace: message(), id: "none" }, { delete: "c" }]);
  await messages.find({ "data.provider": "outlook" }).toArray();
  await messages.page({ limit: 1 });
  await messages.count({});
  await messages.aggregate([{ $match: { "data.provider": "outlook" } }], z.unknown()).toArray();
  await messages.deleteMany({ "data.provider": "none" });
  await workspace.job(J).expire(new Date(Date.now() + 3_600_000));
}

test("every command on documents names the workspace and the job: one shard is asked", async () => {
  const asked: [string, unknown][] = [];
  scripted.server.script((name, _, command) => {
    const list = (each: unknown) => (Array.isArray(each) ? each : []);
    const { filter, query, updates, deletes, pipeline } = command as Record<string, unknown>;
    const filters = [
      ...(name === "listCollections" ? [] : [filter, query]),
      ...[...list(updates), ...list(deletes)].map(({ q }: { q: unknown }) => q),
      list(pipeline)[0]?.$match,
    ];
    for (const each of filters) if (each !== undefined) asked.push([name, each]);
    return undefined;
  });
  await everything(open({ url: scripted.server.url }, { layout }).workspace(W));
  expect(new Set(asked.map(([name]) => name))).toEqual(
    new Set(["find", "update", "findAndModify", "delete", "aggregate"]),
  );
  for (const [name, filter] of asked) expect([name, filter]).toMatchObject([name, { workspace: W, job: J }]);
});

server.testWith("sharding")("it is sharded by workspace and job", async () => {
  const database = server.database();
  const documents = openReal({ layout }, { database });
  await documents.workspace(W).job(J).collections.messages.insert(message());
  const client = new MongoClient(server.url);
  try {
    const admin = client.db("admin");
    await admin.command({ enableSharding: database });
    await admin.command({ shardCollection: `${database}.message`, key: { workspace: 1, job: 1 } });
  } finally {
    await client.close();
  }
  await everything(documents.workspace(W));
  await documents.workspace(W).drop();
});
