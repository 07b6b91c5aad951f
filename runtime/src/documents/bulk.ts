import { type AnyBulkWriteOperation, MongoBulkWriteError, MongoServerError, type WriteError } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import { validate } from "./data.ts";
import { type Envelope, keyOf, newId, revisionOf, tooNew } from "./envelope.ts";
import { DocumentConflictError, RefusedError } from "./errors.ts";
import { oneFilter } from "./filter.ts";
import { bytesOf, type Usage } from "./quota.ts";
import { IDS_AT_ONCE } from "./reads.ts";
import { read, type Target, write } from "./target.ts";
import { REFUSED_BY_VALIDATOR } from "./tombstone.ts";
import { fromServer, outcomeUnknown } from "./translate.ts";
import { conflict, isOwn, isThere, newEnvelope, notFound, replacementOf, replacementsIn } from "./writes.ts";

interface WithExpiry {
  readonly expiresAt?: Date | undefined;
}

/** One write of many. */
export type BulkItem<I> =
  | ({ readonly insert: I; readonly id?: string } & WithExpiry)
  | ({ readonly upsert: I; readonly id: string } & WithExpiry)
  | ({ readonly replace: I; readonly id: string; readonly revision?: string } & WithExpiry)
  | { readonly delete: string; readonly revision?: string };

/** What became of one. `revision` is absent after a delete. */
export type BulkOutcome =
  | { readonly ok: true; readonly id: string; readonly revision?: string }
  | { readonly ok: false; readonly id: string; readonly error: DatabaseError };

export interface BulkOptions extends QueryOptions {
  /**
   * Stop at the first that fails; the rest is not attempted. Otherwise each stands alone. The server does not stop at what finds
   * nothing, so that a command ends behind each replace and each delete with a revision: many of them take as many round trips.
   */
  readonly ordered?: boolean;
}

/** Its place in the bulk write came after one that failed. Nothing was written for it. */
export class NotAttemptedError extends DatabaseError {
  override readonly name = "NotAttemptedError";
}

interface Step {
  readonly id: string;
  readonly revision: string | undefined;
  readonly operation: AnyBulkWriteOperation<Envelope>;
  /** A replace, or a delete with a revision: it may find nothing, which the server does not report by item. */
  readonly mayMiss: "replace" | "delete" | undefined;
  readonly guarded: boolean;
  /** What is done instead where the document is of an older version: nothing of it may be left. */
  readonly older?: AnyBulkWriteOperation<Envelope>;
}

// biome-ignore lint/suspicious/noExplicitAny: the class that uses these has the types
type Any = any;

/** The outcomes in the order of the items. @throws where it is not known what was written, or nothing was */
export async function bulk(
  target: Target,
  items: readonly BulkItem<Any>[],
  { ordered = false, ...options }: BulkOptions = {},
): Promise<BulkOutcome[]> {
  const outcomes: (BulkOutcome | undefined)[] = new Array(items.length);
  const steps = new Map<number, Step>();
  const ids = new Set<string>();
  for (const [index, item] of items.entries()) {
    const id = idOf(item) ?? ("insert" in item ? newId() : "");
    try {
      refuseMalformed(item);
      keyOf(target.place, id);
      if (ids.has(id)) throw new RefusedError("an item before it has the same id");
      ids.add(id);
      steps.set(index, stepOf(target, id, item));
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      outcomes[index] = { ok: false, id, error };
      if (ordered) break;
    }
  }
  await chooseByVersion(target, steps, options);
  if (ordered) await executeInOrder(target, steps, outcomes, options);
  else if (steps.size > 0) await execute(target, steps, outcomes, false, options);
  return items.map(
    (item, index) => outcomes[index] ?? notAttempted(target, steps.get(index)?.id ?? idOf(item) ?? ""),
  );
}

/** The id that an item names. What callers without types give may be anything; what is no text is refused as an id. */
function idOf(item: BulkItem<Any> | null | undefined): string | undefined {
  if (typeof item !== "object" || item === null) return "";
  return "delete" in item ? item.delete : item.id;
}

