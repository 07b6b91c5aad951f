import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import { newId } from "./envelope.ts";
import type { PayloadInfo, PayloadOptions, PayloadSource, ReadPayloadOptions } from "./payload.ts";
import { findPayload, listPayloads, readPayload } from "./payload-read.ts";
import { erase, jobPlaceOf, keyOf } from "./payload-store.ts";
import { reencryptPayloads } from "./payload-upkeep.ts";
import { writePayload } from "./payload-write.ts";
import type { Store } from "./target.ts";

/** The payloads of one job. None is there before all of it is. */
export interface Payloads {
  /**
   * Stores bytes under an id (1 to 128 of `A-Z a-z 0-9 _ -`), which nothing changes afterwards. The same bytes again are no error.
   * @throws {DuplicateDocumentError} where others have that id; {DocumentConflictError} where somebody else writes or deletes it
   */
  write(id: string, source: PayloadSource, options?: PayloadOptions): Promise<PayloadInfo>;
  /** Its bytes, one chunk at a time. @throws {DocumentNotFoundError | PayloadCorruptError} the latter at the end at the latest */
  read(id: string, options?: ReadPayloadOptions): AsyncGenerator<Buffer, void, undefined>;
  /** null where there is none, or not all of it. */
  info(id: string, options?: QueryOptions): Promise<PayloadInfo | null>;
  list(options?: QueryOptions): AsyncGenerator<PayloadInfo, void, undefined>;
  /** Tells whether there was one, whole or in part. */
  delete(id: string, options?: QueryOptions): Promise<boolean>;
  /** Encrypts anew what is in the clear or under a key that is no longer the current one; gives how many chunks. */
  reencrypt(options?: QueryOptions): Promise<number>;
}

export function payloadsOf(store: Store, workspace: WorkspaceId, job: JobId): Payloads {
  const place = jobPlaceOf(store, workspace, job);
  return {
    write: async (id, source, options = {}) => writePayload(place, id, source, options),
    read: (id, options = {}) => readPayload(place, id, options),
    info: async (id, options) => findPayload(place, id, options),
    list: (options) => listPayloads(place, options),
    delete: async (id, options) => erase(place, keyOf(place, id), newId(), options),
    reencrypt: async (options) => reencryptPayloads(place, options),
  };
}
