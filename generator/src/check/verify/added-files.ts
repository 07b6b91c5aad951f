import type { SchemaFile } from "../../model/source.ts";

/** Gives the files of the head that run on what the base has made: neither there already, by name or text, nor an edit of what is there. */
export function addedFiles(base: readonly SchemaFile[], head: readonly SchemaFile[]): SchemaFile[] {
  const texts = new Set(base.map(({ text }) => text));
  const paths = new Set(base.map(({ path }) => path));
  return head.filter(({ text, path }) => !texts.has(text) && !paths.has(path));
}
