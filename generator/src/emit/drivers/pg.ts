import { supportSource } from "../support.ts";
import type { Driver } from "./driver.ts";
import { configOf, configsOf, copyConfig, writeConfig } from "./query-config.ts";

/** Anything with `pg`'s query method. It has no cursors and no COPY of its own. */
export const pg: Driver = {
  clientModule: null,
  types: ["Client"],
  exported: ["Client", "ExecResult", "QueryConfig", "QueryInfo", "QueryResult"],
  errors: ["NoRowsError"],
  parameter: "",
  batchParameter: "",
  preamble: () => supportSource("results.ts", "pg.ts"),
  prepare: (statement) => writeConfig(statement, "", ""),
  execute: (statement) => `client.query(${configOf(statement, "")})`,
  stream: () => null,
  batch: (statement, read) => `codec.batch(client, ${configsOf(statement)}, ${read})`,
  copy(copy) {
    const insert = copy.insert();
    return {
      declarations: writeConfig(insert, "", ""),
      expression: `codec.copy(\n    client,\n    {\n${copyConfig(copy, "", "      ")}    },\n    ${insert.fn},\n  )`,
    };
  },
};
