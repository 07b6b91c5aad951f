import type { QueryOptions } from "../statement.ts";
import {
  DocumentConflictError,
  DocumentNotFoundError,
  DuplicateDocumentError,
  JobExportError,
  RefusedError,
} from "./errors.ts";
import { PayloadCorruptError, type PayloadOptions } from "./payload.ts";
import type { Payloads } from "./payloads.ts";
import { QuotaExceededError } from "./quota.ts";

/** The lines of an export, one after the other, as objects of JSON. */
export interface LineReader {
  /** Of the line that was read last. */
  readonly number: number;
  /** undefined at the end. @throws {JobExportError} where one is no object of JSON */
  next(): Promise<Record<string, unknown> | undefined>;
}

/** What becomes of a payload's line, and of those with its bytes behind it. */
export type ImportedPayload = "imported" | "present" | RefusedPayloadError;
type RefusedPayloadError = InstanceType<(typeof REFUSED)[number]>;

/** What keeps one payload from being written, and no other. */
const REFUSED = [
  DocumentConflictError,
  DuplicateDocumentError,
  PayloadCorruptError,
  QuotaExceededError,
  RefusedError,
] as const;

/** A payload as lines: what it is, and behind that its bytes. */
export async function* payloadLines(
  payloads: Payloads,
  options: QueryOptions,
): AsyncGenerator<object, void, undefined> {
  for await (const { id, name, contentType, size, sha256 } of payloads.list(options)) {
    const chunks = payloads.read(id, options);
    try {
      // Read before anything is said of it: it may have been deleted meanwhile.
      let chunk = await chunks.next().catch((error: unknown) => {
        if (error instanceof DocumentNotFoundError) return undefined;
        throw error;
      });
      if (chunk === undefined) continue;
      yield { payload: id, name, contentType, size, sha256: sha256.toString("hex") };
      for (; chunk.done !== true; chunk = await chunks.next())
        yield { bytes: chunk.value.toString("base64") };
    } finally {
      await chunks.return();
    }
  }
}

/** Writes a payload of an export, whose line was read, and goes to the end of its bytes. @throws {JobExportError} */
export async function importPayload(
  payloads: Payloads,
  about: Readonly<Record<string, unknown>>,
  lines: LineReader,
  options: QueryOptions | undefined,
): Promise<ImportedPayload> {
  const { payload: id, name, contentType, size, sha256 } = about;
  const isPayload =
    typeof id === "string" &&
    typeof name === "string" &&
    typeof contentType === "string" &&
    typeof size === "number" &&
    Number.isSafeInteger(size) &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256);
  if (!isPayload) throw new JobExportError(`line ${lines.number}: that is no payload`);
  let left = size;
  async function* bytes(): AsyncGenerator<Buffer, void, undefined> {
    while (left > 0) {
      const line = await lines.next();
      const chunk = typeof line?.bytes === "string" ? Buffer.from(line.bytes, "base64") : undefined;
      if (chunk === undefined || chunk.length === 0 || chunk.length > left)
        throw new JobExportError(`line ${lines.number}: those are not the bytes of a payload`);
      left -= chunk.length;
      yield chunk;
    }
  }
  const outcome = await write(
    payloads,
    id,
    bytes(),
    { name, contentType, sha256: Buffer.from(sha256, "hex") },
    options,
  );
  // What was not read of it: it is there already, or cannot be written.
  for await (const _ of bytes());
  return outcome;
}

async function write(
  payloads: Payloads,
  id: string,
  bytes: AsyncIterable<Uint8Array>,
  about: PayloadOptions,
  options: QueryOptions | undefined,
): Promise<ImportedPayload> {
  try {
    const present = await payloads.info(id, options);
    await payloads.write(id, bytes, { ...about, ...options });
    return present === null ? "imported" : "present";
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

function isRefusal(error: unknown): error is RefusedPayloadError {
  return REFUSED.some((each) => error instanceof each);
}
