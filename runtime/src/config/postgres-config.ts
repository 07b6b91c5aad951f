import type { ConnectionOptions } from "node:tls";
import type { Environment, Group } from "./environment.ts";
import type { postgresSettings } from "./postgres-settings.ts";
import { saysOfTls, TLS_PARAMETERS, tlsFilesOf } from "./postgres-tls.ts";
import { type PostgresUrl, parsePostgresUrl, type WireOptions, wireOptions } from "./postgres-url.ts";
import { createSecret, type Secret } from "./secret.ts";
import type { Values } from "./setting.ts";
import { type TlsFiles, type TlsPart, tlsOptions } from "./tls.ts";

/** A server and who we are to it. */
export interface PostgresServer extends WireOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: Secret;
  readonly ssl: ConnectionOptions | false;
}

/** What `createPool` takes. Times are in milliseconds. */
export interface PostgresConfig extends PostgresServer {
  readonly applicationName?: string;
  readonly max: number;
  readonly minIdle: number;
  readonly acquireTimeout: number;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly maxLifetimeJitter?: number;
  readonly pingAfter: number;
  readonly leakAfter: number;
  readonly statementTimeout?: number;
  readonly lockTimeout?: number;
  readonly idleInTransactionTimeout?: number;
  readonly prepare: boolean | "auto";
  readonly replicas: readonly PostgresServer[];
}

type Settings = typeof postgresSettings;
type Key = keyof Settings;
type PostgresGroup = Group<Settings>;

/** Tells whether anything says that there is such a server. */
export function isPostgresGiven(group: PostgresGroup): boolean {
  return (["URL", "HOST", "NAME", "USER", "PASSWORD"] as const).some((key) => group.isSet(key));
}

/** Undefined where something is wrong, which is then reported. */
export function postgresConfig(group: PostgresGroup, environment: Environment): PostgresConfig | undefined {
  const before = environment.problems.length;
  const text = group.values.URL;
  const url =
    text === undefined ? {} : (parsePostgresUrl(text, (message) => group.problem("URL", message)) ?? {});
  const broken = environment.problems.length > before;
  const tls = tlsFiles(group, url);
  const server: PostgresServer = {
    ...(broken ? UNKNOWN : place(group, url, environment)),
    ...password(group, url),
    ssl: tlsOptions(tls, (part, message) => reportTls(group, url, part, message)),
    ...wireOptions(url),
  };
  const replicas = (group.values.REPLICA_URLS ?? []).map((replica, index) =>
    replicaServer(replica, server, tls, (message) =>
      group.problem("REPLICA_URLS", `number ${index + 1} ${message}`),
    ),
  );
  checkLimits(group);
  if (environment.problems.length > before) return undefined;
  const values = group.values as Values<Settings>;
  return {
    ...server,
    ...present({
      applicationName: values.APPLICATION_NAME ?? url.applicationName,
      statementTimeout: values.STATEMENT_TIMEOUT,
      lockTimeout: values.LOCK_TIMEOUT,
      idleInTransactionTimeout: values.IDLE_IN_TRANSACTION_TIMEOUT,
      maxLifetimeJitter: values.POOL_MAX_LIFETIME_JITTER,
    }),
    max: values.POOL_MAX,
    minIdle: values.POOL_MIN_IDLE,
    acquireTimeout: values.POOL_ACQUIRE_TIMEOUT,
    connectTimeout: group.isSet("CONNECT_TIMEOUT")
      ? values.CONNECT_TIMEOUT
      : (url.connectTimeout ?? values.CONNECT_TIMEOUT),
    idleTimeout: values.POOL_IDLE_TIMEOUT,
    maxLifetime: values.POOL_MAX_LIFETIME,
    pingAfter: values.POOL_PING_AFTER,
    leakAfter: values.POOL_LEAK_AFTER,
    prepare: values.PREPARED_STATEMENTS === "auto" ? "auto" : values.PREPARED_STATEMENTS === "on",
    replicas,
  };
}

type Place = Pick<PostgresServer, "host" | "port" | "database" | "user">;
const UNKNOWN: Place = { host: "", port: 0, database: "", user: "" };
const PARTS = { host: "HOST", database: "NAME", user: "USER" } as const;

