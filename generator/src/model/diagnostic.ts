/** Where something stands in a file. Lines and columns count from 1, offsets from 0; all in UTF-16 code units. */
export interface Span {
  /** Path relative to the folder of the configuration file, with forward slashes. */
  readonly file: string;
  readonly start: number;
  /** Exclusive. Equal to `start` where only a point is known. */
  readonly end: number;
}

/** Another place that a diagnostic has to do with, and what it is to it: the query that a change of the schema breaks. */
export interface RelatedPlace {
  readonly message: string;
  readonly span: Span;
}

/** A text in place of another one. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

export type Severity = "error" | "warning" | "info";

/** The one type of everything the tool has to say; every output format prints this and nothing else. */
export interface Diagnostic {
  /** Stable, kebab-case, e.g. `query-invalid`; listed in docs/diagnostics.md. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do about it, one or two sentences. */
  readonly hint?: string;
  /** Absent for what belongs to no file (the command line, a lost database). */
  readonly span?: Span;
  /** What follows from it, and where else it shows. */
  readonly related?: readonly RelatedPlace[];
  /** What mends it for certain, all of them together. */
  readonly edits?: readonly Edit[];
  /** The edits change what callers of a generated function may give, so that calls may no longer compile. */
  readonly changesCalls?: boolean;
  /** The page that explains it, relative to the repository of this tool: `docs/rules/drop-table.md`. */
  readonly docs?: string;
  /** What a baseline knows it by, where the message says what changes from run to run, as the base's commit. */
  readonly identity?: string;
  /** An error only where a query lacks something; where all queries could be analysed, a warning. */
  readonly isErrorIfLacked?: true;
  /** The annotation of the query that cannot be used for it. */
  readonly query?: Span;
  /** The SQLSTATE, where PostgreSQL refused the input. */
  readonly sqlState?: string;
}

/** The code of a file that cannot be read, or is no text. */
export const UNREADABLE = "file-unreadable";

/** The code of a query that can be analysed but not generated; a warning until something is to be generated. */
export const COMMAND_UNSUPPORTED = "annotation-command-unsupported";

/** What is said beside edits that change what callers may give. */
export const CALLS_CHANGE = "look at calls of the query too: they may no longer compile";

/** Thrown by a step that cannot go on; carries everything found up to there. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  override readonly name = "DiagnosticError";

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join("\n"));
    this.diagnostics = diagnostics;
  }
}
