import { AsyncLocalStorage, executionAsyncId } from "node:async_hooks";
import { createServer } from "node:net";
import { LeftBehind } from "./left-behind.mjs";

// What is done at the end of each suite (environment.mjs), for the next in its process.

/** What of the process this is about. */
const state = () => ({
  environment: { ...process.env },
  globals: Reflect.ownKeys(globalThis),
  listeners: process.eventNames().map((event) => [event, process.listenerCount(event)]),
  folder: process.cwd(),
  exitCode: process.exitCode,
  console: globalThis.console,
});

const CHANGES: readonly [string, () => unknown][] = [
  ["a variable that is added", () => (process.env.SOLITUDE_LEFT = "1")],
  ["a variable that is changed", () => (process.env.SOLITUDE_TEST_RUN = "elsewhere")],
  ["a variable that is removed", () => delete process.env.PATH],
  ["a global", () => Object.assign(globalThis, { leftGlobal: 1 })],
  ["a listener", () => process.on("SIGUSR2", () => {})],
  ["a listener for once, beside others", () => process.once("exit", () => {})],
  ["a folder", () => process.chdir("/")],
  ["an exit code", () => (process.exitCode = 3)],
  ["a console", () => (globalThis.console = { ...console })],
];

test.each(CHANGES)("%s is put back", async (_, change) => {
  const leftBehind = new LeftBehind();
  const before = state();
  change();
  expect(state()).not.toEqual(before);
  expect(await leftBehind.clear()).toEqual([]);
  expect(state()).toEqual(before);
});

test("a socket that is open is named, once it had time to close", async () => {
  const leftBehind = new LeftBehind(500);
  const server = createServer();
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    expect(await leftBehind.clear()).toContain("TCPServerWrap");
  } finally {
    server.close();
  }
  expect(await leftBehind.clear()).not.toContain("TCPServerWrap");
});

test("what Node does at each promise for a storage of a suite ends with it", async () => {
  const leftBehind = new LeftBehind();
  new AsyncLocalStorage().run(1, () => {});
  await null;
  expect(executionAsyncId()).not.toBe(0); // Promises have numbers while Node looks at each.
  await leftBehind.clear();
  await null;
  expect(executionAsyncId()).toBe(0);
});
