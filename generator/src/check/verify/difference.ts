import type { Span } from "../../model/diagnostic.ts";

/** The change of the schema that a difference comes from. */
export interface Cause {
  /** In one line: `table public.orders, column total: type integer → bigint`. */
  readonly told: string;
  /** What made it, in the head's files; null where it is not known. */
  readonly span: Span | null;
}

/** Labels that one side has and the other has not, and the enum, by its key on each side. */
export interface EnumLabels {
  readonly enums: readonly string[];
  readonly labels: readonly string[];
}

/** How a query behaves otherwise than its client was generated for. */
export interface Difference {
  readonly code: DifferenceCode;
  /** "breaks": some call fails or delivers what its types exclude. "may": only for some data, or only seen by care. */
  readonly effect: "breaks" | "may";
  /** Continues "GetAuthor: ". */
  readonly message: string;
  /** The name of the column, constraint or object that is the reason, where one is. */
  readonly about?: string;
  /** The key of the object that is otherwise, where it is known. */
  readonly object?: string;
  /** The labels of an enum that it is about. */
  readonly labels?: EnumLabels;
  /** The names of the functions in whose bodies it was refused, the innermost first. */
  readonly within?: readonly string[];
  /** The reason, where no change of an object is it. */
  readonly cause?: Cause | null;
  /** The parameter that may not be NULL, where that is all. */
  readonly nullOf?: number;
  /** It is refused for its length or size alone. */
  readonly isLimit?: true;
  /** It is so on the schema that the query was written for, too. */
  readonly isAtHome?: true;
}

export type DifferenceCode =
  | "verify-broken"
  | "verify-result"
  | "verify-nullability"
  | "verify-parameter"
  | "verify-missing-value"
  | "verify-enum"
  | "verify-constraint"
  | "verify-privilege"
  | "verify-behaviour"
  | "verify-changed"
  | "verify-untried";
