import { type HealthCheck, HealthCheckError } from "../health/health-check.ts";
import { createClient, createConnector, type DocumentsConnection } from "./connection.ts";

export interface MongodbCheckOptions extends DocumentsConnection {
  /** What reports call it; `mongodb`. */
  readonly name?: string | undefined;
  readonly critical?: boolean | undefined;
  readonly timeout?: number | undefined;
  /** Whether the server must take writes, which a secondary does not; true. */
  readonly writable?: boolean | undefined;
}

/** Milliseconds that finding a server may take: less than a check has, so that its result says which of the two it was. */
const SELECTION_TIMEOUT = 1000;

/**
 * Asks MongoDB whether a server answers that takes writes, on a connection of its own: a pool that has none left says nothing
 * about the server. Unlike PostgreSQL's it keeps the process running until it is closed, as the driver's clients do.
 */
export function mongodbCheck(options: MongodbCheckOptions): HealthCheck {
  const { name = "mongodb", critical, timeout, writable = true, ...connection } = options;
  const client = createClient({
    ...connection,
    appName: connection.appName ?? "health check",
    pool: { max: 1 },
    serverSelectionTimeout: SELECTION_TIMEOUT,
  });
  const connector = createConnector(client);
  return {
    name,
    critical,
    timeout,
    async check(signal) {
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      const asked = async () => {
        // A client whose first connection failed must be told to connect again.
        if (!connector.connected) await connector.connect();
        return client.db("admin").command({ hello: 1 }, { signal });
      };
      const hello = await Promise.race([asked(), stopped]);
      if (writable && hello.isWritablePrimary !== true) throw new HealthCheckError("read-only");
    },
    close: () => client.close(),
  };
}
