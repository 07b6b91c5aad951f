import type { Collection } from "mongodb";
import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import type { Declaration } from "./declaration.ts";
import type { Envelope } from "./envelope.ts";
import { DeclarationError, DuplicateDocumentError, JobExportError } from "./errors.ts";
import { oneFilter, scopeFilter } from "./filter.ts";
import type { Place } from "./layout.ts";
import { jobsOf } from "./lifecycle.ts";
import { copyPayloads } from "./payload-upkeep.ts";
import type { Store } from "./target.ts";

/** What a pass over a workspace did; all zero where both sides are alike. */
export interface CopiedWorkspace {
  /** Documents that the other side had not, or had otherwise. */
  readonly copied: number;
  /** Those that only the other side had. */
  readonly deleted: number;
  /** Those that a unique index of the other side does not take yet: the next pass may. */
  readonly postponed: number;
  readonly payloads: number;
}

const AT_ONCE = 500;

/** One side of a copy: a kind of a job there. */
interface Side {
  readonly store: Store;
  readonly place: Place;
  readonly handle: Collection<Envelope>;
}

/**
 * Makes the other side's documents of a workspace what this side's are, as they are stored: other releases' and encrypted ones, too.
 * It compares revisions and times of expiry, so that a second pass copies what has changed since; broken off, it goes on.
 * @throws {DeclarationError | JobExportError} before anything is written
 */
export async function copyWorkspace(
  from: Store,
  to: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<CopiedWorkspace> {
  const kinds = new Map(to.declarations.map((declaration) => [declaration.kind, declaration]));
  for (const { kind } of from.declarations)
    if (!kinds.has(kind))
      throw new DeclarationError(`the other side declares no collection of the kind ${kind}`);
  const sum = { copied: 0, deleted: 0, postponed: 0 };
  const jobs = new Set<JobId>();
  for await (const job of jobsOf(from, workspace, options)) jobs.add(job);
  for (const job of jobs) {
    await refuseUndeclared(from, workspace, job, options);
    for (const declaration of from.declarations)
      await copyKind(from, to, workspace, job, kinds.get(declaration.kind)!, sum, options);
  }
  // Of jobs that were dropped since the last pass.
  for await (const job of jobsOf(to, workspace, options))
    if (!jobs.has(job))
      for (const declaration of kinds.values())
        await copyKind(from, to, workspace, job, declaration, sum, options);
  return { ...sum, payloads: await copyPayloads(from, to, workspace, options) };
}

async function copyKind(
  from: Store,
  to: Store,
  workspace: WorkspaceId,
  job: JobId,
  declaration: Declaration,
  sum: { copied: number; deleted: number; postponed: number },
  options: QueryOptions | undefined,
): Promise<void> {
  const [source, target] = [from, to].map((store): Side => {
    const place = store.layout.place({ workspace, job, kind: declaration.kind });
    return { store, place, handle: store.client.db(place.database).collection<Envelope>(place.collection) };
  }) as [Side, Side];
  // What is gone goes first: a unique index may have its values.
  for await (const there of batches(target, { _id: 1 }, options)) {
    const present = await states(source, idsOf(target, there), options);
    const gone = there.filter(({ _id }) => !present.has(_id.slice(target.place.prefix.length)));
    if (gone.length === 0) continue;
    const keys = gone.map(({ _id }) => _id);
    await change(target, "delete", options, (limits) =>
      target.handle.deleteMany({ ...target.place.fields, _id: { $in: keys } }, limits),
    );
    sum.deleted += gone.length;
  }
  for await (const stored of batches(source, undefined, options)) {
    const present = await states(target, idsOf(source, stored), options);
    const changed = stored.filter(
      (each) => present.get(each._id.slice(source.place.prefix.length)) !== stateOf(each),
    );
    if (changed.length === 0) continue;
    await to.provision.ensure(target.place, declaration, options);
    for (const each of changed) {
      const { _id, workspace: _w, job: _j, kind: _k, ...rest } = each;
      const key = target.place.prefix + _id.slice(source.place.prefix.length);
      const document = { ...target.place.fields, ...rest };
      try {
        await change(target, "update", options, (limits) =>
          target.handle.replaceOne(oneFilter(target.place, key), document, { ...limits, upsert: true }),
        );
        sum.copied++;
      } catch (error) {
        if (!(error instanceof DuplicateDocumentError)) throw error;
        sum.postponed++;
      }
    }
  }
}

/** In values that are stored as they were: numbers and bytes keep their BSON type. */
const AS_STORED = {
  promoteValues: false,
  promoteBuffers: false,
  promoteLongs: false,
  useBigInt64: false,
} as const;

async function* batches(
  side: Side,
  projection: { readonly _id: 1 } | undefined,
  options: QueryOptions | undefined,
): AsyncGenerator<Envelope[]> {
  const open = (limits: Limits) =>
    side.handle.find(scopeFilter(side.place) as never, {
      ...limits,
      ...AS_STORED,
      sort: { _id: 1 },
      ...(projection === undefined ? {} : { projection }),
    });
  const batch: Envelope[] = [];
  for await (const each of side.store.caller.stream(callOf(side, "find", false), options, open)) {
    batch.push(each as Envelope);
    if (batch.length === AT_ONCE) yield batch.splice(0);
  }
  if (batch.length > 0) yield batch;
}

function idsOf({ place }: Side, stored: readonly Envelope[]): string[] {
  return stored.map(({ _id }) => _id.slice(place.prefix.length));
}

/** Tells apart what a write has made: when a document expires may change without its revision. */
function stateOf({ revision, expiresAt }: Pick<Envelope, "revision" | "expiresAt">): string {
  return `${revision} ${expiresAt?.getTime() ?? "never"}`;
}

async function states(
  side: Side,
  ids: readonly string[],
  options: QueryOptions | undefined,
): Promise<ReadonlyMap<string, string>> {
  const { place, handle, store } = side;
  const keys = ids.map((id) => place.prefix + id);
  const found = await store.caller.run(callOf(side, "find", false), options, (limits) =>
    handle
      .find({ ...place.fields, _id: { $in: keys } }, { ...limits, projection: { revision: 1, expiresAt: 1 } })
      .toArray(),
  );
  return new Map(found.map((each) => [each._id.slice(place.prefix.length), stateOf(each)]));
}

async function refuseUndeclared(
  store: Store,
  workspace: WorkspaceId,
  job: JobId,
  options: QueryOptions | undefined,
): Promise<void> {
  const kinds = store.declarations.map(({ kind }) => kind);
  const place = store.layout.place({ workspace, job, kind: kinds[0]! });
  if (store.layout.collectionPerKind) return;
  const handle = store.client.db(place.database).collection<Envelope>(place.collection);
  const side = { store, place, handle };
  const other = await store.caller.run(callOf(side, "find", false), options, (limits) =>
    handle.findOne({ kind: { $nin: kinds } }, { ...limits, projection: { kind: 1 } }),
  );
  if (other !== null)
    throw new JobExportError(`a job has documents of the kind ${other.kind}, which is not declared here`);
}

function change<T>(
  side: Side,
  operation: string,
  options: QueryOptions | undefined,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const call = { ...callOf(side, operation, true), several: true };
  return side.store.caller.run(call, options, (_, untilSent) => work(untilSent));
}

function callOf({ place }: Side, operation: string, write: boolean) {
  const { database: namespace, collection } = place;
  return { operation, kind: "copy", collection, namespace, write };
}
