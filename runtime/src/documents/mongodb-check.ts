import type { MongoClient } from "mongodb";
import type { HealthCheck } from "../health/health-check.ts";
import { createClient, type DocumentsConnection } from "./connection.ts";

export interface MongodbCheckOptions extends DocumentsConnection {
  /** What reports call it; `mongodb`. */
  readonly name?: string | undefined;
  readonly critical?: boolean | undefined;
  readonly timeout?: number | undefined;
}

/** Milliseconds that finding a server may take: less than a check has, so that its result says which of the two it was. */
const SELECTION_TIMEOUT = 1000;

/**
 * Asks MongoDB whether a server answers that takes writes, on a connection of its own: a pool that has none left says nothing
 * about the server. Unlike PostgreSQL's it keeps the process running until it is closed, as the driver's clients do.
 */
export function mongodbCheck(options: MongodbCheckOptions): HealthCheck {
  const { name = "mongodb", critical, timeout, ...connection } = options;
  const open = () =>
    createClient({
      ...connection,
      appName: connection.appName ?? "health check",
      pool: { max: 1 },
      serverSelectionTimeout: SELECTION_TIMEOUT,
    });
  let client: MongoClient | undefined;
  return {
    name,
    critical,
    timeout,
    async check(signal) {
      client ??= open();
      try {
        await client.db("admin").command({ ping: 1 }, { signal });
      } catch (error) {
        // A client whose first connection failed goes on to fail, whatever becomes of the server.
        const failed = client;
        client = undefined;
        await failed.close();
        throw error;
      }
    },
    close: () => client?.close(),
  };
}
