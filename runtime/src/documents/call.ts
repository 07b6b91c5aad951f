import { timeLeft } from "../deadline.ts";
import { CancelledError, PoolClosedError, TimeoutError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import type { Outcome, Telemetry } from "../telemetry/telemetry.ts";
import { after, LONGEST, Pause } from "../timer.ts";
import type { Connector, PoolObserver } from "./connection.ts";
import { outcomeUnknown, translate } from "./translate.ts";

/** What is asked of the server, for spans, messages and the handling of interruption. */
export interface Call {
  /** MongoDB's command: `find`, `insert`, `findAndModify` … */
  readonly operation: string;
  readonly kind: string;
  /** For spans only; there are too many of them for metrics. */
  readonly collection: string;
  /** The collection's database, likewise: where each workspace has its own, there are too many. */
  readonly namespace?: string | undefined;
  readonly write: boolean;
  readonly batchSize?: number | undefined;
  /** Writes several documents: an error may come when some of them are written. */
  readonly several?: boolean | undefined;
  /** Belongs to a transaction under way, which closing waits for. */
  readonly inTransaction?: boolean;
}

/** A caller's options with the time that they set made absolute, so that all steps of one operation share it. */
export type Timed<O extends QueryOptions = QueryOptions> = O & { readonly until?: number };

export function timed<O extends QueryOptions>(options: O | undefined): Timed<O> | undefined {
  const timeout = timeLeft(options ?? {});
  if (timeout === undefined) return options;
  return { ...(options as O), timeout, until: performance.now() + timeout };
}

/** What an operation passes to the driver so that it can be stopped. */
export interface Limits {
  readonly signal?: AbortSignal;
  readonly maxTimeMS?: number;
}

/**
 * Gives a promise of what the driver does. `limits` are for what reads. What writes gets `untilSent`, whose signal fires only while
 * nothing was sent, so that no write is sent after its caller was told that it was not; once it is sent, nothing can stop it.
 */
type Work<T> = (limits: Limits, untilSent: Limits) => Promise<T>;

/** Everything that goes to the server goes through here. */
export interface Caller {
  run<T>(
    call: Call,
    options: QueryOptions | undefined,
    work: Work<T>,
    outcome?: (result: T) => Outcome,
  ): Promise<T>;
  /** The same for a cursor: from the first document asked for to the last, or to the end of the loop. */
  stream<T>(
    call: Call,
    options: QueryOptions | undefined,
    open: (limits: Limits) => AsyncIterable<T> & { close(): Promise<void> },
  ): AsyncGenerator<T, void, undefined>;
  /** Waits for something that others wait for as well, and that goes on without us. */
  wait<T>(what: string, options: QueryOptions | undefined, promise: Promise<T>): Promise<T>;
  /** Refuses what is new, closes cursors, and waits for what is under way, at most so many milliseconds. */
  drain(timeout: number): Promise<void>;
}

const NO_LIMITS: Limits = {};
const never = new Promise<never>(() => {});

export function createCaller(telemetry: Telemetry, pool: PoolObserver, connector: Connector): Caller {
  let underWay = 0;
  let onIdle: (() => void) | undefined;
  const over = () => {
    if (--underWay === 0) onIdle?.();
  };
  const cursors = new Set<{ close(): Promise<void> }>();
  const broken = new WeakSet<object>();
  let closed = false;
  return {
    async run(call, options, work, outcome) {
      const { operation, kind, collection, namespace, write, batchSize, several = false } = call;
      const what = `${operation} ${kind}`;
      if (closed && call.inTransaction !== true)
        throw new PoolClosedError(`${what}: the documents are closed`);
      let taken = Number.POSITIVE_INFINITY;
      const isSent = () => pool.taken > taken;
      const interruption = watch(what, options, isSent);
      const start = () => {
        // It may have waited for the first connection.
        if (interruption?.error !== undefined) return Promise.reject(interruption.error);
        taken = pool.taken;
        try {
          return work(interruption?.limits ?? NO_LIMITS, interruption?.untilSent ?? NO_LIMITS);
        } catch (error) {
          return Promise.reject(error); // The driver refuses some arguments at once.
        }
      };
      const reported = telemetry.documents(operation, what, { collection, namespace, batchSize });
      const working = reported.within(() =>
        connector.connected ? start() : connector.connect().then(start),
      );
      underWay++;
      // What is interrupted here may go on there.
      if (interruption !== undefined) working.then(over, over);
      try {
        const result = await (interruption === undefined
          ? working
          : Promise.race([working, interruption.happened]));
        reported.end(outcome?.(result));
        return result;
      } catch (caught) {
        const cause = interruption?.error;
        // The driver rejects with the signal's reason, or with what closing the connection has led to.
        const error =
          cause === undefined
            ? translate(caught, { what, kind, write, sent: isSent(), several })
            : write && interruption?.wasSent === true
              ? outcomeUnknown(what, cause)
              : cause;
        reported.end({ error });
        throw error;
      } finally {
        if (interruption === undefined) over();
        else interruption.end();
      }
    },
    async *stream(call, options, open) {
      const { operation, kind, collection, namespace } = call;
      const what = `${operation} ${kind}`;
      if (closed) throw new PoolClosedError(`${what}: the documents are closed`);
      const endedEarly = (cause?: unknown) =>
        new PoolClosedError(`${what}: the documents were closed before the end`, { cause });
      const interruption = watch(what, options);
      const taken = pool.taken;
      const reported = telemetry.documents(operation, what, { collection, namespace });
      let rows = 0;
      let failure: { error: unknown } | undefined;
      let cursor: { close(): Promise<void> } | undefined;
      try {
        if (!connector.connected) await Promise.race([connector.connect(), interruption?.happened ?? never]);
        const opened = reported.within(() => open(interruption?.limits ?? NO_LIMITS));
        cursor = opened;
        cursors.add(opened);
        for await (const document of opened) {
          rows++;
          yield document;
        }
        // A cursor that was closed ends as one that has given everything.
        if (broken.has(opened)) throw endedEarly();
      } catch (caught) {
        const sent = pool.taken > taken;
        // What a server says of a cursor that is being closed differs; that it is closed does not.
        const ended = cursor !== undefined && broken.has(cursor) && !(caught instanceof PoolClosedError);
        const error =
          interruption?.error ??
          (ended ? endedEarly(caught) : translate(caught, { what, kind, write: false, sent }));
        failure = { error };
        throw error;
      } finally {
        interruption?.end();
        reported.end(failure ?? { rows });
        if (cursor !== undefined) {
          cursors.delete(cursor);
          await cursor.close().catch(() => {}); // A lost connection has closed it.
        }
      }
    },
    async wait(what, options, promise) {
      const interruption = watch(what, options);
      if (interruption === undefined) return promise;
      try {
        return await Promise.race([promise, interruption.happened]);
      } finally {
        interruption.end();
      }
    },
    async drain(timeout) {
      closed = true;
      for (const cursor of cursors) broken.add(cursor);
      await Promise.allSettled([...cursors].map((cursor) => cursor.close()));
      if (underWay === 0) return;
      const pause = new Pause(timeout);
      onIdle = pause.wake;
      await pause.over;
    },
  };
}

interface Interruption {
  readonly limits: Limits;
  readonly untilSent: Limits;
  /** Whether anything had been sent when it happened. */
  readonly wasSent: boolean;
  /** Rejects when it happens. */
  readonly happened: Promise<never>;
  readonly error: CancelledError | TimeoutError | undefined;
  end(): void;
}

/** @throws {CancelledError | TimeoutError} where it has happened already; nothing was sent */
function watch(what: string, options: Timed | undefined, isSent = () => false): Interruption | undefined {
  const { signal, timeout, until } = options ?? {};
  if (signal === undefined && timeout === undefined) return undefined;
  const left = until === undefined ? timeout : until - performance.now();
  const cancelled = () => new CancelledError(`${what}: cancelled`, { cause: signal?.reason });
  if (signal?.aborted) throw cancelled();
  const timedOut = () => new TimeoutError(`${what}: took longer than ${timeout} ms`);
  if (left !== undefined && Number.isNaN(left)) throw new RangeError("timeout: not a number of milliseconds");
  if (left !== undefined && left <= 0) throw timedOut();
  // A timer that is set for longer ends at once, and the server has no such limit.
  const isLimited = left !== undefined && left <= LONGEST;
  const controller = new AbortController();
  const unsent = new AbortController();
  let error: CancelledError | TimeoutError | undefined;
  let wasSent = false;
  const happened = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(error), { once: true });
  });
  happened.catch(() => {}); // Nobody may be waiting.
  const interrupt = (reason: CancelledError | TimeoutError) => {
    if (error !== undefined) return;
    error = reason;
    wasSent = isSent();
    if (!wasSent) unsent.abort(error);
    controller.abort(error);
  };
  const onAbort = () => interrupt(cancelled());
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = left === undefined ? undefined : after(left, () => interrupt(timedOut()));
  const maxTime = isLimited ? { maxTimeMS: Math.ceil(left) } : {};
  return {
    limits: { signal: controller.signal, ...maxTime },
    untilSent: { signal: unsent.signal, ...maxTime },
    happened,
    get wasSent() {
      return wasSent;
    },
    get error() {
      return error;
    },
    end() {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    },
  };
}
