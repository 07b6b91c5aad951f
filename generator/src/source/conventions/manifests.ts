import { type Files, textOf } from "../../files/files.ts";
import * as paths from "../../files/paths.ts";
import { compareFiles, compareVersions, isVersioned } from "../file-order.ts";

/**
 * The files of a folder as its migration tool would apply them to a database that has nothing yet: in the order that its
 * manifest says, without those that another stands for.
 * @param files in the order of their names
 */
export async function asManifestSays(from: Files, files: readonly string[]): Promise<string[]> {
  if (files.length > 0 && files.every(isVersioned)) return sinceBaseline([...files].sort(compareVersions));
  const plans = new Plans(from);
  const folders = new Map<string, string[]>();
  const folderOf = new Map<string, string>();
  for (const file of files) {
    const folder = (await plans.folderOf(file)) ?? paths.dirname(file);
    folderOf.set(file, folder);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const arranged = new Map<string, readonly string[]>();
  for (const [folder, own] of folders) arranged.set(folder, await arrange(from, folder, own));
  // A folder's files stay together where they stood, as far as their names had them together.
  const next = new Map([...arranged].map(([folder, own]) => [folder, own[Symbol.iterator]()]));
  return files.flatMap((file) => {
    const { value, done } = next.get(folderOf.get(file)!)!.next();
    return done ? [] : [value];
  });
}

/** A change may lie so far below sqitch's folder of scripts: `deploy/app/tables/users.sql`. */
const DEPTH = 4;

/** The plans of sqitch above scripts whose changes have folders in their names. */
class Plans {
  readonly #files: Files;
  readonly #named = new Map<string, ReadonlySet<string>>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Finds the folder above that of a script whose plan names it. */
  async folderOf(script: string): Promise<string | null> {
    let folder = paths.dirname(script);
    for (let depth = 0; depth < DEPTH; depth++) {
      const above = paths.dirname(folder);
      if (above === folder || /(?:^|\/)\.\.?$/.test(folder)) return null;
      folder = above;
      if ((await this.#namedIn(folder)).has(script)) return folder;
    }
    return null;
  }

  async #namedIn(folder: string): Promise<ReadonlySet<string>> {
    const known = this.#named.get(folder);
    if (known !== undefined) return known;
    const plan = await planOf(this.#files, folder);
    const named = new Set(plan === null ? [] : namedBy(plan, folder));
    this.#named.set(folder, named);
    return named;
  }
}

async function planOf(from: Files, folder: string): Promise<string | null> {
  return (
    (await textOf(from, paths.join(folder, "sqitch.plan"))) ??
    (await textOf(from, paths.join(folder, "../sqitch.plan")))
  );
}

async function arrange(from: Files, folder: string, files: readonly string[]): Promise<readonly string[]> {
  const read = (name: string) => textOf(from, paths.join(folder, name));
  const plan = await planOf(from, folder);
  if (plan !== null) return inPlan(plan, folder, files);
  const journal = await read("meta/_journal.json");
  if (journal !== null) return inJournal(journal, folder, files);
  const sum = await read("atlas.sum");
  if (sum !== null) return sinceCheckpoint(from, inOrder(inSum(sum, folder), files));
  return (await isByLetters(from, files)) ? [...files].sort(byLetters) : sinceBaseline(files);
}

/** Drizzle's journal: a file beside it that it does not name is no migration. */
function inJournal(journal: string, folder: string, files: readonly string[]): readonly string[] {
  const there = new Set(files);
  try {
    const { entries } = JSON.parse(journal.replace(/^\uFEFF/, "")) as { entries: { tag: string }[] };
    return entries.map(({ tag }) => paths.join(folder, `${tag}.sql`)).filter((file) => there.has(file));
  } catch {
    return files;
  }
}

/** The files that atlas.sum has a hash of, in its order. */
function inSum(sum: string, folder: string): string[] {
  return [...sum.matchAll(/^(\S.*\.sql) h1:/gm)].map(([, name]) => paths.join(folder, name!));
}

const byLetters = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Tells whether dbmate applies them, which sorts by letters, where that is not the order of their numbers. */
async function isByLetters(from: Files, files: readonly string[]): Promise<boolean> {
  if (files.every((file, i) => i === 0 || byLetters(files[i - 1]!, file) < 0)) return false;
  return /^\s*--\s*migrate:up\b/im.test((await textOf(from, files[0]!)) ?? "");
}

/** The named ones first, in their order, then those that nobody names. */
function inOrder(named: readonly string[], files: readonly string[]): string[] {
  const there = new Set(files);
  const known = new Set(named);
  return [...named.filter((file) => there.has(file)), ...files.filter((file) => !known.has(file))];
}

/** sqitch's plan: of the files, those that are changes, in its order. */
function inPlan(plan: string, folder: string, files: readonly string[]): readonly string[] {
  const there = new Set(files);
  // A file beside the plan that it does not name is no change.
  return namedBy(plan, folder).filter((file) => there.has(file));
}

/** Gives the scripts of a plan in its order; a reworked change's earlier script bears the tag behind it. */
function namedBy(plan: string, folder: string): readonly string[] {
  const lines = plan.split(/\r?\n/).flatMap((line) => {
    const text = line.replace(/#.*$/, "").trim();
    return text === "" || text.startsWith("%") || text.startsWith("-") ? [] : [text];
  });
  const entries = lines.map((line) => line.replace(/^\+\s*/, "").split(/[\s[]/)[0]!);
  return entries.flatMap((entry, i) => {
    if (entry.startsWith("@")) return [];
    const again = entries.indexOf(entry, i + 1);
    const tag = again === -1 ? undefined : entries.slice(i, again).find((one) => one.startsWith("@"));
    return paths.join(folder, `${entry}${tag ?? ""}.sql`);
  });
}

const isBeforeAll = (file: string): boolean => /^before/.test(paths.basename(file));

/** Flyway begins a database that has nothing with the last baseline. */
function sinceBaseline(files: readonly string[]): string[] {
  const baseline = files.findLast((file) => /^B\d/.test(paths.basename(file)));
  if (baseline === undefined) return [...files];
  const version = (file: string): string | undefined =>
    /^[BV](\d+(?:[._]\d+)*)__/.exec(paths.basename(file))?.[1]?.replaceAll("_", ".");
  const from = version(baseline)!;
  const later = files.filter((file) => {
    const own = version(file);
    return own === undefined || (own !== from && compareFiles(own, from) > 0);
  });
  const rest = later.filter((file) => !/^B\d/.test(paths.basename(file)));
  return [...rest.filter(isBeforeAll), baseline, ...rest.filter((file) => !isBeforeAll(file))];
}

/** Atlas begins with the last checkpoint. */
async function sinceCheckpoint(source: Files, files: readonly string[]): Promise<readonly string[]> {
  let from = 0;
  for (const [i, file] of files.entries()) {
    const text = (await textOf(source, file)) ?? "";
    if (/^(?:--[^\n]*\n|\s)*--\s*atlas:checkpoint\b/.test(text)) from = i;
  }
  return files.slice(from);
}

/** Puts a migration of yoyo's behind those that its `-- depends: other` names. */
export function inDependence(
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
): readonly string[] {
  const needs = new Map<string, string[]>();
  for (const file of files) {
    const text = texts.get(file);
    if (!text?.includes("depends:")) continue;
    const listed = /^(?:--[^\n]*\n|\s)*--\s*depends:\s*(.*)$/im.exec(text)?.[1] ?? "";
    const found = listed
      .split(/[\s,]+/)
      .map((name) => paths.join(paths.dirname(file), `${name}.sql`))
      .filter((name) => texts.has(name));
    if (found.length > 0) needs.set(file, found);
  }
  if (needs.size === 0) return files;
  const done = new Set<string>();
  const add = (file: string, outer: readonly string[]): void => {
    if (done.has(file) || outer.includes(file)) return;
    for (const needed of needs.get(file) ?? []) add(needed, [...outer, file]);
    done.add(file);
  };
  for (const file of files) add(file, []);
  return [...done];
}

/** A changelog of Liquibase's that says which files run, and is not read. */
export async function unreadManifest(files: Files, folder: string): Promise<string | null> {
  const entries = await files.list(folder).catch(() => []);
  return entries.find(({ name }) => /changelog.*\.(?:xml|ya?ml|json)$/i.test(name))?.name ?? null;
}
