import { isLongForm, pickRows } from "../../../tests/long-form.ts";
import { CancelledError, ConnectionFailedError, DatabaseError } from "../../src/errors/errors.ts";
import { harmless, text } from "./disturbances.ts";
import { disturb, settle, type TryOut, testDisturbed } from "./disturbed-calls.ts";
import { calls, failure, open, placeOf } from "./every-call.ts";
import { run } from "./run.ts";
import { errorResponse, ScriptedServer, serverMessage } from "./scripted-server.ts";
import { until } from "./until.ts";

// A server, or what stands between, that does not keep to the protocol: every call settles, with an error of ours or with what
// the server has said, and never with the answer to another; the process goes on, and so does the pool.

const tryOut: TryOut = async (name, what, step = -1) => {
  const server = await ScriptedServer.start();
  const tellable = disturb(server, what, step);
  const where = `${name}, with ${what} for message ${step}`;
  const patient = what === undefined || harmless.has(what);
  const time = patient ? 60_000 : 100;
  // A busy machine is no fault of a server's that keeps to the protocol.
  const others = patient ? { cancelTimeout: time, pingTimeout: time } : {};
  const limits = { timeout: time, connectTimeout: time, acquireTimeout: time, ...others };
  const pool = open(server, { ...limits, prepare: true });
  const { result, error } = await settle(calls[name]!(pool, { ...placeOf(server), time }), where);
  const { steps } = server;
  await until(() => pool.stat().acquiredConns === 0 && pool.stat().pendingAcquires === 0).catch(() => {
    throw new Error(`its connection was never given back: ${where}`);
  });
  if (error !== undefined && error !== failure && !(error instanceof DatabaseError))
    throw new Error(`it failed with what is not ours: ${where}`, { cause: error });
  server.disturbance = undefined;
  for (let i = 0; i < 3; i++) {
    const rows = await next(pool, 5 + i);
    if (rows !== undefined && rows.length !== 5 + i)
      throw new Error(`the next statement had the answer to another: ${where}`);
  }
  await until(async () => (await next(pool, 1)) !== undefined).catch(() => {
    throw new Error(`the pool never recovered: ${where}`);
  });
  await pool.close({ timeout: 20 });
  await until(() => server.connections === 0).catch(() => {
    throw new Error(`a connection was left open: ${where}`);
  });
  await server.close();
  return { steps, result: tellable(result), error };
};

/** The rows of a statement that has so many, or undefined where it fails. */
function next(pool: ReturnType<typeof open>, rows: number): Promise<unknown[] | undefined> {
  return run(pool, `select rows ${rows}`, [], { timeout: 5_000 }).catch((error) => {
    if (error instanceof DatabaseError) return undefined;
    throw error;
  });
}

const names = Object.keys(calls);
/** Of all that can be tried; each call meets each disturbance, though not at each of its steps. */
const EVERY = isLongForm ? 1 : 7;
const isInTurn = pickRows("calls of a server that babbles", 2);

testDisturbed(names, tryOut, { isTried: (row) => row % EVERY === 0 && isInTurn(row / EVERY), atOnce: 16 });

test.each(["a listener", "a health check", "ping"])(
  "an error that nobody has asked for ends a connection of %s, not the wait for its end alone",
  async (name) => {
    const { steps } = await tryOut(name);
    for (let step = 0; step < steps; step++) await tryOut(name, "an error after it", step);
  },
);

test("a COPY that ends before the request to cancel it is heard is not taken for complete", async () => {
  const server = await ScriptedServer.start();
  const time = 60_000;
  const patient = { timeout: time, connectTimeout: time, acquireTimeout: time, cancelTimeout: time };
  const pool = open(server, { ...patient, pingAfter: time, replicas: [], prepare: true });
  await run(pool, "select 1");
  const abort = new AbortController();
  const disturb = (message: Buffer): Buffer => {
    abort.abort();
    return message;
  };
  server.disturbance = { step: server.steps, disturb };
  const copy = async (): Promise<string> => {
    let text = "";
    for await (const piece of pool.copyTo("copy t to stdout", { signal: abort.signal })) text += piece;
    return text;
  };
  await expect(copy()).rejects.toBeInstanceOf(CancelledError);
  await pool.close();
  await server.close();
});

test.each([
  ["N", "N", "the server has no TLS"],
  ["an error", errorResponse("FATAL", "53300"), "answered the request for TLS with an error"],
  ["what there is not", "?", "answered the request for TLS with an error"],
  ["S and what nobody can have asked for yet", "Sselect", "answered the request for TLS with an error"],
  ["nothing", "", "could not connect within"],
])("a request for TLS that is answered with %s fails, and says so", async (_, answer, message) => {
  const server = await ScriptedServer.start();
  server.tlsAnswer = Buffer.from(answer as string);
  const pool = open(server, { replicas: [], ssl: true, acquireTimeout: 500, connectTimeout: 400 });
  const error = await run(pool, "select 1", [], { timeout: 5_000 }).catch((e) => e);
  await pool.close();
  await server.close();
  expect(error).toBeInstanceOf(ConnectionFailedError);
  expect(error.message).toContain(message);
});

test.each([
  ["GSSAPI", serverMessage("R", Buffer.from([0, 0, 0, 7])), /authentication that there is not here: GSSAPI/],
  [
    "a text of before the protocol",
    text("Ecould not fork new process for connection: no\n"),
    /says: could not fork/,
  ],
  [
    "another protocol",
    Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
    /does not speak PostgreSQL's protocol/,
  ],
])("a server that answers with %s says why it is of no use", async (_, said, message) => {
  const server = await ScriptedServer.start();
  server.disturbance = { step: "first", disturb: () => said };
  const pool = open(server, { replicas: [], acquireTimeout: 2_000, connectTimeout: 5_000 });
  const error = await run(pool, "select 1", [], { timeout: 5_000 }).catch((e) => e);
  await pool.close();
  await server.close();
  expect(error).toBeInstanceOf(ConnectionFailedError);
  expect(error.message).toMatch(message);
});
