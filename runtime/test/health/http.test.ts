import { createServer, request as httpRequest, type Server } from "node:http";
import { createHealth, type Health } from "../../src/health/health.ts";
import { HealthCheckError } from "../../src/health/health-check.ts";
import { type HealthHandler, healthFetch, healthHandler } from "../../src/health/http.ts";

let isUp = true;
let health: Health;
const servers: Server[] = [];
beforeEach(() => {
  isUp = true;
  health = createHealth({
    interval: 3_600_000,
    checks: [
      {
        name: "postgres",
        check: async () => {
          if (!isUp)
            throw new HealthCheckError("refused", { cause: new Error("password of postgres://u:s3cret@db") });
        },
      },
    ],
  });
});
afterEach(async () => {
  await health.close();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** What a request to a server with this handler gives. */
async function ask(handler: HealthHandler, path: string, method = "GET") {
  const server = createServer((request, response) => handler(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      httpRequest({ port, path, method, agent: false }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        );
      })
        .on("error", reject)
        .end();
    },
  );
}

test("ready: 200, with what is known of each check", async () => {
  const { status, body, headers } = await ask(healthHandler(health), "/readyz?verbose=1");
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  expect(JSON.parse(body)).toEqual({
    status: "ready",
    checks: {
      postgres: {
        status: "up",
        critical: true,
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        checkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        latencyMs: expect.any(Number),
      },
    },
  });
});

test("not ready: 503, with the kind of failure and nothing of the error; still alive", async () => {
  await health.check();
  isUp = false;
  await health.check();
  const { status, body } = await ask(healthHandler(health), "/readyz");
  expect(status).toBe(503);
  expect(JSON.parse(body)).toMatchObject({
    status: "not ready",
    checks: { postgres: { status: "down", reason: "refused" } },
  });
  expect(body).not.toMatch(/s3cret|password|cause|stack/);
  expect(await ask(healthHandler(health), "/livez")).toMatchObject({
    status: 200,
    body: '{"status":"alive"}',
  });
});

test("shutting down: 503, and alive", async () => {
  await health.check();
  health.shutDown();
  const { status, body } = await ask(healthHandler(health, { details: false }), "/readyz");
  expect([status, body]).toEqual([503, '{"status":"shutting down"}']);
  expect((await ask(healthHandler(health), "/livez")).status).toBe(200);
});

test("paths can be chosen; others are not found, or somebody else's", async () => {
  const handler = healthHandler(health, { livePath: "/alive", readyPath: "/ready" });
  expect((await ask(handler, "/alive")).status).toBe(200);
  expect((await ask(handler, "/ready")).status).toBe(200);
  expect((await ask(handler, "/readyz")).status).toBe(404);
  const middleware: HealthHandler = (request, response) =>
    handler(request, response, () => response.writeHead(418).end());
  expect((await ask(middleware, "/readyz")).status).toBe(418);
  expect((await ask(middleware, "/ready")).status).toBe(200);
});

test("HEAD has no body, other methods are refused", async () => {
  const head = await ask(healthHandler(health), "/readyz", "HEAD");
  expect([head.status, head.body]).toEqual([200, ""]);
  const post = await ask(healthHandler(health), "/readyz", "POST");
  expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
});

test("speaks Request and Response too", async () => {
  const answer = healthFetch(health);
  const ready = await answer(new Request("http://localhost/readyz"));
  expect(ready?.status).toBe(200);
  expect(await ready?.json()).toMatchObject({ status: "ready" });
  expect(await (await answer(new Request("http://localhost/livez", { method: "HEAD" })))?.text()).toBe("");
  expect(await answer(new Request("http://localhost/other"))).toBeUndefined();
});
