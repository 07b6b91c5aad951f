import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONFIG_NAMES } from "../generator/src/config/config-names.ts";

/** Where checked-out projects lie, unless SOLITUDE_PROJECTS says otherwise. */
export const PROJECTS =
  process.env.SOLITUDE_PROJECTS ?? fileURLToPath(new URL("../../shared/cases/projects", import.meta.url));

/** Finds the configurations below a folder. */
export function configsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? configsIn(path) : CONFIG_NAMES.includes(entry.name) ? [path] : [];
  });
}

/** Chooses after how many files to cut a history: evenly, the last file always left out at least; `all` for every place. */
export function cutsOf(length: number, wanted: string): number[] {
  const all = Array.from({ length: length - 1 }, (_, i) => i + 1);
  const most = wanted === "all" ? all.length : Number(wanted);
  return all.filter(
    (_, i) =>
      most >= all.length || Math.floor((i * most) / all.length) !== Math.floor(((i - 1) * most) / all.length),
  );
}
