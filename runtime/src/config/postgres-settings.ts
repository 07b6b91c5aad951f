import { optional, setting } from "./setting.ts";
import { TLS_MODES } from "./tls.ts";
import { choice, duration, integer, list, text } from "./values.ts";

const connections = (least: number) => integer(least, 10_000);
const time = "time";
const file = "path";

/** The variables for a PostgreSQL server and the pool of connections to it; each has the prefix of its server. */
export const postgresSettings = {
  URL: optional(text, {
    accepts: "URL",
    secret: true,
    description:
      "The server, as `postgresql://user:password@host:port/database?sslmode=…`; or its parts, below.",
    example: "postgresql://solitude:secret@localhost:5432/solitude",
  }),
  HOST: optional(text, { accepts: "name, address or folder of a Unix socket", description: "The server." }),
  PORT: setting(integer(1, 65_535), { accepts: "1 – 65535", default: "5432", description: "Its port." }),
  NAME: optional(text, { accepts: "name", description: "The database." }),
  USER: optional(text, { accepts: "name", description: "The role." }),
  PASSWORD: optional(text, {
    accepts: "text",
    secret: true,
    description: "Its password. A file is read again for each new connection, so it may be rotated.",
  }),
  SSLMODE: optional(choice(...TLS_MODES), {
    accepts: "`disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`",
    description:
      "TLS, as in libpq: `require` encrypts, `verify-ca` checks the server's certificate, `verify-full` its name too. `disable` unless the URL says otherwise.",
  }),
  SSLROOTCERT: optional(text, {
    accepts: "path, or `system`",
    description:
      "The certificates that the server's must be signed by; for `verify-full`, Node's own if not given.",
  }),
  SSLCERT: optional(text, { accepts: file, description: "The client's certificate." }),
  SSLKEY: optional(text, { accepts: file, description: "The client certificate's key." }),
  APPLICATION_NAME: optional(text, {
    accepts: "text",
    description: "What `pg_stat_activity` calls the application.",
  }),
  REPLICA_URLS: optional(list, {
    accepts: "URLs, apart by commas or spaces",
    secret: true,
    description: "Read replicas; what a URL leaves out is as for the server above.",
  }),
  POOL_MAX: setting(connections(1), {
    accepts: "1 – 10000",
    default: "10",
    description: "Connections at most.",
  }),
  POOL_MIN_IDLE: setting(connections(0), {
    accepts: "0 – 10000",
    default: "0",
    description: "Connections kept open and unused, so that a burst finds them warm.",
  }),
  POOL_ACQUIRE_TIMEOUT: setting(duration, {
    accepts: time,
    default: "10s",
    description: "How long a call may wait for a connection.",
  }),
  POOL_IDLE_TIMEOUT: setting(duration, {
    accepts: time,
    default: "10min",
    description: "Unused connections beyond the minimum are closed after this; `0`: never.",
  }),
  POOL_MAX_LIFETIME: setting(duration, {
    accepts: time,
    default: "1h",
    description: "Connections are replaced at this age; `0`: never.",
  }),
  POOL_MAX_LIFETIME_JITTER: optional(duration, {
    accepts: time,
    description:
      "At most this is added to it, at random, so that not all end at once; a tenth of it if not given.",
  }),
  POOL_PING_AFTER: setting(duration, {
    accepts: time,
    default: "10s",
    description: "A connection that was unused for so long is tried before it is given out; `0`: always.",
  }),
  POOL_LEAK_AFTER: setting(duration, {
    accepts: time,
    default: "0",
    description: "A connection that was not given back for so long is reported, with who took it; `0`: off.",
  }),
  CONNECT_TIMEOUT: setting(duration, {
    accepts: time,
    default: "5s",
    description: "How long opening a connection may take.",
  }),
  STATEMENT_TIMEOUT: optional(duration, {
    accepts: time,
    description: "The server's limit for one statement; `0`: none. The role's or server's own if not given.",
  }),
  LOCK_TIMEOUT: optional(duration, {
    accepts: time,
    description: "The server's limit for waiting for a lock; `0`: none. As above.",
  }),
  IDLE_IN_TRANSACTION_TIMEOUT: optional(duration, {
    accepts: time,
    description: "The server's limit for a transaction in which nothing happens; `0`: none. As above.",
  }),
  PREPARED_STATEMENTS: setting(choice("auto", "on", "off"), {
    accepts: "`auto`, `on` or `off`",
    default: "auto",
    description:
      "Whether the server keeps statements; `auto` finds out whether a pooler in between loses them.",
  }),
} as const;
