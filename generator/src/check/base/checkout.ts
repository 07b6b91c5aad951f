import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, posix } from "node:path";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import { expandFiles } from "../../source/files.ts";
import { TERN_CONF } from "../../source/templates/tern.ts";
import type { Commit } from "./commit.ts";
import { git, gitLine, readTree } from "./git.ts";

/**
 * Writes what a project's configuration names, as it was at a commit, into `folder`: the configuration and every schema
 * and query file, at the paths that they have in the repository.
 * @throws DiagnosticError where the commit's configuration is not valid
 */
export async function checkOut(head: LoadedConfig, commit: Commit, folder: string): Promise<LoadedConfig> {
  const prefix = (await gitLine(head.root, ["rev-parse", "--show-prefix"])) ?? "";
  const path = await configPath(head, commit, prefix);
  if (path === null) {
    // The tool is new to the project: what is configured now says where its schema was.
    const root = join(folder, prefix);
    await mkdir(root, { recursive: true });
    await writeSources(head, prefix, head, commit, folder);
    const diagnostic: Diagnostic = {
      code: "base-config",
      severity: "info",
      message: `${commit.label} has no configuration; the one here is used for it`,
    };
    return asFarAsThere({
      ...head,
      file: join(root, basename(head.file)),
      root,
      diagnostics: [diagnostic],
      home: homeOf(head),
    });
  }
  for (const entry of await readTree(head.root, commit.hash, [path], () => true)) await write(folder, entry);
  const loaded = await loadConfig(basename(path), join(folder, dirname(path)));
  await writeSources(head, `${posix.dirname(path)}/`, loaded, commit, folder);
  return asFarAsThere({ ...loaded, home: homeOf(head) });
}

/** Before a project's first migration its folders are in no commit, which is no mistake: there was no schema then. */
async function asFarAsThere(loaded: LoadedConfig): Promise<LoadedConfig> {
  const { root, config } = loaded;
  const kept = async (what: "schema" | "queries", entries: readonly string[], spans: readonly Span[]) => {
    const found = await Promise.all(entries.map((entry) => expandFiles(what, [entry], root)));
    const isThere = (_: unknown, i: number): boolean => found[i]?.diagnostics.length === 0;
    return { entries: entries.filter(isThere), spans: spans.filter(isThere) };
  };
  const querySets = await Promise.all(
    config.querySets.map(async (set) => {
      const schema = await kept("schema", set.schema, set.schemaSpans);
      const queries = await kept("queries", set.queries, set.queriesSpans);
      return {
        ...set,
        schema: schema.entries,
        schemaSpans: schema.spans,
        queries: queries.entries,
        queriesSpans: queries.spans,
      };
    }),
  );
  return { ...loaded, config: { ...config, querySets } };
}

export function homeOf(head: LoadedConfig): string {
  return head.home ?? head.root;
}

/** The configuration in the commit, which may have had another name or place; relative to the repository. */
async function configPath(head: LoadedConfig, commit: Commit, prefix: string): Promise<string | null> {
  const name = basename(head.file);
  const names = CONFIG_NAMES.includes(name) ? [name, ...CONFIG_NAMES.filter((n) => n !== name)] : [name];
  const found = await readTree(
    head.root,
    commit.hash,
    names.map((n) => `${prefix}${n}`),
    () => true,
  );
  const there = new Set(found.flatMap(({ path, contents }) => (contents === null ? [] : [path])));
  const same = names.map((n) => `${prefix}${n}`).find((path) => there.has(path));
  return same ?? renamedFrom(head.root, commit, `${prefix}${name}`);
}

async function renamedFrom(cwd: string, commit: Commit, path: string): Promise<string | null> {
  // The index is asked as well, so that a rename that is staged counts.
  const renames = await git(cwd, [
    "diff",
    "--no-ext-diff",
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

async function writeSources(
  head: LoadedConfig,
  prefix: string,
  { config }: LoadedConfig,
  commit: Commit,
  folder: string,
): Promise<void> {
  const entries = config.querySets.flatMap((set) => [...set.schema, ...set.queries]);
  const places = new Set<string>();
  for (const entry of entries) {
    // What lies outside of the repository is in no commit.
    if (isAbsolute(entry)) continue;
    const fixed = withoutPattern(entry.replaceAll("\\", "/"));
    const place = posix.join(prefix, fixed).replace(/\/$/, "");
    if (place !== ".." && !place.startsWith("../")) places.add(place);
  }
  if (places.size === 0) return;
  const paths = places.has(".")
    ? []
    : [...places, ...[...places].flatMap((place) => ternConfs(place, prefix))];
  const files = await readTree(
    head.root,
    commit.hash,
    paths,
    (path) => path.endsWith(".sql") || posix.basename(path) === TERN_CONF || places.has(path),
  );
  for (const file of files) await write(folder, file);
}

/** Where the settings of tern's templates may stand: in a folder above the migrations, up to the configuration's. */
function ternConfs(place: string, prefix: string): string[] {
  const confs: string[] = [];
  for (let at = place; at !== "." && at.length >= prefix.length - 1; at = posix.dirname(at)) {
    confs.push(posix.join(at, TERN_CONF));
  }
  return [...confs, posix.join(prefix, TERN_CONF)];
}

/** The folders of a glob that are written out. */
function withoutPattern(entry: string): string {
  if (!/[*?[\]{}]/.test(entry)) return entry;
  const parts = entry.split("/");
  return (
    parts
      .slice(
        0,
        parts.findIndex((part) => /[*?[\]{}]/.test(part)),
      )
      .join("/") || "."
  );
}

async function write(
  folder: string,
  { path, contents }: { path: string; contents: Buffer | null },
): Promise<void> {
  if (contents === null) return;
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, contents);
}
