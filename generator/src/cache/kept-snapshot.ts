import { concat } from "../postgres/data-directory.ts";
import type { Beginning, Snapshot } from "../postgres/embedded-database.ts";

/** What snapshots are kept in. */
interface ByteStore {
  readBytes(kind: string, key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  writeBytes(kind: string, key: string, bytes: Uint8Array): Promise<void>;
}

/** Where it is kept what a database was started with. */
export interface KeptStart extends Omit<Beginning, "snapshot"> {
  /** Of the schema. */
  readonly key: string;
  /** Of the application of it. */
  readonly id: string;
}

const KIND = "snapshot";
const ENCODER = new TextEncoder();

/** Gives the snapshot that was kept of an application of a schema, which is read when it is wanted. */
export function snapshotIn(store: ByteStore, { key, id }: Pick<KeptStart, "key" | "id">): Snapshot {
  const mark = ENCODER.encode(id);
  return {
    id,
    bytes: async () => {
      const found = await store.readBytes(KIND, key);
      const isOfIt = found !== null && mark.every((byte, i) => byte === found[i]);
      return isOfIt ? found.subarray(mark.length) : null;
    },
  };
}

/** Keeps a snapshot. It says of which application it is: another process may apply the same schema at the same time. */
export async function keepSnapshot(store: ByteStore, key: string, snapshot: Snapshot): Promise<void> {
  const bytes = await snapshot.bytes();
  if (bytes !== null) await store.writeBytes(KIND, key, concat([ENCODER.encode(snapshot.id), bytes]));
}
