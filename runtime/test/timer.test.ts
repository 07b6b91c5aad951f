import { jest } from "@jest/globals";
import { createHealth } from "../src/health/health.ts";
import { watchForLeak } from "../src/postgres/leak-detector.ts";
import { after, every, Pause } from "../src/timer.ts";

// A timer of Node's that is set for longer than 32 bits fires at once.

let warning: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warning = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => {
  expect(warning).not.toHaveBeenCalled();
  warning.mockRestore();
});
const turns = () => new Promise((resolve) => setTimeout(resolve, 20));

test.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e15])(
  "one that is set for %p ms never fires",
  async (time) => {
    const fired = jest.fn();
    after(time, fired);
    every(time, fired);
    const pause = new Pause(time);
    void pause.over.then(fired);
    const stopWatching = watchForLeak(time, fired);
    await turns();
    expect(fired).not.toHaveBeenCalled();
    stopWatching();
    pause.wake();
    await pause.over;
  },
);

test("a pause is over when its time is", async () => {
  await new Pause(1).over;
});

test("checks whose time or interval is endless are run once, and succeed", async () => {
  const check = jest.fn(async () => {});
  const endless = Number.POSITIVE_INFINITY;
  const health = createHealth({ checks: [{ name: "c", check }], interval: endless, timeout: endless });
  await turns();
  expect(check).toHaveBeenCalledTimes(1);
  expect(health.report().state).toBe("ready");
  await health.close();
});
