import { PGlite } from "@electric-sql/pglite";
import { MemoryDirectory } from "../../generator/src/postgres/memory-directory.ts";
import { load } from "../../generator/src/postgres/pglite.ts";

/**
 * Opens an embedded PostgreSQL as applications have it, from the cluster that the build has made, as the generator does: initdb takes longer than
 * most tests, and to unpack the cluster as long as some.
 */
export async function openEmbedded(): Promise<PGlite> {
  const { base, compiled, options, own } = await load();
  const directory = new MemoryDirectory(base, own);
  const pglite = new PGliteInMemory({
    ...options,
    fs: directory,
    // The directory has its memory.
    initialMemory: 65_536,
    pgliteWasmModule: compiled,
    // All of it is written at the start, as zeros.
    startParams: [...PGlite.defaultStartParams, "-c", "shared_buffers=4MB"],
  });
  pglite.directory = directory;
  await pglite.waitReady;
  return pglite;
}

class PGliteInMemory extends PGlite {
  directory: MemoryDirectory | undefined;

  override async close(): Promise<void> {
    await super.close();
    this.directory?.leaveMemory();
  }
}
