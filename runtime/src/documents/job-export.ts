import { BSON } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import { type BulkOutcome, insertStored } from "./bulk.ts";
import { store as storable } from "./data.ts";
import { decodeBeside, type Envelope, keyOf, newId, timeOf } from "./envelope.ts";
import { DuplicateDocumentError, InvalidDocumentError, JobExportError } from "./errors.ts";
import { fromExtendedJson, toExtendedJson } from "./extended-json.ts";
import { scopeFilter } from "./filter.ts";
import { PAYLOAD_FILES } from "./own-collections.ts";
import { importPayload, type LineReader, payloadLines } from "./payload-export.ts";
import type { Payloads } from "./payloads.ts";
import { callOf, type Target } from "./target.ts";
import { outcomeUnknown } from "./translate.ts";
import { keepUnknown } from "./unknown-fields.ts";
import { rawOf } from "./unreadable.ts";
import { isPlain, restoreReferences } from "./values.ts";

const FORMAT = "solitude.job";
/** An export without payloads has the first version, which releases read that know of none. */
const VERSION = 1;
const WITH_PAYLOADS = 2;
const AT_ONCE = 500;

export interface ExportOptions extends QueryOptions {
  /** The job's row, or whatever else belongs to it: stands in the first line. */
  readonly row?: unknown;
  /** Whether the job's payloads are in it; they are where this is absent. */
  readonly payloads?: boolean;
}

/** The first line of an export, and the lines behind it. */
export interface JobExport {
  readonly workspace: string;
  readonly job: string;
  /** What the export was given; dates and bigints are what they were. */
  readonly row: unknown;
  /** For `import` of a job. */
  readonly lines: AsyncIterable<string>;
}

/** A document or a payload that was not imported, and why; all others were. */
export interface RefusedImport {
  /** A document's, or "payloads.files". */
  readonly kind: string;
  readonly id: string;
  readonly error: DatabaseError;
}

/** Of documents and payloads together. */
export interface ImportOutcome {
  readonly imported: number;
  /** Those that were there already, equal: of an import that was broken off. */
  readonly present: number;
  readonly refused: readonly RefusedImport[];
}

/**
 * Each document of the job as a line of JSON, behind a line that says what follows; then each payload as a line that says what it is,
 * and lines with its bytes; the last line says how many there were.
 */
export async function* exportJob(
  targets: readonly Target[],
  ofJob: Payloads,
  { row, payloads: withPayloads = true, ...options }: ExportOptions,
  names: { readonly workspace: string; readonly job: string },
): AsyncGenerator<string, void, undefined> {
  const hasPayloads = withPayloads && (await isAny(ofJob.list(options)));
  const version = hasPayloads ? WITH_PAYLOADS : VERSION;
  yield line({ format: FORMAT, version, ...names, row: toExtendedJson({ row }) });
  await refuseUndeclared(targets, options);
  let documents = 0;
  for (const target of targets) {
    const { kind } = target.declaration;
    const stored = target.store.caller.stream(callOf(target, "find", false), options, (limits) =>
      target.handle.find(scopeFilter(target.place) as never, { ...limits, sort: { _id: 1 } }),
    );
    for await (const each of stored) {
      const { revision: _, ...document } = rawOf(target.place, each as Envelope);
      documents++;
      yield line({ kind, ...(toExtendedJson(document) as object) });
    }
  }
  if (!hasPayloads) return yield line({ end: true, documents });
  let payloads = 0;
  for await (const each of payloadLines(ofJob, options)) {
    if ("payload" in each) payloads++;
    yield line(each);
  }
  yield line({ end: true, documents, payloads });
}

async function isAny(found: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of found) return true;
  return false;
}

