import { access } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { Config } from "../../config/config.ts";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { readConfig } from "../../config/load.ts";
import { type Files, textOf } from "../../files/files.ts";
import type { Project } from "../../project/project.ts";
import { expandFiles } from "../../source/files.ts";
import type { Commit } from "./commit.ts";
import { git } from "./git.ts";

/**
 * Finds where a commit had the configuration that is at `path` now, relative to the repository; null where nothing is known of it. Of those that
 * are there no more it is the one whose schema and queries are the present one's; where they tell nothing, what git calls a rename.
 * @param top the repository's folder, absolute
 */
export async function movedFrom(
  head: Project,
  commit: Commit,
  top: string,
  path: string,
  filesIn: (folder: string) => Files,
): Promise<string | null> {
  const listed = await git(top, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit.hash]);
  const names = new Set([basename(path), ...CONFIG_NAMES]);
  const candidates = listed
    .toString("utf8")
    .split("\0")
    .filter((one) => names.has(posix.basename(one)));
  const now = await readBy(head.config, head.files);
  const ranked: { readonly path: string; readonly likeness: number; readonly shared: number }[] = [];
  for (const candidate of candidates) {
    if (await isThere(join(top, candidate))) continue;
    const files = filesIn(posix.dirname(candidate));
    const text = (await textOf(files, posix.basename(candidate))) ?? "";
    const loaded = await readConfig(join(top, candidate), text).catch(() => null);
    if (loaded === null) continue;
    const likeness = likenessOf(now, await readBy(loaded.config, files));
    ranked.push({ path: candidate, likeness, shared: sharedEnd(candidate, path) });
  }
  ranked.sort((a, b) => b.likeness - a.likeness || b.shared - a.shared);
  const [first] = ranked;
  return first !== undefined && first.likeness > 0 ? first.path : renamedFrom(top, commit, path);
}

/** Gives what a configuration reads: the texts of its files by what they are called, wherever they are. */
async function readBy({ querySets }: Config, files: Files): Promise<ReadonlyMap<string, string | null>> {
  const found = await Promise.all(
    querySets.flatMap(({ schema, queries }) => [
      expandFiles("schema", schema, files),
      expandFiles("queries", queries, files),
    ]),
  );
  const paths = [...new Set(found.flatMap((one) => one.paths))];
  return new Map(
    await Promise.all(
      paths.map(async (path) => [basename(path), await textOf(files, path).catch(() => null)] as const),
    ),
  );
}

/** Counts what both read: a file that is the same says more than one that is called so. */
function likenessOf(a: ReadonlyMap<string, string | null>, b: ReadonlyMap<string, string | null>): number {
  let likeness = 0;
  for (const [name, text] of a) if (b.has(name)) likeness += text !== null && text === b.get(name) ? 10 : 1;
  return likeness;
}

/** Counts the names that two paths have in common at their end. */
function sharedEnd(a: string, b: string): number {
  const [mine, theirs] = [a.split("/").reverse(), b.split("/").reverse()];
  const other = mine.findIndex((name, i) => name !== theirs[i]);
  return other === -1 ? mine.length : other;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function renamedFrom(top: string, commit: Commit, path: string): Promise<string | null> {
  // The index is asked as well, so that a rename that is staged counts.
  const renames = await git(top, [
    "diff",
    "--no-ext-diff",
    "--no-relative",
    "--name-status",
    "-z",
    "-M",
    "--diff-filter=R",
    commit.hash,
  ]);
  const fields = renames.toString("utf8").split("\0");
  for (let i = 0; i + 2 < fields.length; i += 3) if (fields[i + 2] === path) return fields[i + 1]!;
  return null;
}
