import { createHash } from "node:crypto";
import { BSON, type Collection, MongoBulkWriteError } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import { newId } from "./envelope.ts";
import {
  DocumentConflictError,
  DocumentNotFoundError,
  DuplicateDocumentError,
  RefusedError,
} from "./errors.ts";
import { createFieldEncryption, type FieldEncryption } from "./field-encryption.ts";
import { afterPrefix } from "./layout.ts";
import { PAYLOAD_CHUNKS, PAYLOAD_FILES } from "./own-collections.ts";
import type { Store } from "./target.ts";

/** A payload of any size that belongs to a job, in GridFS's format: a file that says what it is, and its chunks. */
export interface PayloadInfo {
  readonly id: string;
  readonly size: number;
  readonly sha256: Buffer;
  readonly name: string;
  readonly contentType: string;
  readonly storedAt: Date;
}

/**
 * The bytes. Given as a function, an upload that was broken off goes on: it is asked for the bytes from that number on, which is
 * what is there already.
 */
export type PayloadSource = AsyncIterable<Uint8Array> | ((from: number) => AsyncIterable<Uint8Array>);

export interface PayloadOptions extends QueryOptions {
  readonly name?: string;
  readonly contentType?: string;
  /** What the bytes are known to be: others are an error, and not stored. */
  readonly sha256?: Uint8Array;
}

export interface ReadPayloadOptions extends QueryOptions {
  /** The first byte to read; only a whole payload is held against its checksum. */
  readonly from?: number;
}

/** A payload's bytes are not those that were written, or not all of them. */
export class PayloadCorruptError extends DatabaseError {
  override readonly name = "PayloadCorruptError";
}

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

/** A payload, and whose it is. */
export interface FoundPayload {
  readonly job: JobId;
  readonly id: string;
  /** When it was stored, or its upload began. */
  readonly at: Date;
  /** Whether all of it is there. */
  readonly isWhole: boolean;
}

/** A file as GridFS has it; without `length` while it is uploaded. */
interface PayloadFile {
  readonly _id: string;
  readonly filename: string;
  readonly chunkSize: number;
  readonly length?: number | bigint;
  readonly uploadDate: Date;
  /** Who uploads it now; of two, the later. */
  readonly upload: string;
  readonly metadata: { readonly contentType: string; readonly sha256?: Buffer };
}

interface PayloadChunk {
  readonly _id: string;
  readonly files_id: string;
  readonly n: number;
  readonly upload: string;
  readonly data: unknown;
}

/** GridFS's own size, of which 64 fit in a document's 16 MiB. */
const CHUNK_BYTES = 255 * 1024;
/** Chunks in one command. */
const AT_ONCE = 16;
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const DUPLICATE_KEY = 11000;

interface Place {
  readonly store: Store;
  readonly workspace: WorkspaceId;
  readonly database: string;
  readonly files: Collection<PayloadFile>;
  readonly chunks: Collection<PayloadChunk>;
}

function placeOf(store: Store, workspace: WorkspaceId): Place {
  const kind = store.declarations[0]!.kind;
  const { database } = store.layout.place({ workspace, job: "0" as JobId, kind });
  const db = store.client.db(database);
  return {
    store,
    workspace,
    database,
    files: db.collection<PayloadFile>(PAYLOAD_FILES),
    chunks: db.collection<PayloadChunk>(PAYLOAD_CHUNKS),
  };
}

type Work<T> = (limits: Limits) => Promise<T>;

function ask<T>(
  place: Place,
  operation: string,
  options: QueryOptions | undefined,
  work: Work<T>,
): Promise<T> {
  return place.store.caller.run(callOf(place, operation, false), options, work);
}

/** A write cannot be stopped by a signal once it is sent. */
function change<T>(
  place: Place,
  operation: string,
  options: QueryOptions | undefined,
  work: Work<T>,
): Promise<T> {
  const call = { ...callOf(place, operation, true), several: true };
  return place.store.caller.run(call, options, ({ maxTimeMS }) =>
    work(maxTimeMS === undefined ? {} : { maxTimeMS }),
  );
}

function callOf({ database }: Place, operation: string, write: boolean) {
  return { operation, kind: "payload", collection: PAYLOAD_FILES, namespace: database, write };
}

/** Chunks of one payload, from a number on. */
function range(key: string, from = 0): { _id: { $gte: string; $lt: string } } {
  return { _id: { $gte: chunkKey(key, from), $lt: afterPrefix(`${key}/`) } };
}

function chunkKey(key: string, n: number): string {
  return `${key}/${String(n).padStart(8, "0")}`;
}

