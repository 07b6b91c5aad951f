import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { importModule } from "./import-module.ts";

/** PGlite extension objects by extension name, ready to be passed to PGlite. */
export type LoadedExtensions = Readonly<Record<string, unknown>>;

/** Extensions that have their own npm package beside PGlite's contrib set. */
const PACKAGES: Readonly<Record<string, { module: string; export: string }>> = {
  vector: { module: "@electric-sql/pglite-pgvector", export: "vector" },
  postgis: { module: "@electric-sql/pglite-postgis", export: "postgis" },
};

/**
 * Tells which packages those extensions come from that have their own: `@electric-sql/pglite-pgvector@0.0.15`, or that there is
 * none. What a schema leads to depends on them as it does on its text.
 */
export function extensionPackages(names: readonly string[], root: string): string {
  const own = names.flatMap((name) => PACKAGES[name]?.module ?? []);
  return own.map((module) => `${module}@${versionOf(module, root)}`).join(" ");
}

/** The package of its own that an extension comes from, or null. */
export function extensionModule(name: string): string | null {
  return PACKAGES[name]?.module ?? null;
}

/** The files that tell which packages those are, and the folders where one may come. */
export function extensionPlaces(names: readonly string[], root: string): readonly string[] {
  return names.flatMap((name) => {
    const module = PACKAGES[name]?.module;
    if (module === undefined) return [];
    const path = pathOf(module, root);
    return [
      join(root, "node_modules", dirname(module)),
      ...(path === null ? [] : [packageFolder(path, module)]),
    ];
  });
}

function packageFolder(path: string, module: string): string {
  const at = path.lastIndexOf(join(module, "/"));
  return at === -1 ? dirname(path) : path.slice(0, at + module.length);
}

function versionOf(module: string, root: string): string {
  const path = pathOf(module, root) ?? pathOf(module, import.meta.dirname);
  for (let folder = path && dirname(path); folder && dirname(folder) !== folder; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    if (name === module) return version ?? "";
  }
  return "";
}

/**
 * Loads what the embedded server has of the extensions named; what it lacks is left out, and PostgreSQL then
 * refuses the `create extension` itself.
 * @param root a folder of the user's project, where pgvector and PostGIS may be installed
 */
export async function loadExtensions(names: readonly string[], root: string): Promise<LoadedExtensions> {
  const loaded: Record<string, unknown> = {};
  for (const name of names) {
    const found = await loadExtension(name, root);
    if (found !== null) loaded[name.replaceAll("-", "_")] = found;
  }
  return loaded;
}

async function loadExtension(name: string, root: string): Promise<unknown> {
  const own = PACKAGES[name];
  const key = name.replaceAll("-", "_");
  try {
    if (own) {
      const module = await importFrom(root, own.module);
      return module[own.export] ?? null;
    }
    const module = await importModule(`@electric-sql/pglite/contrib/${key}`);
    return module[key] ?? null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (
      code === "ERR_MODULE_NOT_FOUND" ||
      code === "MODULE_NOT_FOUND" ||
      code === "ERR_PACKAGE_PATH_NOT_EXPORTED"
    ) {
      return null;
    }
    throw error;
  }
}

/** A package of the user's project first, then one beside this tool. */
async function importFrom(root: string, module: string): ReturnType<typeof importModule> {
  try {
    const path = pathOf(module, root);
    if (path !== null) return await importModule(pathToFileURL(path).href);
  } catch {}
  return importModule(module);
}

function pathOf(module: string, folder: string): string | null {
  try {
    return createRequire(pathToFileURL(`${folder}/package.json`)).resolve(module);
  } catch {
    return null;
  }
}
