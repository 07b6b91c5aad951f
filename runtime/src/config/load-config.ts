import { ConfigurationError } from "./configuration-error.ts";
import { Environment, type Variables } from "./environment.ts";
import { freeze } from "./freeze.ts";
import { isMongodbGiven, type MongodbConfig, mongodbConfig } from "./mongodb-config.ts";
import { mongodbSettings } from "./mongodb-settings.ts";
import { isPostgresGiven, type PostgresConfig, postgresConfig } from "./postgres-config.ts";
import { postgresSettings } from "./postgres-settings.ts";
import { healthSettings, shutdownSettings, telemetrySettings } from "./service-settings.ts";
import type { Values } from "./setting.ts";

/** What the environment says, checked. Times are in milliseconds; secrets do not show. */
export interface Config {
  readonly postgres: PostgresConfig;
  /** Temporal's own PostgreSQL, where the environment has it. */
  readonly temporal?: PostgresConfig;
  readonly mongodb?: MongodbConfig;
  readonly health: { readonly interval: number; readonly timeout: number; readonly history: number };
  readonly telemetry: {
    readonly enabled: boolean;
    readonly recordQueryText: boolean;
    readonly recordReturnedRows: boolean;
    readonly recordParameters: readonly string[];
  };
  readonly shutdown: { readonly delay: number; readonly timeout: number };
}

/** Every group of variables, in the manual's order. */
export const groups = [
  { prefix: "DATABASE_", title: "PostgreSQL, the main database", settings: postgresSettings },
  {
    prefix: "TEMPORAL_DATABASE_",
    title: "PostgreSQL, Temporal's; only where it is used",
    settings: postgresSettings,
  },
  { prefix: "MONGODB_", title: "MongoDB; only where it is used", settings: mongodbSettings },
  { prefix: "HEALTH_", title: "Health checks", settings: healthSettings },
  { prefix: "TELEMETRY_", title: "Tracing and metrics", settings: telemetrySettings },
  { prefix: "SHUTDOWN_", title: "Ending", settings: shutdownSettings },
] as const;

/**
 * Reads the configuration from the environment, as `loadConfig(process.env)`.
 * @throws ConfigurationError with every problem that there is
 */
export function loadConfig(variables: Variables): Config {
  const environment = new Environment(variables);
  const main = environment.group("DATABASE_", postgresSettings);
  const temporal = environment.group("TEMPORAL_DATABASE_", postgresSettings);
  const mongodb = environment.group("MONGODB_", mongodbSettings);
  const health = environment.group("HEALTH_", healthSettings);
  const telemetry = environment.group("TELEMETRY_", telemetrySettings);
  const shutdown = environment.group("SHUTDOWN_", shutdownSettings);

  const postgres = postgresConfig(main, environment);
  const temporalPostgres = isPostgresGiven(temporal) ? postgresConfig(temporal, environment) : undefined;
  const mongo = isMongodbGiven(mongodb) ? mongodbConfig(mongodb, environment) : undefined;
  if (health.values.INTERVAL === 0) health.problem("INTERVAL", "is 0");
  if (health.values.TIMEOUT === 0) health.problem("TIMEOUT", "is 0");
  environment.reportTypos();
  if (postgres === undefined || environment.problems.length > 0)
    throw new ConfigurationError(environment.problems);

  const healthValues = health.values as Values<typeof healthSettings>;
  const telemetryValues = telemetry.values as Values<typeof telemetrySettings>;
  const shutdownValues = shutdown.values as Values<typeof shutdownSettings>;
  return freeze({
    postgres,
    ...(temporalPostgres === undefined ? {} : { temporal: temporalPostgres }),
    ...(mongo === undefined ? {} : { mongodb: mongo }),
    health: {
      interval: healthValues.INTERVAL,
      timeout: healthValues.TIMEOUT,
      history: healthValues.HISTORY,
    },
    telemetry: {
      enabled: telemetryValues.ENABLED,
      recordQueryText: telemetryValues.QUERY_TEXT,
      recordReturnedRows: telemetryValues.RETURNED_ROWS,
      recordParameters: telemetryValues.PARAMETERS ?? [],
    },
    shutdown: { delay: shutdownValues.DELAY, timeout: shutdownValues.TIMEOUT },
  });
}
