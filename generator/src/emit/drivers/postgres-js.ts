import { supportSource } from "../support.ts";
import type { Driver, Statement } from "./driver.ts";
import { configOf, configsOf, copyConfig } from "./query-config.ts";

/** Writes the function that gives a statement with its values as PostgreSQL's texts. */
const prepare = ({ fn, input, preface, sent, values, described }: Statement): string =>
  `function ${fn}(${input}): codec.QueryConfig {\n${preface}  return {\n${sent(values("text"))}${described}  };\n}\n`;

/**
 * postgres.js: its `sql`, that of a transaction, of a savepoint or of a reserved connection. Values go and come as PostgreSQL's
 * texts, by `unsafe`, `typed` and `raw`; `:many` can be streamed, by a cursor.
 */
export const postgresJs: Driver = {
  clientModule: null,
  types: ["Client"],
  exported: ["Client", "ExecResult", "QueryConfig", "QueryInfo", "QueryResult"],
  errors: ["NoRowsError"],
  parameter: "",
  batchParameter: "",
  preamble: () => supportSource("results.ts", "postgres-js.ts"),
  prepare,
  execute: (statement) => `codec.execute(client, ${configOf(statement, "")})`,
  stream: (statement) => `codec.stream(client, ${configOf(statement, "")})`,
  batch: (statement, read) => `codec.batch(client, ${configsOf(statement)}, ${read})`,
  copy(copy) {
    const insert = copy.insert();
    return {
      declarations: prepare(insert),
      expression: `codec.copy(\n    client,\n    {\n${copyConfig(copy, "", "      ")}    },\n    ${insert.fn},\n  )`,
    };
  },
};
