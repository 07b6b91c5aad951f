import { pickRows } from "../../../tests/long-form.ts";
import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  OutcomeUnknownError,
  PoolClosedError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import type { Pool } from "../../src/postgres/pool.ts";
import { calls, failure, open, placeOf } from "./every-call.ts";
import { run } from "./run.ts";
import { errorResponse, ScriptedServer, type Silence } from "./scripted-server.ts";
import { until } from "./until.ts";

// A server that goes silent before, within and after each of its messages in turn: every call settles, with an error that
// says what is known, and its connection is given back or closed.

/** What a call may come to: what is known of it, and nothing of `pg`'s. */
const KNOWN = [TimeoutError, ConnectionFailedError, ConnectionLostError, OutcomeUnknownError, CancelledError];

interface Ending {
  readonly error: unknown;
}

/** The times of a pool of which each call is soon over, and how many times as long they are where a machine is busy. */
const SHORT = { timeout: 60, connectTimeout: 40, acquireTimeout: 50, cancelTimeout: 40, pingTimeout: 20 };
const PACES = [1, 20] as const;
const longer = (pace: number): typeof SHORT =>
  Object.fromEntries(Object.entries(SHORT).map(([name, time]) => [name, time * pace])) as typeof SHORT;

/** The same at leisure where it did not work out: what hangs hangs then, too, and what was only slow does not. */
async function trySlower(name: string, silence: Silence): Promise<Ending> {
  try {
    return await tryOut(name, silence, PACES[0]);
  } catch {
    return tryOut(name, silence, PACES[1]);
  }
}

/** Runs the call against a server that falls silent, and sees what becomes of it and of its connection. */
async function tryOut(
  name: string,
  silence: Silence | undefined,
  pace = 1_000,
): Promise<{ steps: number } & Ending> {
  const server = await ScriptedServer.start();
  const times = longer(pace);
  const pool = open(server, times);
  try {
    return await tryOn(server, pool, name, silence, pace);
  } finally {
    // What did not work out is tried again, and has closed nothing.
    await pool.close({ timeout: 20 });
    await server.close();
  }
}

async function tryOn(
  server: ScriptedServer,
  pool: Pool,
  name: string,
  silence: Silence | undefined,
  pace: number,
): Promise<{ steps: number } & Ending> {
  const times = longer(pace);
  const patience = Math.min(60_000, 10_000 * pace);
  server.silence = silence;
  let ending: Ending | undefined;
  const where = `${name}, silent ${silence?.where} message ${silence?.step}${silence?.isForAll ? " for all" : ""}`;
  const there = { ...placeOf(server), time: times.timeout };
  void calls[name]!(pool, there).then(
    () => {
      ending = { error: undefined };
    },
    (error: unknown) => {
      ending = { error };
    },
  );
  await until(() => ending !== undefined, patience).catch(() => {
    throw new Error(`it never settled: ${where}`);
  });
  const { steps } = server;
  const isGivenBack = () => pool.stat().acquiredConns === 0 && pool.stat().pendingAcquires === 0;
  await until(isGivenBack, patience).catch(() => {
    throw new Error(`its connection was never given back: ${where}`);
  });
  if (ending!.error !== undefined && ending!.error !== failure) {
    const isKnown = KNOWN.some((kind) => ending!.error instanceof kind);
    if (!isKnown) throw new Error(`it failed otherwise: ${where}`, { cause: ending!.error });
  }
  server.silence = undefined;
  const hasRecovered = () =>
    run(pool, "select 1", [], { timeout: 5_000 }).then(
      () => true,
      () => false,
    );
  await until(hasRecovered, patience).catch(() => {
    throw new Error(`the pool never recovered: ${where}`);
  });
  await pool.close({ timeout: 20 });
  await until(() => server.connections === 0, patience).catch(() => {
    throw new Error(`a connection was left open: ${where}`);
  });
  return { steps, error: ending!.error };
}

const isTried = pickRows("calls of a server that falls silent", 4);

describe.each(Object.keys(calls))("%s", (name) => {
  test("settles wherever the server falls silent, and its connection is given back or closed", async () => {
    const { steps, error } = await tryOut(name, undefined);
    expect([undefined, failure]).toContain(error);
    expect(steps).toBeGreaterThan(5);
    const ways = [{ where: "before" }, { where: "within" }, { where: "before", isForAll: true }] as const;
    // After one is before the next. The short form has each way at every fourth message, and at others of the next call.
    const turn = Object.keys(calls).indexOf(name);
    const silences: Silence[] = Array.from({ length: steps }, (_, step) =>
      ways.filter((_, way) => isTried(step + way + turn)).map((way) => ({ step, ...way })),
    ).flat();
    silences.push({ step: steps - 1, where: "after" });
    const endings: Ending[] = [];
    // Several at once, for they do little but wait.
    const worker = async (): Promise<void> => {
      for (let silence = silences.pop(); silence !== undefined; silence = silences.pop())
        endings.push(await trySlower(name, silence));
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    // Where no other connection was to be had, it cannot but fail.
    expect(endings.some(({ error }) => error !== undefined)).toBe(true);
  });
});

describe("a server that says its last word", () => {
  test.each([
    ["FATAL", "FATAL"],
    ["in another language", "ВАЖНО"],
  ])("in the packet that says it is ready (%s): the connection is never lent", async (_, word) => {
    const server = await ScriptedServer.start();
    server.parting = errorResponse("FATAL", "57P01", word);
    const pool = open(server, { prepare: true, replicas: [] });
    const error = await run(pool, "select 1").catch((e) => e);
    expect([ConnectionFailedError, TimeoutError]).toContain(error.constructor);
    expect(pool.stat()).toMatchObject({ acquiredConns: 0, idleConns: 0 });
    await pool.close();
    await server.close();
  });
});

test("what still runs when the pool is closed is cancelled on the server", async () => {
  const server = await ScriptedServer.start();
  const pool = open(server, {
    timeout: 60_000,
    cancelTimeout: 60_000,
    connectTimeout: 60_000,
    acquireTimeout: 60_000,
  });
  const running = run(pool, "select sleep").catch((error) => error);
  await until(() => server.sleeping === 1);
  await pool.close({ timeout: 20 });
  expect(await running).toBeInstanceOf(ConnectionLostError);
  expect(server.cancelled).toBeGreaterThan(0);
  await expect(run(pool, "select 1")).rejects.toBeInstanceOf(PoolClosedError);
  await server.close();
});
