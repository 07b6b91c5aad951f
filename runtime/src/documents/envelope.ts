import { ObjectId } from "mongodb";
import type { z } from "zod";
import type { Declaration, StoredDocument } from "./declaration.ts";
import { branchOf, type DocumentSchema } from "./document-schema.ts";
import { DocumentTooNewError, InvalidDocumentError, RefusedError } from "./errors.ts";
import { isEncrypted, whyClosed } from "./field-encryption.ts";
import type { Place } from "./layout.ts";
import { type Parsed, parse } from "./parse.ts";
import { isStorableText, restoreReferences } from "./values.ts";

/** A document as MongoDB holds it. */
export interface Envelope {
  readonly _id: string;
  readonly workspace?: string;
  readonly job?: string;
  readonly kind?: string;
  readonly version: number;
  readonly revision: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date;
  readonly data: Record<string, unknown>;
}

export interface WriteTimes {
  readonly expiresAt?: Date | undefined;
}

/** An id that sorts behind those made before it. */
export function newId(): string {
  return new ObjectId().toHexString();
}

const MAX_ID_BYTES = 512;

/** @throws {RefusedError} where it is no text of 1 to 512 bytes, whatever the types promise */
export function keyOf(place: Place, id: string): string {
  checkId(id);
  return place.prefix + id;
}

/** @throws {RefusedError} where it can be no document's id */
export function checkId(id: string): void {
  // An object in its place would be an operator: { $gt: "" }.
  if (!isStorableText(id) || id === "" || id.includes("\0") || Buffer.byteLength(id) > MAX_ID_BYTES)
    throw new RefusedError(`a document's id is text of 1 to ${MAX_ID_BYTES} bytes without NUL`);
}

/** @throws {RefusedError} where it is no revision: an object in its place would be an operator */
export function revisionOf({ revision }: { readonly revision?: string | undefined }): string | undefined {
  if (revision !== undefined && !isStorableText(revision)) throw new RefusedError("a revision is text");
  return revision;
}

/** @throws {RefusedError} where it is no time: the driver would make 1970 of it, and the server delete the document */
export function timeOf(time: Date): Date {
  if (!(time instanceof Date) || Number.isNaN(time.getTime()))
    throw new RefusedError("that is no valid date");
  return new Date(time);
}

/** Gives what a write sets: all but the id, the scope and the time of creation. */
export function contentOf(
  declaration: Declaration,
  data: Record<string, unknown>,
  { expiresAt }: WriteTimes,
  now: Date,
): Omit<Envelope, "_id" | "createdAt"> {
  if (expiresAt !== undefined && !declaration.expires)
    throw new RefusedError(
      `documents of ${declaration.kind} do not expire: its declaration lacks "expires: true"`,
    );
  const { version } = declaration;
  const [revision, updatedAt] = [newId(), now];
  // Written out: copying what both have costs more than all else here.
  return expiresAt === undefined
    ? { version, revision, updatedAt, data }
    : { version, revision, updatedAt, expiresAt: timeOf(expiresAt), data };
}

/**
 * A document as callers get it: migrated to the current version, and checked.
 * @throws {DocumentTooNewError | InvalidDocumentError}
 */
export function decode<S extends DocumentSchema>(
  declaration: Declaration<S>,
  place: Place,
  stored: Envelope,
): StoredDocument<z.output<S>> {
  return decodeBeside(declaration, place, stored).document;
}

/** The same, with the data that the schema was given: it may have fields that the schema does not know. */
export function decodeBeside<S extends DocumentSchema>(
  declaration: Declaration<S>,
  place: Place,
  stored: Envelope,
): { readonly document: StoredDocument<z.output<S>>; readonly data: unknown } {
  const id = stored._id.slice(place.prefix.length);
  refuseClosed(declaration, id, stored);
  const data = migrate(declaration, id, stored);
  const result = parse(declaration.schema, data);
  if (!result.success) throw invalid(declaration, result, id);
  return { document: wrap(id, stored, result.data as z.output<S>), data };
}

/** Part of a document, of the current version; each field is checked by itself. */
export function decodePart(
  declaration: Declaration,
  place: Place,
  stored: Envelope,
  fields: readonly string[],
): StoredDocument<Record<string, unknown>> {
  const id = stored._id.slice(place.prefix.length);
  const data: Record<string, unknown> = {};
  refuseClosed(declaration, id, stored);
  const branch = branchOf(declaration.schema, stored.data);
  if (branch === undefined) {
    // The whole schema says why.
    throw invalid(declaration, parse(declaration.schema, restoreReferences(stored.data)) as Refused, id);
  }
  for (const field of fields) {
    const schema = branch.shape[field];
    if (schema === undefined) continue; // Another branch has it.
    const result = parse(schema, restoreReferences(stored.data?.[field]), [field]);
    if (!result.success) throw invalid(declaration, result, id);
    if (result.data !== undefined) data[field] = result.data;
  }
  return wrap(id, stored, data);
}

/** Refuses what could not be decrypted: it is no data. @throws {InvalidDocumentError} */
function refuseClosed({ kind, encrypt }: Declaration, id: string, { data }: Envelope): void {
  for (const field of encrypt) {
    const value = data?.[field];
    if (!isEncrypted(value)) continue;
    const issue = { path: [field], message: whyClosed(value) };
    throw new InvalidDocumentError(`a ${kind} document cannot be read`, [issue], id);
  }
}

function wrap<T>(
  id: string,
  { revision, createdAt, updatedAt, expiresAt }: Envelope,
  data: T,
): StoredDocument<T> {
  if (expiresAt === undefined) return { id, revision, createdAt, updatedAt, data };
  return { id, revision, createdAt, updatedAt, expiresAt, data };
}

function migrate(declaration: Declaration, id: string, stored: Envelope): unknown {
  const { version } = stored;
  if (version > declaration.version) throw tooNew(declaration, id, version);
  let migrated = restoreReferences(stored.data) as Record<string, unknown>;
  for (let from = version; from < declaration.version; from++) {
    const migration = declaration.migrations[from];
    try {
      if (migration === undefined) throw new RangeError("there is no such version");
      migrated = migration(migrated);
    } catch (cause) {
      const message = `could not be migrated from version ${from}`;
      throw new InvalidDocumentError(`a ${declaration.kind} document`, [{ path: [], message }], id, cause);
    }
  }
  return migrated;
}

export function tooNew({ kind, version }: Declaration, id: string, stored: number): DocumentTooNewError {
  return new DocumentTooNewError(
    `a ${kind} document has version ${stored}, and this program knows ${version}`,
    id,
  );
}

type Refused = Extract<Parsed<unknown>, { success: false }>;

function invalid({ kind }: Declaration, { issues, cause }: Refused, id: string): InvalidDocumentError {
  return new InvalidDocumentError(`a ${kind} document is stored with`, issues, id, cause);
}
