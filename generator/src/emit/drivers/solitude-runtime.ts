import { type Driver, listed } from "./driver.ts";
import { configOf, configsOf, copyConfig, writeConfig } from "./query-config.ts";

const TYPES = [
  "BatchOptions",
  "Client",
  "ExecResult",
  "QueryConfig",
  "QueryInfo",
  "QueryOptions",
  "QueryResult",
];

const PARAMETER = "options?: QueryOptions";
const SPREAD = "...options";

/** `@solitude/runtime`: every function takes `{ signal, timeout }`, `:many` can be streamed, `:copyfrom` is COPY. */
export const solitudeRuntime: Driver = {
  clientModule: "@solitude/runtime",
  types: ["BatchOptions", "Client", "QueryOptions"],
  exported: TYPES,
  // They are those of the runtime.
  errors: [],
  parameter: PARAMETER,
  batchParameter: "options?: BatchOptions",
  preamble: () =>
    `export type { ${[...TYPES, "RawRow"].join(", ")} } from "@solitude/runtime";\n` +
    'export { batch, promisedRow, rawText, readRows } from "@solitude/runtime";\n',
  prepare: (statement) => writeConfig(statement, PARAMETER, SPREAD),
  execute: (statement, read) => `client.query(${listed(configOf(statement, "options"), read)})`,
  rows: (read) => `codec.readRows(result, ${read})`,
  stream: (statement) => `client.stream(${configOf(statement, "options")})`,
  batch: (statement, read) => `codec.batch(client, ${configsOf(statement)}, ${read}, options)`,
  copy: (copy) => ({
    declarations: "",
    expression: `client.copyRows({\n${copyConfig(copy, SPREAD, "    ")}  })`,
  }),
};
