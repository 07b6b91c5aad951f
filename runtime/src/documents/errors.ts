import { DatabaseError } from "../errors/errors.ts";

/** Something about one document. Its id is no part of the message, for it may be a person's address. */
export class DocumentError extends DatabaseError {
  override readonly name: string = "DocumentError";
  readonly id: string | undefined;
  constructor(message: string, id?: string | undefined, cause?: unknown) {
    super(message, { cause });
    this.id = id;
  }
}

/** A document with that id, or with those values of a unique index, is there already. */
export class DuplicateDocumentError extends DatabaseError {
  override readonly name = "DuplicateDocumentError";
  /** The unique index as declared; absent where it is the id, or where the server does not say. */
  readonly index: string | undefined;
  constructor(message: string, index: string | undefined, cause: unknown) {
    super(message, { cause });
    this.index = index;
  }
}

/** What is wrong with one value of a document. */
export interface DocumentIssue {
  /** From the document's root: `["attendees", 0, "email"]`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A document is not what its declaration says. Where it was to be written, nothing was. */
export class InvalidDocumentError extends DocumentError {
  override readonly name = "InvalidDocumentError";
  readonly issues: readonly DocumentIssue[];
  constructor(what: string, issues: readonly DocumentIssue[], id?: string | undefined, cause?: unknown) {
    super(`${what}: ${issues.map(describeIssue).join("; ")}`, id, cause);
    this.issues = issues;
  }
}

function describeIssue({ path, message }: DocumentIssue): string {
  return `${path.length === 0 ? "the document" : path.join(".")}: ${message}`;
}

/** Somebody else has written the document since it was read. Nothing was written. */
export class DocumentConflictError extends DocumentError {
  override readonly name = "DocumentConflictError";
}

/** There is no document with that id to be changed. */
export class DocumentNotFoundError extends DocumentError {
  override readonly name = "DocumentNotFoundError";
}

/** The document was written under a newer version of its declaration than this program has. */
export class DocumentTooNewError extends DocumentError {
  override readonly name = "DocumentTooNewError";
}

/** A filter or pipeline that could leave its scope, run JavaScript or mean what was not meant. Nothing was sent. */
export class RefusedError extends DatabaseError {
  override readonly name = "RefusedError";
  /** Where it stands: `["$or", 0, "$where"]`. */
  readonly path: readonly (string | number)[];
  constructor(message: string, path: readonly (string | number)[] = [], options?: ErrorOptions) {
    super(path.length === 0 ? message : `${message} (at ${path.join(".")})`, options);
    this.path = path;
  }
}

/** A declaration of a collection that cannot be kept. */
export class DeclarationError extends DatabaseError {
  override readonly name = "DeclarationError";
}

/** The server cannot do this: transactions and change streams need a replica set. */
export class UnsupportedByServerError extends DatabaseError {
  override readonly name = "UnsupportedByServerError";
}

/** An export of a job that cannot be made here, or lines that are none, or not all of one. */
export class JobExportError extends DatabaseError {
  override readonly name = "JobExportError";
}

/** The provider of keys could not wrap or unwrap one. What was to be written was not. */
export class KeyProviderError extends DatabaseError {
  override readonly name = "KeyProviderError";
}

/** One more collection would exceed the limit that the configuration sets. */
export class CollectionLimitError extends DatabaseError {
  override readonly name = "CollectionLimitError";
}

/** The server refused a command for a reason that has no class of its own. */
export class DocumentCommandError extends DatabaseError {
  override readonly name = "DocumentCommandError";
  /** MongoDB's number of the error. */
  readonly code: number | undefined;
  constructor(message: string, code: number | undefined, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
