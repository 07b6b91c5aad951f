import { randomBytes } from "node:crypto";
import fc from "../../../tests/properties.ts";
import {
  encryptedSolitudeCollections,
  InvalidDocumentError,
  localKeys,
  solitudeCollections,
} from "../../src/documents/index.ts";
import { json } from "../../src/documents/json.ts";
import { closeAll, J, LAYOUTS, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const integration = (payload: Record<string, never>) => ({
  provider: "microsoft-outlook",
  type: "message",
  externalId: "AAMkAGI2",
  payload,
  fetchedAt: new Date(0),
});

test("a database that began in the clear goes on encrypted", async () => {
  const place = { database: server.database() };
  const before = openReal({ collections: solitudeCollections }, place).workspace(W).job(J).collections;
  const keys = localKeys({ current: "a", keys: { a: randomBytes(32) } });
  const after = openReal({ collections: encryptedSolitudeCollections, keys }, place)
    .workspace(W)
    .job(J).collections;
  const { id } = await before.integrations.insert(integration({ subject: "Re: offer" as never }));
  expect((await after.integrations.get(id))?.data.payload).toEqual({ subject: "Re: offer" });
  expect(await after.integrations.reencrypt()).toBe(1);
  expect((await after.integrations.get(id))?.data.payload).toEqual({ subject: "Re: offer" });
  await expect(before.integrations.get(id)).rejects.toThrow(InvalidDocumentError);
});

describe.each(LAYOUTS)("%s", (layout) => {
  const { integrations, activities, executions, contexts } = openReal({
    layout,
    collections: solitudeCollections,
  })
    .workspace(W)
    .job(J).collections;

  test("payloads come back as they were", async () => {
    const payload = {
      "@type": "message",
      nested: { list: [1, 2.5, -0.001, 2 ** 40, null, { c: "é😀" }] },
      from: { emailAddress: { address: "a@example.com" } },
    };
    const { id } = await integrations.insert(integration(payload as never));
    expect((await integrations.get(id))?.data.payload).toEqual(payload);
    await integrations.update(id, { etag: "W/2" });
    expect((await integrations.get(id))?.data).toMatchObject({ payload, etag: "W/2" });
  });

  server.testWith("dots in the names of fields")(
    "payloads may have names with dots, as OData's have",
    async () => {
      const payload = { "@odata.etag": 'W/"CQAAABYAAAC"', "odata.nested": { "a.b": 1 } };
      const mail = { ...integration(payload as never), externalId: "dots" };
      const { id } = await integrations.insert(mail);
      expect((await integrations.upsert(id, mail)).data.payload).toEqual(payload);
      expect((await integrations.get(id))?.data.payload).toEqual(payload);
    },
  );

  test("each kind keeps its own", async () => {
    await contexts.upsert("memory", { name: "memory", value: { facts: ["x"] } });
    await executions.insert({
      workflowId: "w",
      runId: "r",
      worker: "a",
      status: "running",
      startedAt: new Date(0),
      steps: [{ name: "plan", startedAt: new Date(0) }],
    });
    await activities.insert({
      activityId: "1",
      type: "summarise",
      status: "running",
      attempt: 1,
      input: { text: "…" },
      metadata: {},
    });
    expect(await Promise.all([contexts, executions, activities].map((each) => each.count()))).toEqual([
      1, 1, 1,
    ]);
    expect((await contexts.get("memory"))?.data.value).toEqual({ facts: ["x"] });
  });

  test("what is no JSON is named by its path", async () => {
    const bad = integration({ a: [{ b: new Date() }] } as never);
    const error = await integrations.insert(bad).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(error).toMatchObject({ issues: [{ path: ["payload", "a", 0, "b"] }] });
  });
});

test("JSON is what JSON.parse gives", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => expect(json.safeParse(value).success).toBe(true)));
});

test.each([
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n,
  Symbol("s"),
  () => {},
  new Date(),
  new Map(),
  /x/,
])("%p is no JSON, at the top or inside", (value) => {
  expect(json.safeParse(value).success).toBe(false);
  expect(json.safeParse({ a: [{ b: value }] }).error?.issues[0]?.path).toEqual(["a", 0, "b"]);
});
