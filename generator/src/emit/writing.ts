import type { Diagnostic } from "../model/diagnostic.ts";
import type { Driver } from "./drivers/driver.ts";
import type { Imports } from "./imports.ts";
import type { Models } from "./models.ts";
import type { Constants } from "./rows.ts";

/** The names that one query's code declares; all unique in the query set. */
export interface QueryNames {
  readonly fn: string;
  readonly text: string;
  readonly args: string;
  readonly row: string;
  readonly stream: string;
  readonly info: string;
  readonly config: string;
  /** Of a query that adapts: what gives the statement for the parameters that are given. */
  readonly variant: string;
  /** Of a query that is read in pages: the type of its cursors, and what says which page is asked for. */
  readonly cursor: string;
  readonly pages: string;
  readonly read: string;
  /** Of `:one` and `:batchone`, where there may be no row: the function that throws then. Null for all others. */
  readonly orThrow: string | null;
}

/** What writing one module needs all along. */
export interface Writing {
  readonly models: Models;
  readonly driver: Driver;
  readonly imports: Imports;
  readonly constants: Constants;
  readonly diagnostics: Diagnostic[];
}
