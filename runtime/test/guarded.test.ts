import { jest } from "@jest/globals";
import { guarded } from "../src/guarded.ts";

const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
const clock = jest.spyOn(performance, "now");
afterAll(() => {
  jest.restoreAllMocks();
});

test("a function that fails again and again is told of once a minute, with how often it has failed meanwhile", async () => {
  const call = guarded("onNotice", async (n: number) => {
    throw `failure ${n}`;
  });
  const other = guarded("onLeak", () => {
    throw "another's";
  });
  for (const [n, at] of [0, 1, 59_999, 60_000, 60_001, 119_999, 500_000].entries()) {
    clock.mockReturnValue(at);
    call(n);
    await undefined;
    await undefined;
  }
  other();
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    "onNotice failed: failure 0",
    "onNotice failed (and 2 times before, which were not told): failure 3",
    "onNotice failed (and 2 times before, which were not told): failure 6",
    "onLeak failed: another's",
  ]);
});

test("what a function throws need have no text", async () => {
  warn.mockClear();
  const unreadable = new Error("x");
  Object.defineProperty(unreadable, "stack", {
    get() {
      throw new Error("no stack");
    },
  });
  for (const thrown of [Object.create(null), { toString: null }, Symbol("s"), unreadable, undefined]) {
    guarded("onNotice", () => {
      throw thrown;
    })();
    guarded("onLeak", async () => {
      throw thrown;
    })();
    await undefined;
    await undefined;
  }
  const told = (name: string) =>
    ["what it threw has no text", "what it threw has no text", "Symbol(s)"]
      .concat("what it threw has no text", "undefined")
      .map((text) => `${name} failed: ${text}`);
  const messages = warn.mock.calls.map(([message]) => String(message));
  expect(messages.filter((one) => one.startsWith("onNotice"))).toEqual(told("onNotice"));
  expect(messages.filter((one) => one.startsWith("onLeak"))).toEqual(told("onLeak"));
});
