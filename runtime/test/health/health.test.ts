import { setTimeout as delay } from "node:timers/promises";
import { jest } from "@jest/globals";
import { createHealth, type Health, type HealthOptions } from "../../src/health/health.ts";
import { type HealthCheck, HealthCheckError } from "../../src/health/health-check.ts";
import { AnsweringServer } from "../answering-server.ts";
import { CountedLoop } from "../event-loop.ts";
import { until } from "../postgres/until.ts";

/** A check that does as it is told. */
class Dependency implements HealthCheck {
  readonly name: string;
  readonly critical: boolean;
  runs = 0;
  underWay = 0;
  closed = 0;
  /** What the next runs do. */
  behave: (signal: AbortSignal) => Promise<unknown> = async () => {};

  constructor(name: string, critical = true) {
    this.name = name;
    this.critical = critical;
  }

  async check(signal: AbortSignal): Promise<void> {
    this.runs++;
    this.underWay++;
    await this.behave(signal).finally(() => this.underWay--);
  }

  close(): void {
    this.closed++;
  }
}

const fails = async () => {
  throw new Error("secret");
};
const hangs = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

let health: Health;
let loop: CountedLoop;
beforeEach(() => {
  loop = new CountedLoop();
});
afterEach(() => {
  loop.restore();
  return health.close();
});

/** With an interval so long that only what the test asks for runs. */
const open = (checks: HealthCheck[], options: Partial<HealthOptions> = {}): Health => {
  health = createHealth({ checks, interval: 3_600_000, timeout: 50, ...options });
  return health;
};

test("is starting until the first results are in, then ready", async () => {
  const a = new Dependency("a");
  open([a, new Dependency("b")]);
  expect(health.report()).toEqual({
    state: "starting",
    checks: [
      { name: "a", critical: true, status: "unknown", since: undefined, last: undefined },
      { name: "b", critical: true, status: "unknown", since: undefined, last: undefined },
    ],
  });
  const report = await health.check();
  expect(report.state).toBe("ready");
  expect(report.checks[0]).toEqual({
    name: "a",
    critical: true,
    status: "up",
    since: expect.any(Date),
    last: { at: expect.any(Date), status: "up", latency: expect.any(Number) },
  });
  expect(a.runs).toBe(1);
});

test("is not ready while a critical check fails; others only report", async () => {
  const [critical, other] = [new Dependency("critical"), new Dependency("other", false)];
  open([critical, other]);
  other.behave = fails;
  // The run that began with the object may have got away before the change.
  await health.check();
  expect((await health.check()).state).toBe("ready");
  expect(health.report().checks[1]?.status).toBe("down");
  critical.behave = fails;
  expect((await health.check()).state).toBe("not ready");
  critical.behave = async () => {};
  expect((await health.check()).state).toBe("ready");
});

test("runs at the interval, and each check once at a time", async () => {
  const [quick, slow] = [new Dependency("quick"), new Dependency("slow")];
  let most = 0;
  let isOver = false;
  slow.behave = async () => {
    most = Math.max(most, slow.underWay);
    const before = quick.runs;
    await until(() => isOver || quick.runs > before + 1);
  };
  open([quick, slow], { interval: 5, timeout: 60_000, keepAlive: true });
  await until(() => slow.runs >= 3);
  isOver = true;
  expect(most).toBe(1);
});

test("who asks while a check runs shares its result", async () => {
  const a = new Dependency("a");
  open([a]);
  await Promise.all([health.check(), health.check(), health.check()]);
  expect(a.runs).toBe(1);
});

test("a check that takes too long has failed, and its signal is aborted", async () => {
  const a = new Dependency("a");
  a.behave = hangs;
  open([a, new Dependency("b")]);
  const { checks } = await health.check();
  expect(checks[0]?.last).toMatchObject({ status: "down", reason: "timeout" });
  expect(checks[0]?.last?.latency).toBeGreaterThan(40);
  expect(checks[1]?.status).toBe("up");
  await until(() => a.underWay === 0);
});

test("a check has its own timeout", async () => {
  const a: HealthCheck = { name: "a", timeout: 60_000, check: () => delay(100) };
  open([a]);
  expect((await health.check()).state).toBe("ready");
});

test("a check that does not end even when it is told to is not begun again until it has", async () => {
  const a = new Dependency("a");
  let release = () => {};
  a.behave = () =>
    new Promise<void>((resolve) => {
      release = resolve;
    });
  open([a]);
  for (let i = 0; i < 3; i++) await health.check();
  expect(a.runs).toBe(1);
  expect(health.history("a").map(({ reason }) => reason)).toEqual(["timeout", "timeout", "timeout"]);
  release();
  a.behave = async () => {};
  await delay(0);
  expect((await health.check()).state).toBe("ready");
  expect(a.runs).toBe(2);
});

