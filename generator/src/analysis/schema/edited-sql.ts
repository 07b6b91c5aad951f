interface Edit {
  /** In the text as it was before this edit. */
  readonly start: number;
  readonly end: number;
  readonly length: number;
}

/** A statement whose parts are replaced one after another, and that knows where what it now says stood before. */
export class EditedSql {
  text: string;
  readonly #edits: Edit[] = [];

  constructor(text: string) {
    this.text = text;
  }

  /** Offsets are of the text as it is now. */
  replace(start: number, end: number, by: string): void {
    this.text = this.text.slice(0, start) + by + this.text.slice(end);
    this.#edits.push({ start, end, length: by.length });
  }

  /** Leaves spaces and line breaks in the place of a stretch. */
  blank(start: number, end: number): void {
    this.replace(start, end, this.text.slice(start, end).replace(/[^\r\n]/g, " "));
  }

  /** The offset in the statement as it was written. */
  original(offset: number): number {
    let at = offset;
    for (const { start, end, length } of [...this.#edits].reverse()) {
      if (at >= start + length) at += end - start - length;
      else if (at > start) at = Math.min(at, end);
    }
    return at;
  }
}
