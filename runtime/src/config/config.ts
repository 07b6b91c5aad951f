// `@solitude/runtime/config`: apart from the rest, since who does not read the environment need not load zod.
export { ConfigurationError, type ConfigurationProblem } from "./configuration-error.ts";
export { type Config, loadConfig } from "./load-config.ts";
export type { MongodbConfig } from "./mongodb-config.ts";
export type { PostgresConfig, PostgresServer } from "./postgres-config.ts";
export { createSecret, type Secret } from "./secret.ts";
