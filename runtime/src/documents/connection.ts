import { type ConnectionCheckedInEvent, MongoClient, type MongoClientOptions } from "mongodb";
import { noTelemetry, type Telemetry } from "../telemetry/telemetry.ts";

/** Text, or what gives it when it is needed: the configuration's secrets do. */
type MaybeSecret = string | (() => string);

/**
 * How to reach MongoDB; `mongodb` of the configuration has this shape. What the URL says as well is overruled by what
 * stands here. Times are in milliseconds.
 */
export interface DocumentsConnection {
  /** `mongodb://` or `mongodb+srv://` */
  readonly url: MaybeSecret;
  /** The database, or what the names of the workspaces' databases start with. */
  readonly database: string;
  readonly username?: string | undefined;
  readonly password?: MaybeSecret | undefined;
  readonly authSource?: string | undefined;
  readonly tls?:
    | {
        /** Path of the certificates that the server's must be signed by. */
        readonly caFile?: string | undefined;
        /** Path of the client's certificate and key, both in one file. */
        readonly certificateKeyFile?: string | undefined;
      }
    | undefined;
  readonly appName?: string | undefined;
  readonly pool?:
    | {
        readonly max?: number | undefined;
        readonly min?: number | undefined;
        /** A connection that was idle for so long is closed. */
        readonly maxIdleTime?: number | undefined;
        /** How long an operation waits for a free connection. */
        readonly acquireTimeout?: number | undefined;
      }
    | undefined;
  /** For opening one connection. */
  readonly connectTimeout?: number | undefined;
  /** For finding a server that can take the operation. */
  readonly serverSelectionTimeout?: number | undefined;
  /** Without any answer from the server; the connection is then closed. The last resort against a hung server. */
  readonly socketTimeout?: number | undefined;
}

const DEFAULTS = {
  max: 20,
  min: 0,
  maxIdleTime: 10 * 60_000,
  acquireTimeout: 5_000,
  connectTimeout: 5_000,
  serverSelectionTimeout: 5_000,
  socketTimeout: 60_000,
};

/** Opens no connection: the first operation does. */
export function createClient(connection: DocumentsConnection): MongoClient {
  const { url, username, password, authSource, tls, appName, pool } = connection;
  const options: MongoClientOptions = {
    appName: appName ?? "solitude",
    maxPoolSize: pool?.max ?? DEFAULTS.max,
    minPoolSize: pool?.min ?? DEFAULTS.min,
    maxIdleTimeMS: pool?.maxIdleTime ?? DEFAULTS.maxIdleTime,
    waitQueueTimeoutMS: pool?.acquireTimeout ?? DEFAULTS.acquireTimeout,
    connectTimeoutMS: connection.connectTimeout ?? DEFAULTS.connectTimeout,
    serverSelectionTimeoutMS: connection.serverSelectionTimeout ?? DEFAULTS.serverSelectionTimeout,
    socketTimeoutMS: connection.socketTimeout ?? DEFAULTS.socketTimeout,
    retryReads: true,
    retryWrites: true,
    // An absent optional field must stay absent; the default stores null.
    ignoreUndefined: true,
    promoteBuffers: true,
    // A bigint is stored as a long, and must come back as one.
    useBigInt64: true,
    // The driver looks names up in it, and its own object has some that it inherits: an array named "constructor" came back
    // with bytes in place of its objects.
    fieldsAsRaw: Object.create(null),
  };
  if (username !== undefined)
    options.auth = { username, ...(password === undefined ? {} : { password: reveal(password) }) };
  if (authSource !== undefined) options.authSource = authSource;
  if (tls !== undefined) {
    options.tls = true;
    if (tls.caFile !== undefined) options.tlsCAFile = tls.caFile;
    if (tls.certificateKeyFile !== undefined) options.tlsCertificateKeyFile = tls.certificateKeyFile;
  }
  return new MongoClient(reveal(url), options);
}

function reveal(text: MaybeSecret): string {
  return typeof text === "string" ? text : text();
}

/** The first server's, for telemetry. */
export function addressOf({ options }: MongoClient): { host?: string; port?: number } {
  const [first] = options.hosts;
  const host = options.srvHost ?? first?.host;
  return {
    ...(host === undefined ? {} : { host }),
    ...(first?.port === undefined ? {} : { port: first.port }),
  };
}

/** Connects once, when it is first needed, and again only where that has failed. */
export interface Connector {
  readonly connected: boolean;
  connect(): Promise<void>;
}

/**
 * The driver connects by itself, but once that has failed, it stays closed for ever: a process that was started before its
 * database would never come to it.
 */
export function createConnector(client: MongoClient): Connector {
  let connected = false;
  let connecting: Promise<void> | undefined;
  const connect = async (): Promise<void> => {
    try {
      await client.connect();
      connected = true;
    } finally {
      connecting = undefined;
    }
  };
  return {
    get connected() {
      return connected;
    },
    connect() {
      connecting ??= connect();
      return connecting;
    },
  };
}

/** What the driver's own events tell of its connections. */
export interface PoolObserver {
  /** Rises whenever a connection is taken, which is before anything is sent. */
  readonly taken: number;
  stop(): void;
}

/** Reports the driver's connections, of all servers together, to `telemetry`. */
export function observeConnections(client: MongoClient, telemetry: Telemetry): PoolObserver {
  let taken = 0;
  client.on("connectionCheckedOut", () => {
    taken++;
  });
  const stop = telemetry === noTelemetry ? () => {} : reportConnections(client, telemetry);
  return {
    get taken() {
      return taken;
    },
    stop,
  };
}

type Id = ConnectionCheckedInEvent["connectionId"];

function reportConnections(client: MongoClient, telemetry: Telemetry): () => void {
  const { maxPoolSize, minPoolSize } = client.options;
  let open = 0;
  let used = 0;
  let pending = 0;
  // By address and then by number: both are there already, and a text made of them would have to be hashed each time.
  const since = new Map<string, Map<Id, number>>();
  client.on("connectionReady", ({ durationMS }) => {
    open++;
    telemetry.connectionCreated(durationMS / 1000);
  });
  client.on("connectionClosed", (event) => {
    open = Math.max(0, open - 1);
    if (since.get(event.address)?.delete(event.connectionId)) used--;
  });
  client.on("connectionCheckOutStarted", () => {
    pending++;
  });
  client.on("connectionCheckOutFailed", ({ reason, durationMS }) => {
    pending--;
    if (reason === "timeout") telemetry.connectionTimedOut();
    else telemetry.connectionWaited(durationMS / 1000);
  });
  client.on("connectionCheckedOut", (event) => {
    pending--;
    used++;
    let connections = since.get(event.address);
    if (connections === undefined) {
      connections = new Map();
      since.set(event.address, connections);
    }
    connections.set(event.connectionId, performance.now());
    telemetry.connectionWaited(event.durationMS / 1000);
  });
  client.on("connectionCheckedIn", (event) => {
    const connections = since.get(event.address);
    const from = connections?.get(event.connectionId);
    if (from === undefined) return;
    connections?.delete(event.connectionId);
    used--;
    telemetry.connectionUsed((performance.now() - from) / 1000);
  });
  return telemetry.observePool(() => ({
    idle: Math.max(0, open - used),
    used,
    pending,
    limit: maxPoolSize ?? DEFAULTS.max,
    idleMin: minPoolSize ?? DEFAULTS.min,
  }));
}