function refuseMalformed(item: unknown): void {
  const isItem = typeof item === "object" && item !== null;
  if (!isItem || ["insert", "upsert", "replace", "delete"].filter((verb) => verb in item).length !== 1)
    throw new RefusedError("an item has one of insert, upsert, replace and delete");
}

/** Inserts documents that are made already, each with its own outcome, in their order. @throws as `bulk` does */
export async function insertStored(
  target: Target,
  envelopes: readonly Envelope[],
  options: QueryOptions = {},
): Promise<BulkOutcome[]> {
  const outcomes: (BulkOutcome | undefined)[] = new Array(envelopes.length);
  const steps = envelopes.map((document, index): [number, Step] => {
    const { _id, revision } = document;
    const id = _id.slice(target.place.prefix.length);
    return [
      index,
      { id, revision, operation: { insertOne: { document } }, mayMiss: undefined, guarded: false },
    ];
  });
  await execute(target, new Map(steps), outcomes, false, options);
  return outcomes as BulkOutcome[];
}

function stepOf(target: Target, id: string, item: BulkItem<Any>): Step {
  const { declaration, place } = target;
  const key = keyOf(place, id);
  if ("insert" in item) {
    const document = newEnvelope(target, id, validate(declaration, item.insert), item.expiresAt);
    const { revision } = document;
    return { id, revision, operation: { insertOne: { document } }, mayMiss: undefined, guarded: false };
  }
  const expected = "revision" in item ? revisionOf(item) : undefined;
  const guarded = expected !== undefined;
  const guard = guarded ? { revision: expected } : {};
  if ("delete" in item)
    return {
      id,
      revision: undefined,
      operation: { deleteOne: { filter: { ...oneFilter(place, key), ...guard } } },
      mayMiss: guarded ? "delete" : undefined,
      guarded,
    };
  const upsert = "upsert" in item;
  const replacement = replacementOf(target, validate(declaration, upsert ? item.upsert : item.replace), item);
  const { revision, updatedAt } = replacement.content;
  const [operation, older] = replacementsIn(target, key, replacement).map(({ filter, change }) =>
    upsert
      ? {
          updateOne: {
            filter,
            update: { ...change, $setOnInsert: { createdAt: updatedAt, ...place.fields } },
            upsert: true,
          },
        }
      : { updateOne: { filter: { ...filter, ...guard }, update: change } },
  ) as [AnyBulkWriteOperation<Envelope>, AnyBulkWriteOperation<Envelope>?];
  const step: Step = { id, revision, operation, mayMiss: upsert ? undefined : "replace", guarded };
  return older === undefined ? step : { ...step, older };
}

/** Takes, for each document of an older version, the operation that replaces the whole of it. */
async function chooseByVersion(
  target: Target,
  steps: Map<number, Step>,
  options: QueryOptions,
): Promise<void> {
  const unsure = [...steps.values()].filter(({ older }) => older !== undefined);
  if (unsure.length === 0) return;
  const stored = await storedNow(target, unsure, options);
  for (const [index, step] of steps) {
    const found = stored.get(step.id);
    if (step.older !== undefined && found !== undefined && isOlder(target, found))
      steps.set(index, { ...step, operation: step.older });
  }
}

function isOlder({ declaration }: Target, { version }: Pick<Envelope, "version">): boolean {
  return !(version >= declaration.version);
}

/** Sends a command for each part that only its last item can miss, and stops behind the first that fails. */
async function executeInOrder(
  target: Target,
  steps: ReadonlyMap<number, Step>,
  outcomes: (BulkOutcome | undefined)[],
  options: QueryOptions,
): Promise<void> {
  let isFirst = true;
  for (const part of partsOf(steps)) {
    try {
      await execute(target, part, outcomes, true, options);
    } catch (error) {
      // What was written before it is known, and has its outcomes.
      if (isFirst || target.transaction !== undefined || !(error instanceof DatabaseError)) throw error;
      for (const [index, { id }] of part) outcomes[index] = { ok: false, id, error };
    }
    if ([...part.keys()].some((index) => outcomes[index]?.ok !== true)) return;
    isFirst = false;
  }
}

