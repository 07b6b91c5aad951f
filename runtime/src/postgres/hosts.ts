import pg from "pg";
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from "../config/target-session-attrs.ts";

/** A server among several that are tried in order. */
export interface HostOptions {
  readonly host: string;
  /** As the others', where it is left out. */
  readonly port?: number | undefined;
}

/**
 * Gives what `pg` is told for each server.
 * @throws RangeError where a port is none
 */
export function hostConfigs(
  driver: pg.ClientConfig,
  hosts: readonly HostOptions[],
): readonly pg.ClientConfig[] {
  const configs =
    hosts.length === 0
      ? [driver]
      : hosts.map(({ host, port }) => ({ ...driver, host, ...(port === undefined ? {} : { port }) }));
  for (const config of configs) checkPort(config);
  // As libpq has it: no server takes TLS on a socket of the system's.
  return configs.map((config) =>
    config.host?.startsWith("/") ? { ...config, ssl: false, sslnegotiation: NO_TLS_AT_FIRST } : config,
  );
}

/** What `pg` takes where it is to begin without TLS, and reads from PGSSLNEGOTIATION where it is told nothing. */
export const NO_TLS_AT_FIRST = "postgres";

/** As `pg` reads it, from the PG* variables too. */
function checkPort(config: pg.ClientConfig): void {
  const { port } = config.port === undefined ? new pg.Client(config) : config;
  const number = Number(port);
  if (!(Number.isInteger(number) && number >= 1 && number <= 65_535))
    throw new RangeError(`port: ${String(port)} is not a port`);
}

/** @throws RangeError where there is no such kind of session */
export function checkSessionAttrs(wanted: unknown = "any"): TargetSessionAttrs {
  if (typeof wanted !== "string" || !TARGET_SESSION_ATTRS.includes(wanted))
    throw new RangeError(`targetSessionAttrs: there is no ${String(wanted)}`);
  return wanted as TargetSessionAttrs;
}
