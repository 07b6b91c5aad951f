import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { glob } from "tinyglobby";
import type { Use } from "./model.ts";

/** Written in TypeScript in part, which needs another compiler to be taken out. */
const FORMATS = "**/*.{vue,svelte,astro,mdx}";

/** Finds files beside a project that TypeScript does not read and that mention one of the names, each with the first of them. */
export async function unreadUses(tsconfig: string, names: Iterable<string>): Promise<Use[]> {
  const cwd = dirname(tsconfig);
  const paths = await glob(FORMATS, { cwd, ignore: ["**/node_modules/**", "**/dist/**"] });
  const words = [...names].map((name) => name.replaceAll("$", "\\$"));
  if (paths.length === 0 || words.length === 0) return [];
  const mention = new RegExp(`(?<![\\w$])(?:${words.join("|")})(?![\\w$])`);
  const found: Use[] = [];
  for (const path of paths.sort()) {
    const file = join(cwd, path);
    const first = mention.exec(await readFile(file, "utf8"));
    if (first === null) continue;
    const [name] = first;
    found.push({ name, file, start: first.index, end: first.index + name.length });
  }
  return found;
}
