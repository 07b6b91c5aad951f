import { availableParallelism } from "node:os";

/** One jest run for every workspace; the transform is swc, so that no test waits for a type check. */
export default {
  // Most suites share their worker's context, and modules.
  testEnvironment: "./tests/jest/environment.mjs",
  runtime: "<rootDir>/tests/jest/runtime.mjs",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  modulePathIgnorePatterns: ["/dist/"],
  // Many suites wait for servers, processes and limits of time: of two cores, three at a time leave a quarter idle, which one more takes. No
  // more than four, since a container that may use two cores is often told of all that the machine has.
  maxWorkers: Math.min(availableParallelism() + 2, 4),
  // That is why package.json has V8 collect garbage in the worker's own thread, less often: its threads would take the other's processor.
  // Nothing is measured by it: it ends what would never.
  testTimeout: 900_000,
  // A worker has held a gigabyte of contexts and databases, which half a second, jest's own measure, is too short to give back. What
  // is really left open keeps it for longer.
  workerGracefulExitTimeout: 10_000,
  testSequencer: "./tests/jest/longest-first.mjs",
  globalSetup: "./tests/servers/global-setup.mjs",
  globalTeardown: "./tests/servers/global-teardown.mjs",
};
