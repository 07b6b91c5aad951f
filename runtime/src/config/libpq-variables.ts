import type { UrlParameters } from "./postgres-url.ts";
import type { UsedParameter } from "./url-words.ts";

/**
 * libpq's variables, by the parameters that they stand for. Role, password and database are not among them: `pg` reads these,
 * and means the same.
 */
const VARIABLES: Readonly<Record<string, UsedParameter>> = {
  PGHOST: "host",
  PGHOSTADDR: "hostaddr",
  PGPORT: "port",
  PGAPPNAME: "application_name",
  PGCONNECT_TIMEOUT: "connect_timeout",
  PGOPTIONS: "options",
  PGTARGETSESSIONATTRS: "target_session_attrs",
  PGCHANNELBINDING: "channel_binding",
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
  PGSSLNEGOTIATION: "sslnegotiation",
  PGSSLMINPROTOCOLVERSION: "ssl_min_protocol_version",
  PGSSLMAXPROTOCOLVERSION: "ssl_max_protocol_version",
};

/** Gives what libpq's variables say as the parameters of a URL. */
export function libpqVariables(environment: Readonly<Record<string, string | undefined>>): UrlParameters {
  const given = Object.entries(VARIABLES).map(([variable, name]) => [name, environment[variable]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== ""));
}
