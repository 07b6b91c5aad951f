import type { Engine } from "./engine.ts";

export interface EmbeddedOptions {
  /** What `snapshot()` gave, to start from there; null: from the prepared cluster. */
  readonly snapshot: Uint8Array | null;
  /** Names as in `create extension`. */
  readonly extensions: readonly string[];
  /** A folder of the user's project, where packages of extensions may be installed. */
  readonly root: string;
}

/** What was done to the prepared cluster, wherever it is kept. */
export interface Snapshot {
  /** Of the application of a schema that it holds: no two are the same. */
  readonly id: string;
  /** Gives its bytes, for the caller to keep; null where they are kept no longer. */
  bytes(): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** What a database begins with. */
export interface Beginning extends Omit<EmbeddedOptions, "snapshot"> {
  /** Null: the prepared cluster. */
  readonly snapshot: Snapshot | null;
}

/** Thrown where a database was to begin with a snapshot that is kept no longer. */
export class SnapshotLost extends Error {}

/** Reads what a database begins with. @throws SnapshotLost */
export async function readBeginning({
  snapshot,
  extensions,
  root,
}: Beginning): Promise<EmbeddedOptions & { readonly snapshot: Uint8Array<ArrayBuffer> | null }> {
  const bytes = snapshot === null ? null : await snapshot.bytes();
  if (snapshot !== null && bytes === null) throw new SnapshotLost();
  return { snapshot: bytes, extensions, root };
}

/** The embedded PostgreSQL, with what was done to the prepared cluster as bytes to start another from. */
export type EmbeddedDatabase = Engine & { snapshot(): Promise<Uint8Array<ArrayBuffer>> };
