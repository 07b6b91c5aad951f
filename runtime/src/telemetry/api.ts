import { createRequire } from "node:module";

/** What `import * as api from "@opentelemetry/api"` gives. */
export type OpenTelemetryApi = typeof import("@opentelemetry/api");

const require = createRequire(import.meta.url);

/** OpenTelemetry's API, or undefined where the application has not installed it. Loaded on the first call, not on import. */
export function loadApi(): OpenTelemetryApi | undefined {
  try {
    return require("@opentelemetry/api") as OpenTelemetryApi;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** This package's version: the instrumentation scope's. */
export function scopeVersion(): string {
  return (require("../../package.json") as { version: string }).version;
}
