import type { QuerySetConfig } from "../config/config.ts";
import type { Source } from "../source/read-source.ts";
import type { Project } from "./project.ts";

/** A query set with what stands in its files. */
export interface Entry {
  readonly set: QuerySetConfig;
  readonly source: Source;
}

/** Groups the entries by the database that their schemas lead to. */
export function bySchema(entries: readonly Entry[], project: Project): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = project.keyOf(entry.set.databaseUri, entry.source.schema);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return groups;
}
