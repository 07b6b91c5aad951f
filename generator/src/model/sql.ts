import type { Reason } from "./reason.ts";
import type { RowCount } from "./row-count.ts";

/** What is sent for a query: one text, or texts that are made of pieces, by which parameters are given. */
export interface Sql {
  /** The whole statement, nothing left out: macros replaced by `$n`, stars expanded; no trailing semicolon. */
  readonly text: string;
  /** What it is made of, in order: the text alone for a query that is always the same. */
  readonly pieces: readonly Piece[];
  /** The parameters that decide; a variant's number has a bit for each, in this order. None for a query that is always the same. */
  readonly deciding: readonly Deciding[];
  /** The names of the orders that ORDER BY can have; none where it has but the one, "" for that of a query that is read in pages. */
  readonly orders: readonly string[];
  /** How it is read in pages, or null. */
  readonly page: Page | null;
  /** The texts that PostgreSQL has prepared; none for a query that is always the same. */
  readonly variants: readonly Variant[];
  /** Whether no other can be sent. */
  readonly isComplete: boolean;
}

/** A query that is read in pages: behind its columns stand the keys of its order, which a cursor is made of. */
export interface Page {
  /** For each order, which columns its keys are. */
  readonly keys: readonly (readonly number[])[];
  /** For each order, the numbers of the parameters that its keys are made of: a cursor holds for the same arguments only. */
  readonly params: readonly (readonly number[])[];
  /** The number of the parameter of LIMIT, or its constant. */
  readonly limit: { readonly param: number } | { readonly count: number };
  /** Those of the keys' columns that have dates or times, which are written as `DateStyle` says. */
  readonly dated: readonly number[];
  /** Changes with the query, its orders and the types of their keys: a cursor of another is refused. */
  readonly version: string;
}

/** A parameter that decides what is sent. */
export interface Deciding {
  /** The n of its `$n`. */
  readonly number: number;
  /**
   * Where it is not given: left out of the arguments, or null, which its own condition takes for "any". By value it decides where
   * it is `value`, and may do so by several.
   */
  readonly by: "absence" | "null" | "value";
  /** The text that it is compared with, or of a boolean "true" or "false". */
  readonly value?: string;
}

/** A text with `$n` as in the whole, or what some calls leave out. */
export type Piece = string | Choice | Decided | Ordered | Behind;

/** `true` or `false`: what a test of CASE comes to. */
export interface Decided {
  /** The bit with which it holds. */
  readonly holds: number;
}

/** The items of ORDER BY: for each order two texts, as it is and backwards. */
export interface Ordered {
  readonly orders: readonly string[];
}

/**
 * The condition of a page that does not begin at the start. The cursor's values are parameters behind those of the query.
 * By the order's index among those texts, and which values are NULL: `3/010`.
 */
export interface Behind {
  readonly behind: Readonly<Record<string, string>>;
}

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
  readonly pieces: readonly (string | Choice | Decided)[];
}

/** A text that is sent. */
export interface Variant {
  /** A bit for each deciding parameter that is given. */
  readonly given: number;
  /** Its order, of two for each name: as it is and backwards. */
  readonly order: number;
  /** Which of a cursor's values are NULL (`010`); null without a cursor. */
  readonly behind: string | null;
  /** Its parameters are numbered from `$1` in the order in which they stand. */
  readonly text: string;
  /** The number that each has in the whole. */
  readonly params: readonly number[];
  /** What is known where this text is sent, and not of all; absent where that is nothing. */
  readonly known?: VariantFacts;
}

/** What holds of a variant alone. */
export interface VariantFacts {
  /** The columns that are never NULL in it, and can be in another. */
  readonly notNull: readonly { readonly column: number; readonly because: Reason }[];
  /** How many rows it has, where that is known better; else null. */
  readonly rows: RowCount | null;
}

/** A query that is always the same. */
export function constantSql(text: string): Sql {
  return { text, pieces: [text], deciding: [], orders: [], page: null, variants: [], isComplete: true };
}

/** Tells whether what is sent depends on the arguments. */
export function isAdaptive({ deciding, orders }: Sql): boolean {
  return deciding.length > 0 || orders.length > 0;
}