function partsOf(steps: ReadonlyMap<number, Step>): Map<number, Step>[] {
  const parts: Map<number, Step>[] = [];
  let isOver = true;
  for (const [index, step] of steps) {
    if (isOver) parts.push(new Map());
    parts.at(-1)!.set(index, step);
    isOver = step.mayMiss !== undefined;
  }
  return parts;
}

async function execute(
  target: Target,
  steps: ReadonlyMap<number, Step>,
  outcomes: (BulkOutcome | undefined)[],
  ordered: boolean,
  options: QueryOptions,
): Promise<void> {
  const indexes = [...steps.keys()];
  const all = [...steps.values()];
  const what = `bulkWrite ${target.declaration.kind}`;
  const { result, failures } = await write(
    target,
    "bulkWrite",
    options,
    async (driver) => {
      try {
        const operations = all.map(({ operation }) => operation);
        return { result: await target.handle.bulkWrite(operations, { ...driver, ordered }), failures: [] };
      } catch (error) {
        // Without a list of items' errors it is the connection's failure, or one of the whole.
        if (!(error instanceof MongoBulkWriteError) || writeErrors(error).length === 0) throw error;
        const isRefused = writeErrors(error).some(({ code }) => code === REFUSED_BY_VALIDATOR);
        if (isRefused && (await target.store.provision.wasDropped(target.place))) throw asRefused(error);
        return { result: error.result, failures: writeErrors(error) };
      }
    },
    {
      batchSize: all.length,
      several: true,
      outcome: ({ failures }) => ({ failedItems: failures.length }),
      adds: () => sumOf(all),
    },
  ).catch((error: unknown) => {
    if (error instanceof DocumentConflictError) throw error; // Of a transaction that is run again.
    // It may be one command of several that was refused as a whole, and not the first.
    const isRefused = error instanceof DatabaseError && error.cause instanceof MongoServerError;
    throw isRefused && all.length > 1 ? outcomeUnknown(what, error) : error;
  });
  const failed = new Map(failures.map((failure) => [failure.index, failure]));
  const firstFailed = Math.min(...failed.keys());
  const attempted = all.map((_, position) => !ordered || position <= firstFailed);
  const done = all.filter((_, position) => attempted[position] && !failed.has(position));
  const failedAt = (position: number) => {
    const failure = failed.get(position);
    if (failure === undefined) return undefined;
    const error = { code: failure.code ?? 0, message: failure.errmsg ?? "", errInfo: failure.err.errInfo };
    return fromServer(error, { what, kind: target.declaration.kind, write: true, sent: true });
  };
  const errors = all.map((_, position) => failedAt(position));
  // Inserts that found a document, and upserts that could not match the one which they found.
  const blocked = all.filter((_, position) => isThere(errors[position]));
  const findings = await lookAgain(target, done, blocked, result, what, options);
  all.forEach(({ id, revision }, position) => {
    const index = indexes[position]!;
    if (!attempted[position]) return;
    const error = findings.has(id) ? findings.get(id) : errors[position];
    outcomes[index] =
      error === undefined
        ? { ok: true, id, ...(revision === undefined ? {} : { revision }) }
        : { ok: false, id, error };
  });
}

/** Sums up what they add at most: none is known to replace something. */
function sumOf(steps: readonly Step[]): Partial<Usage> {
  let documents = 0;
  let bytes = 0;
  for (const { operation } of steps) {
    if ("insertOne" in operation) bytes += bytesOf(operation.insertOne.document);
    else if ("updateOne" in operation) bytes += bytesOf(operation.updateOne.update);
    if ("insertOne" in operation || ("updateOne" in operation && operation.updateOne.upsert)) documents++;
  }
  return { documents, bytes };
}

interface Counts {
  readonly matchedCount: number;
  readonly deletedCount: number;
  readonly upsertedCount: number;
}

/**
 * The errors of those that found nothing to write, of which the server says only how many; undefined for what has been written before, as
 * the first of two attempts of the driver's. Where it is not all of them, what is
 * stored tells which; and where that does not tell either, since it cannot be read or somebody else has written meanwhile,
 * the outcome is not known.
 */
