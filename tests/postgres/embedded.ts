import { readFile } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";

const CLUSTER = new URL("../../generator/dist/cluster.tar", import.meta.url);

/** Opens an embedded PostgreSQL as `PGlite.create` does, from the cluster that the build has made: initdb takes longer than most tests. */
export async function openEmbedded(): Promise<PGlite> {
  return PGlite.create({ loadDataDir: new Blob([await readFile(CLUSTER)]) });
}
