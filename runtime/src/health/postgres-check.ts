import { Socket } from "node:net";
import pg from "pg";
import { withConnectionString } from "../postgres/connection-string.ts";
import type { ServerOptions } from "../postgres/pool-options.ts";
import { type HealthCheck, HealthCheckError } from "./health-check.ts";

export interface PostgresCheckOptions extends ServerOptions {
  /** What reports call it; `postgres`. */
  readonly name?: string | undefined;
  readonly critical?: boolean | undefined;
  readonly timeout?: number | undefined;
  /** Whether the server must take writes, which a standby does not; false. */
  readonly writable?: boolean | undefined;
  /** What `pg_stat_activity` calls the connection; `health check`. */
  readonly applicationName?: string | undefined;
}

interface Session {
  readonly client: pg.Client;
  /** Ends the connection at once, in whatever state it is. */
  readonly destroy: () => void;
}

/**
 * Asks a PostgreSQL server whether it answers, on a connection of its own: a pool that has none left says nothing about
 * the server. The connection is kept between two runs, and does not keep the process running.
 */
export function postgresCheck(options: PostgresCheckOptions): HealthCheck {
  const { name = "postgres", critical, timeout, writable = false } = options;
  let kept: Session | undefined;
  let opening: Session | undefined;
  let isClosed = false;

  const connect = async (signal: AbortSignal): Promise<Session> => {
    const session = open(options, () => {
      if (kept === session) kept = undefined;
    });
    opening = session;
    try {
      await within(signal, session, () => session.client.connect());
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      opening = undefined;
    }
    kept = session;
    return session;
  };
  const ask = async (signal: AbortSignal, session: Session): Promise<void> => {
    try {
      await within(signal, session, () => answer(session.client, writable));
    } catch (error) {
      // Only what the server says of itself leaves the connection in a known state.
      if (!(error instanceof HealthCheckError)) session.destroy();
      throw error;
    }
  };

  return {
    name,
    critical,
    timeout,
    async check(signal) {
      if (isClosed) throw new Error("the health check is closed");
      if (kept !== undefined) {
        try {
          return await ask(signal, kept);
        } catch (error) {
          // It may have been closed since the last time, by the server or something in between; then a new one tells.
          if (error instanceof HealthCheckError || signal.aborted || isClosed) throw error;
        }
      }
      await ask(signal, await connect(signal));
    },
    async close() {
      isClosed = true;
      opening?.destroy();
      const session = kept;
      if (session === undefined) return;
      let timer: NodeJS.Timeout | undefined;
      // The socket does not keep the process running, but this does, until the goodbye is said: who waits for it waits to the end.
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, GOODBYE_TIMEOUT);
      });
      await Promise.race([session.client.end(), late]);
      clearTimeout(timer);
      session.destroy();
    },
  };
}

/** Milliseconds that the server may take to close the connection when it is told to. */
const GOODBYE_TIMEOUT = 500;

function open(options: PostgresCheckOptions, onLost: () => void): Session {
  const socket = new Socket();
  socket.unref();
  socket.on("close", onLost);
  const client = new pg.Client({ ...clientConfig(options), stream: () => socket });
  // Without a listener, an error between two checks ends the process.
  client.on("error", onLost);
  return { client, destroy: () => socket.destroy() };
}

function clientConfig(options: PostgresCheckOptions): pg.ClientConfig {
  const all = withConnectionString(options);
  const { connectionString, host, port, database, user, password, ssl, applicationName } = all;
  const { options: commandLine, sslNegotiation: sslnegotiation } = all;
  const config = {
    connectionString,
    host,
    port,
    database,
    user,
    password,
    ssl,
    options: commandLine,
    sslnegotiation,
  };
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return { ...given, application_name: applicationName ?? "health check" };
}

async function answer(client: pg.Client, writable: boolean): Promise<void> {
  if (!writable) {
    await client.query("select 1");
    return;
  }
  const { rows } = await client.query<[boolean]>({
    text: "select pg_catalog.pg_is_in_recovery() or pg_catalog.current_setting('transaction_read_only')::bool",
    rowMode: "array",
  });
  if (rows[0]?.[0] !== false) throw new HealthCheckError("read-only");
}

/** Runs `work`; an abort ends the connection, so that `work` fails at once. */
async function within<T>(signal: AbortSignal, { destroy }: Session, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) {
    destroy();
    throw signal.reason;
  }
  signal.addEventListener("abort", destroy);
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", destroy);
  }
}
