import { Socket } from "node:net";
import type { Connection } from "../postgres/connection.ts";
import { withConnectionString } from "../postgres/connection-string.ts";
import type { DriverClient } from "../postgres/driver.ts";
import { Interrupt } from "../postgres/interrupt.ts";
import { Opener } from "../postgres/opener.ts";
import { driverOptions, poolSettings, type ServerOptions } from "../postgres/pool-options.ts";
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

/** Milliseconds that the server may take to close the connection when it is told to. */
const GOODBYE_TIMEOUT = 500;

/**
 * Asks a PostgreSQL server whether it answers, on a connection of its own: a pool that has none left says nothing about
 * the server. The connection is opened as a pool's is, kept between two runs, and does not keep the process running.
 * @throws RangeError where the options name no server that could be
 */
export function postgresCheck(options: PostgresCheckOptions): HealthCheck {
  const { name = "postgres", critical, timeout, writable = false } = options;
  const opener = createOpener(options);
  let kept: Connection | undefined;
  let opening: Interrupt | undefined;
  let isClosed = false;

  const connect = async (interrupt: Interrupt): Promise<Connection> => {
    const limit = new Interrupt({}, interrupt);
    opening = limit;
    try {
      const connection = await opener.open(limit, name);
      connection.onLoss(() => {
        if (kept === connection) kept = undefined;
      });
      kept = connection;
      return connection;
    } finally {
      opening = undefined;
      limit.end();
    }
  };
  const ask = async (interrupt: Interrupt, connection: Connection): Promise<void> => {
    const ignore = interrupt.onFire(() => void connection.abandon("the check was given up"));
    try {
      await connection.hold(name, interrupt, (client) => answer(client, writable));
    } catch (error) {
      // Only what the server says of itself leaves the connection in a known state.
      if (!(error instanceof HealthCheckError)) void connection.abandon("the check failed");
      throw error;
    } finally {
      ignore();
    }
  };

  return {
    name,
    critical,
    timeout,
    async check(signal) {
      if (isClosed) throw new Error("the health check is closed");
      const interrupt = new Interrupt({ signal });
      try {
        if (kept !== undefined) {
          try {
            return await ask(interrupt, kept);
          } catch (error) {
            // It may have been closed since the last time, by the server or something in between; then a new one tells.
            if (error instanceof HealthCheckError || interrupt.fired || isClosed) throw error;
          }
        }
        await ask(interrupt, await connect(interrupt));
      } finally {
        interrupt.end();
      }
    },
    async close() {
      isClosed = true;
      opening?.fire("the health check is closed");
      // The socket does not keep the process running, but this does, until the goodbye is said: who waits for it waits to the end.
      await kept?.abandon("the health check is closed");
    },
  };
}

function createOpener(options: PostgresCheckOptions): Opener {
  const { applicationName = "health check" } = withConnectionString(options);
  const stream = (): Socket => new Socket().unref();
  const { configs, targetSessionAttrs } = driverOptions(
    { ...options, applicationName },
    { stream, copies: true },
  );
  // The time of a check is its signal's.
  const settings = poolSettings({
    connectTimeout: Number.POSITIVE_INFINITY,
    cancelTimeout: GOODBYE_TIMEOUT,
    prepare: false,
  });
  return new Opener(settings, configs, targetSessionAttrs);
}

async function answer(client: DriverClient, writable: boolean): Promise<void> {
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
