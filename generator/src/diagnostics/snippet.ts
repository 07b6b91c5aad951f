import type { Span } from "../model/diagnostic.ts";
import { type Cell, layOut } from "./display-width.ts";
import type { LineIndex } from "./line-index.ts";

/** A line of the source with the marks below it. */
export interface SnippetLine {
  readonly number: number;
  readonly text: string;
  /** Spaces and `^`, or "" where nothing of the line is meant. */
  readonly marks: string;
}
/** Lines left out of a long span. */
export type SnippetPart = SnippetLine | "gap";

const MOST_LINES = 5;
const MOST_COLUMNS = 140;
const LEAD = 30;
const CUT: Cell = { offset: -1, shown: "…", width: 1 };

/** The lines that a span covers; of a long one its first three and its last. */
export function snippet(lines: LineIndex, span: Span): SnippetPart[] {
  const start = lines.position(span.start);
  const end = lines.position(Math.max(span.start, span.end));
  // A span that ends at the start of a line ends with the line before.
  const last = end.column === 1 && end.line > start.line ? end.line - 1 : end.line;
  const parts: SnippetPart[] = [];
  for (let number = start.line; number <= last; number++) {
    if (last - start.line + 1 > MOST_LINES && number === start.line + 3) {
      parts.push("gap");
      number = last;
    }
    const text = lines.line(number);
    const from = number === start.line ? start.column - 1 : text.length - text.trimStart().length;
    const to = number === end.line ? end.column - 1 : text.trimEnd().length;
    parts.push({ number, ...markedLine(text, from, to, number === start.line) });
  }
  return parts;
}

function markedLine(text: string, from: number, to: number, first: boolean): { text: string; marks: string } {
  const cells = cut(layOut(text), from, to);
  let indent = 0;
  let width = 0;
  for (const cell of cells) {
    if (cell === CUT) {
      if (width === 0) indent += cell.width;
    } else if (isMarked(cell, text, from, to)) width += cell.width;
    else if (cell.offset < from) indent += cell.width;
  }
  // A point, or the end of the line, still gets one mark.
  const marks = width > 0 || first ? " ".repeat(indent) + "^".repeat(Math.max(1, width)) : "";
  return { text: cells.map((cell) => cell.shown).join(""), marks };
}

function isMarked(cell: Cell, text: string, from: number, to: number): boolean {
  return cell.offset >= from && cell.offset < Math.min(to, text.length);
}

/** The part of an overlong line around what is meant. */
function cut(cells: Cell[], from: number, to: number): Cell[] {
  if (cells.reduce((sum, cell) => sum + cell.width, 0) <= MOST_COLUMNS) return cells;
  const meant = cells.findIndex((cell) => cell.offset >= from);
  const begin = Math.max(0, (meant === -1 ? cells.length : meant) - LEAD);
  // As much as fits, though never past what follows the span by more than the lead.
  const kept: Cell[] = [];
  let width = 0;
  for (const cell of cells.slice(begin)) {
    if (width + cell.width > MOST_COLUMNS || cell.offset > to + MOST_COLUMNS) break;
    kept.push(cell);
    width += cell.width;
  }
  return [...(begin > 0 ? [CUT] : []), ...kept, ...(begin + kept.length < cells.length ? [CUT] : [])];
}
