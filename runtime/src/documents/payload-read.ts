import { createHash } from "node:crypto";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import { DocumentNotFoundError, RefusedError } from "./errors.ts";
import { PayloadCorruptError, type PayloadInfo, type ReadPayloadOptions } from "./payload.ts";
import {
  ask,
  CHUNK_BYTES,
  callOf,
  filesIn,
  infoOf,
  type JobPlace,
  keyOf,
  opened,
  type PayloadChunk,
  type PayloadFile,
  range,
} from "./payload-store.ts";

/** null where there is none, or not all of it. */
export async function findPayload(
  place: JobPlace,
  id: string,
  options: QueryOptions | undefined,
): Promise<PayloadInfo | null> {
  const key = keyOf(place, id);
  const file = await ask(place, "find", options, (limits) => place.files.findOne({ _id: key }, limits));
  return file === null ? null : infoOf(file as PayloadFile, place.prefix);
}

export async function* listPayloads(
  place: JobPlace,
  options: QueryOptions | undefined,
): AsyncGenerator<PayloadInfo, void, undefined> {
  for await (const file of filesIn(place, place.prefix, options)) {
    const found = infoOf(file, place.prefix);
    if (found !== null) yield found;
  }
}

/** A payload's chunks from a number on, in the clear; ends where one is missing. */
export async function* contiguous(
  place: JobPlace,
  key: string,
  from: number,
  options: QueryOptions | undefined,
): AsyncGenerator<Buffer> {
  let n = from;
  const open = (limits: Limits) => place.chunks.find(range(key, from), { ...limits, sort: { _id: 1 } });
  for await (const chunk of place.store.caller.stream(callOf(place, "find", false), options, open)) {
    if (chunk.n !== n++) return;
    yield await opened(place.encryption, chunk as PayloadChunk);
  }
}

export async function* readPayload(
  place: JobPlace,
  id: string,
  { from = 0, ...options }: ReadPayloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const found = await findPayload(place, id, options);
  if (found === null) throw new DocumentNotFoundError("there is no such payload", id);
  if (!Number.isSafeInteger(from) || from < 0)
    throw new RefusedError("a payload is read from a whole number on");
  const first = Math.floor(from / CHUNK_BYTES);
  const hash = createHash("sha256");
  let at = first * CHUNK_BYTES;
  for await (const bytes of contiguous(place, keyOf(place, id), first, options)) {
    if (at >= found.size) break;
    const expected = Math.min(CHUNK_BYTES, found.size - at);
    if (bytes.length !== expected) throw new PayloadCorruptError("a part of the payload has another length");
    hash.update(bytes);
    const skipped = Math.max(0, from - at);
    at += bytes.length;
    if (skipped < bytes.length) yield skipped === 0 ? bytes : bytes.subarray(skipped);
  }
  if (at < found.size) throw new PayloadCorruptError("the payload is not all there");
  if (first === 0 && !hash.digest().equals(found.sha256))
    throw new PayloadCorruptError("the payload is not what its checksum says");
}
