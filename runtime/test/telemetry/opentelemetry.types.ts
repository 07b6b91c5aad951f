import * as api from "@opentelemetry/api";
import type { OpenTelemetryApi, TelemetryOptions } from "../../src/index.ts";

/** The API itself, and any provider that is made for it, must be what the options take. */
export const whole: OpenTelemetryApi = api;
export const options = {
  api,
  tracerProvider: api.trace.getTracerProvider(),
  meterProvider: api.metrics.getMeterProvider(),
} satisfies TelemetryOptions;
