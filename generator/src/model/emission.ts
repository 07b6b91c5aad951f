import type { Diagnostic } from "./diagnostic.ts";

/** What was written for a query set, and of what, so that what has not changed is not written anew. */
export interface Emission {
  /** All but the queries. */
  readonly of: string;
  readonly files: ReadonlyMap<string, FileOrigin>;
}

export interface FileOrigin {
  /** The queries that it was made of, and the names that they were given. */
  readonly of: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** An emission before this one, and the files that it gave. */
export interface Before {
  readonly emission: Emission;
  readonly files: readonly { readonly path: string; readonly contents: string }[];
}
