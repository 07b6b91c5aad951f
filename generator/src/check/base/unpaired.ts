import type { QuerySetConfig } from "../../config/config.ts";
import type { Files } from "../../files/files.ts";
import type { Project } from "../../project/project.ts";
import { expandFiles } from "../../source/files.ts";
import { pairEntries } from "./pairs.ts";

/** An entry on both sides. Of one that is new nothing is deployed, and one that is gone has no new version: then the schema alone is told. */
export interface EntryPair {
  readonly was: QuerySetConfig;
  readonly is: QuerySetConfig;
  readonly state: "kept" | "new" | "gone";
}

/** Pairs entries; those that are new, or gone, with what their schema was, or has become, where that is known. */
export async function entriesBetween(base: Project, head: Project): Promise<readonly EntryPair[]> {
  const pairs = pairEntries(head.config.querySets, base.config.querySets);
  const found: EntryPair[] = [];
  for (const is of head.config.querySets) {
    const was = pairs.get(is);
    found.push(
      was === undefined ? { was: await beforeItWas(is, base), is, state: "new" } : { was, is, state: "kept" },
    );
  }
  const kept = new Set(pairs.values());
  for (const was of base.config.querySets) {
    if (kept.has(was)) continue;
    const is = await afterItWas(was, head);
    if (is !== null) found.push({ was, is, state: "gone" });
  }
  return found;
}

/** Gives an entry with those of its paths alone that are there. */
export function keepPaths(
  set: QuerySetConfig,
  isThere: (what: "schema" | "queries", path: string) => boolean,
): QuerySetConfig {
  const [schema, queries] = (["schema", "queries"] as const).map((what) =>
    set[what].map((path) => isThere(what, path)),
  ) as [boolean[], boolean[]];
  return {
    ...set,
    schema: set.schema.filter((_, i) => schema[i]),
    schemaSpans: set.schemaSpans.filter((_, i) => schema[i]),
    queries: set.queries.filter((_, i) => queries[i]),
    queriesSpans: set.queriesSpans.filter((_, i) => queries[i]),
  };
}

/** Gives the schema of an entry alone, with those of its paths that lead to something among these files. */
async function schemaIn(set: QuerySetConfig, files: Files): Promise<QuerySetConfig> {
  const found = await Promise.all(set.schema.map((path) => expandFiles("schema", [path], files)));
  const there = new Set(set.schema.filter((_, i) => found[i]!.diagnostics.length === 0));
  return keepPaths(set, (what, path) => what === "schema" && there.has(path));
}

/** Gives what a new entry's schema was in the base: its own files, as far as they were there. Nothing of its queries is deployed. */
export async function beforeItWas(set: QuerySetConfig, base: Project): Promise<QuerySetConfig> {
  return schemaIn(set, base.files);
}

/**
 * Gives what has become of the schema of an entry that is gone, whose queries are deployed: an entry that reads all of its files, or
 * those themselves; null where they are gone as well, since then nothing says what becomes of its database.
 */
async function afterItWas(gone: QuerySetConfig, head: Project): Promise<QuerySetConfig | null> {
  const left = await schemaIn(gone, head.files);
  if (left.schema.length < gone.schema.length || left.schema.length === 0) return null;
  const { paths } = await expandFiles("schema", left.schema, head.files);
  for (const set of head.config.querySets) {
    const read = new Set((await expandFiles("schema", set.schema, head.files)).paths);
    if (set.databaseUri === gone.databaseUri && paths.every((path) => read.has(path))) return set;
  }
  return left;
}
