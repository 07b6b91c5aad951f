import type { Collection } from "mongodb";
import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import { RefusedError } from "./errors.ts";
import { createFieldEncryption, type FieldEncryption } from "./field-encryption.ts";
import { afterPrefix } from "./layout.ts";
import { PAYLOAD_CHUNKS, PAYLOAD_FILES } from "./own-collections.ts";
import { PayloadCorruptError, type PayloadInfo } from "./payload.ts";
import type { Store } from "./target.ts";
import { outcomeUnknown } from "./translate.ts";

/** A file as GridFS has it; without `length` while it is uploaded. */
export interface PayloadFile {
  readonly _id: string;
  readonly filename: string;
  readonly chunkSize: number;
  readonly length?: number | bigint;
  readonly uploadDate: Date;
  /** Who uploads it now; of two, the later. */
  readonly upload: string;
  readonly metadata: { readonly contentType: string; readonly sha256?: Buffer };
}

export interface PayloadChunk {
  readonly _id: string;
  readonly files_id: string;
  readonly n: number;
  readonly upload: string;
  readonly data: unknown;
}

/** GridFS's own size, of which 64 fit in a document's 16 MiB. */
export const CHUNK_BYTES = 255 * 1024;
const ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Where a workspace's payloads are. */
export interface Place {
  readonly store: Store;
  readonly workspace: WorkspaceId;
  readonly database: string;
  readonly files: Collection<PayloadFile>;
  readonly chunks: Collection<PayloadChunk>;
}

export function placeOf(store: Store, workspace: WorkspaceId): Place {
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

/** Where one job's are. */
export interface JobPlace extends Place {
  readonly job: JobId;
  /** What the keys of its payloads begin with. */
  readonly prefix: string;
  readonly encryption: FieldEncryption | undefined;
}

export function jobPlaceOf(store: Store, workspace: WorkspaceId, job: JobId): JobPlace {
  const prefix = `${workspace}/${job}/`;
  const encryption =
    store.keys === undefined
      ? undefined
      : createFieldEncryption(store.keys, ["data"], { workspace, job, kind: "payload" }, prefix);
  return { ...placeOf(store, workspace), job, prefix, encryption };
}

/** @throws {RefusedError} */
export function keyOf({ prefix }: JobPlace, id: string): string {
  if (typeof id !== "string" || !ID.test(id))
    throw new RefusedError("a payload's id is 1 to 128 of the characters A-Z, a-z, 0-9, _ and -");
  return prefix + id;
}

type Work<T> = (limits: Limits) => Promise<T>;

export function ask<T>(
  place: Place,
  operation: string,
  options: QueryOptions | undefined,
  work: Work<T>,
): Promise<T> {
  return place.store.caller.run(callOf(place, operation, false), options, work);
}

export function change<T>(
  place: Place,
  operation: string,
  options: QueryOptions | undefined,
  work: Work<T>,
): Promise<T> {
  const call = { ...callOf(place, operation, true), several: true };
  return place.store.caller.run(call, options, (_, untilSent) => work(untilSent));
}

export function callOf({ database }: Place, operation: string, write: boolean) {
  return { operation, kind: "payload", collection: PAYLOAD_FILES, namespace: database, write };
}

/** Chunks of one payload, from a number on. */
export function range(key: string, from = 0): { _id: { $gte: string; $lt: string } } {
  return { _id: { $gte: chunkKey(key, from), $lt: afterPrefix(`${key}/`) } };
}

export function chunkKey(key: string, n: number): string {
  return `${key}/${String(n).padStart(8, "0")}`;
}

/** A chunk's bytes, in the clear. @throws {PayloadCorruptError} */
export async function opened(
  encryption: FieldEncryption | undefined,
  { _id, data }: PayloadChunk,
): Promise<Buffer> {
  const plain =
    encryption === undefined ? data : (await encryption.decrypt({ _id, data: { data } })).data.data;
  if (!Buffer.isBuffer(plain)) throw new PayloadCorruptError("a part of the payload is no bytes");
  return plain;
}

/** null while it is uploaded. */
export function infoOf(
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

/** The files whose keys begin so, whole or not. */
export async function* filesIn(
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
export async function erase(
  place: Place,
  key: string,
  upload: string,
  options: QueryOptions | undefined,
): Promise<boolean> {
  return change(place, "delete", options, async (limits) => {
    const { deletedCount } = await place.files.deleteOne({ _id: key, upload: { $lte: upload } }, limits);
    // One that begins now has a later upload.
    const parts = await place.chunks
      .deleteMany({ ...range(key), upload: { $lte: upload } }, limits)
      .catch((error: unknown) => {
        throw deletedCount > 0 ? outcomeUnknown("delete payload", error) : error;
      });
    place.store.quotas?.freed(place.workspace);
    return deletedCount + parts.deletedCount > 0;
  });
}
