import type { Document } from "mongodb";
import { OutcomeUnknownError } from "../errors/errors.ts";
import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import type { Envelope } from "./envelope.ts";
import { afterPrefix, type Layout, type Place } from "./layout.ts";
import { isOwn } from "./own-collections.ts";
import { erasePayloads } from "./payload-upkeep.ts";
import type { Store } from "./target.ts";
import { bury, sweepTombstones, tombstones } from "./tombstone.ts";
import { outcomeUnknown } from "./translate.ts";

/** Any job: where a layout puts things does not depend on it beyond the job's own part of the name. */
export const ANY_JOB = "0" as JobId;

/** Gives where the documents of one kind are, of all jobs of a workspace, and what their `_id` starts with: "" where nothing else is there. */
export function workspacePlace(layout: Layout, workspace: WorkspaceId, kind: string) {
  const { database, collection, prefix } = layout.place({ workspace, job: ANY_JOB, kind });
  return { database, collection, start: prefix.slice(0, prefix.length - `${ANY_JOB}/`.length) };
}

/** The jobs of a workspace that have documents. */
export async function* jobsOf(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<JobId, void, undefined> {
  if (!store.layout.collectionPerKind) {
    for await (const { job } of jobCollections(store, workspace, options)) yield job;
    return;
  }
  const seen = new Set<JobId>();
  for (const { kind } of store.declarations)
    for await (const job of jobsInKind(store, workspace, kind, options))
      if (!seen.has(job)) {
        seen.add(job);
        yield job;
      }
}

/**
 * The workspace's collections, found by a prefix that ends with the slash, and each name read back; a batch of names at a time.
 */
export async function* jobCollections(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<{ database: string; collection: string; job: JobId }, void, undefined> {
  const { layout, client, caller } = store;
  const { database } = layout.place({ workspace, job: ANY_JOB, kind: "any" });
  const db = client.db(database);
  const call = {
    operation: "listCollections",
    kind: "jobs",
    collection: "",
    namespace: database,
    write: false,
  };
  const dropped = await caller.run(call, options, (limits) => tombstones(db, limits));
  const name = { $regex: `^${workspace}/` }; // An id has no character that means something there.
  const open = (limits: Limits) => db.listCollections({ name }, { ...limits, nameOnly: true });
  for await (const { name: collection } of caller.stream(call, options, open)) {
    const scope = layout.scopeOf(database, collection, "any/0");
    if (scope?.workspace === workspace && !dropped.has(collection))
      yield { database, collection, job: scope.job };
  }
}

/** From job to job along the index of `_id`, one look-up for each, whatever the number of documents. */
async function* jobsInKind(
  { layout, client, caller }: Store,
  workspace: WorkspaceId,
  kind: string,
  options: QueryOptions | undefined,
): AsyncGenerator<JobId, void, undefined> {
  const { database, collection, start } = workspacePlace(layout, workspace, kind);
  const handle = client.db(database).collection<Envelope>(collection);
  // In a workspace's own database the jobs are all that there is.
  const end: Document = start === "" ? {} : { $lt: afterPrefix(start) };
  const call = { operation: "find", kind, collection, namespace: database, write: false };
  for (let from = start; ; ) {
    const next = await caller.run(call, options, (limits) =>
      handle.findOne({ _id: { $gte: from, ...end } } as never, {
        ...limits,
        sort: { _id: 1 },
        projection: { _id: 1 },
      }),
    );
    if (next === null) return;
    const scope = layout.scopeOf(database, collection, next._id);
    if (scope === undefined) {
      from = `${next._id}\0`; // Not one of ours.
      continue;
    }
    yield scope.job;
    from = afterPrefix(layout.place({ workspace, job: scope.job, kind }).prefix);
  }
}

export async function dropJob(
  store: Store,
  workspace: WorkspaceId,
  job: JobId,
  options: QueryOptions | undefined,
): Promise<void> {
  const places = store.declarations.map(({ kind }) => store.layout.place({ workspace, job, kind }));
  await afterPayloads(store, workspace, job, options, async () => {
    if (store.layout.collectionPerKind) {
      await oneByOne(places, (place) => deletePrefix(store, place, place.prefix, options));
    } else if (places[0] !== undefined) {
      await dropCollection(store, places[0], options);
      await sweepNowAndThen(store, workspace, options);
    }
  });
}

/** Erases payloads, and then the rest. @throws {OutcomeUnknownError} where that fails: the payloads are gone */
async function afterPayloads(
  store: Store,
  workspace: WorkspaceId,
  job: JobId | undefined,
  options: QueryOptions | undefined,
  work: () => Promise<void>,
): Promise<void> {
  await erasePayloads(store, workspace, job, options);
  await work().catch((error: unknown) => {
    throw error instanceof OutcomeUnknownError ? error : outcomeUnknown("drop documents", error);
  });
}

/** What a drop has left stays for minutes, and each sweep looks at all of it: not at every drop. */
const SWEEP_MS = 60_000;
const MAX_WORKSPACES = 10_000;
const swept = new WeakMap<Store, Map<string, number>>();

async function sweepNowAndThen(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<void> {
  let times = swept.get(store);
  if (times === undefined) {
    times = new Map();
    swept.set(store, times);
  }
  const last = times.get(workspace);
  if (last !== undefined && performance.now() - last < SWEEP_MS) return;
  if (times.size >= MAX_WORKSPACES) times.clear();
  times.set(workspace, performance.now());
  await sweep(store, workspace, options);
}

/** Removes what earlier drops have left in a workspace; gives the names of the collections. */
export async function sweep(
  { layout, client, caller }: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<string[]> {
  if (layout.name === "shared-collections") return [];
  const { database } = layout.place({ workspace, job: ANY_JOB, kind: "any" });
  const isOurs = (name: string) => layout.collectionPerKind || name.startsWith(`${workspace}/`);
  return drop({ caller }, database, "", options, () => sweepTombstones(client.db(database), isOurs));
}

export interface DropWorkspaceOptions extends QueryOptions {
  /** Of documents that were copied to another layout of the same database, the payloads are those of both. */
  readonly keepPayloads?: boolean;
}

export async function dropWorkspace(
  store: Store,
  workspace: WorkspaceId,
  { keepPayloads = false, ...options }: DropWorkspaceOptions = {},
): Promise<void> {
  if (keepPayloads) return dropCollections(store, workspace, options);
  await afterPayloads(store, workspace, undefined, options, () => dropCollections(store, workspace, options));
}

async function dropCollections(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<void> {
  const { layout } = store;
  if (!layout.collectionPerKind) {
    const places: Pick<Place, "database" | "collection">[] = [];
    for await (const place of jobCollections(store, workspace, options)) places.push(place);
    await oneByOne(places, (place) => dropCollection(store, place, options));
    await sweep(store, workspace, options);
    return;
  }
  const places = store.declarations.map(({ kind }) => workspacePlace(layout, workspace, kind));
  // A workspace's own database has nothing else.
  const whole = places.find(({ start }) => start === "");
  if (whole !== undefined) await dropDatabase(store, whole.database, options);
  else await oneByOne(places, (place) => deletePrefix(store, place, place.start, options));
}

/** @throws {OutcomeUnknownError} where some are gone when one fails: no other error may say that nothing was done */
async function oneByOne<P>(places: readonly P[], work: (place: P) => Promise<void>): Promise<void> {
  for (const [index, place] of places.entries())
    await work(place).catch((error: unknown) => {
      throw index > 0 ? outcomeUnknown("drop documents", error) : error;
    });
}

async function deletePrefix(
  { client, caller }: Store,
  { database, collection }: Pick<Place, "database" | "collection">,
  prefix: string,
  options: QueryOptions | undefined,
): Promise<void> {
  const handle = client.db(database).collection<Envelope>(collection);
  const range = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
  await drop({ caller }, database, collection, options, (_, untilSent) =>
    handle.deleteMany(range, untilSent),
  );
}

async function dropCollection(
  { client, caller, provision }: Store,
  { database, collection }: Pick<Place, "database" | "collection">,
  options: QueryOptions | undefined,
): Promise<void> {
  await drop({ caller }, database, collection, options, (_, untilSent) =>
    bury(client.db(database), collection, untilSent),
  );
  provision.forget((inDatabase, name) => inDatabase === database && name === collection);
}

/** Its collections; the server has no database without any, which it is when their tombstones are swept. */
async function dropDatabase(
  { client, caller, provision }: Store,
  database: string,
  options: QueryOptions | undefined,
): Promise<void> {
  await drop({ caller }, database, "", options, async (_, untilSent) => {
    const db = client.db(database);
    const all = await db.listCollections({}, { ...untilSent, nameOnly: true }).toArray();
    const names = all.flatMap(({ name }) => (name.startsWith("system.") ? [] : [name]));
    // A collection of payloads is what its first write makes it, at any time.
    await oneByOne(names, async (name) => {
      await (isOwn(name) ? db.collection(name).drop() : bury(db, name));
    });
    await sweepTombstones(db, () => true).catch((error: unknown) => {
      throw names.length > 0 ? outcomeUnknown("drop documents", error) : error;
    });
  });
  provision.forget((inDatabase) => inDatabase === database);
}

function drop<T>(
  { caller }: Pick<Store, "caller">,
  namespace: string,
  collection: string,
  options: QueryOptions | undefined,
  work: (limits: Limits, untilSent: Limits) => Promise<T>,
): Promise<T> {
  const call = {
    operation: "drop",
    kind: "documents",
    collection,
    namespace,
    write: true,
    several: true,
  } as const;
  return caller.run(call, options, work);
}
