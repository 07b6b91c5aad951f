import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { glob } from "tinyglobby";
import type { Use } from "./model.ts";

/** Written in TypeScript in part, which needs another compiler to be taken out. */
const FORMATS = "**/*.{vue,svelte,astro,mdx}";

/**
 * Finds files beside a project that TypeScript does not read and that mention one of the names, each with the first of them.
 * @param folder what the paths of their imports must go through too; null where any mention counts
 */
export async function unreadUses(
  tsconfig: string,
  names: Iterable<string>,
  folder: string | null = null,
): Promise<Use[]> {
  const cwd = dirname(tsconfig);
  const paths = await glob(FORMATS, { cwd, ignore: ["**/node_modules/**", "**/dist/**"] });
  const words = [...names].map((name) => name.replaceAll("$", "\\$"));
  if (paths.length === 0 || words.length === 0) return [];
  const mention = new RegExp(`(?<![\\w$])(?:${words.join("|")})(?![\\w$])`);
  const found: Use[] = [];
  for (const path of paths.sort()) {
    const file = join(cwd, path);
    const text = await readFile(file, "utf8");
    const first = mention.exec(text);
    if (first === null || (folder !== null && !text.includes(`/${folder}`))) continue;
    const [name] = first;
    found.push({ name, file, start: first.index, end: first.index + name.length });
  }
  return found;
}
