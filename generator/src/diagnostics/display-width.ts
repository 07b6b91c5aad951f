const TAB_STOP = 4;

/** East Asian wide and fullwidth characters, and those shown as emoji: two cells in a terminal. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u;
/** Combining marks and format characters alone: no cell. */
const EMPTY = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;
const PLAIN = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

/** One character as a reader sees it, at its offset in the line and its cells in the terminal. */
export interface Cell {
  readonly offset: number;
  readonly shown: string;
  readonly width: number;
}

/**
 * A line as a terminal may show it: tabs as spaces up to the next stop, control characters (which could move the
 * cursor or reorder the text) as a mark. Cells and underline then agree whatever the terminal's tab width is.
 */
export function layOut(line: string): Cell[] {
  if (PLAIN.test(line)) return Array.from(line, (shown, offset) => ({ offset, shown, width: 1 }));
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of segmenter.segment(line)) {
    const cell = layOutCharacter(segment, index, column);
    cells.push(cell);
    column += cell.width;
  }
  return cells;
}

function layOutCharacter(character: string, offset: number, column: number): Cell {
  if (character === "\t") {
    const width = TAB_STOP - (column % TAB_STOP);
    return { offset, shown: " ".repeat(width), width };
  }
  if (CONTROL.test(character)) return { offset, shown: "\ufffd", width: 1 };
  if (WIDE.test(character) || character.includes("\ufe0f")) return { offset, shown: character, width: 2 };
  return { offset, shown: character, width: EMPTY.test(character) ? 0 : 1 };
}
