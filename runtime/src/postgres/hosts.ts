import pg from "pg";
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from "./session-attrs.ts";

/** A server among several that are tried in order. */
export interface HostOptions {
  readonly host: string;
  /** As the others', where it is left out. */
  readonly port?: number | undefined;
}

const SEVERAL_HOSTS = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#,]*(?:,[^/?#,]*)+)(.*)$/s;

/**
 * Takes out of a connection string all hosts but the first, as in `postgresql://a:5432,b:5433/app`.
 * @throws RangeError where a port is none
 */
export function splitHosts(connectionString: string): {
  readonly connectionString: string;
  readonly hosts: readonly HostOptions[];
} {
  const match = SEVERAL_HOSTS.exec(connectionString);
  if (match === null) return { connectionString, hosts: [] };
  const [, start, list, rest] = match;
  const names = list!.split(",");
  return { connectionString: `${start}${names[0]}${rest}`, hosts: names.map(readHost) };
}

function readHost(text: string): HostOptions {
  const [, name = "", port] = /^(.*?)(?::(\d+))?$/s.exec(text)!;
  const host = decodeURIComponent(name.replace(/^\[(.*)\]$/, "$1"));
  return port === undefined ? { host } : { host, port: Number(port) };
}

/**
 * What `pg` is told for each server.
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
  return configs;
}

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
