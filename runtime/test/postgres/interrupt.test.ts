import { getEventListeners, once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { CancelledError, TimeoutError } from "../../src/errors/errors.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import { until } from "./until.ts";

test.each([Number.NaN, -1, Number.NEGATIVE_INFINITY, "100", null, {}])(
  "a timeout of %p is refused",
  (timeout) => {
    expect(() => Interrupt.of({ timeout: timeout as number })).toThrow(RangeError);
  },
);

test.each([null, "no", {}, 1])("a signal that is %p is refused", (signal) => {
  expect(() => Interrupt.of({ signal: signal as never })).toThrow(TypeError);
});

test("a timeout of 0 is over at once, and one of Infinity never", () => {
  expect(Interrupt.of({ timeout: 0 }).fired).toBe(true);
  const endless = Interrupt.of({ timeout: Number.POSITIVE_INFINITY });
  expect(endless.fired).toBe(false);
  expect(Interrupt.of({}).canFire).toBe(false);
});

test("what lies in the socket counts, though the process was stalled beyond the timeout", async () => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const server = new Worker(ANSWERING, { eval: true, workerData: flag });
  const port = await new Promise<number>((resolve) => server.once("message", resolve));
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const call = Interrupt.of({ timeout: 5 });
  const answered = once(socket, "data").then(() => call.end());
  socket.write("question");
  const asked = performance.now();
  // The stall: nothing runs here until the answer is in the socket and the time is over.
  Atomics.wait(flag, 0, 0);
  while (performance.now() - asked < 10);
  await answered;
  expect(call.fired).toBe(false);
  socket.destroy();
  await server.terminate();
});

/** A server in a thread of its own, which answers and then says so. */
const ANSWERING = `
  const { createServer } = require("node:net");
  const { parentPort, workerData } = require("node:worker_threads");
  createServer((socket) => {
    socket.on("data", () => socket.write("answer", () => {
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    }));
  }).listen(0, "127.0.0.1", function () {
    parentPort.postMessage(this.address().port);
  });
`;

test("a thousand calls that share a signal have one listener, and one that is over none", () => {
  const abort = new AbortController();
  const calls = Array.from({ length: 1000 }, () => Interrupt.of({ signal: abort.signal }));
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  for (const call of calls.slice(1)) call.end();
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  let fired = 0;
  calls[0]!.onFire(() => fired++);
  calls[1]!.onFire(() => fired++);
  abort.abort();
  expect(fired).toBe(1);
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  expect(calls.map((call) => call.fired).filter(Boolean)).toEqual([true]);
  expect(Interrupt.of({ signal: abort.signal }).fired).toBe(true);
});

test("the error says what ended it", async () => {
  const reason = new Error("gone");
  const abort = new AbortController();
  const call = new Interrupt({ signal: abort.signal });
  const part = new Interrupt({}, call);
  abort.abort(reason);
  expect(part.error("Q")).toBeInstanceOf(CancelledError);
  expect(part.error("Q")).toMatchObject({ query: "Q", cause: reason });
  const timed = new Interrupt({ timeout: 1 });
  await until(() => timed.fired);
  expect(timed.error()).toBeInstanceOf(TimeoutError);
});
