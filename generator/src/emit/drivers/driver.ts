/**
 * A library that generated code runs on: how it prepares, executes, streams, batches and copies, as the code that does so. What a
 * driver writes stands in the functions of a query, where `client` is the client and `args` are the arguments.
 */
export interface Driver {
  /** The module that `Client` (and `types`) come from; null for the generated codec module. */
  readonly clientModule: string | null;
  /** Types imported from that module. */
  readonly types: readonly string[];
  /** Types of those that the index exports. */
  readonly exported: readonly string[];
  /** Classes of errors of its own that the index exports. */
  readonly errors: readonly string[];
  /** A last parameter of every function, or "". */
  readonly parameter: string;
  /** That of a `:batch…` function. */
  readonly batchParameter: string;
  /** Writes how the codec module begins: the types of statements and results, and the functions that the code below calls. */
  preamble(): string;
  /** Writes the declaration of `statement.fn`, which makes of its inputs what the library takes. */
  prepare(statement: Statement): string;
  /**
   * Writes the promise of a result with `rows` (each value is PostgreSQL's text, or null), `rowCount` and `command`.
   * @param read the function that reads the rows, which a library may do as they come; "" where it should not
   */
  execute(statement: Statement, read: string): string;
  /** Writes the rows of `result`, each read by the function `read`. */
  rows(read: string): string;
  /** Writes the iterable that gives the same rows one by one; null where the library has none. */
  stream(statement: Statement): string | null;
  /** Writes the promise of settled results, one for each of `args`, each read by the function `read`. */
  batch(statement: Statement, read: string): string;
  /** Writes the promise of the number of rows that were inserted of `args`, and what it needs declared. */
  copy(copy: Copy): { readonly declarations: string; readonly expression: string };
}

/** One statement, as the code of its parts. */
export interface Statement {
  /** The function that `prepare` declares. */
  readonly fn: string;
  /** The parameter of that function, `args: GetAuthorArgs`; "" for none. */
  readonly input: string;
  /** Lines in front of its `return`. */
  readonly preface: string;
  /** The values that are sent, as an array: as `pg` takes them, or each as PostgreSQL's text. */
  values(form: "native" | "text"): string;
  /** The members `text`, `values` and, for one that the server is to keep, `name`; of one that adapts, what spreads them. */
  sent(values: string): string;
  /** The member `query`, which says for traces what it is; "" where `sent` has it. */
  readonly described: string;
}

/** What `:copyfrom` asks for: the rows of `args`, which may be iterated asynchronously. */
export interface Copy {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** The type of a row. */
  readonly args: string;
  /** A row's values as PostgreSQL's texts, in the order of the columns, as an array. */
  readonly texts: string;
  /** The constant that says for traces what it is. */
  readonly info: string;
  /** For libraries without COPY: inserts arrays, one for each column; its input is `columns`. Asked for, its constants are written. */
  insert(): Statement;
}

/** The parts of a list, those left out that are empty. */
export function listed(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
