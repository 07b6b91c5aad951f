import type { Edit, Span } from "../../model/diagnostic.ts";

/** A finding with its place, before severities, ignores and the baseline are looked at. Can be cached. */
export interface Found {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly span: Span;
  /** What mends it for certain. */
  readonly edits?: readonly Edit[];
  /** What was seen while it ran, or how PostgreSQL would run it: a line each. */
  readonly evidence?: readonly string[];
  /** The statement that it is about, without what lies around it: names the finding across changes of its line. */
  readonly statement: string;
  /** Where the statement stands, its annotation and leading comments included. */
  readonly within: Span;
}
