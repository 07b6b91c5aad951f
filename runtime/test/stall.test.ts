import { createHealth } from "../src/health/health.ts";
import { Interrupt } from "../src/postgres/interrupt.ts";
import { failureAttributes } from "../src/telemetry/failure.ts";
import { CountedLoop } from "./event-loop.ts";

// A time that ran out because this process did something else says nothing of the server.

let loop: CountedLoop;
beforeEach(() => {
  loop = new CountedLoop();
});
afterEach(() => loop.restore());
const fired = (interrupt: Interrupt) => new Promise<void>((resolve) => interrupt.onFire(resolve));

test("a time-out of a process that did not look is told from one of a server that did not answer", async () => {
  const stalled = new Interrupt({ timeout: 400 });
  loop.stall(700);
  await fired(stalled);
  const error = stalled.error("GetThing");
  expect(error.name).toBe("TimeoutError");
  expect(error.stalledFor).toBe(700);
  expect(error.message).toMatch(/^GetThing: timed out; the process itself was at work for \d+ ms of that$/);
  expect(failureAttributes(error)).toEqual({ "error.type": "EventLoopStalled" });

  const silent = new Interrupt({ timeout: 400 });
  await fired(silent);
  expect(silent.error("GetThing")).toMatchObject({ message: "GetThing: timed out" });
  expect(silent.error("GetThing").stalledFor).toBeUndefined();
  expect(failureAttributes(silent.error())).toEqual({ "error.type": "TimeoutError" });
});

test("what the server said of it stays", async () => {
  const stalled = new Interrupt({ timeout: 300 });
  loop.stall(700);
  await fired(stalled);
  const cancelled = Object.assign(new Error("cancelled"), { code: "57014", severity: "ERROR" });
  expect(failureAttributes(stalled.error("GetThing", cancelled))).toEqual({
    "error.type": "EventLoopStalled",
    "db.response.status_code": "57014",
  });
});

test("an answer that lay there is taken", async () => {
  const interrupt = new Interrupt({ timeout: 300 });
  const answer = new Promise((resolve) => setImmediate(resolve, "there"));
  loop.stall(700);
  await expect(interrupt.race(answer)).resolves.toBe("there");
  interrupt.end();
});

test("a health check says so", async () => {
  const never = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const health = createHealth({ checks: [{ name: "server", timeout: 300, check: never }] });
  const checked = health.check();
  loop.stall(800);
  await checked;
  expect(health.report().checks[0]?.last).toMatchObject({ status: "down", reason: "stalled" });
  await health.check();
  expect(health.report().checks[0]?.last).toMatchObject({ status: "down", reason: "timeout" });
  await health.close();
});
