import type { Environment, Group } from "./environment.ts";
import type { mongodbSettings } from "./mongodb-settings.ts";
import { createSecret, type Secret } from "./secret.ts";
import type { Values } from "./setting.ts";
import { readPem } from "./tls.ts";

/** How to reach MongoDB. Times are in milliseconds. */
export interface MongodbConfig {
  /** With everything that the URL said, its password too. */
  readonly url: Secret;
  /** The first server's name and port, for telemetry. */
  readonly host: string;
  readonly port?: number;
  readonly database: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly authSource?: string;
  readonly tls?: { readonly caFile?: string; readonly certificateKeyFile?: string };
  readonly appName?: string;
  readonly pool: {
    readonly max: number;
    readonly min: number;
    readonly maxIdleTime: number;
    readonly acquireTimeout: number;
  };
  readonly connectTimeout: number;
  readonly serverSelectionTimeout: number;
  readonly socketTimeout: number;
}

type Settings = typeof mongodbSettings;
type MongodbGroup = Group<Settings>;

/** Tells whether anything says that there is such a server. */
export function isMongodbGiven(group: MongodbGroup): boolean {
  return (["URL", "HOST", "NAME", "USER", "PASSWORD"] as const).some((key) => group.isSet(key));
}

/** Undefined where something is wrong, which is then reported. */
export function mongodbConfig(group: MongodbGroup, environment: Environment): MongodbConfig | undefined {
  const before = environment.problems.length;
  const place = group.isSet("URL") ? placeByUrl(group) : placeByParts(group, environment);
  const tls = tlsFiles(group, place?.tls ?? false);
  checkUser(group, place?.username !== undefined);
  const { values } = group;
  if (values.POOL_MIN !== undefined && values.POOL_MAX !== undefined && values.POOL_MIN > values.POOL_MAX)
    group.problem("POOL_MIN", `is more than ${group.name("POOL_MAX")}`);
  if (place === undefined || environment.problems.length > before) return undefined;
  const all = values as Values<Settings>;
  const password = group.secret("PASSWORD");
  return {
    url: place.url,
    host: place.host,
    ...(place.port === undefined ? {} : { port: place.port }),
    database: place.database,
    ...(all.USER === undefined ? {} : { username: all.USER }),
    ...(password === undefined ? {} : { password }),
    ...(all.AUTH_SOURCE === undefined ? {} : { authSource: all.AUTH_SOURCE }),
    ...(tls === undefined ? {} : { tls }),
    ...(all.APPLICATION_NAME === undefined ? {} : { appName: all.APPLICATION_NAME }),
    pool: {
      max: all.POOL_MAX,
      min: all.POOL_MIN,
      maxIdleTime: all.POOL_MAX_IDLE_TIME,
      acquireTimeout: all.POOL_ACQUIRE_TIMEOUT,
    },
    connectTimeout: all.CONNECT_TIMEOUT,
    serverSelectionTimeout: all.SERVER_SELECTION_TIMEOUT,
    socketTimeout: all.SOCKET_TIMEOUT,
  };
}

interface Place {
  readonly url: Secret;
  readonly host: string;
  readonly port?: number | undefined;
  readonly database: string;
  readonly username?: string | undefined;
  /** What the URL says of TLS. */
  readonly tls: boolean;
}

const EXAMPLE = "mongodb://user:password@host:27017/database";

/** `scheme://user@hosts/database?parameters`; several hosts are apart by commas. */
const FORM = /^mongodb(\+srv)?:\/\/(?:([^@/]+)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

function placeByUrl(group: MongodbGroup): Place | undefined {
  const [all, srv, credentials, hosts, path, parameters] = FORM.exec(group.values.URL ?? "") ?? [];
  const url = group.secret("URL");
  if (all === undefined || hosts === undefined || url === undefined) {
    group.problem(
      "URL",
      `is not a URL such as ${EXAMPLE} (characters such as @ : / ? # % in a password are written %40 %3A %2F %3F %23 %25)`,
    );
    return undefined;
  }
  for (const key of ["HOST", "PORT", "REPLICA_SET"] as const)
    if (group.isSet(key)) group.problem(key, `is set, and ${group.name("URL")} too; give one of them`);
  const database = path === undefined || path === "" ? group.values.NAME : path;
  if (database === undefined) group.problem("NAME", `is not set, and ${group.name("URL")} names no database`);
  else if (group.isSet("NAME") && database !== group.values.NAME)
    group.problem("NAME", `is not the database of ${group.name("URL")}; give one of them`);
  const [, host, port] = /^(\[[^\]]+\]|[^:,]+)(?::(\d+))?/.exec(hosts) ?? [];
  return {
    url,
    host: host ?? hosts,
    port: srv !== undefined ? undefined : Number(port ?? 27_017),
    database: database ?? "",
    username: credentials,
    tls: srv !== undefined || /(^|&)(tls|ssl)=true/.test(parameters ?? ""),
  };
}

function placeByParts(group: MongodbGroup, environment: Environment): Place | undefined {
  const { HOST: host, PORT: port = 27_017, NAME: database, REPLICA_SET: set } = group.values;
  if (host === undefined) {
    const near = environment.nearestSet(group.name("URL"));
    const hint = near === undefined ? "" : ` (${near} is; is that a slip of the pen?)`;
    group.problem("URL", `is not set, nor are its parts, ${group.name("HOST")} and so on${hint}`);
    return undefined;
  }
  if (database === undefined) group.problem("NAME", "is not set");
  const query = set === undefined ? "" : `?replicaSet=${encodeURIComponent(set)}`;
  const url = `mongodb://${host}:${port}/${encodeURIComponent(database ?? "")}${query}`;
  return { url: createSecret(() => url), host, port, database: database ?? "", tls: false };
}

function checkUser(group: MongodbGroup, urlHasUser: boolean): void {
  if (urlHasUser) {
    for (const key of ["USER", "PASSWORD"] as const)
      if (group.isSet(key))
        group.problem(key, `is set, and ${group.name("URL")} has a user too; give one of them`);
  } else if (group.isSet("USER") !== group.isSet("PASSWORD")) {
    group.problem(group.isSet("USER") ? "PASSWORD" : "USER", "is not set");
  }
}

function tlsFiles(group: MongodbGroup, byUrl: boolean): MongodbConfig["tls"] {
  const { TLS: on = byUrl, TLS_CA: caFile, TLS_CERTIFICATE_KEY: certificateKeyFile } = group.values;
  if (!on && byUrl) group.problem("TLS", `is off, and ${group.name("URL")} asks for it`);
  for (const key of ["TLS_CA", "TLS_CERTIFICATE_KEY"] as const) {
    const path = group.values[key];
    if (path === undefined) continue;
    if (!on) group.problem(key, `has no effect without TLS; set ${group.name("TLS")}=on`);
    else readPem(path, "CERTIFICATE", (message) => group.problem(key, message));
  }
  if (!on) return undefined;
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certificateKeyFile === undefined ? {} : { certificateKeyFile }),
  };
}
