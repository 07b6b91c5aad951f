import { nearest } from "./nearest.ts";
import { shown } from "./shown.ts";
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from "./target-session-attrs.ts";
import { IGNORED, USED, type UsedParameter } from "./url-words.ts";

/** What a connection URL says; what it leaves out is undefined. Times are in milliseconds. */
export interface PostgresUrl {
  readonly host?: string;
  readonly port?: number;
  /** All of them, where it names several. */
  readonly hosts?: readonly { readonly host: string; readonly port?: number }[];
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sslmode?: string;
  readonly sslrootcert?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  readonly sslpassword?: string;
  /** Whose certificate the server's must be, where `host` is an address that stands for a name. */
  readonly serverName?: string;
  readonly sslnegotiation?: string;
  readonly minVersion?: string;
  readonly maxVersion?: string;
  readonly applicationName?: string;
  readonly connectTimeout?: number;
  /** As of a command line: `-c search_path=app`. */
  readonly options?: string;
  readonly keepAlive?: boolean;
  readonly keepAliveIdle?: number;
  readonly channelBinding?: boolean | "require";
  readonly targetSessionAttrs?: TargetSessionAttrs;
}

const FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const EXAMPLE =
  "is not a URL such as postgresql://user:password@host:5432/database (characters such as @ : / ? # % in a password are written %40 %3A %2F %3F %23 %25)";

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=…` as libpq does: each of libpq's parameters is used, or
 * ignored with a warning where it has no meaning here, and so are those that other tools put there.
 * @param report is told what is wrong, without anything of the URL that may be secret
 * @param otherwise holds where the URL says nothing
 */
export function parsePostgresUrl(
  text: string,
  report: (message: string) => void,
  otherwise: UrlParameters = {},
): PostgresUrl | undefined {
  // A secret's file ends with a line feed.
  const form = FORM.exec(text.trim());
  // An @ after the ? is a password's, of which nothing may show.
  if (form === null || form[4]?.includes("@")) {
    report(/^postgres(ql)?:\/\//.test(text) && text.includes("#") ? `has a "#", and ${EXAMPLE}` : EXAMPLE);
    return undefined;
  }
  const [, credentials = "", authority = "", path = "", query = ""] = form;
  try {
    const [user, password] = splitAt(credentials, ":").map(decodeURIComponent);
    const before = { user, password, dbname: decodeURIComponent(path), ...hostsOf(authority) };
    // As libpq has it, a parameter prevails over what stands before the "?".
    const given = { ...present<UrlParameters>(before, ""), ...parameters(query, report) };
    return readParameters({ ...besides(otherwise, given), ...given }, report);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    report(EXAMPLE); // A % that encodes nothing.
    return undefined;
  }
}

/** Leaves out what the other says: where the server is is said by one of the two, never by parts of both. */
function besides({ host, hostaddr, ...others }: UrlParameters, given: UrlParameters): UrlParameters {
  if (given.host !== undefined || given.hostaddr !== undefined) return others;
  return present<UrlParameters>({ host, hostaddr, ...others });
}

/** Reads what was given by names of libpq's, as in a URL. @param report is told what is wrong */
export function readParameters(
  given: UrlParameters,
  report: (message: string) => void,
): PostgresUrl | undefined {
  const hosts = readHosts(given);
  const [first] = hosts;
  const ports = given.port?.split(",").length ?? 0;
  if (ports > 1 && ports !== hosts.length) {
    report(`has ${ports} ports for ${hosts.length} host${hosts.length === 1 ? "" : "s"}`);
    return undefined;
  }
  if (hosts.some(({ port }) => port !== undefined && !(port >= 1 && port <= 65_535))) {
    report("has a port that is not a whole number from 1 to 65535");
    return undefined;
  }
  for (const [name, words] of Object.entries(WORDS))
    checkWord(given, name as keyof typeof WORDS, words, report);
  if (Object.values(given).some((text) => text.includes("\0")))
    report("has the character U+0000, which PostgreSQL refuses");
  const { ssl = "", sslmode = Object.hasOwn(SSL, ssl) ? SSL[ssl] : given.ssl } = given;
  return present<PostgresUrl>({
    host: first?.host || undefined,
    port: first?.port,
    hosts: hosts.length > 1 ? hosts : undefined,
    database: given.dbname,
    user: given.user,
    password: given.password,
    sslmode: sslmode === "no-verify" ? "require" : sslmode,
    sslrootcert: given.sslrootcert,
    sslcert: given.sslcert,
    sslkey: given.sslkey,
    sslpassword: given.sslpassword,
    serverName: hosts.length === 1 && given.hostaddr !== undefined ? given.host : undefined,
    sslnegotiation: given.sslnegotiation,
    minVersion: given.ssl_min_protocol_version,
    maxVersion: given.ssl_max_protocol_version,
    applicationName: given.application_name ?? given.fallback_application_name,
    connectTimeout: seconds(given, "connect_timeout", report),
    options: commandLine(given),
    keepAlive: given.keepalives === undefined ? undefined : given.keepalives !== "0",
    keepAliveIdle: seconds(given, "keepalives_idle", report),
    channelBinding: channelBinding(given.channel_binding),
    targetSessionAttrs: sessionAttrs(given, report),
  });
}

/** What node-postgres and JDBC write in place of an sslmode. */
const SSL: Readonly<Record<string, string>> = {
  true: "verify-full",
  "1": "verify-full",
  false: "disable",
  "0": "disable",
};

export type UrlParameters = { readonly [P in UsedParameter]?: string };

const warned = new Set<string>();

function parameters(query: string, report: (message: string) => void): UrlParameters {
  const given: Record<string, string> = {};
  // The rest of a value, such as a password, whose & is not written %26: libpq takes none without a =, either.
  if (query.split("&").some((one) => one !== "" && !one.includes("="))) {
    report('has a parameter without a "="; in a value, & is written %26');
    return {};
  }
  // A + is a space, as the URL of JavaScript writes one; to libpq it is a plus, which that writes %2B.
  for (const [name, value] of new URLSearchParams(query)) {
    if ((USED as readonly string[]).includes(name)) {
      if (value !== "") given[name] = value;
      continue;
    }
    const reason = Object.hasOwn(IGNORED, name) ? IGNORED[name] : undefined;
    const meant = reason === undefined ? nearest(name, USED) : undefined;
    if (meant !== undefined) report(`has the parameter ${shown(name)}; did you mean ${meant}?`);
    else if (!warned.has(name)) {
      warned.add(name);
      process.emitWarning(
        `the parameter ${shown(name)} of a PostgreSQL URL is ignored: ${reason ?? "it is none of libpq's"}`,
        { code: "SOLITUDE_URL_PARAMETER" },
      );
    }
  }
  return given;
}

/** Gives what stands before the path as the parameters that it could be written as. */
function hostsOf(authority: string): UrlParameters {
  const all = authority.split(",").map((one) => /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(one) ?? ["", "%"]);
  const list = (items: readonly string[]): string => (items.some((item) => item !== "") ? items.join() : "");
  return {
    host: list(all.map(([, host = ""]) => decodeURIComponent(host))),
    port: list(all.map(([, , port = ""]) => port)),
  };
}

/** Lists apart by commas, as libpq has them; a port for all of them, or one for each. */
function readHosts({
  host = "",
  hostaddr = host,
  port = "",
}: UrlParameters): { host: string; port?: number }[] {
  const names = hostaddr.split(",");
  const ports = port.split(",");
  return names.map((name, i) => {
    // Of several, each has its own: what one leaves out is not the first one's.
    const text = (ports.length > 1 ? ports[i] : port) || (names.length > 1 ? "5432" : "");
    return {
      host: name.replace(/^\[(.*)\]$/, "$1"),
      ...(text === "" ? {} : { port: /^\d+$/.test(text) ? Number(text) : Number.NaN }),
    };
  });
}

function channelBinding(word: string | undefined): boolean | "require" | undefined {
  if (word === undefined) return undefined;
  return word === "require" ? word : word !== "disable";
}

/** Parameters that are one of a few words. */
const WORDS = {
  sslnegotiation: ["postgres", "direct"],
  channel_binding: ["disable", "prefer", "require"],
} as const;

function checkWord(
  given: UrlParameters,
  name: keyof typeof WORDS,
  words: readonly string[],
  report: (message: string) => void,
): void {
  const word = given[name];
  if (word !== undefined && !words.includes(word))
    report(`has the ${name} ${shown(word)}, which is none of ${words.join(", ")}`);
}

/** libpq's times are whole seconds; 0 is none, and to connect so is what is less. */
function seconds(
  given: UrlParameters,
  name: "connect_timeout" | "keepalives_idle",
  report: (message: string) => void,
): number | undefined {
  const text = given[name];
  if (text === undefined || Number(text) === 0) return undefined;
  if (name === "connect_timeout" && /^-\d+$/.test(text)) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  report(`has the ${name} ${shown(text)}, which is not a number of seconds`);
  return undefined;
}

function sessionAttrs(
  { target_session_attrs: wanted }: UrlParameters,
  report: (message: string) => void,
): TargetSessionAttrs | undefined {
  if (wanted === undefined || TARGET_SESSION_ATTRS.includes(wanted)) return wanted as TargetSessionAttrs;
  report(
    `has the target_session_attrs ${shown(wanted)}, which is none of ${TARGET_SESSION_ATTRS.join(", ")}`,
  );
  return undefined;
}

/** `schema` is Prisma's, and means the search path. */
function commandLine({ options, schema }: UrlParameters): string | undefined {
  if (schema === undefined || schema === "public") return options;
  const path = `-c search_path=${schema.replace(/[\\ ]/g, "\\$&")}`;
  return options === undefined ? path : `${options} ${path}`;
}

function splitAt(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param none what stands for nothing beside undefined */
function present<T extends object>(all: { [K in keyof T]: T[K] | undefined }, none?: unknown): T {
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== none),
  ) as T;
}

export interface WireOptions {
  readonly hosts?: readonly { readonly host: string; readonly port?: number }[];
  readonly options?: string;
  readonly keepAlive?: boolean;
  readonly keepAliveIdle?: number;
  readonly sslNegotiation?: string;
  readonly channelBinding?: boolean | "require";
  readonly targetSessionAttrs?: TargetSessionAttrs;
}

/** Gives what a URL says of the connection itself, as options of a pool. */
export function wireOptions(url: PostgresUrl): WireOptions {
  return present<WireOptions>({
    hosts: url.hosts,
    options: url.options,
    keepAlive: url.keepAlive,
    keepAliveIdle: url.keepAliveIdle,
    sslNegotiation: url.sslnegotiation,
    channelBinding: url.channelBinding,
    targetSessionAttrs: url.targetSessionAttrs,
  });
}
