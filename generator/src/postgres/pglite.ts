import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AnalysingEngine, type EngineAssets } from "./analysing-engine.ts";
import { type DataDirectory, readArchive } from "./data-directory.ts";
import type { EmbeddedOptions } from "./embedded-database.ts";
import { loadExtensions } from "./extensions.ts";

const FRESH: EmbeddedOptions = { snapshot: null, extensions: [], root: "." };

/** The embedded PostgreSQL in this thread, from the files of the packages that are installed. */
export type EmbeddedEngine = AnalysingEngine;

export const EmbeddedEngine = {
  start: async (options: EmbeddedOptions = FRESH): Promise<AnalysingEngine> =>
    AnalysingEngine.start(options, await load()),
};

let loading: Promise<EngineAssets> | null = null;

/** Node's types declare the namespace, but no value of it. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: { compile(code: Uint8Array): Promise<EngineAssets["compiled"]> };
};

/** Loads what every start needs. */
export function load(): Promise<EngineAssets> {
  loading ??= (async () => {
    const [module, compiled, base] = await Promise.all([
      import("./analysing-pglite.ts"),
      readFile(
        join(dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite")), "pglite.wasm"),
      ).then((code) => wasm.compile(code)),
      preparedCluster(),
    ]);
    return { Analysing: module.default, protocol: module.protocol, base, compiled, loadExtensions };
  })();
  return loading;
}

/** The cluster that ships with the package, so that no run has to make one; empty in a checkout that was not built. */
async function preparedCluster(): Promise<DataDirectory> {
  for (const place of ["./cluster.tar", "../../dist/cluster.tar"]) {
    try {
      return readArchive(await readFile(new URL(place, import.meta.url)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return new Map();
}
