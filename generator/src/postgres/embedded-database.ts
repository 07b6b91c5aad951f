import type { Engine } from "./engine.ts";

export interface EmbeddedOptions {
  /** What `snapshot()` gave, to start from there; null: from the prepared cluster. */
  readonly snapshot: Uint8Array | null;
  /** Names as in `create extension`. */
  readonly extensions: readonly string[];
  /** A folder of the user's project, where packages of extensions may be installed. */
  readonly root: string;
}

/** The embedded PostgreSQL, with what was done to the prepared cluster as bytes to start another from. */
export type EmbeddedDatabase = Engine & { snapshot(): Promise<Uint8Array> };
