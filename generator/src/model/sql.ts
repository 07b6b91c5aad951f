/** What is sent for a query: one text, or texts that are made of pieces, by which parameters are given. */
export interface Sql {
  /** The whole statement, nothing left out: macros replaced by `$n`, stars expanded; no trailing semicolon. */
  readonly text: string;
  /** What it is made of, in order: the text alone for a query that is always the same. */
  readonly pieces: readonly Piece[];
  /** The parameters that decide; a variant's number has a bit for each, in this order. None for a query that is always the same. */
  readonly deciding: readonly Deciding[];
  /** The texts that PostgreSQL has prepared; none for a query that is always the same. */
  readonly variants: readonly Variant[];
  /** Whether no other can be sent. */
  readonly isComplete: boolean;
}

/** A parameter that decides what is sent. */
export interface Deciding {
  /** The n of its `$n`. */
  readonly number: number;
  /** Where it is not given: left out of the arguments, or null, which its own condition takes for "any". */
  readonly by: "absence" | "null";
}

/** A text with `$n` as in the whole, or what some calls leave out. */
export type Piece = string | Choice;

/** Items of which some may be left out, and what stands around those that are kept. */
export interface Choice {
  readonly open: string;
  readonly items: readonly ChoiceItem[];
  readonly close: string;
  /** Whether one that holds is enough (OR); else all are needed. */
  readonly any: boolean;
  /** What stands there where none is kept; null where that cannot be sent. */
  readonly none: string | null;
}

export interface ChoiceItem {
  /** What stands in front of it where another is kept before it. */
  readonly lead: string;
  /** Bits of the parameters without which it is left out; 0 for none. */
  readonly needs: number;
  /** The bit of the parameter of which it asks whether it is null; 0 for none. It is true without that, and false with it. */
  readonly tests: number;
  readonly pieces: readonly Piece[];
}

/** A text that is sent. */
export interface Variant {
  /** A bit for each deciding parameter that is given. */
  readonly given: number;
  /** Its parameters are numbered from `$1` in the order in which they stand. */
  readonly text: string;
  /** The number that each has in the whole. */
  readonly params: readonly number[];
}

/** A query that is always the same. */
export function constantSql(text: string): Sql {
  return { text, pieces: [text], deciding: [], variants: [], isComplete: true };
}

/** Whether what is sent depends on the arguments. */
export function isAdaptive({ deciding }: Sql): boolean {
  return deciding.length > 0;
}
