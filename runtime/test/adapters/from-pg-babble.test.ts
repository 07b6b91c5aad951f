import pg from "pg";
import { isLongForm, pickRows } from "../../../tests/long-form.ts";
import { fromPg, type PgPool } from "../../src/adapters/from-pg.ts";
import { withDeadline } from "../../src/deadline.ts";
import { DatabaseError } from "../../src/errors/errors.ts";
import type { Pool } from "../../src/postgres/pool.ts";
import { harmless } from "../postgres/disturbances.ts";
import { disturb, settle, type TryOut, testDisturbed } from "../postgres/disturbed-calls.ts";
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
/** Of all that can be tried; each call meets each disturbance, though not at each of its steps. */
const EVERY = isLongForm ? 1 : 5;
const isInTurn = pickRows("calls of pg's pools, whose server babbles", 2);

const tryOut: TryOut = async (name, what, step = -1) => {
  const server = await ScriptedServer.start();
  const where = `${name}, with ${what} for message ${step}`;
  const theirs = new pg.Pool({ ...placeOf(server).server, max: 2 });
  theirs.on("error", () => {});
  const isHarmless = what === undefined || harmless.has(what);
  // A busy machine is no fault of a server's that does keep to it.
  const pool = fromPg(theirs, { prepare: true, cancelTimeout: isHarmless ? 60_000 : 40 });
  // From here on it is we who read.
  await run(pool, "select 1");
  const before = server.steps;
  const tellable = disturb(server, what, before + step);
  const time = isHarmless ? 60_000 : 100;
  const call = (): Promise<unknown> => calls[name]!(pool as PgPool & Pool, { ...placeOf(server), time });
  const { result, error } = await settle(withDeadline(Date.now() + time, call), where);
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
  return { steps, result: tellable(result), error };
};

testDisturbed(names, tryOut, { isTried: (row) => row % EVERY === 0 && isInTurn(row / EVERY), atOnce: 8 });

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
