import type { JobId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import { DocumentConflictError } from "./errors.ts";
import type { PayloadInfo, PayloadSource } from "./payload.ts";
import type { Payloads } from "./payloads.ts";

/** A payload's file, as PostgreSQL has it. */
export interface PayloadFile {
  readonly id: string;
  readonly status: string;
}

/** What PostgreSQL knows of a workspace's files: `db.workspace(id)` of `@solitude/client`. */
export interface WorkspaceFiles<F extends PayloadFile> {
  readonly jobDocuments: {
    /** Who uploads it may have a type of its own, which is the client's affair. */
    createPayloadFile(
      args: { jobId: JobId; payload: string; name: string; contentType: string; uploadedBy: never },
      options?: QueryOptions,
    ): Promise<F | null>;
  };
  readonly files: {
    confirmFileUpload(
      args: { id: F["id"]; sizeBytes: string; sha256: Buffer },
      options?: QueryOptions,
    ): Promise<F | null>;
  };
}

export interface StorePayloadOptions extends QueryOptions {
  readonly name: string;
  readonly contentType?: string;
  readonly uploadedBy?: string | null;
  /** What the bytes are known to be: others are an error, and not stored. */
  readonly sha256?: Uint8Array;
}

/**
 * Stores a payload and its file: the row first, which a sweep would miss; then the bytes; then the row says that they are there. Broken
 * off anywhere and done again, it goes on.
 * @throws what `write` does; {DocumentConflictError} where the job or the file is deleted
 */
export async function storePayload<F extends PayloadFile>(
  workspace: WorkspaceFiles<F>,
  job: { readonly id: JobId; readonly payloads: Payloads },
  payload: string,
  source: PayloadSource,
  options: StorePayloadOptions,
): Promise<F & { readonly payload: PayloadInfo }> {
  const { name, contentType = "application/octet-stream", uploadedBy = null, sha256, ...limits } = options;
  const about = { jobId: job.id, payload, name, contentType, uploadedBy: uploadedBy as never };
  const gone = () => new DocumentConflictError("the job, or the payload's file, is deleted", payload);
  const file = await workspace.jobDocuments.createPayloadFile(about, limits);
  if (file === null) throw gone();
  const known = sha256 === undefined ? {} : { sha256 };
  const stored = await job.payloads.write(payload, source, { name, contentType, ...known, ...limits });
  if (file.status !== "pending") return { ...file, payload: stored };
  const size = { id: file.id, sizeBytes: String(stored.size), sha256: stored.sha256 };
  const confirmed = await workspace.files.confirmFileUpload(size, limits);
  if (confirmed !== null) return { ...confirmed, payload: stored };
  // Somebody else has confirmed it meanwhile, or deleted it.
  const now = await workspace.jobDocuments.createPayloadFile(about, limits);
  if (now === null) throw gone();
  return { ...now, payload: stored };
}
