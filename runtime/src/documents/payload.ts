import { DatabaseError } from "../errors/errors.ts";
import type { JobId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";

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

/** A payload, and whose it is. */
export interface FoundPayload {
  readonly job: JobId;
  readonly id: string;
  /** When it was stored, or its upload began. */
  readonly at: Date;
  /** Whether all of it is there. */
  readonly isWhole: boolean;
}
