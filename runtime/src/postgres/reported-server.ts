import pg from "pg";
import type { ReportedServer } from "../telemetry/telemetry.ts";

/** The server that `pg` connects to, be it by URL, by parts or by the PG* variables. */
export function reportedServer(driver: pg.ClientConfig): ReportedServer {
  const { host, port, database } = new pg.Client(driver);
  return { system: "postgresql", host, port, namespace: database };
}
