import type { SchemaFile } from "../model/source.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import type { Host } from "./host.ts";

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
  const server = databaseUri ?? host.packages(extensionsNamed(files), home);
  return host.key(server, ...files.flatMap((file) => [file.path, file.text]));
}