/** The server, the database and the role: from the URL, or from the parts; never from both, since either could be meant. */
function place(group: PostgresGroup, url: PostgresUrl, environment: Environment): Place {
  const { values } = group;
  const port = url.port ?? values.PORT ?? 0;
  if (group.isSet("URL")) {
    for (const key of ["HOST", "PORT", "NAME", "USER"] as const)
      if (group.isSet(key)) group.problem(key, `is set, and ${group.name("URL")} too; give one of them`);
    for (const part of ["host", "database", "user"] as const)
      if (url[part] === undefined) group.problem("URL", `names no ${part}`);
    const { host = "", database = "", user = "" } = url;
    return { host, port, database, user };
  }
  if (!group.isSet("HOST")) {
    const near = environment.nearestSet(group.name("URL"));
    const hint = near === undefined ? "" : ` (${near} is; is that a slip of the pen?)`;
    group.problem("URL", `is not set, nor are its parts, ${group.name("HOST")} and so on${hint}`);
    return UNKNOWN;
  }
  for (const key of Object.values(PARTS)) if (!group.isSet(key)) group.problem(key, "is not set");
  return { host: values.HOST ?? "", port, database: values.NAME ?? "", user: values.USER ?? "" };
}

function password(group: PostgresGroup, url: PostgresUrl): { password?: Secret } {
  if (url.password !== undefined && group.isSet("PASSWORD"))
    group.problem("PASSWORD", `is set, and ${group.name("URL")} has a password too; give one of them`);
  const own = group.secret("PASSWORD");
  if (own !== undefined) return { password: own };
  const fromUrl = group.secret("URL");
  if (url.password === undefined || fromUrl === undefined) return {};
  return { password: createSecret(() => parsePostgresUrl(fromUrl(), () => {})?.password ?? "") };
}

function tlsFiles(group: PostgresGroup, url: PostgresUrl): TlsFiles {
  const { values } = group;
  if (group.isSet("SSLMODE") && url.sslmode !== undefined && url.sslmode !== values.SSLMODE)
    group.problem("SSLMODE", `is not the sslmode of ${group.name("URL")}; give one of them`);
  const files = tlsFilesOf(url, (message) => group.problem("URL", message));
  return {
    ...files,
    mode: values.SSLMODE ?? files.mode,
    rootCertificate: values.SSLROOTCERT ?? files.rootCertificate,
    certificate: values.SSLCERT ?? files.certificate,
    key: values.SSLKEY ?? files.key,
  };
}

/** The settings of parts that have one. */
const TLS_SETTINGS: { readonly [P in TlsPart]?: Key } = {
  mode: "SSLMODE",
  rootCertificate: "SSLROOTCERT",
  certificate: "SSLCERT",
  key: "SSLKEY",
};

function reportTls(group: PostgresGroup, url: PostgresUrl, part: TlsPart, message: string): void {
  const setting = TLS_SETTINGS[part];
  if (setting !== undefined && !saysOfTls(url, part)) group.problem(setting, message);
  else group.problem("URL", `has a problem with its ${TLS_PARAMETERS[part]}: it ${message}`);
}

function replicaServer(
  text: string,
  main: PostgresServer,
  mainTls: TlsFiles,
  report: (message: string) => void,
): PostgresServer {
  const url = parsePostgresUrl(text, report);
  if (url === undefined) return main;
  if (url.host === undefined) report("names no host");
  const { port = 5432, password: own, database = main.database, user = main.user } = url;
  const tls = tlsFilesOf(url, report, mainTls);
  const secret = own === undefined ? main.password : createSecret(() => own);
  return {
    host: url.host ?? "",
    port,
    database,
    user,
    ...(secret === undefined ? {} : { password: secret }),
    ssl: tlsOptions(tls, (part, message) =>
      report(`has a problem with its ${TLS_PARAMETERS[part]}: it ${message}`),
    ),
    ...wireOptions(url),
  };
}

function checkLimits(group: PostgresGroup): void {
  const { values, name } = group;
  const above = (key: Key, limit: Key, why: string): void => {
    const [value, most] = [values[key], values[limit]];
    if (typeof value !== "number" || typeof most !== "number" || most === 0 || value <= most) return;
    group.problem(key, `is more than ${name(limit)}${why}`);
  };
  above("POOL_MIN_IDLE", "POOL_MAX", "");
  above("POOL_MAX_LIFETIME_JITTER", "POOL_MAX_LIFETIME", "");
  above("LOCK_TIMEOUT", "STATEMENT_TIMEOUT", ", so it would never come to it");
  if (group.isSet("CONNECT_TIMEOUT"))
    above("CONNECT_TIMEOUT", "POOL_ACQUIRE_TIMEOUT", ", so it would never come to it");
}

function present<T extends object>(all: { [K in keyof T]: T[K] }): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}
