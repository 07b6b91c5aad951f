import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Folders whose files are nobody's sources. */
const LEFT_OUT = new Set(["node_modules", "dist", "build", "coverage", ".git"]);

/** Gives the files of a project with one of these endings, relative to it, sorted, but for those of some folders. */
export function filesOf(
  root: string,
  endings: readonly string[],
  except: readonly string[],
): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(folder, entry.name);
      const shown = relative(root, path).split(sep).join("/");
      if (entry.isDirectory()) {
        if (!LEFT_OUT.has(entry.name) && !except.includes(shown)) walk(path);
      } else if (endings.some((ending) => entry.name.endsWith(ending)) && !/\.d\.[cm]?ts$/.test(entry.name))
        found.set(shown, readFileSync(path, "utf8"));
    }
  };
  walk(root);
  return found;
}
