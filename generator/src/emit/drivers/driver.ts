/** What differs between the libraries that generated code runs on. */
export interface Driver {
  /** The module that `Client` (and `types`) come from; null for the generated codec module. */
  readonly clientModule: string | null;
  /** Types imported from that module. */
  readonly types: readonly string[];
  /** How the codec module begins: the types of statements, and the functions that run several of them. */
  statements(): string;
  /** Types of those that the index exports. */
  readonly exported: readonly string[];
  /** Classes of errors of its own that the index exports. */
  readonly errors: readonly string[];
  /** A last parameter of every function, or "". */
  readonly parameter: string;
  /** That of a `:batch…` function. */
  readonly batchParameter: string;
  /** What spreads that parameter into a statement's configuration, or "". */
  readonly spread: string;
  /** What hands it on to a function of this module, or "". */
  readonly argument: string;
  /** Whether `client.stream(config)` gives rows one by one. */
  readonly streams: boolean;
  /** Whether `client.copyRows(config)` is there; else `:copyfrom` inserts arrays. */
  readonly copies: boolean;
}
