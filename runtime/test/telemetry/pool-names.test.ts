import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

// Two pools are two series, whatever they are called.

let recorder: Recorder;
const opened: Pool[] = [];
beforeEach(() => {
  recorder = createRecorder();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
  await recorder.shutdown();
});
const server = { host: "db.example.com", port: 6432, database: "app", user: "app" };
/** Each with a telemetry of its own, as two clients of one process have. */
const open = (options: PoolOptions = {}): Pool => {
  const pool = createPool({ ...server, telemetry: createTelemetry(recorder), ...options });
  opened.push(pool);
  return pool;
};
const limits = async () =>
  (await recorder.points<number>("db.client.connection.limit")).map(({ attributes, value }) => [
    attributes["db.client.connection.pool.name"],
    value,
  ]);

test("pools of one database are told apart", async () => {
  open({ max: 3 });
  open({ max: 5 });
  expect(await limits()).toEqual([
    ["db.example.com:6432/app", 3],
    ["db.example.com:6432/app#2", 5],
  ]);
});

test("a pool may be given a name, and so have its replicas", async () => {
  open({ name: "web", max: 3, replicas: [{ host: "replica" }, { host: "other" }] });
  open({ name: "jobs", max: 5 });
  expect((await limits()).map(([name]) => name).sort()).toEqual([
    "jobs",
    "web",
    "web replica 1",
    "web replica 2",
  ]);
});

test("also where two were given the same", async () => {
  open({ name: "web" });
  open({ name: "web" });
  expect((await limits()).map(([name]) => name)).toEqual(["web", "web#2"]);
});

test("a name is free again when its pool is closed", async () => {
  const first = open();
  await first.close();
  open();
  expect(await limits()).toEqual([["db.example.com:6432/app", 10]]);
});

test("a pool that is closed has no connections, though the SDK repeats what it was told last", async () => {
  const pool = open({ max: 3 });
  expect(await limits()).toEqual([["db.example.com:6432/app", 3]]);
  await pool.close();
  expect(await limits()).toEqual([["db.example.com:6432/app", 0]]);
  open({ max: 4 });
  expect(await limits()).toEqual([["db.example.com:6432/app", 4]]);
});

test("all that a pool measures is under its name", async () => {
  open({ name: "web" });
  const second = createPool({
    name: "web",
    host: "127.0.0.1",
    port: 1,
    acquireTimeout: 50,
    telemetry: createTelemetry(recorder),
  });
  opened.push(second);
  await expect(second.ping()).rejects.toThrow("could not connect");
  for (const metric of ["create_time", "wait_time", "timeouts"])
    for (const { attributes } of await recorder.points(`db.client.connection.${metric}`))
      expect(attributes["db.client.connection.pool.name"]).toBe("web#2");
});
