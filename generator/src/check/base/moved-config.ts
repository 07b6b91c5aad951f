import { access } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { Config } from "../../config/config.ts";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { readConfig } from "../../config/load.ts";
import { type Files, textOf } from "../../files/files.ts";
import { once } from "../../model/once.ts";
import type { Project } from "../../project/project.ts";
import { expandFiles } from "../../source/files.ts";
import type { Commit } from "./commit.ts";
import { git } from "./git.ts";

/**
 * Finds where a commit had the configuration that is at `path` now, relative to the repository; none where nothing is known of it. Of those that
 * are there no more it is the one whose schema and queries are the present one's, with the others of which it has files as they were, where several
 * became one; where they tell nothing, what git calls a rename.
 * @param top the repository's folder, absolute
 */
export async function movedFrom(
  head: Project,
  commit: Commit,
  top: string,
  path: string,
  filesIn: (folder: string) => Files,
): Promise<readonly string[]> {
  const listed = await git(top, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit.hash]);
  const names = new Set([basename(path), ...CONFIG_NAMES]);
  const candidates = listed
    .toString("utf8")
    .split("\0")
    .filter((one) => names.has(posix.basename(one)));
  const now = await readBy(head.config, head.files);
  const ranked: {
    readonly path: string;
    readonly likeness: number;
    readonly shared: number;
    readonly same: readonly string[];
  }[] = [];
  for (const candidate of candidates) {
    if (await isThere(join(top, candidate))) continue;
    const files = filesIn(posix.dirname(candidate));
    const text = (await textOf(files, posix.basename(candidate))) ?? "";
    const loaded = await readConfig(join(top, candidate), text).catch(() => null);
    if (loaded === null) continue;
    const read = await readBy(loaded.config, files);
    const shared = sharedEnd(candidate, path);
    ranked.push({ path: candidate, likeness: likenessOf(now, read), shared, same: sameIn(now, read) });
  }
  ranked.sort((a, b) => b.likeness - a.likeness || b.shared - a.shared);
  const [first] = ranked;
  if (first === undefined || first.likeness === 0) {
    const renamed = await renamedFrom(top, commit, path);
    return renamed === null ? [] : [renamed];
  }
  const found = new Set<string>();
  // A copy has nothing that the one before it has not.
  const adding = ranked.filter((one) => {
    const adds = one === first || one.same.some((file) => !found.has(file));
    for (const file of one.same) found.add(file);
    return adds;
  });
  return adding.map((one) => one.path);
}

/** Texts of files by what they are called, of which there may be several. */
type Texts = ReadonlyMap<string, ReadonlySet<string | null>>;

/** Gives what a configuration reads: the texts of its files by what they are called, wherever they are. */
async function readBy({ querySets }: Config, files: Files): Promise<Texts> {
  const found = await Promise.all(
    querySets.flatMap(({ schema, queries }) => [
      expandFiles("schema", schema, files),
      expandFiles("queries", queries, files),
    ]),
  );
  const paths = [...new Set(found.flatMap((one) => one.paths))];
  const texts = new Map<string, Set<string | null>>();
  for (const path of paths)
    once(texts, basename(path), () => new Set<string | null>()).add(
      await textOf(files, path).catch(() => null),
    );
  return texts;
}

/** Lists the files that both have. */
function sameIn(a: Texts, b: Texts): string[] {
  return [...a].flatMap(([name, texts]) =>
    [...texts].flatMap((text) =>
      text !== null && b.get(name)?.has(text) === true ? [`${name}\0${text}`] : [],
    ),
  );
}

/** Counts what both read: a file that is the same says more than one that is called so. */
function likenessOf(a: Texts, b: Texts): number {
  const names = [...a.keys()].filter((name) => b.has(name));
  return names.length + 9 * sameIn(a, b).length;
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
