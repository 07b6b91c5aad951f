import { dirname, resolve } from "node:path";
import { once } from "../model/once.ts";
import type { SchemaFile } from "../model/source.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import { extensionPlaces } from "../postgres/extensions.ts";
import type { SourceFiles } from "../source/read-source.ts";
import type { Inputs } from "./inputs.ts";
import type { Project } from "./project.ts";

/** Says where on disk a project was read from: what of its files was asked for, its configuration, its extension packages. */
export async function inputsOf(project: Project): Promise<Inputs> {
  const { root, file, files, config } = project;
  const { paths, patterns } = files.asked;
  const folders = new Set([dirname(file)]);
  for (const path of paths) folders.add(dirname(resolve(root, path)));
  for (const path of files.listed) folders.add(resolve(root, path));
  const parts: string[] = [JSON.stringify(config)];
  for (const set of config.querySets) {
    const read = await project.read(set);
    const { schema } = await project.schema(set);
    const known = ofSchema(read, schema, project);
    parts.push(known.revision);
    for (const path of read.queryFiles.paths) parts.push(path, read.texts.get(path) ?? "");
    for (const place of known.places) folders.add(place);
    // What surrounds the output says how its imports end.
    if (set.typescript !== null) folders.add(dirname(resolve(root, set.typescript.out)));
  }
  return {
    folders: [...folders],
    trees: [...patterns].map((pattern) => resolve(root, fixedFolder(pattern))),
    revision: project.workspace.host.key(...parts),
  };
}

interface OfSchema {
  readonly places: readonly string[];
  readonly revision: string;
}

/** By what was found of a set's schema files, which is another one where anything of them is. */
const known = new WeakMap<SourceFiles["schemaFiles"], OfSchema>();

function ofSchema(
  { schemaFiles, texts }: SourceFiles,
  schema: readonly SchemaFile[],
  { home, workspace }: Project,
): OfSchema {
  return once(known, schemaFiles, () => ({
    places: extensionPlaces(extensionsNamed(schema), home),
    revision: workspace.host.key(...schemaFiles.paths.flatMap((path) => [path, texts.get(path) ?? ""])),
  }));
}

/** The folders of a pattern that are written out. */
function fixedFolder(pattern: string): string {
  const parts = pattern.replaceAll("\\", "/").split("/");
  const first = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  return parts.slice(0, first === -1 ? -1 : first).join("/") || ".";
}
