import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Finds where everything cached for the configuration in `root` lies: `SOLITUDE_GEN_CACHE`, else `.cache/solitude-gen` of the
 * nearest node_modules (git-ignored already, and kept by CI caches), else the user's cache folder.
 */
export function cacheFolder(root: string): string {
  const named = process.env.SOLITUDE_GEN_CACHE;
  if (named) return named;
  for (let folder = root; ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules");
    if (existsSync(modules)) return join(modules, ".cache", "solitude-gen");
    if (dirname(folder) === folder) break;
  }
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "solitude-gen");
}
