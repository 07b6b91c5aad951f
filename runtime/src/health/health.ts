import { aside } from "../context.ts";
import { every } from "../timer.ts";
import type { HealthCheck } from "./health-check.ts";
import { type CheckResult, Monitor } from "./monitor.ts";
import { type HealthEvents, Readiness, type ReadinessState, type Status } from "./readiness.ts";

export interface HealthOptions {
  readonly checks: readonly HealthCheck[];
  /** Milliseconds between two runs of a check; 5,000. */
  readonly interval?: number | undefined;
  /** Milliseconds after which a check has failed; 2,000. */
  readonly timeout?: number | undefined;
  /** Results kept of each check; 100. */
  readonly history?: number | undefined;
  /** Whether checking keeps the process running; false. */
  readonly keepAlive?: boolean | undefined;
  /** Where errors of checks go, for the log; the rest of the API only tells their kind. Also those of listeners. */
  readonly onError?: ((error: unknown, check: string | undefined) => void) | undefined;
}

export interface CheckReport {
  readonly name: string;
  readonly critical: boolean;
  readonly status: Status;
  /** When it got this status; undefined while that is unknown. */
  readonly since: Date | undefined;
  /** The last result. */
  readonly last: CheckResult | undefined;
}

export interface HealthReport {
  readonly state: ReadinessState;
  /** In the order in which the checks were given. */
  readonly checks: readonly CheckReport[];
}

export interface Health {
  /** Reports what is known now; runs nothing. */
  report(): HealthReport;
  /** Runs every check now, unless it runs already, and gives the results. Takes no longer than the timeouts. */
  check(): Promise<HealthReport>;
  /** The same, unless what is known is recent. */
  recent(): Promise<HealthReport>;
  /** The last results of a check, oldest first; empty for a name that no check has. */
  history(check: string): readonly CheckResult[];
  /** Calls `listener` for each event, until the function that it gives is called. */
  on<E extends keyof HealthEvents>(event: E, listener: (event: HealthEvents[E]) => void): () => void;
  /** From now on not ready, whatever the checks say: the first step of ending, before anything is closed. */
  shutDown(): void;
  /** Ends all checking. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Watches what the application depends on. Checking begins at once.
 * @throws RangeError where two checks have one name, or a number makes no sense
 */
export function createHealth(options: HealthOptions): Health {
  const { checks, interval = 5000, timeout = 2000, history = 100 } = options;
  validate(checks, { interval, timeout, history });
  const onError = (error: unknown, check?: string): void => {
    try {
      options.onError?.(error, check);
    } catch {
      // There is nobody left to tell, and the checks must go on.
    }
  };
  const critical = checks.filter(isCritical).map(({ name }) => name);
  const readiness = new Readiness(critical, onError);
  const monitors = checks.map(
    (check) =>
      new Monitor(check, {
        timeout: check.timeout ?? timeout,
        history,
        onError: (error) => onError(error, check.name),
        onResult: (result) => readiness.settle(check.name, result),
      }),
  );
  const longest = Math.max(timeout, ...checks.map((check) => check.timeout ?? 0));
  let closed: Promise<void> | undefined;

  const runAll = async (): Promise<void> => {
    if (closed === undefined) await Promise.all(monitors.map((monitor) => monitor.run()));
  };
  const timer = aside(() => every(interval, () => void runAll()));
  if (options.keepAlive !== true) timer?.unref();
  void runAll();

  const report = (): HealthReport => ({
    state: readiness.state,
    checks: monitors.map(({ check, last }) => ({
      name: check.name,
      critical: isCritical(check),
      ...readiness.of(check.name),
      last,
    })),
  });
  const check = async (): Promise<HealthReport> => {
    // Nothing of a check keeps the process running; who waits for one wants it to.
    const hold = setInterval(() => {}, 2 ** 30);
    await runAll().finally(() => clearInterval(hold));
    return report();
  };
  const end = async (): Promise<void> => {
    clearInterval(timer);
    readiness.shutDown();
    await Promise.all(
      checks.map(async (one) => {
        try {
          await one.close?.();
        } catch (error) {
          onError(error, one.name);
        }
      }),
    );
  };
  const close = (): Promise<void> => {
    closed ??= end();
    return closed;
  };
  return {
    report,
    check,
    async recent() {
      // The process may have been stopped, or was too busy for its timers.
      const oldest = Date.now() - 2 * interval - longest;
      const isRecent = monitors.every(({ last }) => last !== undefined && last.at.getTime() >= oldest);
      return isRecent ? report() : check();
    },
    history: (name) => monitors.find((monitor) => monitor.check.name === name)?.history ?? [],
    on: (event, listener) => readiness.on(event, listener),
    shutDown: () => readiness.shutDown(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const isCritical = (check: HealthCheck): boolean => check.critical !== false;

function validate(checks: readonly HealthCheck[], numbers: Readonly<Record<string, number>>): void {
  const names = checks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`two health checks are called ${JSON.stringify(twice)}`);
  const own = checks.map(({ name, timeout }) => [`${name}: timeout`, timeout] as const);
  for (const [name, value] of [...Object.entries(numbers), ...own])
    if (value !== undefined && !(typeof value === "number" && value > 0))
      throw new RangeError(`${name}: ${String(value)} is not more than 0`);
}
