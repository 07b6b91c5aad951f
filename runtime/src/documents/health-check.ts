import { type HealthCheck, HealthCheckError } from "../health/health-check.ts";
import { createClient, createConnector, type DocumentsConnection } from "./connection.ts";

export interface DocumentsCheckOptions {
  /** What reports call it; `documents`. */
  readonly name?: string | undefined;
  readonly critical?: boolean | undefined;
  readonly timeout?: number | undefined;
  /** Whether the server must take writes, which a secondary does not; true. */
  readonly writable?: boolean | undefined;
}

/** Asks MongoDB whether it answers, on a connection of its own: a pool that has none left says nothing about the server. */
export function documentsCheck(
  connection: DocumentsConnection,
  options: DocumentsCheckOptions = {},
): HealthCheck {
  const { name = "documents", critical, timeout, writable = true } = options;
  const client = createClient({ ...connection, pool: { max: 1 } });
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
        if (!connector.connected) await connector.connect();
        return client.db("admin").command({ hello: 1 }, { signal });
      };
      const hello = await Promise.race([asked(), stopped]);
      if (writable && hello.isWritablePrimary !== true) throw new HealthCheckError("read-only");
    },
    close: () => client.close(),
  };
}