export function payloadsOf(store: Store, workspace: WorkspaceId, job: JobId): Payloads {
  const place = placeOf(store, workspace);
  const { files, chunks } = place;
  const prefix = `${workspace}/${job}/`;
  const encryption =
    store.keys === undefined
      ? undefined
      : createFieldEncryption(store.keys, ["data"], { workspace, job, kind: "payload" }, prefix);
  const keyOf = (id: string) => {
    if (typeof id !== "string" || !ID.test(id))
      throw new RefusedError("a payload's id is 1 to 128 of the characters A-Z, a-z, 0-9, _ and -");
    return prefix + id;
  };

  async function info(id: string, options?: QueryOptions): Promise<PayloadInfo | null> {
    const key = keyOf(id);
    const file = await ask(place, "find", options, (limits) => files.findOne({ _id: key }, limits));
    return file === null ? null : infoOf(file as PayloadFile, prefix);
  }

  /** Its chunks from a number on, in the clear; ends where one is missing. */
  async function* contiguous(key: string, from: number, options?: QueryOptions): AsyncGenerator<Buffer> {
    let n = from;
    const open = (limits: Limits) => chunks.find(range(key, from), { ...limits, sort: { _id: 1 } });
    for await (const chunk of store.caller.stream(callOf(place, "find", false), options, open)) {
      if (chunk.n !== n++) return;
      yield await opened(encryption, chunk as PayloadChunk);
    }
  }

  /** Takes the upload over from whoever had it, with what is there; a later one takes it over from this. */
  async function begin(key: string, options: PayloadOptions): Promise<string> {
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
    upload: string,
    documents: readonly PayloadChunk[],
    options: QueryOptions,
  ): Promise<void> {
    const { quotas } = store;
    if (quotas === undefined) return putWithin(upload, documents, options);
    const bytes = () => documents.reduce((sum, { data }) => sum + lengthOf(data), 0);
    await quotas.within(
      { workspace, job },
      () => ({ bytes: bytes() }),
      options,
      () => putWithin(upload, documents, options),
    );
  }

  async function putWithin(
    upload: string,
    documents: readonly PayloadChunk[],
    options: QueryOptions,
  ): Promise<void> {
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

  async function storeNew(key: string, id: string, source: PayloadSource, options: PayloadOptions) {
    const upload = await begin(key, options);
    const hash = createHash("sha256");
    let size = 0;
    let n = 0;
    if (typeof source === "function")
      for await (const bytes of contiguous(key, 0, options)) {
        if (bytes.length !== CHUNK_BYTES) break;
        hash.update(bytes);
        size += bytes.length;
        n++;
      }
    await change(place, "delete", options, (limits) => chunks.deleteMany(range(key, n), limits));
    let batch: PayloadChunk[] = [];
    for await (const bytes of inChunks(typeof source === "function" ? source(size) : source)) {
      hash.update(bytes);
      size += bytes.length;
      const _id = chunkKey(key, n);
      const data =
        encryption === undefined
          ? bytes
          : (await encryption.encrypt(_id.slice(prefix.length), { data: bytes })).data;
      batch.push({ _id, files_id: key, n: n++, upload, data });
      if (batch.length < AT_ONCE) continue;
      await put(upload, batch, options);
      batch = [];
    }
    if (batch.length > 0) await put(upload, batch, options);
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
      const stored = await info(id, options);
      // The answer to the first of two attempts was lost.
      if (there === n && stored?.sha256.equals(sha256)) return stored;
      throw overtaken(id);
    }
    return infoOf(file as PayloadFile, prefix)!;
  }

  return {
    info,
    async write(id, source, options = {}) {
      const key = keyOf(id);
      const present = await info(id, options);
      if (present === null) return storeNew(key, id, source, options);
      const hash = createHash("sha256");
      if (options.sha256 === undefined)
        for await (const bytes of typeof source === "function" ? source(0) : source) hash.update(bytes);
      if (!present.sha256.equals(options.sha256 ?? hash.digest()))
        throw new DuplicateDocumentError("there is another payload of that id", undefined, undefined);
      return present;
    },
    async *read(id, { from = 0, ...options } = {}) {
      const found = await info(id, options);
      if (found === null) throw new DocumentNotFoundError("there is no such payload", id);
      if (!Number.isSafeInteger(from) || from < 0)
        throw new RefusedError("a payload is read from a whole number on");
      const first = Math.floor(from / CHUNK_BYTES);
      const hash = createHash("sha256");
      let at = first * CHUNK_BYTES;
      for await (const bytes of contiguous(keyOf(id), first, options)) {
        if (at >= found.size) break;
        const expected = Math.min(CHUNK_BYTES, found.size - at);
        if (bytes.length !== expected)
          throw new PayloadCorruptError("a part of the payload has another length");
        hash.update(bytes);
        const skipped = Math.max(0, from - at);
        at += bytes.length;
        if (skipped < bytes.length) yield skipped === 0 ? bytes : bytes.subarray(skipped);
      }
      if (at < found.size) throw new PayloadCorruptError("the payload is not all there");
      if (first === 0 && !hash.digest().equals(found.sha256))
        throw new PayloadCorruptError("the payload is not what its checksum says");
    },
    async *list(options) {
      for await (const file of filesIn(place, prefix, options)) {
        const found = infoOf(file, prefix);
        if (found !== null) yield found;
      }
    },
    async delete(id, options) {
      return erase(place, keyOf(id), newId(), options);
    },
    async reencrypt(options) {
      if (encryption === undefined) return 0;
      await encryption.renewKey();
      let number = 0;
      const all = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
      const open = (limits: Limits) => chunks.find(all, limits);
      for await (const chunk of store.caller.stream(callOf(place, "find", false), options, open)) {
        const { _id, upload, data } = chunk as PayloadChunk;
        if (!(await encryption.isOutdated({ data: { data } }))) continue;
        const bytes = await opened(encryption, chunk as PayloadChunk);
        const sealed = await encryption.encrypt(_id.slice(prefix.length), { data: bytes });
        await change(place, "update", options, (limits) =>
          chunks.updateOne({ _id, upload }, { $set: { data: sealed.data } }, limits),
        );
        number++;
      }
      return number;
    },
  };
}

