import { freePort } from "../../../stack/processes/free-port.mjs";
import { startScriptedServer } from "../../../tests/mongo/scripted/scripted-server.ts";
import { mongodbCheck } from "../../src/documents/index.ts";
import { failureReason } from "../../src/health/failure-reason.ts";
import type { HealthCheck } from "../../src/health/health-check.ts";
import { until } from "../postgres/until.ts";

const reason = (check: HealthCheck) => check.check(never).then(() => "none", failureReason);
const never = new AbortController().signal;

test("follows the server as it comes, goes and comes again", async () => {
  const port = await freePort();
  const first = await startScriptedServer(port);
  await first.stop();
  const check = mongodbCheck({ url: first.url, database: "test" });
  expect(await reason(check)).toBe("unreachable");
  const second = await startScriptedServer(port);
  // The driver looks for it every half second, as the URL has it.
  await until(async () => (await reason(check)) === "none");
  await second.stop();
  expect(await reason(check)).toBe("unreachable");
  const third = await startScriptedServer(port);
  await until(async () => (await reason(check)) === "none");
  await check.close?.();
  await third.stop();
});

test("settles with its signal while the server does not answer", async () => {
  const server = await startScriptedServer();
  const check = mongodbCheck({ url: server.url, database: "test" });
  await check.check(never);
  await check.close?.();
  const silent = mongodbCheck({ url: "mongodb://127.0.0.1:9/?directConnection=true", database: "test" });
  await expect(silent.check(AbortSignal.timeout(50))).rejects.toMatchObject({ name: "TimeoutError" });
  await silent.close?.();
  await server.stop();
});
