import type { QuerySetConfig } from "../config/config.ts";
import type { Source } from "../source/read-source.ts";

/** A query set with what stands in its files. */
export interface Entry {
  readonly set: QuerySetConfig;
  readonly source: Source;
}
