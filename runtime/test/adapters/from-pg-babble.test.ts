import pg from "pg";
import { fromPg, type PgPool } from "../../src/adapters/from-pg.ts";
import { withDeadline } from "../../src/deadline.ts";
import { DatabaseError } from "../../src/errors/errors.ts";
import type { Pool } from "../../src/postgres/pool.ts";
import { disturbances, harmless, untellable } from "../postgres/disturbances.ts";
import { calls, failure, placeOf } from "../postgres/every-call.ts";
import { run } from "../postgres/run.ts";
import { ScriptedServer } from "../postgres/scripted-server.ts";
import { until } from "../postgres/until.ts";

// A server that does not keep to the protocol, behind an application's own pool: as with a pool of ours, from the first statement on.

const names = [
  "query",
  "execute",
  "batch",
  "an atomic batch",
  "a stream",
  "a stream that is left",
  "copyRows",
  "copyTo",
  "a transaction",
  "a transaction that is rolled back",
  "a transaction with a stream",
  "begin and commit",
  "a scope",
];
const kinds = Object.keys(disturbances);
/** Of all that can be tried; each call meets each disturbance, though not at each of its steps. */
const EVERY = process.env.SOLITUDE_TESTS === "long" ? 1 : 5;

interface Outcome {
  readonly steps: number;
  readonly result: unknown;
  readonly error: unknown;
}

async function tryOut(name: string, what?: string, step = -1): Promise<Outcome> {
  const server = await ScriptedServer.start();
  const where = `${name}, with ${what} for message ${step}`;
  const theirs = new pg.Pool({ ...placeOf(server).server, max: 2 });
  theirs.on("error", () => {});
  const pool = fromPg(theirs, { prepare: true, cancelTimeout: 40 });
  // From here on it is we who read.
  await run(pool, "select 1");
  const before = server.steps;
  let isRow = false;
  if (what !== undefined)
    server.disturbance = {
      step: before + step,
      disturb: (message) => {
        isRow = "Dd".includes(String.fromCharCode(message[0]!));
        return disturbances[what]!(message);
      },
    };
  const time = what === undefined || harmless.has(what) ? 60_000 : 100;
  let outcome: Omit<Outcome, "steps"> | undefined;
  const call = (): Promise<unknown> => calls[name]!(pool as PgPool & Pool, { ...placeOf(server), time });
  withDeadline(Date.now() + time, call).then(
    (result) => {
      outcome = { result, error: undefined };
    },
    (error: unknown) => {
      outcome = { result: undefined, error };
    },
  );
  await until(() => outcome !== undefined).catch(() => {
    throw new Error(`it never settled: ${where}`);
  });
  const { result, error } = outcome!;
  const steps = server.steps - before;
  if (error !== undefined && error !== failure && !(error instanceof DatabaseError))
    throw new Error(`it failed with what is not ours: ${where}`, { cause: error });
  server.disturbance = undefined;
  await until(() => theirs.idleCount === theirs.totalCount && theirs.waitingCount === 0).catch(() => {
    throw new Error(`its connection was never given back: ${where}`);
  });
  for (let rows = 5; rows < 8; rows++) {
    const got = await run(pool, `select rows ${rows}`, [], { timeout: 5_000 }).catch((failed) => {
      if (!(failed instanceof DatabaseError)) throw failed;
    });
    if (got !== undefined && got.length !== rows)
      throw new Error(`the next statement had the answer to another: ${where}`);
  }
  await theirs.end();
  await server.close();
  return { steps, result: isRow && untellable.has(what!) ? undefined : result, error };
}

describe.each(names)("%s", (name) => {
  test("settles whatever the server says, with what is known, and never with another's answer", async () => {
    const undisturbed = await tryOut(name);
    expect([undefined, failure]).toContain(undisturbed.error);
    const cases: { what: string; step: number }[] = [];
    for (let step = 0; step < undisturbed.steps; step++)
      for (const [i, what] of kinds.entries())
        if ((step + i + names.indexOf(name)) % EVERY === 0) cases.push({ what, step });
    const worker = async (): Promise<void> => {
      for (let one = cases.pop(); one !== undefined; one = cases.pop()) {
        const { result, error } = await tryOut(name, one.what, one.step);
        const where = `${name}, with ${one.what} for message ${one.step}`;
        const expected = harmless.has(one.what) ? undisturbed.error : error;
        if (error !== expected) throw new Error(`it failed: ${where}`, { cause: error });
        if (result !== undefined && JSON.stringify(result) !== JSON.stringify(undisturbed.result))
          throw new Error(`it gave ${JSON.stringify(result)}: ${where}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  });
});

test("what the application asks of its own client is answered by pg, beside what is asked here", async () => {
  const server = await ScriptedServer.start();
  const client = new pg.Client(placeOf(server).server);
  await client.connect();
  const on = fromPg(client);
  for (let i = 0; i < 3; i++) {
    expect((await client.query("select pg_backend_pid()")).rows).toHaveLength(1);
    expect(await run(on, "select rows 4")).toHaveLength(4);
  }
  await client.end();
  await server.close();
});
