import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What is looked at of a package.json. */
export interface Manifest {
  readonly version?: string;
  readonly packageManager?: unknown;
  readonly workspaces?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The folder's package.json; null where there is none, or none that can be read. */
export function readManifest(folder: string): Manifest | null {
  try {
    const value: unknown = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8").replace(/^\uFEFF/, ""),
    );
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}

/** Gives which version of a package is asked for, for development or not. */
export function dependencyOf(manifest: Manifest | null, name: string): string | undefined {
  return manifest?.dependencies?.[name] ?? manifest?.devDependencies?.[name];
}

/** Tells whether the package is asked for, for development or not. */
export const dependsOn = (manifest: Manifest | null, name: string): boolean =>
  dependencyOf(manifest, name) !== undefined;

/**
 * A package.json's text with scripts added; those whose names are taken stay. Null where nothing is to be added, or where
 * it cannot be done without changing how the rest is written.
 */
export function withScripts(text: string, scripts: Readonly<Record<string, string>>): string | null {
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? "  ";
  const end = /\s*$/.exec(text)?.[0] ?? "";
  const newLine = text.includes("\r\n") ? "\r\n" : "\n";
  const written = (value: unknown): string =>
    JSON.stringify(value, null, indent).replaceAll("\n", newLine) + end;
  const manifest = JSON.parse(text) as Manifest;
  const added = Object.entries(scripts).filter(([name]) => manifest.scripts?.[name] === undefined);
  if (added.length === 0 || written(manifest) !== text) return null;
  return written({ ...manifest, scripts: { ...manifest.scripts, ...Object.fromEntries(added) } });
}
