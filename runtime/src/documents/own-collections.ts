/** Collections of the accessor's own, beside those of documents. No kind and no job's collection has such a name. */
export const PAYLOAD_FILES = "payloads.files";
export const PAYLOAD_CHUNKS = "payloads.chunks";
export const ACCOUNTS = "quotas.accounts";

/** Tells whether a collection is one of them: without validator and indexes, it is what its first write makes it. */
export function isOwn(collection: string): boolean {
  return collection === PAYLOAD_FILES || collection === PAYLOAD_CHUNKS || collection === ACCOUNTS;
}
