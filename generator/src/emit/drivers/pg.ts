import { supportSource } from "../support.ts";
import type { Driver } from "./driver.ts";

/** Anything with `pg`'s query method. */
export const pg: Driver = {
  clientModule: null,
  types: ["Client"],
  statements: () => supportSource("pg.ts"),
  exported: ["Client", "ExecResult", "QueryConfig", "QueryInfo", "QueryResult"],
  errors: ["NoRowsError"],
  parameter: "",
  batchParameter: "",
  spread: "",
  argument: "",
  streams: false,
  copies: false,
};
