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
import { type TlsFiles, type TlsPart, tlsOptions } from "../config/tls.ts";
import type { ServerOptions } from "./pool-options.ts";

/** What is said by it of the server, as options. */
type Read = { host?: unknown; hosts?: unknown };

/**
 * Takes the connection string apart, as `loadConfig` does, and libpq's variables where it says nothing: one meaning of each
 * parameter, wherever it stands. Options beside them prevail.
 * @param aroundTls holds where the string says nothing of TLS, part by part: of a replica, what the pool's own says
 * @throws RangeError where they say what cannot be
 */
export function withConnectionString<T extends ServerOptions>(
  given: T,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  aroundTls: Partial<TlsFiles> = {},
): T {
  const { connectionString, ...options } = given;
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const hasTls = "ssl" in own;
  const read = readConnectionString(connectionString, libpqVariables(environment), hasTls, aroundTls);
  if ("host" in own || "port" in own) delete read.hosts;
  return { ...read, ...own } as unknown as T;
}

/**
 * Gives what a connection string, and libpq's variables, say of TLS; nothing where an option says it.
 * @throws RangeError where they say what cannot be
 */
export function tlsFilesIn({ connectionString, ssl }: ServerOptions): Partial<TlsFiles> {
  if (ssl !== undefined) return {};
  const variables = libpqVariables(process.env);
  const url = isUrl(connectionString)
    ? besideVariables(connectionString, variables)
    : readParameters(variables, refusing(VARIABLES))!;
  return tlsFilesOf(url, refusing(STRING));
}

/** Reads a URL that is one, and libpq's variables where it says nothing. */
function besideVariables(text: string, variables: UrlParameters): PostgresUrl {
  const report = refusing(STRING);
  const own = parsePostgresUrl(text, report)!;
  // Where it wants no TLS, what they say of that is of no account.
  return parsePostgresUrl(text, report, own.sslmode === "disable" ? withoutTls(variables) : variables)!;
}

const isUrl = (text: string | undefined): text is string =>
  text !== undefined && /^\s*postgres(ql)?:/i.test(text);

const VARIABLES = "the environment (PGHOST, PGSSLMODE and so on)";
const STRING = "the connection string";

/** @param hasTls whether an option says what there is to say of TLS */
function readConnectionString(
  text: string | undefined,
  variables: UrlParameters,
  hasTls: boolean,
  aroundTls: Partial<TlsFiles>,
): Read {
  const ofVariables = refusing(VARIABLES);
  // First by themselves, so that what is wrong with them is not said of the string.
  const around = readParameters(variables, ofVariables)!;
  if (text === undefined || text === "") return optionsOf(around, hasTls, () => ofVariables, aroundTls);
  // A folder of a socket, as `pg` has it.
  if (/^(\/|socket:)/.test(text)) return parse(text) as Read;
  const report = refusing(STRING);
  // `pg` would take anything else for a host's or a database's name.
  if (!isUrl(text))
    report(
      /^\s*\w+\s*=/.test(text)
        ? "is one of libpq's words and values; write it as a URL, postgres://user:password@host:port/database"
        : "is none of PostgreSQL's, which begin with postgres://",
    );
  const own = parsePostgresUrl(text, report)!;
  const ofPart = (part: TlsPart) => (!saysOfTls(own, part) && saysOfTls(around, part) ? ofVariables : report);
  return optionsOf(besideVariables(text, variables), hasTls, ofPart, aroundTls);
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
  aroundTls: Partial<TlsFiles>,
): Read {
  const { host, port, database, user, password, applicationName, connectTimeout } = url;
  const ssl = hasTls ? undefined : tlsOf(url, reportOf, aroundTls);
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
  around: Partial<TlsFiles>,
): ReturnType<typeof tlsOptions> | undefined {
  const files = tlsFilesOf(url, reportOf("mode"), around);
  const options = tlsOptions(files, (part, message) =>
    reportOf(part)(`has a problem with its ${TLS_PARAMETERS[part]}: it ${message}`),
  );
  return files.mode === undefined && options === false ? undefined : options;
}
