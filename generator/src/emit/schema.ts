import { once } from "../model/once.ts";
import type { SchemaFile } from "../model/source.ts";

/** Of lists of files, for as long as they are held: a list is made anew where anything of it may have changed. */
const written = new WeakMap<readonly SchemaFile[], string>();

/** Writes the schema as the analysis applied it, file by file, so that a client can make a database that has it. */
export function writeSchema(files: readonly SchemaFile[]): string {
  return once(written, files, () => writeFiles(files));
}

function writeFiles(files: readonly SchemaFile[]): string {
  const texts = files
    .filter(({ text }) => text.trim() !== "")
    .map(
      ({ path, text }) =>
        `  // ${path.replaceAll(/[\r\n]/g, " ")}\n  ${templateLiteral(`${text.trimEnd()}\n`)},\n`,
    );
  return `/** The schema's SQL, a text for each file, in the order in which they apply. */\nexport const schema: readonly string[] = [\n${texts.join("")}];\n`;
}

/** As it is, but that a line break of Windows would be lost and is written out. */
const templateLiteral = (text: string): string =>
  `\`${text.replaceAll(/[\\`]|\$\{/g, "\\$&").replaceAll("\r", "\\r")}\``;
