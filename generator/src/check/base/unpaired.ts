import type { QuerySetConfig } from "../../config/config.ts";
import type { Files } from "../../files/files.ts";
import type { Project } from "../../project/project.ts";
import { expandFiles } from "../../source/files.ts";

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
export async function afterItWas(gone: QuerySetConfig, head: Project): Promise<QuerySetConfig | null> {
  const left = await schemaIn(gone, head.files);
  if (left.schema.length < gone.schema.length || left.schema.length === 0) return null;
  const { paths } = await expandFiles("schema", left.schema, head.files);
  for (const set of head.config.querySets) {
    const read = new Set((await expandFiles("schema", set.schema, head.files)).paths);
    if (set.databaseUri === gone.databaseUri && paths.every((path) => read.has(path))) return set;
  }
  return left;
}
