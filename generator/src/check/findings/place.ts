import type { Span } from "../../model/diagnostic.ts";
import { ByteOffsets } from "../../postgres/raw-parse.ts";
import { wordEnd } from "../../sql/words.ts";

export interface PlacedText {
  readonly file: string;
  readonly text: string;
  toFile(offset: number): number;
}

/** The word at a location of the parser's, which counts bytes; null for the location 0 or none, which says nothing. */
export function wordAt({ file, text, toFile }: PlacedText, location: number | undefined): Span | null {
  if (!location) return null;
  const offset = new ByteOffsets(text).toUtf16(location);
  if (offset >= text.length) return null;
  const start = toFile(offset);
  return { file, start, end: Math.max(start + 1, toFile(wordEnd(text, offset))) };
}

/** The first line of the text. */
export function headOf({ file, text, toFile }: PlacedText): Span {
  const end = text.search(/[\r\n]|$/);
  return { file, start: toFile(0), end: Math.max(toFile(0) + 1, toFile(Math.max(0, end - 1)) + 1) };
}
