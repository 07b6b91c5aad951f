import pg from "pg";
import { Connection } from "../../src/postgres/connection.ts";
import type { DriverClient } from "../../src/postgres/driver.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import type { QueryOptions, QueryResult } from "../../src/statement.ts";
import { noTelemetry } from "../../src/telemetry/telemetry.ts";
import { statement } from "./statement.ts";

/** A connection of its own to that database; `cancelTimeout` is one that no machine reaches, unless a test is about it. */
export async function openConnection(
  url: string,
  prepare = true,
  cancelTimeout = 60_000,
): Promise<Connection> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return new Connection(client as unknown as DriverClient, {
    telemetry: noTelemetry,
    cancelTimeout,
    prepare,
  });
}

export const runOn = (
  connection: Connection,
  text: string,
  values: unknown[] = [],
  options: QueryOptions = {},
): Promise<QueryResult> => connection.run(statement(text, values), Interrupt.of(options));
