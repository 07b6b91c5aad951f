import { once } from "../model/once.ts";
import type { SchemaFile } from "../model/source.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import type { Host } from "./host.ts";

/** Of lists of files, for as long as they are held: a list is made anew where anything of it may have changed. */
const known = new WeakMap<readonly SchemaFile[], Map<string, string>>();

/** Makes a key of what decides a database: the schema's text, the packages of its extensions, the server that stands in for the embedded one. */
export function schemaKey(
  host: Host,
  {
    databaseUri,
    files,
    home,
  }: {
    readonly databaseUri: string | undefined;
    readonly files: readonly SchemaFile[];
    readonly home: string;
  },
): string {
  const keys = once(known, files, () => new Map<string, string>());
  return once(keys, `${databaseUri} ${home}`, () => {
    const server = databaseUri ?? host.packages(extensionsNamed(files), home);
    return host.key(server, ...files.flatMap((file) => [file.path, file.text]));
  });
}
