import type { LoadedConfig } from "../config/load.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Emission } from "../model/emission.ts";
import { once } from "../model/once.ts";
import type { OutputSet } from "../output/plan.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import { extensionPackages } from "../postgres/extensions.ts";
import type { SourceFiles } from "../source/read-source.ts";
import { cacheFolder } from "./cache-folder.ts";
import { ContentCache } from "./content-cache.ts";
import { lastOutput, noteFiles } from "./early-start.ts";
import type { KeptStart } from "./kept-snapshot.ts";

/** What a run makes of its input, before it is compared with what is on disk. */
export interface Produced {
  readonly sets: readonly ProducedSet[];
  /** How many were analysed. */
  readonly queries: number;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ProducedSet extends OutputSet {
  /** What its files were made of, for the next run. */
  readonly emission?: Emission;
}

/** Kept whole, by a hash of everything that goes in, so that a run with nothing changed neither analyses nor writes code. */
export async function recall(loaded: LoadedConfig, files: readonly SourceFiles[]): Promise<Produced | null> {
  const key = keyOf(loaded, files);
  return key === null ? null : cacheOf(loaded).read<Produced>(KIND, key);
}

/**
 * Takes note of it for this process, and gives what keeps it for others.
 * @param database what the database that it took was started with
 */
export function keep(
  loaded: LoadedConfig,
  files: readonly SourceFiles[],
  produced: Produced,
  database: KeptStart | null = null,
): () => Promise<void> {
  last = { file: loaded.file, produced };
  return async () => {
    const key = keyOf(loaded, files);
    await Promise.all([
      key !== null && cacheOf(loaded).write(KIND, key, produced),
      // Where it names an output that did not come to be kept, nothing is recalled.
      noteFiles(loaded, files, { output: key, database }).catch(() => {}),
    ]);
  };
}

/** What this process made last. */
let last: { readonly file: string; readonly produced: Produced } | null = null;

/** Gives what the last run of this configuration made, whatever its files were then. */
export async function recallLast(loaded: LoadedConfig): Promise<Produced | null> {
  if (last?.file === loaded.file) return last.produced;
  const key = await lastOutput(loaded);
  return key === null ? null : cacheOf(loaded).read<Produced>(KIND, key);
}

const KIND = "output";

const cacheOf = ({ home, root }: LoadedConfig): ContentCache => new ContentCache(cacheFolder(home ?? root));

/** Null where a server takes part, whose schema may change unseen. */
function keyOf(
  { config, diagnostics, home, root }: LoadedConfig,
  files: readonly SourceFiles[],
): string | null {
  if (config.querySets.some((set) => set.databaseUri !== undefined)) return null;
  // All of the configuration: a rule that is switched off tells nothing any more.
  const parts = [JSON.stringify([config, diagnostics])];
  for (const set of files) {
    const { queryFiles, texts, unreadable } = set;
    parts.push(schemaKeyOf(set, home ?? root), JSON.stringify([queryFiles, unreadable]));
    for (const path of queryFiles.paths) parts.push(texts.get(path) ?? "");
  }
  return ContentCache.key(...parts);
}

/** By what was found of a set's schema files, which is another one where anything of them is. */
const schemaKeys = new WeakMap<SourceFiles["schemaFiles"], string>();

function schemaKeyOf(
  { schemaFiles, texts, tern, placeholders, changelogs }: SourceFiles,
  root: string,
): string {
  return once(schemaKeys, schemaFiles, () => {
    const own = schemaFiles.paths.map((path) => texts.get(path) ?? "");
    const packages = extensionPackages(extensionsNamed(own.map((text) => ({ text }))), root);
    return ContentCache.key(JSON.stringify([schemaFiles, tern, placeholders, changelogs, packages]), ...own);
  });
}