async function lookAgain(
  target: Target,
  done: readonly Step[],
  blocked: readonly Step[],
  { matchedCount, deletedCount, upsertedCount }: Counts,
  what: string,
  options: QueryOptions,
): Promise<ReadonlyMap<string, DatabaseError | undefined>> {
  const replaced = done.filter(({ mayMiss }) => mayMiss === "replace");
  const guarded = done.filter(({ mayMiss }) => mayMiss === "delete");
  const deletes = done.filter(({ operation }) => "deleteOne" in operation);
  const upserts = done.filter(({ operation }) => "updateOne" in operation && operation.updateOne.upsert);
  const missedReplaces = replaced.length - (matchedCount - (upserts.length - upsertedCount));
  const missedDeletes = deletes.length - deletedCount;
  const suspects = [
    ...(missedReplaces > 0 ? replaced : []),
    ...(missedDeletes > 0 ? guarded : []),
    ...blocked,
  ];
  const errors = new Map<string, DatabaseError | undefined>();
  if (suspects.length === 0) return errors;
  let stored: ReadonlyMap<string, Pick<Envelope, "revision" | "version">>;
  try {
    stored = await storedNow(target, suspects, options);
  } catch (cause) {
    // The bulk write itself is over: this is what is not known of it.
    for (const { id, mayMiss } of suspects)
      if (mayMiss !== undefined) errors.set(id, outcomeUnknown(what, cause));
    return errors;
  }
  const isNewer = (id: string) => (stored.get(id)?.version ?? 0) > target.declaration.version;
  const newer = (id: string) => tooNew(target.declaration, id, stored.get(id)!.version);
  for (const { id, revision, operation, older } of blocked)
    if (revision !== undefined && isOwn(stored.get(id), { revision })) errors.set(id, undefined);
    else if ("insertOne" in operation) continue;
    else if (isNewer(id)) errors.set(id, newer(id));
    // Written meanwhile, in another version than it had.
    else if (older !== undefined && stored.has(id)) errors.set(id, conflict(target, id));
  if (missedReplaces > 0) {
    const without = replaced.filter(({ id, revision }) => stored.get(id)?.revision !== revision);
    const isCertain = without.length === missedReplaces;
    for (const { id, guarded, older } of without)
      errors.set(
        id,
        !isCertain
          ? outcomeUnknown(what, new Error("somebody else has written it meanwhile"))
          : isNewer(id)
            ? newer(id)
            : (guarded || older !== undefined) && stored.has(id)
              ? conflict(target, id)
              : notFound(target, id),
      );
  }
  if (missedDeletes > 0)
    for (const { id } of guarded) if (stored.has(id)) errors.set(id, conflict(target, id));
  return errors;
}

async function storedNow(
  target: Target,
  suspects: readonly Step[],
  options: QueryOptions,
): Promise<Map<string, Pick<Envelope, "revision" | "version">>> {
  const found = new Map<string, Pick<Envelope, "revision" | "version">>();
  const keys = suspects.map(({ id }) => keyOf(target.place, id));
  for (let from = 0; from < keys.length; from += IDS_AT_ONCE) {
    const some = keys.slice(from, from + IDS_AT_ONCE);
    const stored = await read(target, "find", options, (driver) =>
      target.handle
        .find(
          { ...target.place.fields, _id: { $in: some } },
          { ...driver, projection: { revision: 1, version: 1 } },
        )
        .toArray(),
    );
    for (const { _id, revision, version } of stored)
      found.set(_id.slice(target.place.prefix.length), { revision, version });
  }
  return found;
}

/** As an error of the whole: the collection was dropped, and nothing of it is left. */
function asRefused({ message }: MongoBulkWriteError): MongoServerError {
  return new MongoServerError({ message, code: REFUSED_BY_VALIDATOR });
}

function writeErrors({ writeErrors }: MongoBulkWriteError): WriteError[] {
  return Array.isArray(writeErrors) ? [...writeErrors] : [writeErrors as WriteError];
}

function notAttempted(target: Target, id: string): BulkOutcome {
  return {
    ok: false,
    id,
    error: new NotAttemptedError(`bulkWrite ${target.declaration.kind}: an item before it failed`),
  };
}
