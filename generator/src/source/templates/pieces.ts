import type { Place } from "../../model/source.ts";
import type { Piece } from "./go-template.ts";

/** Locates where a stretch of the executed text stands in the files that it was made from. */
export function locate(pieces: readonly Piece[], start: number, end: number): Place {
  let offset = 0;
  for (const piece of pieces) {
    const skipped = start - offset;
    offset += piece.text.length;
    if (start >= offset && piece !== pieces.at(-1)) continue;
    const { file } = piece;
    const isVerbatim = piece.end - piece.start === piece.text.length;
    const from = piece.start + (isVerbatim ? skipped : 0);
    const to = isVerbatim ? Math.min(from + end - start, piece.end) : piece.end;
    const line = file.text.slice(0, from).split("\n").length;
    return { file: file.path, start: from, end: Math.max(from, to), line };
  }
  throw new RangeError("an empty template has no places");
}
