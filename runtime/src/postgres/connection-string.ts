import { parse } from "pg-connection-string";
import { libpqVariables } from "../config/libpq-variables.ts";
import {
  type PostgresUrl,
  parsePostgresUrl,
  readParameters,
  type UrlParameters,
  wireOptions,
} from "../config/postgres-url.ts";
import { shown } from "../config/shown.ts";
import { TLS_MODES, tlsOptions } from "../config/tls.ts";
import type { ServerOptions } from "./pool-options.ts";

/** What is said by it of the server, as options. */
type Read = { host?: unknown; hosts?: unknown };

/**
 * Takes the connection string apart, as `loadConfig` does, and libpq's variables where it says nothing: one meaning of each
 * parameter, wherever it stands. Options beside them prevail.
 * @throws RangeError where they say what cannot be
 */
export function withConnectionString<T extends ServerOptions>(
  given: T,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): T {
  const { connectionString, ...options } = given;
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const read = readConnectionString(connectionString, libpqVariables(environment), "ssl" in own);
  if ("host" in own || "port" in own) delete read.hosts;
  return { ...read, ...own } as unknown as T;
}

/** @param hasTls whether an option says what there is to say of TLS */
function readConnectionString(text: string | undefined, variables: UrlParameters, hasTls: boolean): Read {
  const ofVariables = refusing("the environment (PGHOST, PGSSLMODE and so on)");
  // First by themselves, so that what is wrong with them is not said of the string.
  const alone = optionsOf(readParameters(variables, ofVariables)!, hasTls, ofVariables);
  if (text === undefined || text === "") return alone;
  // A folder of a socket, as `pg` has it.
  if (/^(\/|socket:)/.test(text)) return parse(text) as Read;
  const report = refusing("the connection string");
  // `pg` would take anything else for a host's or a database's name.
  if (!/^\s*postgres(ql)?:/i.test(text))
    report(
      /^\s*\w+\s*=/.test(text)
        ? "is one of libpq's words and values; write it as a URL, postgres://user:password@host:port/database"
        : "is none of PostgreSQL's, which begin with postgres://",
    );
  return optionsOf(parsePostgresUrl(text, report, variables)!, hasTls, report);
}

function refusing(what: string): (message: string) => never {
  return (message) => {
    throw new RangeError(`${what} ${message}`);
  };
}

function optionsOf(url: PostgresUrl, hasTls: boolean, report: (message: string) => never): Read {
  const { host, port, database, user, password, applicationName, connectTimeout } = url;
  const ssl = hasTls ? undefined : tlsOf(url, report);
  const all = { host, port, database, user, password, applicationName, connectTimeout, ssl };
  return {
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ...wireOptions(url),
  };
}

function tlsOf(
  url: PostgresUrl,
  report: (message: string) => never,
): ReturnType<typeof tlsOptions> | undefined {
  const { sslmode } = url;
  if (sslmode === undefined) return undefined;
  const mode =
    TLS_MODES.find((known) => known === sslmode) ??
    report(`has the sslmode ${shown(sslmode)}, which is none of ${TLS_MODES.join(", ")}`);
  return tlsOptions(
    {
      mode,
      rootCertificate: url.sslrootcert,
      certificate: url.sslcert,
      key: url.sslkey,
      passphrase: url.sslpassword,
      serverName: url.serverName,
      minVersion: url.minVersion,
      maxVersion: url.maxVersion,
    },
    (part, message) => report(`has a problem with TLS: its ${part} ${message}`),
  );
}