function overtaken(id?: string): DocumentConflictError {
  return new DocumentConflictError(
    "somebody else has deleted the payload, or writes it; it was not stored",
    id,
  );
}

async function opened(encryption: FieldEncryption | undefined, { _id, data }: PayloadChunk): Promise<Buffer> {
  const plain =
    encryption === undefined ? data : (await encryption.decrypt({ _id, data: { data } })).data.data;
  if (!Buffer.isBuffer(plain)) throw new PayloadCorruptError("a part of the payload is no bytes");
  return plain;
}

function infoOf(
  { _id, length, metadata, filename, uploadDate }: PayloadFile,
  prefix: string,
): PayloadInfo | null {
  if (length === undefined || metadata.sha256 === undefined) return null;
  return {
    id: _id.slice(prefix.length),
    size: Number(length),
    sha256: metadata.sha256,
    name: filename,
    contentType: metadata.contentType,
    storedAt: uploadDate,
  };
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

async function* filesIn(
  place: Place,
  prefix: string,
  options: QueryOptions | undefined,
): AsyncGenerator<PayloadFile> {
  const own = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
  const open = (limits: Limits) => place.files.find(own, { ...limits, sort: { _id: 1 } });
  for await (const file of place.store.caller.stream(callOf(place, "find", false), options, open))
    yield file as PayloadFile;
}

/** Deletes one: first what says that it is there, so that nobody can end an upload of it. Tells whether there was one. */
async function erase(
  place: Place,
  key: string,
  upload: string,
  options: QueryOptions | undefined,
): Promise<boolean> {
  return change(place, "delete", options, async (limits) => {
    const { deletedCount } = await place.files.deleteOne({ _id: key, upload: { $lte: upload } }, limits);
    // One that begins now has a later upload.
    const parts = await place.chunks.deleteMany({ ...range(key), upload: { $lte: upload } }, limits);
    place.store.quotas?.freed(place.workspace);
    return deletedCount + parts.deletedCount > 0;
  });
}

/** Deletes all payloads of a job, or of a workspace, whose keys begin so. */
export async function erasePayloads(
  store: Store,
  workspace: WorkspaceId,
  job: JobId | undefined,
  options: QueryOptions | undefined,
): Promise<void> {
  const place = placeOf(store, workspace);
  const prefix = job === undefined ? `${workspace}/` : `${workspace}/${job}/`;
  const all = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
  await change(place, "delete", options, async (limits) => {
    await place.files.deleteMany(all, limits);
    await place.chunks.deleteMany(all, limits);
  });
}

/** All payloads of a workspace, those that are uploaded too. */
export async function* payloadsIn(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<FoundPayload, void, undefined> {
  for await (const { _id, uploadDate, length } of filesIn(
    placeOf(store, workspace),
    `${workspace}/`,
    options,
  )) {
    const [, job, id] = _id.split("/");
    yield { job: job as JobId, id: id!, at: uploadDate, isWhole: length !== undefined };
  }
}

/**
 * Deletes what uploads that were broken off have left: those that began before a time, and chunks of which nothing says that they
 * are there. Gives how many payloads that were.
 */
export async function sweepPayloads(
  store: Store,
  workspace: WorkspaceId,
  before: Date,
  options: QueryOptions | undefined,
): Promise<number> {
  const place = placeOf(store, workspace);
  let swept = 0;
  for await (const { _id, uploadDate, length, upload } of filesIn(place, `${workspace}/`, options))
    if (length === undefined && uploadDate < before && (await erase(place, _id, upload, options))) swept++;
  const end = afterPrefix(`${workspace}/`);
  for (let from = `${workspace}/`; ; ) {
    const next = await ask(place, "find", options, (limits) =>
      place.chunks.findOne(
        { _id: { $gte: from, $lt: end } },
        { ...limits, sort: { _id: 1 }, projection: { files_id: 1, upload: 1 } },
      ),
    );
    if (next === null) return swept;
    const { files_id: key, upload } = next;
    const file = await ask(place, "find", options, (limits) => place.files.findOne({ _id: key }, limits));
    if (file === null && (await erase(place, key, upload, options))) swept++;
    from = afterPrefix(`${key}/`);
  }
}

function lengthOf(data: unknown): number {
  return data instanceof BSON.Binary ? data.length() : (data as Uint8Array).length;
}

/** The bytes of all payloads of a workspace, as far as they are uploaded. */
export async function payloadBytes(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<number> {
  const place = placeOf(store, workspace);
  const stages = [
    { $match: { _id: { $gte: `${workspace}/`, $lt: afterPrefix(`${workspace}/`) } } },
    { $group: { _id: null, bytes: { $sum: { $binarySize: "$data" } } } },
  ];
  const [sum] = await ask(place, "aggregate", options, (limits) =>
    place.chunks.aggregate<{ bytes: number | bigint }>(stages, limits).toArray(),
  );
  return Number(sum?.bytes ?? 0);
}

/** Makes the other side's payloads of a workspace what this side's are; gives how many were copied or erased. */
export async function copyPayloads(
  from: Store,
  to: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<number> {
  const [source, target] = [placeOf(from, workspace), placeOf(to, workspace)];
  const isSame = await sharesPayloads(source, target, options);
  if (isSame) return 0;
  let number = 0;
  const prefix = `${workspace}/`;
  for await (const { _id } of filesIn(target, prefix, options))
    if (
      (await ask(source, "find", options, (limits) => source.files.findOne({ _id }, limits))) === null &&
      (await erase(target, _id, newId(), options))
    )
      number++;
  for await (const file of filesIn(source, prefix, options)) {
    const { _id, length } = file;
    if (length === undefined) continue;
    const there = await ask(target, "find", options, (limits) => target.files.findOne({ _id }, limits));
    if (there?.upload === file.upload) continue;
    if (there !== null) await erase(target, _id, newId(), options);
    const open = (limits: Limits) =>
      source.chunks.find(range(_id), { ...limits, sort: { _id: 1 }, promoteBuffers: false });
    for await (const chunk of from.caller.stream(callOf(source, "find", false), options, open)) {
      const { _id: key, ...rest } = chunk as PayloadChunk;
      await change(target, "update", options, (limits) =>
        target.chunks.replaceOne({ _id: key }, rest, { ...limits, upsert: true }),
      );
    }
    // It is there once all of it is.
    const { _id: key, ...rest } = file;
    await change(target, "update", options, (limits) =>
      target.files.replaceOne({ _id: key }, rest, { ...limits, upsert: true }),
    );
    number++;
  }
  return number;
}

/** Tells whether both sides are one place: two layouts in one database have the same payloads. */
async function sharesPayloads(
  source: Place,
  target: Place,
  options: QueryOptions | undefined,
): Promise<boolean> {
  if (source.database !== target.database) return false;
  const probe = { _id: `~probe/${newId()}`, filename: "", chunkSize: 0, uploadDate: new Date(), upload: "" };
  const file = { ...probe, metadata: { contentType: "" } };
  await change(source, "insert", options, (limits) => source.files.insertOne(file, limits));
  const found = await ask(target, "find", options, (limits) =>
    target.files.findOne({ _id: file._id }, limits),
  );
  await change(source, "delete", options, (limits) => source.files.deleteOne({ _id: file._id }, limits));
  return found !== null;
}
