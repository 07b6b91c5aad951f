import type { LoadedConfig } from "../config/load.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { OutputSet } from "../output/plan.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import { extensionPackages } from "../postgres/extensions.ts";
import type { SourceFiles } from "../source/read-source.ts";
import { cacheFolder } from "./cache-folder.ts";
import { ContentCache } from "./content-cache.ts";
import { noteFiles } from "./early-start.ts";

/** What a run makes of its input, before it is compared with what is on disk. */
export interface Produced {
  readonly sets: readonly OutputSet[];
  /** How many were analysed. */
  readonly queries: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Kept whole, by a hash of everything that goes in, so that a run with nothing changed neither analyses nor writes code. */
export async function recall(loaded: LoadedConfig, files: readonly SourceFiles[]): Promise<Produced | null> {
  const key = keyOf(loaded, files);
  return key === null ? null : cacheOf(loaded).read<Produced>(KIND, key);
}

export async function keep(
  loaded: LoadedConfig,
  files: readonly SourceFiles[],
  produced: Produced,
): Promise<void> {
  const key = keyOf(loaded, files);
  if (key !== null) await cacheOf(loaded).write(KIND, key, produced);
  await noteFiles(loaded, files).catch(() => {});
}

const KIND = "output";

const cacheOf = ({ home, root }: LoadedConfig): ContentCache => new ContentCache(cacheFolder(home ?? root));

/** Null where a server takes part, whose schema may change unseen. */
function keyOf(
  { config, diagnostics, home, root }: LoadedConfig,
  files: readonly SourceFiles[],
): string | null {
  if (config.querySets.some((set) => set.databaseUri !== undefined)) return null;
  const parts = [JSON.stringify([config.querySets, diagnostics])];
  for (const { schemaFiles, queryFiles, texts, unreadable, tern, placeholders, changelogs } of files) {
    const extensions = extensionsNamed(schemaFiles.paths.map((path) => ({ text: texts.get(path) ?? "" })));
    const packages = extensionPackages(extensions, home ?? root);
    parts.push(
      JSON.stringify([schemaFiles, queryFiles, unreadable, tern, placeholders, changelogs, packages]),
    );
    for (const path of [...schemaFiles.paths, ...queryFiles.paths]) parts.push(texts.get(path) ?? "");
  }
  return ContentCache.key(...parts);
}
