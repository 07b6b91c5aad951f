import { isLongForm } from "../../../tests/long-form.ts";
import {
  ConnectionFailedError,
  ConnectionLostError,
  OutcomeUnknownError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import { certificate } from "./certificate.ts";
import { calls, failure, open, placeOf } from "./every-call.ts";
import { run } from "./run.ts";
import { type Closing, type Ending, ScriptedServer } from "./scripted-server.ts";
import { statement } from "./statement.ts";
import { until } from "./until.ts";

// A server, or what stands between, that ends a connection in each way that there is, in each phase of each call: the call settles
// with what is known, nothing of `pg`'s comes out, and the pool goes on.

const MINUTE = 60_000;
const PATIENT = {
  timeout: MINUTE,
  connectTimeout: MINUTE,
  acquireTimeout: MINUTE,
  cancelTimeout: MINUTE,
  pingTimeout: MINUTE,
};
/** A call may fail with these where its connection ends, once its time for another is over. */
const KNOWN = [ConnectionFailedError, ConnectionLostError, OutcomeUnknownError, TimeoutError];
const TLS = { ca: certificate, servername: "localhost" };

interface Outcome {
  readonly result: unknown;
  readonly error: unknown;
  readonly steps: number;
}

async function tryOut(name: string, hasTls: boolean, closing?: Closing): Promise<Outcome> {
  const server = await ScriptedServer.start();
  server.hasTls = hasTls;
  server.closing = closing;
  const { server: there } = placeOf(server);
  const ssl = hasTls ? TLS : false;
  const pool = open(server, { ...PATIENT, ssl, replicas: [{ ...there, ssl }], prepare: true });
  const where = `${name}, ${closing?.how} ${closing?.where} ${closing?.step}`;
  let outcome: Omit<Outcome, "steps"> | undefined;
  calls[name]!(pool, { server: { ...there, ssl }, time: MINUTE }).then(
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
  const { steps } = server;
  const { error, result } = outcome!;
  if (error !== undefined && error !== failure && !KNOWN.some((kind) => error instanceof kind))
    throw new Error(`it failed otherwise: ${where}`, { cause: error });
  await until(() => pool.stat().acquiredConns === 0 && pool.stat().pendingAcquires === 0).catch(() => {
    throw new Error(`its connection was never given back: ${where}`);
  });
  server.closing = undefined;
  expect(await run(pool, "select 1")).toEqual([["1"]]);
  await pool.close();
  await until(() => server.connections === 0).catch(() => {
    throw new Error(`a connection was left open: ${where}`);
  });
  await server.close();
  return { result, error, steps };
}

const WAYS: Readonly<Record<"plain" | "TLS", readonly Ending[]>> = {
  plain: ["FIN", "RST"],
  TLS: ["FIN", "RST", "close_notify"],
};
const names = Object.keys(calls);

describe.each(["plain", "TLS"] as const)("%s", (transport) => {
  test.each(names)(
    "%s settles wherever and however the server ends the connection, with what is known",
    async (name) => {
      const hasTls = transport === "TLS";
      const undisturbed = await tryOut(name, hasTls);
      expect([undefined, failure]).toContain(undisturbed.error);
      const steps: Closing["step"][] = [...Array(undisturbed.steps).keys()];
      if (hasTls) steps.push("TLS", "handshake");
      const closings = steps.flatMap((step, i) =>
        WAYS[transport].flatMap((how, j) =>
          (["before", "within"] as const)
            .filter((_, k) => isLongForm || (i + j + k + names.indexOf(name)) % 17 === 0)
            .map((where) => ({ step, where, how })),
        ),
      );
      expect(closings.length).toBeGreaterThan(0);
      const worker = async (): Promise<void> => {
        for (let closing = closings.pop(); closing !== undefined; closing = closings.pop()) {
          const { result } = await tryOut(name, hasTls, closing);
          if (result !== undefined && JSON.stringify(result) !== JSON.stringify(undisturbed.result))
            throw new Error(`it gave ${JSON.stringify(result)}: ${name}, ${JSON.stringify(closing)}`);
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
    },
  );

  test.each(WAYS[transport])(
    "an end in the answer to COMMIT is an outcome that is unknown (%s)",
    async (how) => {
      const server = await ScriptedServer.start();
      server.hasTls = transport === "TLS";
      const pool = open(server, {
        ...PATIENT,
        replicas: [],
        prepare: true,
        ssl: server.hasTls ? TLS : false,
      });
      for (const where of ["before", "within"] as const) {
        server.closing = undefined;
        await run(pool, "select 1");
        const work = pool.transaction(async (tx) => {
          await run(tx, "select 1");
          server.closing = { step: server.steps, where, how };
        });
        await expect(work).rejects.toBeInstanceOf(OutcomeUnknownError);
        server.closing = undefined;
        await run(pool, "select 1");
        const last = pool.transaction(async (tx) => {
          await run(tx, "select 1");
          server.closing = { step: server.steps, where, how };
          await tx.last.query(statement("select 1"));
        });
        await expect(last).rejects.toBeInstanceOf(OutcomeUnknownError);
      }
      await pool.close();
      await server.close();
    },
  );

  test.each(WAYS[transport])(
    "a connection that ends while nobody uses it is not lent again (%s)",
    async (how) => {
      const server = await ScriptedServer.start();
      server.hasTls = transport === "TLS";
      const ssl = server.hasTls ? TLS : false;
      const pool = open(server, { ...PATIENT, replicas: [], prepare: true, pingAfter: MINUTE, ssl });
      await run(pool, "select 1");
      server.endAll(how);
      await until(() => pool.stat().totalConns === 0);
      expect(await run(pool, "select 1")).toEqual([["1"]]);
      await pool.close();
      await server.close();
    },
  );
});
