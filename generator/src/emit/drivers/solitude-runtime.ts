import type { Driver } from "./driver.ts";

/** `@solitude/runtime`: every function takes `{ signal, timeout }`, and `:many` can be streamed. */
export const solitudeRuntime: Driver = {
  clientModule: "@solitude/runtime",
  types: ["Client", "QueryOptions"],
  parameter: "options?: QueryOptions",
  spread: "...options",
  argument: "options",
  streams: true,
};