test("the history is bounded and in order", async () => {
  const a = new Dependency("a");
  open([a], { history: 3 });
  for (const behave of [async () => {}, fails, fails, async () => {}, fails]) {
    a.behave = behave;
    await health.check();
  }
  expect(health.history("a").map(({ status }) => status)).toEqual(["down", "up", "down"]);
  expect(health.history("none")).toEqual([]);
});

describe("events", () => {
  test("tell changes, and only those", async () => {
    const a = new Dependency("a");
    open([a]);
    const events: unknown[] = [];
    health.on("status", ({ check, from, to, reason }) => events.push([check, from, to, reason]));
    const stop = health.on("state", ({ from, to }) => events.push([from, to]));
    await health.check();
    await health.check();
    a.behave = fails;
    await health.check();
    await health.check();
    expect(events).toEqual([
      ["a", "unknown", "up", undefined],
      ["starting", "ready"],
      ["a", "up", "down", "failed"],
      ["ready", "not ready"],
    ]);
    stop();
    a.behave = async () => {};
    await health.check();
    expect(events).toHaveLength(5);
  });

  test("a listener that throws stops nothing", async () => {
    const errors: unknown[] = [];
    open([new Dependency("a")], { onError: (error, check) => errors.push([error, check]) });
    health.on("status", () => {
      throw new Error("listener");
    });
    const heard: unknown[] = [];
    health.on("status", ({ to }) => heard.push(to));
    expect((await health.check()).state).toBe("ready");
    expect(heard).toEqual(["up"]);
    expect(errors).toEqual([[new Error("listener"), undefined]]);
  });
});

test("errors go to the log's hook and nowhere else", async () => {
  const a = new Dependency("a");
  a.behave = fails;
  const errors: unknown[] = [];
  open([a], {
    onError: (error, check) => {
      errors.push([error, check]);
      throw new Error("the log is full");
    },
  });
  const report = await health.check();
  expect(errors).toEqual([[new Error("secret"), "a"]]);
  expect(JSON.stringify([report, health.history("a")])).not.toContain("secret");
});

test("a check may say why it failed", async () => {
  const a = new Dependency("a");
  a.behave = async () => {
    throw new Error("wrapped", { cause: new HealthCheckError("read-only") });
  };
  open([a]);
  expect((await health.check()).checks[0]?.last?.reason).toBe("read-only");
});

test("ending makes it not ready first, and for good", async () => {
  const a = new Dependency("a");
  open([a]);
  await health.check();
  const states: string[] = [];
  health.on("state", ({ to }) => states.push(to));
  health.shutDown();
  expect(health.report().state).toBe("shutting down");
  expect((await health.check()).state).toBe("shutting down");
  expect(a.closed).toBe(0);
  await health.close();
  await health.close();
  expect(states).toEqual(["shutting down"]);
  expect(a.closed).toBe(1);
  const { runs } = a;
  await health.check();
  expect(a.runs).toBe(runs);
});

test("a check that cannot be closed keeps no other from it", async () => {
  const a: HealthCheck = {
    name: "a",
    check: async () => {},
    close: () => {
      throw new Error("stuck");
    },
  };
  const b = new Dependency("b");
  const errors: unknown[] = [];
  open([a, b], { onError: (error, check) => errors.push([error, check]) });
  await health.close();
  expect(b.closed).toBe(1);
  expect(errors).toEqual([[new Error("stuck"), "a"]]);
});

test("recent() runs the checks only when what is known is old", async () => {
  const a = new Dependency("a");
  open([a], { interval: 10_000, timeout: 10_000 });
  await health.recent();
  const now = jest.spyOn(Date, "now");
  try {
    const { runs } = a;
    await health.recent();
    expect(a.runs).toBe(runs);
    const real = Date.now();
    now.mockReturnValue(real + 30_001);
    await health.recent();
    expect(a.runs).toBeGreaterThan(runs);
  } finally {
    now.mockRestore();
  }
});

test("nothing to check is ready", () => {
  expect(open([]).report()).toEqual({ state: "ready", checks: [] });
});

test.each([
  [{ checks: [new Dependency("a"), new Dependency("a")] }, 'two health checks are called "a"'],
  [{ checks: [], interval: 0 }, "interval: 0 is not more than 0"],
  [{ checks: [], timeout: Number.NaN }, "timeout: NaN is not more than 0"],
])("refuses what makes no sense: %#", (options, message) => {
  open([]);
  expect(() => createHealth(options)).toThrow(new RangeError(message));
});

test("a check whose answer is there is up, though the process was stalled beyond its timeout", async () => {
  await using server = await AnsweringServer.start();
  const a = new Dependency("a");
  a.behave = () => server.ask();
  open([a], { interval: 60_000, timeout: 5 });
  const checked = health.check();
  server.stallUntilAnswered(10);
  await checked;
  expect(health.report().checks[0]?.last?.status).toBe("up");
});
