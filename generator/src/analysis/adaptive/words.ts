import { isComment, type Token, tokenize } from "../../sql/lexer.ts";

/** A token that is no comment. */
export interface Word {
  readonly start: number;
  readonly end: number;
  /** In small letters; of a quoted name, and of what behind a dot or AS is a name too, "", so that none is taken for a key word. */
  readonly text: string;
  /** How many parentheses, brackets and CASEs are open around it; of what opens or closes one, around that. */
  readonly depth: number;
}

/** A run of words: the first, and the one behind the last. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** A statement's words. */
export class Words {
  readonly text: string;
  readonly all: readonly Word[];

  constructor(text: string) {
    this.text = text;
    this.all = nested(text, tokenize(text));
  }

  word(index: number): string {
    return this.all[index]?.text ?? "";
  }

  /** The last of these words in front of an offset; -1 where there is none. */
  lastBefore(offset: number, words: readonly string[]): number {
    return this.all.findLastIndex(({ start, text }) => start < offset && words.includes(text));
  }

  /** The last such word in a run, of its own level; -1 where there is none. */
  lastIn({ from, to }: Run, word: string): number {
    const depth = this.#depth(from);
    for (let i = to - 1; i >= from; i--) if (this.all[i]!.depth === depth && this.word(i) === word) return i;
    return -1;
  }

  /** Finds where the clause that begins behind the word ends: at the first word of its level that says so. */
  clauseEnd(keyword: number, ends: (index: number) => boolean): number {
    const { depth } = this.all[keyword]!;
    for (let i = keyword + 1; i < this.all.length; i++) {
      const word = this.all[i]!;
      if (word.depth < depth || (word.depth === depth && ends(i))) return i;
    }
    return this.all.length;
  }

  /** Cuts a run at a word of its own level. An AND that belongs to a BETWEEN cuts nothing. */
  split({ from, to }: Run, at: "and" | "or" | ","): Run[] {
    const depth = this.#depth(from);
    const runs: Run[] = [];
    let start = from;
    let between = 0;
    for (let i = from; i < to; i++) {
      const word = this.all[i]!;
      if (word.depth !== depth) continue;
      if (word.text === "between") between++;
      if (word.text !== at) continue;
      if (at === "and" && between > 0) {
        between--;
        continue;
      }
      runs.push({ from: start, to: i });
      start = i + 1;
    }
    return [...runs, { from: start, to }];
  }

  /** Tells whether one pair of parentheses holds all of the run, and no query is directly in it. */
  isParenthesized({ from, to }: Run): boolean {
    if (this.word(from) !== "(" || this.word(to - 1) !== ")" || QUERY.includes(this.word(from + 1)))
      return false;
    const { depth } = this.all[from]!;
    const close = this.all.findIndex((word, i) => i > from && word.depth === depth && word.text === ")");
    return close === to - 1;
  }

  /** The numbers of the parameters in a run. */
  params({ from, to }: Run): Set<number> {
    const numbers = this.all
      .slice(from, to)
      .flatMap(({ text }) => (/^\$\d+$/.test(text) ? [Number(text.slice(1))] : []));
    return new Set(numbers);
  }

  #depth(index: number): number {
    return this.all[index]?.depth ?? 0;
  }
}

const QUERY = ["select", "with", "values", "table"];
/** What any word behind is a name: `t.order`, `a as end`. */
const NAMING = [".", "as"];

function nested(text: string, tokens: readonly Token[]): Word[] {
  const open: string[] = [];
  const words: Word[] = [];
  for (const token of tokens) {
    if (isComment(token)) continue;
    const isName =
      token.kind === "quoted" ||
      token.kind === "string" ||
      (token.kind === "word" && NAMING.includes(words.at(-1)?.text ?? ""));
    const shown = isName ? "" : text.slice(token.start, token.end).toLowerCase();
    const closes =
      shown === ")" ? "(" : shown === "]" ? "[" : shown === "end" && open.at(-1) === "case" ? "case" : null;
    if (closes !== null) {
      // A name that is written like a key word leaves something open that is none.
      while (open.length > 0 && open.at(-1) !== closes) open.pop();
      open.pop();
    }
    words.push({ start: token.start, end: token.end, text: shown, depth: open.length });
    if (shown === "(" || shown === "[" || shown === "case") open.push(shown);
  }
  return words;
}
