import { executionAsyncId } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext, runInThisContext, SourceTextModule } from "node:vm";
import { jest } from "@jest/globals";
import { quoteIdentifier } from "../../generator/src/sql/quoting.ts";

// Suites of these folders run in their process's context, with modules that others have loaded (runtime.mjs).

test("a suite shares its process's context", () => {
  expect(runInThisContext("globalThis")).toBe(globalThis);
});

test("a module is one, whoever imports it and when", async () => {
  const later = await import("../../generator/src/sql/quoting.ts");
  expect(later.quoteIdentifier).toBe(quoteIdentifier);
});

test("modules are not replaced, since that would be for all", () => {
  expect(() => jest.unstable_mockModule("node:fs", () => ({}))).toThrow("Modules are shared by suites");
  expect(() => jest.mock("node:fs", () => ({}))).toThrow("Modules are shared by suites");
});

test("Node does nothing at each promise for the test framework", async () => {
  await null;
  expect(executionAsyncId()).toBe(0);
});

test("what a module holds is free once nobody has the module", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  const holding = async (): Promise<WeakRef<object>> => {
    const module = new SourceTextModule("export const held = {}; export const use = () => held;", {
      importModuleDynamically: () => module,
    });
    await module.link(() => module);
    await module.evaluate();
    return new WeakRef((module.namespace as { held: object }).held);
  };
  const held = await holding();
  await setImmediate();
  collectGarbage();
  expect(held.deref()).toBeUndefined();
});

test("a file knows its place", () => {
  expect(import.meta.url).toMatch(/^file:.*\/tests\/jest\/runtime\.test\.ts$/);
  expect(import.meta.resolve("./runtime.mjs")).toBe(new URL("runtime.mjs", import.meta.url).href);
});