/** Refuses where another release has documents in the job's own collection, which must not be left out without a word. */
async function refuseUndeclared(targets: readonly Target[], options: QueryOptions): Promise<void> {
  const [target] = targets;
  if (target === undefined || target.store.layout.collectionPerKind) return;
  const kinds = targets.map(({ declaration }) => declaration.kind);
  const other = await target.store.caller.run(callOf(target, "find", false), options, (limits) =>
    target.handle.findOne({ kind: { $nin: kinds } }, { ...limits, projection: { kind: 1 } }),
  );
  if (other !== null)
    throw new JobExportError(`the job has documents of the kind ${other.kind}, which is not declared here`);
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Reads the first line of an export. @throws {JobExportError} where it is none, or a later version's */
export async function openExport(
  input: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<JobExport> {
  const lines = linesOf(input)[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  const header = done === true ? undefined : parse(value, 1);
  if (header?.format !== FORMAT) throw new JobExportError("line 1: that is no export of a job");
  if (header.version !== VERSION && header.version !== WITH_PAYLOADS)
    throw new JobExportError(
      `line 1: the export has version ${String(header.version)}; this release reads ${VERSION} and ${WITH_PAYLOADS}`,
    );
  const { row } = fromExtendedJson(header.row) as { row: unknown };
  return {
    workspace: String(header.workspace),
    job: String(header.job),
    row,
    lines: { [Symbol.asyncIterator]: () => lines },
  };
}

/**
 * Writes the documents and payloads of an export. What cannot be is told of, and keeps no other from being written; done again, it goes
 * on.
 * @throws {JobExportError} where the lines are no export's, or end early: what came before is written
 * @throws {OutcomeUnknownError} where the server has failed behind what is written
 */
export async function importJob(
  targets: ReadonlyMap<string, Target>,
  payloads: Payloads,
  input: AsyncIterable<string>,
  options: QueryOptions | undefined,
): Promise<ImportOutcome> {
  const counts = { imported: 0, present: 0 };
  return importLines(targets, payloads, input, counts, options).catch((error: unknown) => {
    // No other error may say that nothing was written.
    const isOfServer = error instanceof DatabaseError && !(error instanceof JobExportError);
    throw isOfServer && counts.imported > 0 ? outcomeUnknown("import documents", error) : error;
  });
}

async function importLines(
  targets: ReadonlyMap<string, Target>,
  payloads: Payloads,
  input: AsyncIterable<string>,
  counts: { imported: number; present: number },
  options: QueryOptions | undefined,
): Promise<ImportOutcome> {
  const refused: RefusedImport[] = [];
  const waiting = new Map<Target, Envelope[]>();
  const flush = async (target: Target, envelopes: readonly Envelope[]) => {
    waiting.delete(target);
    const outcomes = await insertStored(target, envelopes, options);
    counts.imported += outcomes.filter(({ ok }) => ok).length;
    const present = await presentOf(target, envelopes, outcomes, options);
    for (const outcome of outcomes)
      if (!outcome.ok) {
        const { id, error } = outcome;
        if (present.has(id)) counts.present++;
        else refused.push({ kind: target.declaration.kind, id, error });
      }
  };
  const lines = linesFrom(input, 2);
  const found = { documents: 0, payloads: 0 };
  let said: typeof found | undefined;
  for (let each = await lines.next(); each !== undefined; each = await lines.next()) {
    if (said !== undefined) throw new JobExportError(`line ${lines.number}: something stands behind the end`);
    if (each.end === true) {
      said = { documents: Number(each.documents), payloads: Number(each.payloads ?? 0) };
      continue;
    }
    if (each.payload !== undefined) {
      found.payloads++;
      const outcome = await importPayload(payloads, each, lines, options);
      if (typeof outcome === "string") counts[outcome]++;
      else refused.push({ kind: PAYLOAD_FILES, id: String(each.payload), error: outcome });
      continue;
    }
    found.documents++;
    const { kind, ...rest } = each;
    const document = fromExtendedJson(rest) as Record<string, unknown>;
    const { id } = document;
    if (typeof kind !== "string" || typeof id !== "string" || !isPlain(document.data))
      throw new JobExportError(`line ${lines.number}: that is no document`);
    const target = targets.get(kind);
    let envelope: Envelope;
    try {
      if (target === undefined) throw new JobExportError(`no collection of the kind ${kind} is declared`);
      envelope = envelopeOf(target, id, document);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      refused.push({ kind, id, error });
      continue;
    }
    const batch = waiting.get(target) ?? [];
    waiting.set(target, batch);
    batch.push(envelope);
    if (batch.length === AT_ONCE) await flush(target, batch);
  }
  for (const [target, batch] of waiting) await flush(target, batch);
  if (said === undefined)
    throw new JobExportError(`line ${lines.number + 1}: the export ends before its last line`);
  for (const what of ["documents", "payloads"] as const)
    if (said[what] !== found[what])
      throw new JobExportError(`the export had ${said[what]} ${what}, and here are ${found[what]}`);
  return { ...counts, refused };
}

/** Reads lines, of which the first has that number. */
function linesFrom(input: AsyncIterable<string>, first: number): LineReader {
  const texts = input[Symbol.asyncIterator]();
  let number = first - 1;
  return {
    get number() {
      return number;
    },
    async next() {
      const { value, done } = await texts.next();
      if (done === true) return undefined;
      number++;
      return parse(value, number);
    },
  };
}

/** A document of this release's version; fields that only another release knows are kept. @throws {DatabaseError} */
function envelopeOf(target: Target, id: string, document: Record<string, unknown>): Envelope {
  const { declaration, place } = target;
  const { version, createdAt, updatedAt, expiresAt, data } = document;
  const stored = { _id: keyOf(place, id), version, data } as Envelope;
  const known = decodeBeside(declaration, place, stored);
  const kept = keepUnknown(known.data, known.document.data, known.document.data);
  return {
    _id: stored._id,
    ...place.fields,
    version: declaration.version,
    revision: newId(),
    createdAt: timeOf(createdAt as Date),
    updatedAt: timeOf(updatedAt as Date),
    ...(expiresAt === undefined ? {} : { expiresAt: timeOf(expiresAt as Date) }),
    data: storable(kept, (message, path) => {
      throw new InvalidDocumentError(`a ${declaration.kind} document of the export`, [{ path, message }], id);
    }) as Record<string, unknown>,
  };
}

/** The ids of those that are there already, as they were to be written. */
async function presentOf(
  target: Target,
  envelopes: readonly Envelope[],
  outcomes: readonly BulkOutcome[],
  options: QueryOptions | undefined,
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  const wanted = new Map(
    outcomes.flatMap((each, index): [string, Envelope][] =>
      !each.ok && each.error instanceof DuplicateDocumentError ? [[each.id, envelopes[index]!]] : [],
    ),
  );
  if (wanted.size === 0) return present;
  const { handle, place, store } = target;
  const keys = [...wanted.values()].map(({ _id }) => _id);
  const filter = { ...place.fields, _id: { $in: keys } };
  const bytesOf = (data: unknown) => BSON.serialize({ data: restoreReferences(data) });
  // One after the other: each may have 16 MiB.
  for await (const stored of store.caller.stream(callOf(target, "find", false), options, (limits) =>
    handle.find(filter, limits),
  )) {
    const id = stored._id.slice(place.prefix.length);
    if (Buffer.compare(bytesOf(stored.data), bytesOf(wanted.get(id)?.data)) === 0) present.add(id);
  }
  return present;
}

function parse(text: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isPlain(value)) return value;
  } catch {
    // Said below, without the text, which is somebody's data.
  }
  throw new JobExportError(`line ${number}: that is no object of JSON`);
}

/** At line feeds alone: JSON may have every other mark of a line's end within its text. */
async function* linesOf(
  input: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of input) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const text of lines) if (text.trim() !== "") yield text;
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield rest;
}
