import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "../../generator/src/config/load.ts";
import { emitTypeScript } from "../../generator/src/emit/emit.ts";
import { DiskFiles } from "../../generator/src/files/disk-files.ts";
import type { QuerySet } from "../../generator/src/model/analysis.ts";
import type { Diagnostic } from "../../generator/src/model/diagnostic.ts";
import type { SchemaFile } from "../../generator/src/model/source.ts";
import { analyzeOnce } from "../../generator/src/project/node-host.ts";
import { readSource } from "../../generator/src/source/read-source.ts";

export const CASES = import.meta.dirname;

/** One `sql:` entry of a case, generated into a folder of its own. */
export interface GeneratedSet {
  readonly set: QuerySet;
  readonly schema: readonly SchemaFile[];
  readonly folder: string;
}

export interface GeneratedCase {
  readonly name: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly sets: readonly GeneratedSet[];
  /** By path below `expected/`. What every output has alike (`codec.ts`) is left out. */
  readonly files: ReadonlyMap<string, string>;
}

export async function caseNames(): Promise<string[]> {
  const entries = await readdir(CASES, { withFileTypes: true });
  return entries
    .filter((e) => e.isDirectory())
    .map((e) => e.name)
    .sort();
}

export async function outputFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "solitude-gen-cases-"));
}

/**
 * Runs every step on the case as `generate` does, and writes what it gives below `output`.
 * @param databaseUri the server to analyse on in place of the embedded one
 */
export async function generateCase(
  name: string,
  output: string,
  databaseUri?: string,
): Promise<GeneratedCase> {
  let loaded = await loadConfig(undefined, join(CASES, name), {});
  if (databaseUri !== undefined) {
    const querySets = loaded.config.querySets.map((set) => ({ ...set, databaseUri }));
    loaded = { ...loaded, config: { ...loaded.config, querySets } };
  }
  const analysis = await analyzeOnce(loaded, { cache: false });
  const diagnostics = [...analysis.diagnostics];
  const sets: GeneratedSet[] = [];
  const files = new Map<string, string>();
  for (const entry of loaded.config.querySets) {
    const set = analysis.querySets.find((s) => s.index === entry.index);
    if (!set || !entry.typescript) continue;
    const emitted = emitTypeScript(set, entry.typescript.options);
    diagnostics.push(...emitted.diagnostics);
    const folder = join(output, name, entry.typescript.out);
    for (const { path, contents } of emitted.files) {
      await write(join(folder, path), contents);
      if (path !== "codec.ts") files.set(join(entry.typescript.out, path), contents);
    }
    sets.push({ set, schema: (await readSource(new DiskFiles(loaded.root), entry)).schema, folder });
  }
  const said = diagnostics
    .map((d) => `${d.severity}[${d.code}] ${d.span?.file ?? ""}: ${d.message}\n`)
    .sort();
  if (said.length > 0) files.set("diagnostics.txt", said.join(""));
  return { name, diagnostics, sets, files };
}

/** What the case's `expected/` holds. */
export async function expectedFiles(name: string): Promise<Map<string, string>> {
  const root = join(CASES, name, "expected");
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, string>();
  for (const entry of entries.filter((e) => e.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(root.length + 1), await readFile(path, "utf8"));
  }
  return files;
}

export async function acceptAsExpected({ name, files }: GeneratedCase): Promise<void> {
  const root = join(CASES, name, "expected");
  await rm(root, { recursive: true, force: true });
  for (const [path, contents] of files) await write(join(root, path), contents);
}

async function write(path: string, contents: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
