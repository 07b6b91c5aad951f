import { createHash } from "node:crypto";
import { types } from "node:util";
import { BSON, MongoBulkWriteError } from "mongodb";
import type { QueryOptions } from "../statement.ts";
import { newId } from "./envelope.ts";
import { DocumentConflictError, DuplicateDocumentError, RefusedError } from "./errors.ts";
import { PayloadCorruptError, type PayloadInfo, type PayloadOptions, type PayloadSource } from "./payload.ts";
import { contiguous, findPayload } from "./payload-read.ts";
import {
  ask,
  CHUNK_BYTES,
  change,
  chunkKey,
  erase,
  infoOf,
  type JobPlace,
  keyOf,
  type PayloadChunk,
  type PayloadFile,
  range,
} from "./payload-store.ts";

/** Chunks in one command. */
const AT_ONCE = 16;
const DUPLICATE_KEY = 11000;

/** Stores bytes under an id, or finds that they are there. @throws {DuplicateDocumentError} where others are */
export async function writePayload(
  place: JobPlace,
  id: string,
  source: PayloadSource,
  options: PayloadOptions,
): Promise<PayloadInfo> {
  const present = await findPayload(place, id, options);
  if (present === null) return storeNew(place, id, source, options);
  const hash = createHash("sha256");
  if (options.sha256 === undefined) for await (const bytes of bytesOf(source, 0)) hash.update(bytes);
  if (!present.sha256.equals(options.sha256 ?? hash.digest()))
    throw new DuplicateDocumentError("there is another payload of that id", undefined, undefined);
  return present;
}

/** Takes the upload over from whoever had it, with what is there; a later one takes it over from this. */
async function begin(place: JobPlace, key: string, options: PayloadOptions): Promise<string> {
  const { files, chunks, prefix } = place;
  const upload = newId();
  const { name = "", contentType = "application/octet-stream" } = options;
  const file = {
    filename: name,
    chunkSize: CHUNK_BYTES,
    uploadDate: new Date(),
    upload,
    metadata: { contentType },
  };
  await change(place, "update", options, async (limits) => {
    // Otherwise there is one that is whole, or whose upload began later.
    const own = { _id: key, length: { $exists: false }, upload: { $lt: upload } };
    await files.updateOne(own, { $set: file }, { ...limits, upsert: true });
    await chunks.updateMany({ ...range(key), upload: { $lt: upload } }, { $set: { upload } }, limits);
  }).catch((error: unknown) => {
    throw error instanceof DuplicateDocumentError ? overtaken(key.slice(prefix.length)) : error;
  });
  return upload;
}

async function put(
  place: JobPlace,
  upload: string,
  documents: readonly PayloadChunk[],
  options: QueryOptions,
): Promise<void> {
  const { workspace, job, store } = place;
  const writing = () => putWithin(place, upload, documents, options);
  if (store.quotas === undefined) return writing();
  const bytes = () => documents.reduce((sum, { data }) => sum + lengthOf(data), 0);
  await store.quotas.within({ workspace, job }, () => ({ bytes: bytes() }), options, writing);
}

async function putWithin(
  place: JobPlace,
  upload: string,
  documents: readonly PayloadChunk[],
  options: QueryOptions,
): Promise<void> {
  const { chunks } = place;
  await change(place, "insert", options, async (limits) => {
    const taken = await chunks
      .insertMany(documents, { ...limits, ordered: false })
      .then(() => [])
      .catch((error: unknown) => {
        const failed = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
        if (failed.length === 0 || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
        return failed.map(({ index }) => documents[index]!);
      });
    // Somebody whose upload was taken over has written them, or this one had to be sent again.
    for (const { _id, ...rest } of taken) {
      const { matchedCount } = await chunks.replaceOne({ _id, upload: { $lte: upload } }, rest, limits);
      if (matchedCount === 0) throw overtaken();
    }
  });
}

async function storeNew(
  place: JobPlace,
  id: string,
  source: PayloadSource,
  options: PayloadOptions,
): Promise<PayloadInfo> {
  const { files, chunks, prefix, encryption } = place;
  const key = keyOf(place, id);
  const upload = await begin(place, key, options);
  const hash = createHash("sha256");
  let size = 0;
  let n = 0;
  if (typeof source === "function")
    for await (const bytes of contiguous(place, key, 0, options)) {
      if (bytes.length !== CHUNK_BYTES) break;
      hash.update(bytes);
      size += bytes.length;
      n++;
    }
  await change(place, "delete", options, (limits) => chunks.deleteMany(range(key, n), limits));
  let batch: PayloadChunk[] = [];
  for await (const bytes of inChunks(bytesOf(source, size))) {
    hash.update(bytes);
    size += bytes.length;
    const _id = chunkKey(key, n);
    const data =
      encryption === undefined
        ? bytes
        : (await encryption.encrypt(_id.slice(prefix.length), { data: bytes })).data;
    batch.push({ _id, files_id: key, n: n++, upload, data });
    if (batch.length < AT_ONCE) continue;
    await put(place, upload, batch, options);
    batch = [];
  }
  if (batch.length > 0) await put(place, upload, batch, options);
  const sha256 = hash.digest();
  if (options.sha256 !== undefined && !sha256.equals(options.sha256)) {
    await erase(place, key, upload, options);
    throw new PayloadCorruptError("the bytes are not those of the checksum; nothing was stored");
  }
  const there = await ask(place, "count", options, (limits) =>
    chunks.countDocuments({ ...range(key), upload }, limits),
  );
  const file = await change(place, "findAndModify", options, (limits) =>
    files.findOneAndUpdate(
      { _id: key, upload, length: { $exists: false } },
      { $set: { length: size, uploadDate: new Date(), "metadata.sha256": sha256 } },
      { ...limits, returnDocument: "after" },
    ),
  );
  if (there !== n || file === null) {
    const stored = await findPayload(place, id, options);
    // The answer to the first of two attempts was lost.
    if (there === n && stored?.sha256.equals(sha256)) return stored;
    throw overtaken(id);
  }
  return infoOf(file as PayloadFile, prefix)!;
}

function overtaken(id?: string): DocumentConflictError {
  return new DocumentConflictError(
    "somebody else has deleted the payload, or writes it; it was not stored",
    id,
  );
}

function lengthOf(data: unknown): number {
  return data instanceof BSON.Binary ? data.length() : (data as Uint8Array).length;
}

/** The source's bytes from a number on. @throws {RefusedError} for what is none: a text, or the numbers of a Buffer */
async function* bytesOf(source: PayloadSource, from: number): AsyncGenerator<Uint8Array> {
  const pieces: unknown = typeof source === "function" ? source(from) : source;
  if (!isIterable(pieces) || pieces instanceof Uint8Array) throw noBytes();
  for await (const piece of pieces) {
    if (!types.isUint8Array(piece)) throw noBytes();
    yield piece;
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

function noBytes(): RefusedError {
  return new RefusedError("a payload's source gives bytes (Uint8Array); nothing was stored");
}

async function* inChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    let rest = piece;
    while (length + rest.length >= CHUNK_BYTES) {
      const taken = CHUNK_BYTES - length;
      yield Buffer.concat([...parts, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) {
      // The source may use its own memory again.
      parts.push(Buffer.from(rest));
      length += rest.length;
    }
  }
  if (length > 0) yield Buffer.concat(parts);
}
