import { optional, setting } from "./setting.ts";
import { duration, flag, integer, text } from "./values.ts";

const time = "time";

/** The variables for MongoDB. */
export const mongodbSettings = {
  URL: optional(text, {
    accepts: "URL",
    secret: true,
    description:
      "The servers, as `mongodb://user:password@host:port/database?replicaSet=…`; or the parts, below.",
    example: "mongodb://solitude:secret@localhost:27017/solitude?replicaSet=rs0",
  }),
  HOST: optional(text, { accepts: "name or address", description: "The server." }),
  PORT: setting(integer(1, 65_535), { accepts: "1 – 65535", default: "27017", description: "Its port." }),
  NAME: optional(text, { accepts: "name", description: "The database." }),
  USER: optional(text, { accepts: "name", description: "The user." }),
  PASSWORD: optional(text, { accepts: "text", secret: true, description: "The user's password." }),
  AUTH_SOURCE: optional(text, {
    accepts: "name",
    description: "The database that knows the user; the URL's, or `admin`, if not given.",
  }),
  REPLICA_SET: optional(text, {
    accepts: "name",
    description: "The replica set that the server belongs to.",
  }),
  TLS: optional(flag, {
    accepts: "`on` or `off`",
    description: "TLS, with the server's certificate and name verified. `off` unless the URL says otherwise.",
  }),
  TLS_CA: optional(text, {
    accepts: "path",
    description: "The certificates that the server's must be signed by; Node's own if not given.",
  }),
  TLS_CERTIFICATE_KEY: optional(text, {
    accepts: "path",
    description: "The client's certificate and its key, both in one file.",
  }),
  APPLICATION_NAME: optional(text, {
    accepts: "text",
    description: "What the server's log calls the application.",
  }),
  POOL_MAX: setting(integer(1, 10_000), {
    accepts: "1 – 10000",
    default: "20",
    description: "Connections at most, to each server.",
  }),
  POOL_MIN: setting(integer(0, 10_000), {
    accepts: "0 – 10000",
    default: "0",
    description: "Connections kept open.",
  }),
  POOL_MAX_IDLE_TIME: setting(duration, {
    accepts: time,
    default: "10min",
    description: "A connection that was unused for so long is closed.",
  }),
  POOL_ACQUIRE_TIMEOUT: setting(duration, {
    accepts: time,
    default: "5s",
    description: "How long an operation may wait for a connection.",
  }),
  CONNECT_TIMEOUT: setting(duration, {
    accepts: time,
    default: "5s",
    description: "How long opening a connection may take.",
  }),
  SERVER_SELECTION_TIMEOUT: setting(duration, {
    accepts: time,
    default: "5s",
    description: "How long to look for a server that can take an operation.",
  }),
  SOCKET_TIMEOUT: setting(duration, {
    accepts: time,
    default: "60s",
    description: "A connection on which the server says nothing for so long is closed.",
  }),
} as const;
