import { parse } from "pg-connection-string";
import { libpqVariables } from "../config/libpq-variables.ts";
import { saysOfTls, TLS_PARAMETERS, tlsFilesOf } from "../config/postgres-tls.ts";
import {
  type PostgresUrl,
  parsePostgresUrl,
  readParameters,
  type UrlParameters,
  wireOptions,
} from "../config/postgres-url.ts";
import { type TlsPart, tlsOptions } from "../config/tls.ts";
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
  const around = readParameters(variables, ofVariables)!;
  if (text === undefined || text === "") return optionsOf(around, hasTls, () => ofVariables);
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
  const own = parsePostgresUrl(text, report)!;
  // Where it wants no TLS, what they say of that is of no account.
  const others = own.sslmode === "disable" ? withoutTls(variables) : variables;
  const ofPart = (part: TlsPart) => (!saysOfTls(own, part) && saysOfTls(around, part) ? ofVariables : report);
  return optionsOf(parsePostgresUrl(text, report, others)!, hasTls, ofPart);
}

function withoutTls(variables: UrlParameters): UrlParameters {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("ssl")));
}

function refusing(what: string): (message: string) => never {
  return (message) => {
    throw new RangeError(`${what} ${message}`);
  };
}

/** @param reportOf gives who is told what is wrong with a part of TLS */
function optionsOf(
  url: PostgresUrl,
  hasTls: boolean,
  reportOf: (part: TlsPart) => (message: string) => never,
): Read {
  const { host, port, database, user, password, applicationName, connectTimeout } = url;
  const ssl = hasTls ? undefined : tlsOf(url, reportOf);
  const all = { host, port, database, user, password, applicationName, connectTimeout, ssl };
  return {
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ...wireOptions(url),
  };
}

/** @returns undefined where nothing is said of it */
function tlsOf(
  url: PostgresUrl,
  reportOf: (part: TlsPart) => (message: string) => never,
): ReturnType<typeof tlsOptions> | undefined {
  const files = tlsFilesOf(url, reportOf("mode"));
  const options = tlsOptions(files, (part, message) =>
    reportOf(part)(`has a problem with its ${TLS_PARAMETERS[part]}: it ${message}`),
  );
  return files.mode === undefined && options === false ? undefined : options;
}
