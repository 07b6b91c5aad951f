import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { findSchema, type SchemaSearch } from "./found-schema.ts";
import { dependsOn, type Manifest, readManifest } from "./manifest.ts";
import { type PackageManager, packageManagerOf } from "./package-manager.ts";

/** What a project has already, as far as it decides what `init` writes and says. */
export interface Surroundings {
  readonly manifest: Manifest | null;
  readonly packageManager: PackageManager;
  /** Whether solitude-gen is installed where the project finds it. */
  readonly isInstalled: boolean;
  /** The JSON schema of the configuration, as an editor finds it from the folder. */
  readonly configSchema: string;
  readonly schema: SchemaSearch;
  /** A folder of queries in SQL that is there already. */
  readonly queries: string | null;
  /** Where the generated code goes. */
  readonly out: string;
  readonly usesRuntime: boolean;
  /** A tool whose queries `import` can convert. */
  readonly queriesOf: "pgtyped" | "TypedSQL" | null;
  readonly isInGit: boolean;
}

/** Looks at the folder, and at what is above it. */
export function lookAround(folder: string, version: string): Surroundings {
  const manifest = readManifest(folder);
  const schema = findSchema(folder);
  const installed = findAbove(folder, "node_modules/solitude-gen");
  const hasPlugAndPlay = findAbove(folder, ".pnp.cjs") !== null;
  return {
    manifest,
    packageManager: packageManagerOf(folder),
    isInstalled: installed !== null || (hasPlugAndPlay && isAskedFor(folder)),
    configSchema: hasPlugAndPlay
      ? // There is no file that an editor could open.
        `https://unpkg.com/solitude-gen@${version}/schema.json`
      : `${relativePath(folder, installed ?? join(placeOfPackages(folder), "node_modules/solitude-gen"))}/schema.json`,
    schema,
    queries: queriesIn(folder, schema),
    out: outputIn(folder),
    usesRuntime: dependsOn(manifest, "@solitude/runtime"),
    queriesOf: ["@pgtyped/cli", "@pgtyped/runtime"].some((name) => dependsOn(manifest, name))
      ? "pgtyped"
      : hasEntries(join(folder, "prisma/sql"))
        ? "TypedSQL"
        : null,
    isInGit: findAbove(folder, ".git") !== null,
  };
}

/** The first folder from here upwards that has the path, with it; null where none has. */
function findAbove(folder: string, path: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, path))) return join(at, path);
    if (dirname(at) === at) return null;
  }
}

function isAskedFor(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (dependsOn(readManifest(at), "solitude-gen")) return true;
    if (dirname(at) === at) return false;
  }
}

/** Finds where a package that is not there yet will be: npm and Yarn put a workspace's at the top, pnpm beside it. */
function placeOfPackages(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (at !== folder && readManifest(at)?.workspaces !== undefined) return at;
    if (dirname(at) === at) return folder;
  }
}

const relativePath = (from: string, to: string): string => {
  const path = relative(from, to).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
};

const hasEntries = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true && readdirSync(path).length > 0;

function queriesIn(folder: string, { found }: SchemaSearch): string | null {
  const beside = found === null ? "db/queries" : posix.join(posix.dirname(found.path), "queries");
  const candidates = [beside, "db/queries", "queries", "sql/queries", "src/db/queries", "src/queries"];
  const isAnnotated = (path: string): boolean =>
    statSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory() === true &&
    readdirSync(join(folder, path)).some(
      (name) =>
        name.endsWith(".sql") && /\bname:\s*\w+\s+:\w+/.test(readFileSync(join(folder, path, name), "utf8")),
    );
  // Statements of other tools alone would leave nothing to generate.
  return candidates.find(isAnnotated) ?? null;
}

/** A folder that nobody else has files in. */
function outputIn(folder: string): string {
  const base = existsSync(join(folder, "src")) || !existsSync(join(folder, "lib")) ? "src" : "lib";
  return hasEntries(join(folder, base, "db")) ? `${base}/db/generated` : `${base}/db`;
}
