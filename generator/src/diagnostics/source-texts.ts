import { LineIndex } from "./line-index.ts";

/** The text of a file as spans name it, or undefined where it cannot be read. */
export type ReadText = (file: string) => string | undefined;

/** Reads each file that a diagnostic points into once, and only then. */
export class SourceTexts {
  readonly #readText: ReadText;
  readonly #indexes = new Map<string, LineIndex | null>();

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  lines(file: string): LineIndex | null {
    let index = this.#indexes.get(file);
    if (index === undefined) {
      const text = this.#readText(file);
      index = text === undefined ? null : new LineIndex(text);
      this.#indexes.set(file, index);
    }
    return index;
  }
}
