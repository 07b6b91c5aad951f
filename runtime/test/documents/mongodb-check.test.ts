import { freePort } from "../../../stack/processes/free-port.mjs";
import { mongoServer } from "../../../tests/mongo/server.ts";
import { mongodbCheck } from "../../src/documents/mongodb-check.ts";
import { createHealth, type Health } from "../../src/health/health.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { until } from "../postgres/until.ts";

const server = await mongoServer();

const opened: Health[] = [];
let proxy: FaultyProxy;
beforeEach(async () => {
  proxy = await FaultyProxy.start(server.url);
});
afterEach(async () => {
  for (const health of opened.splice(0)) await health.close();
  await proxy.close();
});

const open = (timeout: number, url = proxy.url): Health => {
  const direct = new URL(url);
  direct.searchParams.set("directConnection", "true");
  const check = mongodbCheck({ url: direct.href, database: "any" });
  const health = createHealth({ checks: [check], interval: 3_600_000, timeout });
  opened.push(health);
  return health;
};
const status = async (health: Health): Promise<string> => {
  const { last } = (await health.check()).checks[0]!;
  return last?.reason === undefined ? (last?.status ?? "unknown") : `${last.status}: ${last.reason}`;
};

test("a server that answers is up", async () => {
  expect(await status(open(60_000))).toBe("up");
});

test("a network that stalls is a timeout, and up when it goes on", async () => {
  const health = open(500);
  await until(async () => (await status(health)) === "up");
  proxy.stall();
  // On a busy machine this process may be what stalls, which is another answer.
  await until(async () => (await status(health)) === "down: timeout");
  proxy.resume();
  await until(async () => (await status(health)) === "up");
});

test("a server that is not there is unreachable", async () => {
  const gone = new URL(server.url);
  gone.host = `127.0.0.1:${await freePort()}`;
  expect(await status(open(60_000, gone.href))).toBe("down: unreachable");
});
