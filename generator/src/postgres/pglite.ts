import { fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AnalysingEngine, type EngineAssets } from "./analysing-engine.ts";
import { analysing, type PGliteModule } from "./analysing-pglite.ts";
import { type DataDirectory, type ReadBytes, readArchive } from "./data-directory.ts";
import type { EmbeddedOptions } from "./embedded-database.ts";
import { loadExtensions } from "./extensions.ts";
import { KeptEngines } from "./kept-engines.ts";

const FRESH: EmbeddedOptions = { snapshot: null, extensions: [], root: "." };

/** The embedded PostgreSQL in this thread, from the files of the packages that are installed. */
export type EmbeddedEngine = AnalysingEngine;

export const EmbeddedEngine = {
  start: async (options: EmbeddedOptions = FRESH): Promise<AnalysingEngine> =>
    AnalysingEngine.start(options, await load()),
  /** Starts one, or gives one that was closed, as it was at its start. */
  startOrRewind: async (options: EmbeddedOptions = FRESH): Promise<AnalysingEngine> =>
    kept.start(options, await load()),
};

const kept = new KeptEngines();

let loading: Promise<EngineAssets> | null = null;

/** Node's types declare the namespace, but no value of it. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: { compile(code: Uint8Array): Promise<EngineAssets["compiled"]> };
};

/** The folder that PGlite is installed in. */
const home = (): string => dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));

let program: Uint8Array | null = null;

/** Reads PostgreSQL's program, for `load` to compile. */
export function readProgram(): Uint8Array {
  program ??= readFileSync(join(home(), "pglite.wasm"));
  return program;
}

/**
 * Loads what every start needs.
 * @param importPGlite gives its module
 */
export function load(
  importPGlite: () => Promise<PGliteModule> = () => import("@electric-sql/pglite"),
): Promise<EngineAssets> {
  loading ??= (async () => {
    // V8 compiles in threads of its own, while this one loads the rest.
    const compiling = wasm.compile(readProgram());
    compiling.catch(() => {});
    program = null;
    const pglite = await importPGlite();
    const bundle = openForReading(join(home(), "pglite.data"));
    const base = preparedCluster();
    // PGlite takes its files for parts of a bundle of that size: of most nothing is ever read, and nothing from here.
    const nothing = new ArrayBuffer(bundle.length);
    // The first random number takes a while: PGlite and PostgreSQL want some at their start.
    globalThis.crypto.getRandomValues(new Uint8Array(1));
    return {
      ...{ Analysing: analysing(pglite), protocol: pglite.protocol, base, loadExtensions },
      compiled: await compiling,
      options: { fsBundle: { arrayBuffer: async () => nothing } as Blob },
      own: ({ byteOffset, length }) => ({ size: length, copy: () => bundle.read(byteOffset, length) }),
    };
  })();
  return loading;
}

/** The cluster that ships with the package, so that no run has to make one; empty in a checkout that was not built. */
function preparedCluster(): DataDirectory {
  for (const place of ["./cluster.tar", "../../dist/cluster.tar"]) {
    try {
      const { read, length } = openForReading(new URL(place, import.meta.url));
      return readArchive(read, length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return new Map();
}

/** Opens a file for as long as the process runs: another one may come in its place. */
function openForReading(path: string | URL): { readonly read: ReadBytes; readonly length: number } {
  const file = openSync(path, "r");
  const read: ReadBytes = (at, length, bytes = new Uint8Array(length)) => {
    if (readSync(file, bytes, 0, length, at) < length) throw new Error(`${path} has ended too early`);
    return bytes;
  };
  return { read, length: fstatSync(file).size };
}
