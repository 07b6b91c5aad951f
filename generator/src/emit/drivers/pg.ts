import { supportSource } from "../support.ts";
import type { Driver, Statement } from "./driver.ts";
import { configOf, copyByInsert, OWN_TYPES, writeConfig } from "./query-config.ts";

const prepare = (statement: Statement): string => writeConfig(statement, "", "");

/** Anything with `pg`'s query method. It has no cursors and no COPY of its own. */
export const pg: Driver = {
  ...OWN_TYPES,
  preamble: () => supportSource("results.ts", "pg.ts"),
  prepare,
  execute: (statement) => `client.query(${configOf(statement, "")})`,
  stream: () => null,
  copy: (copy) => copyByInsert(copy, prepare),
};
