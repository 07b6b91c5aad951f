import { type AnyBulkWriteOperation, MongoBulkWriteError, type WriteError } from "mongodb";
import { DatabaseError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import { validate } from "./data.ts";
import { type Envelope, keyOf, newId, revisionOf } from "./envelope.ts";
import { RefusedError } from "./errors.ts";
import { read, type Target, write } from "./target.ts";
import { fromServer } from "./translate.ts";
import { changeOf, conflict, newEnvelope, notFound } from "./writes.ts";

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
  /** Stop at the first that fails; the rest is not attempted. Otherwise each stands alone. */
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
    const id = "delete" in item ? item.delete : (item.id ?? newId());
    if (ids.has(id)) throw new RefusedError("two items of one bulk write have the same id");
    ids.add(id);
    try {
      steps.set(index, stepOf(target, id, item));
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      outcomes[index] = { ok: false, id, error };
      if (ordered) break;
    }
  }
  if (steps.size > 0) await execute(target, steps, outcomes, ordered, options);
  return items.map((item, index) => outcomes[index] ?? notAttempted(target, item, steps.get(index)?.id));
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
  const filter = guarded ? { _id: key, revision: expected } : { _id: key };
  if ("delete" in item)
    return {
      id,
      revision: undefined,
      operation: { deleteOne: { filter } },
      mayMiss: guarded ? "delete" : undefined,
      guarded,
    };
  const upsert = "upsert" in item;
  const { content, change } = changeOf(
    target,
    validate(declaration, upsert ? item.upsert : item.replace),
    item,
  );
  const { revision } = content;
  if (upsert) {
    const update = { ...change, $setOnInsert: { createdAt: content.updatedAt, ...place.fields } };
    return {
      id,
      revision,
      operation: { updateOne: { filter, update, upsert: true } },
      mayMiss: undefined,
      guarded,
    };
  }
  return { id, revision, operation: { updateOne: { filter, update: change } }, mayMiss: "replace", guarded };
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
        return { result: error.result, failures: writeErrors(error) };
      }
    },
    all.length,
  );
  const what = `bulkWrite ${target.declaration.kind}`;
  const failed = new Map(failures.map((failure) => [failure.index, failure]));
  const firstFailed = Math.min(...failed.keys());
  const attempted = all.map((_, position) => !ordered || position <= firstFailed);
  const done = all.filter((_, position) => attempted[position] && !failed.has(position));
  const missed = await findMissed(target, done, result, options);
  all.forEach(({ id, revision, guarded }, position) => {
    const index = indexes[position]!;
    const failure = failed.get(position);
    if (failure !== undefined) {
      const error = { code: failure.code ?? 0, message: failure.errmsg ?? "", errInfo: failure.err.errInfo };
      const circumstances = { what, kind: target.declaration.kind, write: true, sent: true };
      outcomes[index] = { ok: false, id, error: fromServer(error, circumstances) };
    } else if (attempted[position]) {
      outcomes[index] = missed.has(id)
        ? { ok: false, id, error: guarded && missed.get(id) ? conflict(target, id) : notFound(target, id) }
        : { ok: true, id, ...(revision === undefined ? {} : { revision }) };
    }
  });
}

/**
 * Those that found nothing to write, with whether the document is there. The server says only how many; where it is not
 * all of them, what is stored tells which. (One that was written, and by somebody else again since, counts as missed.)
 */
async function findMissed(
  target: Target,
  done: readonly Step[],
  { matchedCount, deletedCount }: { matchedCount: number; deletedCount: number },
  options: QueryOptions,
): Promise<ReadonlyMap<string, boolean>> {
  const missed = new Map<string, boolean>();
  const suspects = done.filter(({ mayMiss }) => mayMiss !== undefined);
  const replaced = suspects.filter(({ mayMiss }) => mayMiss === "replace");
  const others = done.some(
    ({ operation }) => "updateOne" in operation && operation.updateOne.upsert === true,
  );
  const deletes = done.filter(({ operation }) => "deleteOne" in operation);
  const allMatched = !others && matchedCount === replaced.length;
  if (suspects.length === 0 || (allMatched && deletedCount === deletes.length)) return missed;
  const keys = suspects.map(({ id }) => keyOf(target.place, id));
  const stored = await read(target, "find", options, (driver) =>
    target.handle.find({ _id: { $in: keys } }, { ...driver, projection: { revision: 1 } }).toArray(),
  );
  const revisions = new Map(
    stored.map(({ _id, revision }) => [_id.slice(target.place.prefix.length), revision]),
  );
  for (const { id, revision, mayMiss } of suspects) {
    const present = revisions.get(id);
    if (mayMiss === "delete" ? present !== undefined : present !== revision)
      missed.set(id, present !== undefined);
  }
  return missed;
}

function writeErrors({ writeErrors }: MongoBulkWriteError): WriteError[] {
  return Array.isArray(writeErrors) ? [...writeErrors] : [writeErrors as WriteError];
}

function notAttempted(target: Target, item: BulkItem<Any>, id: string | undefined): BulkOutcome {
  return {
    ok: false,
    id: id ?? ("delete" in item ? item.delete : (item.id ?? "")),
    error: new NotAttemptedError(`bulkWrite ${target.declaration.kind}: an item before it failed`),
  };
}
