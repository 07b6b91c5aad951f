import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { once } from "../../model/once.ts";

/** A path without symbolic links, as far as it is there. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(realPath(above), relative(above, path));
}

/** Real paths of many files, each of whose folders is looked at once. A file that is a link itself stays where it is. */
export class RealPaths {
  readonly #folders = new Map<string, string>();

  of(path: string): string {
    const absolute = resolve(path);
    const folder = dirname(absolute);
    return join(
      once(this.#folders, folder, () => realPath(folder)),
      basename(absolute),
    );
  }
}
