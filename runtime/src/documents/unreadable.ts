import type { StoredDocument } from "./declaration.ts";
import type { Envelope } from "./envelope.ts";
import { DocumentTooNewError, InvalidDocumentError } from "./errors.ts";
import type { Place } from "./layout.ts";
import { restoreReferences } from "./values.ts";

/** Why a document cannot be read by this release. */
export type UnreadableError = DocumentTooNewError | InvalidDocumentError;

/** A document as it is stored, whatever its version and its data. */
export interface RawDocument {
  readonly id: string;
  readonly version: number;
  readonly revision: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date | undefined;
  readonly data: unknown;
}

/**
 * Stands in a list for a document that this release cannot read: a newer one, or one that is not what its declaration says.
 * It has all but the data, and asking for that throws `error`.
 */
export class UnreadableDocument implements StoredDocument<never> {
  readonly id: string;
  readonly revision: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date | undefined;
  readonly error: UnreadableError;
  readonly stored: RawDocument;

  constructor(place: Place, stored: Envelope, error: UnreadableError) {
    this.stored = rawOf(place, stored);
    const { id, revision, createdAt, updatedAt, expiresAt } = this.stored;
    this.id = id;
    this.revision = revision;
    this.createdAt = createdAt;
    this.updatedAt = updatedAt;
    if (expiresAt !== undefined) this.expiresAt = expiresAt;
    this.error = error;
  }

  get data(): never {
    throw this.error;
  }
}

/** Gives what `read` gives, or what stands for a document that cannot be read. */
export function readable<T>(
  place: Place,
  stored: Envelope,
  read: () => StoredDocument<T>,
): StoredDocument<T> {
  try {
    return read();
  } catch (error) {
    if (error instanceof DocumentTooNewError || error instanceof InvalidDocumentError)
      return new UnreadableDocument(place, stored, error);
    throw error;
  }
}

/** Tells whether a document of a list has data that this release can read. */
export function isReadable<T>(document: StoredDocument<T>): boolean {
  return !(document instanceof UnreadableDocument);
}

export function rawOf(place: Place, stored: Envelope): RawDocument {
  const { _id, version, revision, createdAt, updatedAt, expiresAt } = stored;
  const document = { id: _id.slice(place.prefix.length), version, revision, createdAt, updatedAt };
  const data = restoreReferences(stored.data);
  return expiresAt === undefined ? { ...document, data } : { ...document, expiresAt, data };
}
