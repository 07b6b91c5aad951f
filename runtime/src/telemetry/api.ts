import { createRequire } from "node:module";
import type { OpenTelemetryApi } from "./opentelemetry.ts";

/** This package's version: the instrumentation scope's. Here, since a bundle has no package.json. */
export const VERSION = "0.1.0";

/** In a bundle there may be neither the package nor a place to look for it from. */
const NOT_THERE = ["MODULE_NOT_FOUND", "ERR_INVALID_ARG_VALUE"];

/** OpenTelemetry's API, or undefined where the application has not installed it. Loaded on the first call, not on import. */
export function loadApi(): OpenTelemetryApi | undefined {
  try {
    return createRequire(import.meta.url)("@opentelemetry/api") as OpenTelemetryApi;
  } catch (error) {
    if (NOT_THERE.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
