import type { Builtins } from "../postgres/catalog-objects.ts";
import type { Beginning, EmbeddedDatabase } from "../postgres/embedded-database.ts";
import type { ServerDatabase } from "../postgres/server-database.ts";

/** Keeps what was found, for later runs, by a kind and a key of everything that it was made from. */
export interface Store {
  /** Whether anything could be found. */
  readonly exists: boolean;
  /** Whether what is written stays. */
  readonly isKept: boolean;
  /** Null where nothing was kept, or what was kept cannot be read. */
  read<T>(kind: string, key: string): Promise<T | null>;
  /** Never fails: what cannot be kept costs the next run time. */
  write(kind: string, key: string, value: unknown): Promise<void>;
  /** The same for bytes, which are the caller's. */
  readBytes(kind: string, key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  writeBytes(kind: string, key: string, bytes: Uint8Array): Promise<void>;
}

/** A store that keeps nothing. */
export const NO_STORE: Store = {
  exists: false,
  isKept: false,
  read: async () => null,
  write: async () => {},
  readBytes: async () => null,
  writeBytes: async () => {},
};

/** What a project needs of where it runs: Node gives it files, threads and a cache, a page's worker gives what it has. */
export interface Host {
  /** Keeps results for the project in that folder. */
  store(home: string): Store;
  /** Makes one short key of everything that decides a result. */
  key(...parts: readonly string[]): string;
  /** Begins to load the embedded PostgreSQL, so that it is there when it is asked for. */
  warmUp(): void;
  /**
   * Starts the embedded PostgreSQL.
   * @param instead one that is not used any more, whose thread may serve
   * @throws SnapshotLost
   */
  start(beginning: Beginning, instead: EmbeddedDatabase | null): Promise<EmbeddedDatabase>;
  /** Connects to a server that analyses in place of the embedded one. */
  connect(uri: string): Promise<ServerDatabase>;
  /** Gives what every database made of the prepared cluster has; null where it has to be read. */
  builtins(): Promise<Builtins | null>;
  /** Tells which packages the extensions come from that have their own, with their versions. */
  packages(extensions: readonly string[], home: string): string;
}
