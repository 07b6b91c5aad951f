/** A `*` or `x.*` of the raw parse, at the places where it decides what the statement delivers. */
export interface Star {
  /** Offsets in the text, UTF-16. */
  readonly start: number;
  readonly end: number;
  /** The relation's name as written, or null for a bare `*`. */
  readonly qualifier: string | null;
}

/** A raw target list: each item is a star, or null for an expression that gives one column. */
export interface RawTargets {
  readonly items: readonly (Star | null)[];
  /** True where an item is a `(composite).*`, whose width the parse does not tell. */
  readonly opaque: boolean;
}

/** The part of a statement that has target lists: itself, the arms of a set operation, the source of an INSERT. */
export type RawOutput =
  | { readonly kind: "targets"; readonly targets: RawTargets }
  | { readonly kind: "set"; readonly left: RawOutput; readonly right: RawOutput }
  | { readonly kind: "none" };
