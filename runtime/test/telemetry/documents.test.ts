import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { createRecorder } from "./recorder.ts";
import { options, server, useRecorder } from "./reported-database.ts";

useRecorder();

describe("a document operation", () => {
  const own = createRecorder();
  const telemetry = createTelemetry({ ...options, ...own }).at({ ...server, system: "mongodb", port: 27017 });

  test("has its collection on the span and not in metrics", async () => {
    telemetry.documents("find", "find job_documents", { collection: "ws1/job1" }).end({ rows: 12 });
    const known = {
      "db.system.name": "mongodb",
      "db.namespace": "solitude",
      "server.address": "db.example.com",
      "db.operation.name": "find",
      "db.query.summary": "find job_documents",
    };
    expect(own.span("find job_documents").attributes).toEqual({ ...known, "db.collection.name": "ws1/job1" });
    const [point] = await own.points("db.client.operation.duration");
    expect(point?.attributes).toEqual(known);
    expect((await own.points("db.client.response.returned_rows"))[0]?.value.sum).toBe(12);
  });

  test("has the numeric code as its status code, but not an abort's", () => {
    own.reset();
    const duplicate = Object.assign(new Error("E11000 dup key: { secret }"), {
      name: "MongoServerError",
      code: 11000,
    });
    const wrapped = Object.assign(new Error("exists", { cause: duplicate }), { name: "DuplicateKeyError" });
    telemetry.documents("insert", "insert job_documents", { collection: "a/b" }).end({ error: wrapped });
    expect(own.spans()[0]?.attributes).toMatchObject({
      "error.type": "11000",
      "db.response.status_code": "11000",
    });
    telemetry
      .documents("find", "find", { collection: "a/b" })
      .end({ error: new DOMException("stop", "AbortError") });
    expect(own.spans()[1]?.attributes).toMatchObject({ "error.type": "AbortError" });
    expect(own.spans()[1]?.attributes).not.toHaveProperty(["db.response.status_code"]);
  });

  test("tells the size of a batch of two or more", () => {
    own.reset();
    telemetry.documents("insert", "insert", { collection: "a/b", batchSize: 1 }).end();
    telemetry.documents("insert", "insert", { collection: "a/b", batchSize: 2 }).end();
    expect(own.spans().map((span) => span.attributes["db.operation.batch.size"])).toEqual([undefined, 2]);
  });
});
