import { getEventListeners } from "node:events";
import { CancelledError, TimeoutError } from "../../src/errors/errors.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import { AnsweringServer } from "../answering-server.ts";
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
  await using server = await AnsweringServer.start();
  const call = Interrupt.of({ timeout: 5 });
  const answered = server.ask().then(() => call.end());
  server.stallUntilAnswered(10);
  await answered;
  expect(call.fired).toBe(false);
});

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
