import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MAIN, TEMPORAL, urlOf } from "./servers.mjs";

/**
 * What an application reads to find the stack: the variables that `loadConfig` of @solitude/runtime knows, and Temporal's clients'
 * own.
 * @param {string} stack
 * @param {{ mongo?: string, temporal?: string }} servers URL and address of those that there may not be
 */
export function environmentOf(stack, { mongo, temporal }) {
  return {
    DATABASE_URL: urlOf(stack, MAIN, "solitude_service", "solitude"),
    TEMPORAL_DATABASE_URL: urlOf(stack, TEMPORAL, "temporal", "temporal"),
    ...(mongo === undefined ? {} : { MONGODB_URL: mongo }),
    ...(temporal === undefined ? {} : { TEMPORAL_ADDRESS: temporal, TEMPORAL_NAMESPACE: "default" }),
  };
}

/** Writes it where `node --env-file` takes it from; for its owner only, since it holds passwords. */
export function writeEnvironment(stack, environment) {
  const file = join(stack, "env");
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
  return file;
}
