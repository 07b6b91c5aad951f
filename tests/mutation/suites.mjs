import { format } from "node:util";
import { expect } from "expect";

/**
 * Loads a suite written for jest and gives what is needed to run its tests one by one, as often as wanted. Files of tests
 * are not told that it is not jest: what they use of it is here.
 */
export async function loadSuite(name, path) {
  const suite = { name, tests: [], before: [], after: [] };
  /** The hooks that hold for the tests being written. */
  let hooks = { beforeEach: [], afterEach: [] };
  const add = (title, work) => suite.tests.push({ title, work, hooks });
  const test = (title, work) => add(title, work);
  test.each = (rows) => (title, work) => {
    for (const row of rows) {
      const args = Array.isArray(row) ? row : [row];
      add(format(title, ...args.slice(0, title.split("%").length - 1)), () => work(...args));
    }
  };
  const describe = (_, work) => {
    const outer = hooks;
    hooks = { beforeEach: [...outer.beforeEach], afterEach: [...outer.afterEach] };
    work();
    hooks = outer;
  };
  describe.each = (rows) => (title, work) => {
    for (const row of rows) describe(title, () => work(...(Array.isArray(row) ? row : [row])));
  };
  Object.assign(globalThis, {
    ...{ test, it: test, expect, describe },
    beforeAll: (work) => suite.before.push(work),
    afterAll: (work) => suite.after.push(work),
    beforeEach: (work) => hooks.beforeEach.push(work),
    afterEach: (work) => hooks.afterEach.push(work),
  });
  await import(path);
  return suite;
}

/** Rejects where the work waits for what never comes. */
async function within(limit, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), limit);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs tests of a suite until one fails.
 * @param limit milliseconds, far beyond what a test takes
 * @returns the title of what failed, with what it said, or null
 */
export async function firstFailure(suite, tests, limit, around = (_, work) => work()) {
  let failure = null;
  const attempt = async (title, work) => {
    try {
      await within(limit, () => around(title, work));
    } catch (error) {
      failure ??= `${title}: ${error instanceof Error ? error.message : error}`;
    }
  };
  for (const work of suite.before) if (!failure) await attempt("beforeAll", work);
  for (const { title, work, hooks } of tests) {
    if (failure) break;
    await attempt(title, async () => {
      for (const each of hooks.beforeEach) await each();
      try {
        await work();
      } finally {
        for (const each of hooks.afterEach) await each();
      }
    });
  }
  for (const work of suite.after) await attempt("afterAll", work);
  return failure;
}
