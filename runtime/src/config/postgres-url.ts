import { nothingBut } from "./url-parameters.ts";

/** What a connection URL says; what it leaves out is undefined. */
export interface PostgresUrl {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sslmode?: string;
  readonly sslrootcert?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  readonly applicationName?: string;
}

const PARAMETERS = [
  "host",
  "user",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "application_name",
] as const;

const SEVERAL_HOSTS = /^postgres(ql)?:\/\/([^@/]*@)?[^@/]*,/;

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=…`; with the folder of a Unix socket, `postgresql:///database?host=/run/postgresql&user=…`.
 * @param report is told what is wrong, without anything of the URL that may be secret
 */
export function parsePostgresUrl(text: string, report: (message: string) => void): PostgresUrl | undefined {
  const wrong = (): undefined => {
    report(
      SEVERAL_HOSTS.test(text)
        ? "names several hosts, which is not supported; list replicas in REPLICA_URLS"
        : "is not a URL such as postgresql://user:password@host:5432/database (characters such as @ : / ? # % in a password are written %40 %3A %2F %3F %23 %25)",
    );
  };
  if (!/^postgres(ql)?:\/\//.test(text) || SEVERAL_HOSTS.test(text) || !URL.canParse(text)) return wrong();
  const url = new URL(text);
  const parameters = nothingBut(PARAMETERS, url.searchParams, report);
  try {
    const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1") || parameters.host;
    return present({
      host,
      port: url.port === "" ? undefined : Number(url.port),
      database: decodeURIComponent(url.pathname.slice(1)) || undefined,
      user: decodeURIComponent(url.username) || parameters.user,
      password: decodeURIComponent(url.password) || undefined,
      sslmode: parameters.sslmode,
      sslrootcert: parameters.sslrootcert,
      sslcert: parameters.sslcert,
      sslkey: parameters.sslkey,
      applicationName: parameters.application_name,
    });
  } catch {
    return wrong(); // A % that encodes nothing.
  }
}

function present<T extends object>(all: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}
