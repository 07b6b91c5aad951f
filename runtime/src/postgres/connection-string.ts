import { parse } from "pg-connection-string";
import { parsePostgresUrl, wireOptions } from "../config/postgres-url.ts";
import { TLS_MODES, tlsOptions } from "../config/tls.ts";
import type { ServerOptions } from "./pool-options.ts";

/**
 * Takes the connection string apart, as `loadConfig` does: one meaning of each parameter. Options beside it prevail.
 * @throws RangeError where it says what cannot be
 */
export function withConnectionString<T extends ServerOptions>(given: T): T {
  const { connectionString, ...options } = given;
  if (connectionString === undefined || connectionString === "") return given;
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const read = { ...readConnectionString(connectionString) } as { hosts?: unknown };
  if ("host" in own || "port" in own) delete read.hosts;
  return { ...read, ...own } as unknown as T;
}

function readConnectionString(text: string): object {
  const report = (message: string): never => {
    throw new RangeError(`the connection string ${message}`);
  };
  // A folder of a socket, as `pg` has it.
  if (/^(\/|socket:)/.test(text)) return parse(text);
  // `pg` would take anything else for a host's or a database's name.
  if (!/^postgres(ql)?:/i.test(text))
    report(
      /^\s*\w+\s*=/.test(text)
        ? "is one of libpq's words and values; write it as a URL, postgres://user:password@host:port/database"
        : "is none of PostgreSQL's, which begin with postgres://",
    );
  const url = parsePostgresUrl(text, report)!;
  const { host, port, database, user, password, applicationName, connectTimeout } = url;
  const mode = TLS_MODES.find((known) => known === url.sslmode);
  if (url.sslmode !== undefined && mode === undefined)
    report(`has the sslmode ${JSON.stringify(url.sslmode)}, which is none of ${TLS_MODES.join(", ")}`);
  const ssl =
    mode &&
    tlsOptions(
      {
        mode,
        rootCertificate: url.sslrootcert,
        certificate: url.sslcert,
        key: url.sslkey,
        passphrase: url.sslpassword,
        minVersion: url.minVersion,
        maxVersion: url.maxVersion,
      },
      (part, message) => report(`has a problem with TLS: its ${part} ${message}`),
    );
  const all = { host, port, database, user, password, applicationName, connectTimeout, ssl };
  return {
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ...wireOptions(url),
  };
}
