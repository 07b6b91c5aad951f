import type { Span } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { wordEnd } from "../../sql/words.ts";

/** The word, constant or sign that begins at an offset of a file. */
export function firstWord(file: SchemaFile, offset: number): Span {
  return { file: file.path, start: offset, end: Math.max(offset + 1, wordEnd(file.text, offset)) };
}

/** Gives what a text has on its first line, at its place in a file. */
export function firstLine(file: SchemaFile, start: number, text: string): Span {
  const length = text.indexOf("\n") === -1 ? text.length : text.indexOf("\n");
  return { file: file.path, start, end: start + length };
}
