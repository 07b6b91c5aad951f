import { basename, dirname, join, posix } from "node:path";
import type { Config } from "../../config/config.ts";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { type LoadedConfig, readConfig } from "../../config/load.ts";
import { DiskFiles } from "../../files/disk-files.ts";
import { type Files, textOf } from "../../files/files.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import { Project } from "../../project/project.ts";
import { type Expansion, expandFiles } from "../../source/files.ts";
import type { Commit } from "./commit.ts";
import { git, gitLine } from "./git.ts";
import { mergeConfigs } from "./merged-config.ts";
import { movedFrom } from "./moved-config.ts";
import { Revision, RevisionFiles } from "./revision-files.ts";
import { keepPaths } from "./unpaired.ts";

/**
 * Opens a project as it was at a commit: its configuration, and the files that this names.
 * @throws DiagnosticError where the commit's configuration is not valid
 */
export async function openCommit(head: Project, commit: Commit): Promise<Project> {
  const { workspace, home } = head;
  const where = await gitLine(head.root, ["rev-parse", "--show-toplevel", "--show-prefix"]);
  const [top = head.root, prefix = ""] = where?.split("\n") ?? [];
  const revision = new Revision(top, commit.hash);
  workspace.onClose(() => revision.close());
  const filesIn = (folder: string): Files =>
    new RevisionFiles(revision, folder || ".", new DiskFiles(join(top, folder)));
  const places = await configPaths(head, commit, top, prefix, filesIn);
  // Where the tool is new to the project, what is configured now says where its schema was.
  const folder = places.length === 1 ? posix.dirname(places[0]!) : prefix;
  const files = filesIn(folder);
  const loaded =
    places.length === 0
      ? { ...headOf(head), diagnostics: [await withoutConfig(head, files)] }
      : await readConfigs(head, top, prefix, places, filesIn);
  const found = await expandEntries(loaded.config, files);
  const diagnostics = [...loaded.diagnostics, ...(await leftOut(loaded, found))];
  const there = asFarAsThere({ ...loaded, diagnostics, root: dirname(loaded.file), home }, found);
  return Project.open(workspace, there, () => files, commit.hash);
}

/** Reads the configuration of a commit; of several that became one, all as one that stands where this is. */
async function readConfigs(
  head: Project,
  top: string,
  prefix: string,
  places: readonly string[],
  filesIn: (folder: string) => Files,
): Promise<LoadedConfig> {
  const read: LoadedConfig[] = [];
  for (const path of places) {
    const text = (await textOf(filesIn(posix.dirname(path)), basename(path))) ?? "";
    try {
      read.push(await readConfig(join(top, path), text));
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      return { ...headOf(head), diagnostics: [brokenConfig(path, error)] };
    }
  }
  const [first, ...others] = read.map(({ config }, i) => ({ config, folder: posix.dirname(places[i]!) }));
  if (others.length === 0) return read[0]!;
  return {
    config: mergeConfigs([first!, ...others], prefix || "."),
    diagnostics: read.flatMap(({ diagnostics }) => diagnostics),
    file: join(top, prefix, basename(head.file)),
    root: join(top, prefix),
  };
}

const headOf = ({ config, file, root }: Project): Omit<LoadedConfig, "diagnostics"> => ({
  config,
  file,
  root,
});

async function withoutConfig(head: Project, files: Files): Promise<Diagnostic> {
  const entries = head.config.querySets.flatMap(({ schema }) => schema);
  const { paths } = await expandFiles("schema", entries, files);
  return {
    code: "base-config",
    severity: "info",
    message:
      paths.length > 0
        ? "there is no configuration; the one here is used"
        : "there is neither a configuration nor the schema that the one here names; compared with an empty schema",
  };
}

/** What the entries of a configuration stand for in a commit, by what they are and as they are written. */
type Found = Readonly<Record<"schema" | "queries", ReadonlyMap<string, Expansion>>>;

async function expandEntries({ querySets }: Config, files: Files): Promise<Found> {
  const expand = async (what: "schema" | "queries"): Promise<ReadonlyMap<string, Expansion>> => {
    const entries = [...new Set(querySets.flatMap((set) => set[what]))];
    const found = await Promise.all(entries.map((entry) => expandFiles(what, [entry], files)));
    return new Map(entries.map((entry, i) => [entry, found[i]!]));
  };
  const [schema, queries] = await Promise.all([expand("schema"), expand("queries")]);
  return { schema, queries };
}

/** Tells what git is told to leave out, where a commit has nothing of an entry: it is in no commit, and was no less deployed. */
async function leftOut({ file }: LoadedConfig, found: Found): Promise<Diagnostic[]> {
  const root = dirname(file);
  const onDisk = new DiskFiles(root);
  const paths = await Promise.all(
    (["schema", "queries"] as const).flatMap((what) =>
      [...found[what]].map(async ([entry, there]) =>
        there.paths.length > 0 ? [] : (await expandFiles(what, [entry], onDisk)).paths,
      ),
    ),
  );
  const inside = [...new Set(paths.flat())].filter((path) => !/^(?:\.\.\/|\/|[A-Za-z]:)/.test(path));
  if (inside.length === 0) return [];
  // It ends with 1 where it has nothing to say.
  const said = await git(root, ["check-ignore", "-z", "--stdin"], inside.join("\0")).catch(() => null);
  const ignored = said?.toString("utf8").split("\0").filter(Boolean) ?? [];
  if (ignored.length === 0) return [];
  const others = ignored.length === 1 ? "" : ` and ${ignored.length - 1} more`;
  return [
    {
      code: "base-ignored",
      severity: "warning",
      message: `git leaves out ${ignored[0]}${others} (.gitignore): what is compared with has none of it`,
      hint: "Commit what is deployed, or compare with a copy of the project that has it: --against <folder>.",
    },
  ];
}

/** Whoever mends it must not be kept from it. */
function brokenConfig(path: string, { diagnostics }: DiagnosticError): Diagnostic {
  return {
    code: "base-config",
    severity: "warning",
    message: `the configuration is broken (${path}: ${diagnostics[0]?.message}); the one here is used`,
  };
}

/** Before a project's first migration its folders are in no commit, which is no mistake: there was no schema then. */
function asFarAsThere(loaded: LoadedConfig, found: Found): LoadedConfig {
  const { config } = loaded;
  const querySets = config.querySets.map((set) =>
    keepPaths(set, (what, path) => found[what].get(path)?.diagnostics.length === 0),
  );
  return { ...loaded, config: { ...config, querySets } };
}

/** The configurations in the commit that this one was, which may have had another name or place; relative to the repository. */
async function configPaths(
  head: Project,
  commit: Commit,
  top: string,
  prefix: string,
  filesIn: (folder: string) => Files,
): Promise<readonly string[]> {
  const name = basename(head.file);
  const names = CONFIG_NAMES.includes(name) ? [name, ...CONFIG_NAMES.filter((n) => n !== name)] : [name];
  const files = filesIn(prefix);
  const kinds = await Promise.all(names.map((one) => files.kind(one)));
  const same = names.find((_, i) => kinds[i] === "file");
  return same === undefined
    ? movedFrom(head, commit, top, `${prefix}${name}`, filesIn)
    : [`${prefix}${same}`];
}
