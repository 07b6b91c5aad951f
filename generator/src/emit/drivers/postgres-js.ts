import { supportSource } from "../support.ts";
import type { Driver, Statement } from "./driver.ts";
import { configOf, copyByInsert, OWN_TYPES } from "./query-config.ts";

/** Writes the function that gives a statement with its values as PostgreSQL's texts. */
const prepare = ({ fn, input, preface, sent, values, described }: Statement): string =>
  `function ${fn}(${input}): codec.QueryConfig {\n${preface}  return {\n${sent(values("text"))}${described}  };\n}\n`;

/**
 * postgres.js: its `sql`, that of a transaction, of a savepoint or of a reserved connection. Values go and come as PostgreSQL's
 * texts, by `unsafe`, `typed` and `raw`; `:many` can be streamed, by a cursor.
 */
export const postgresJs: Driver = {
  ...OWN_TYPES,
  preamble: () => supportSource("results.ts", "postgres-js.ts"),
  prepare,
  execute: (statement) => `codec.execute(client, ${configOf(statement, "")})`,
  stream: (statement) => `codec.stream(client, ${configOf(statement, "")})`,
  copy: (copy) => copyByInsert(copy, prepare),
};
