import { dirname, resolve } from "node:path";
import { extensionsNamed } from "../postgres/extension-names.ts";
import { extensionPlaces } from "../postgres/extensions.ts";
import type { Inputs } from "./inputs.ts";
import type { Project } from "./project.ts";

/** Says where on disk a project was read from: what of its files was asked for, its configuration, its extension packages. */
export async function inputsOf(project: Project): Promise<Inputs> {
  const { root, file, home, files, config } = project;
  const { paths, patterns } = files.asked;
  const folders = new Set([dirname(file)]);
  for (const path of paths) folders.add(dirname(resolve(root, path)));
  for (const path of files.listed) folders.add(resolve(root, path));
  const texts: string[] = [JSON.stringify(config)];
  for (const set of config.querySets) {
    const read = await project.read(set);
    for (const [path, text] of read.texts) texts.push(path, text);
    const { schema } = await project.schema(set);
    for (const place of extensionPlaces(extensionsNamed(schema), home)) folders.add(place);
    // What surrounds the output says how its imports end.
    if (set.typescript !== null) folders.add(dirname(resolve(root, set.typescript.out)));
  }
  return {
    folders: [...folders],
    trees: [...patterns].map((pattern) => resolve(root, fixedFolder(pattern))),
    revision: project.workspace.host.key(...texts),
  };
}

/** The folders of a pattern that are written out. */
function fixedFolder(pattern: string): string {
  const parts = pattern.replaceAll("\\", "/").split("/");
  const first = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  return parts.slice(0, first === -1 ? -1 : first).join("/") || ".";
}
