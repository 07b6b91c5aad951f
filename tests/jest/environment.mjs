import { LegacyFakeTimers, ModernFakeTimers } from "@jest/fake-timers";
import { TestEnvironment as NodeEnvironment } from "jest-environment-node";
import { ModuleMocker } from "jest-mock";
import "../postgres/v8-flags.mjs";
import { disableStorages, LeftBehind } from "./left-behind.mjs";
import { sharesModules } from "./sharing.mjs";

/** What jest needs to fake `setTimeout` as Node has it. */
const TIMERS = {
  idToRef: (id) => ({
    id,
    ref() {
      return this;
    },
    unref() {
      return this;
    },
  }),
  refToId: (timer) => timer?.id,
};

/**
 * Runs a suite in the global context of its worker, not in one of its own: the modules that suites share are made once (runtime.mjs), and
 * there is no whole context to be collected as garbage. So what a suite changes of the process is put back here, and it
 * fails where it leaves open what cannot be.
 */
class SharedContext {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #leftBehind = new LeftBehind();
  #hasFailed = false;

  constructor({ projectConfig: config }) {
    const { global, moduleMocker } = this;
    this.fakeTimers = new LegacyFakeTimers({ config, global, moduleMocker, timerConfig: TIMERS });
    this.fakeTimersModern = new ModernFakeTimers({ config, global });
  }

  async setup() {
    Error.stackTraceLimit = 100;
  }

  handleTestEvent({ name }) {
    if (name === "test_fn_failure" || name === "hook_failure" || name === "error") this.#hasFailed = true;
  }

  async teardown() {
    this.fakeTimers.dispose();
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    const left = await this.#leftBehind.clear();
    // A test that failed has closed nothing, and its own failure is what is to be seen.
    if (left.length > 0 && !this.#hasFailed)
      throw new Error(`This suite leaves open, to the next in its process: ${left.join(", ")}`);
  }

  /** As Node itself does, so that packages that import one another find the same modules as the suites. */
  exportConditions() {
    return ["node", "node-addons", "module-sync"];
  }

  getVmContext() {
    return globalThis;
  }
}

/** Runs a suite in a context of its own, as jest does. */
class OwnContext extends NodeEnvironment {
  async teardown() {
    await super.teardown();
    disableStorages();
  }
}

/** What a suite runs in; the arguments are jest's. */
export default function Environment(config, context) {
  return sharesModules(context.testPath) ? new SharedContext(config) : new OwnContext(config, context);
}
