import { createRecorder } from "./recorder.ts";
import { database, getAgent, open, text, useRecorder } from "./reported-database.ts";

useRecorder();

describe("metrics", () => {
  test("have the names, units, bounds and attributes of the conventions", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own });
    telemetry.query(getAgent, text, []).end({ rows: 7 });
    telemetry.connectionCreated(0.002);
    telemetry.connectionWaited(0.02);
    telemetry.connectionUsed(0.2);
    telemetry.connectionTimedOut();
    telemetry.observePool(() => ({ idle: 1, used: 2, pending: 3, limit: 10, idleMin: 1 }));
    const pool = { "db.client.connection.pool.name": "db.example.com:6432/solitude" };
    const statement = {
      ...database,
      "db.query.summary": "GetAgent",
      "db.operation.name": "SELECT",
      "db.collection.name": "public.agents",
    };
    expect(await own.metrics()).toEqual({
      "db.client.operation.duration": { unit: "s", attributes: [statement] },
      "db.client.response.returned_rows": {
        unit: "{row}",
        attributes: [
          { "db.system.name": "postgresql", "db.namespace": "solitude", "db.query.summary": "GetAgent" },
        ],
      },
      "db.client.connection.create_time": { unit: "s", attributes: [pool] },
      "db.client.connection.wait_time": { unit: "s", attributes: [pool] },
      "db.client.connection.use_time": { unit: "s", attributes: [pool] },
      "db.client.connection.timeouts": { unit: "{timeout}", attributes: [pool] },
      "db.client.connection.count": {
        unit: "{connection}",
        attributes: [
          { ...pool, "db.client.connection.state": "idle" },
          { ...pool, "db.client.connection.state": "used" },
        ],
      },
      "db.client.connection.idle.max": { unit: "{connection}", attributes: [pool] },
      "db.client.connection.idle.min": { unit: "{connection}", attributes: [pool] },
      "db.client.connection.limit": { unit: "{connection}", attributes: [pool] },
      "db.client.connection.pending_requests": { unit: "{request}", attributes: [pool] },
    });
    const [duration] = await own.points("db.client.operation.duration");
    expect(duration?.value.buckets.boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    const [rows] = await own.points("db.client.response.returned_rows");
    // The SDK sorts them for each value.
    for (const { attributes } of [duration!, rows!])
      expect(Object.keys(attributes)).toEqual(Object.keys(attributes).sort());
    expect(rows?.value.buckets.boundaries).toEqual([
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000,
    ]);
    expect(rows?.value.sum).toBe(7);
    const values = async (name: string) => (await own.points<number>(name)).map(({ value }) => value);
    expect(await values("db.client.connection.count")).toEqual([1, 2]);
    expect(await values("db.client.connection.pending_requests")).toEqual([3]);
    expect(await values("db.client.connection.limit")).toEqual([10]);
    expect(await values("db.client.connection.timeouts")).toEqual([1]);
  });

  test("count rows of what returns some, not of what throws them away", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own, recordReturnedRows: true });
    const executing = { ...getAgent, name: "DeleteAgent", command: ":execrows" };
    telemetry.query(executing, text, []).end({ rows: 0 });
    telemetry.batch([executing, { ...executing }], [text, text]).end({ rows: 0 });
    expect(await own.points("db.client.response.returned_rows")).toEqual([]);
    telemetry.query({ ...executing, isAdHoc: true }, text, []).end({ rows: 3 });
    telemetry.batch([getAgent, getAgent], [text, text]).end({ rows: 4 });
    const points = await own.points("db.client.response.returned_rows");
    expect(points.map(({ attributes, value }) => [attributes["db.query.summary"], value.sum])).toEqual([
      ["DeleteAgent", 3],
      ["BATCH GetAgent", 4],
    ]);
  });

  test("of a pool end when it is no longer observed", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own, poolName: "replica" });
    let read = 0;
    const stop = telemetry.observePool(() => {
      read += 1;
      return { idle: read, used: 0, pending: 0, limit: 10, idleMin: 0, idleMax: 4 };
    });
    expect((await own.points("db.client.connection.idle.max"))[0]).toMatchObject({
      value: 4,
      attributes: { "db.client.connection.pool.name": "replica db.example.com:6432/solitude" },
    });
    const before = read;
    stop();
    await own.points("db.client.connection.idle.max");
    expect(read).toBe(before);
  });
});
