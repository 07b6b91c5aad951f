import type { Driver } from "./driver.ts";

const TYPES = [
  "BatchOptions",
  "Client",
  "ExecResult",
  "QueryConfig",
  "QueryInfo",
  "QueryOptions",
  "QueryResult",
];

/** `@solitude/runtime`: every function takes `{ signal, timeout }`, `:many` can be streamed, `:copyfrom` is COPY. */
export const solitudeRuntime: Driver = {
  clientModule: "@solitude/runtime",
  types: ["BatchOptions", "Client", "QueryOptions"],
  statements: () =>
    `export type { ${[...TYPES, "RawRow"].join(", ")} } from "@solitude/runtime";\n` +
    'export { batch, promisedRow, rawText } from "@solitude/runtime";\n',
  exported: TYPES,
  // They are those of the runtime.
  errors: [],
  parameter: "options?: QueryOptions",
  batchParameter: "options?: BatchOptions",
  spread: "...options",
  argument: "options",
  streams: true,
  copies: true,
};
