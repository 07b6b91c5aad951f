import { randomUUID } from "node:crypto";
import { type Db, MongoServerError } from "mongodb";
import type { Limits } from "./call.ts";
import { outcomeUnknown } from "./translate.ts";

/**
 * What stands in the place of a collection that was dropped, for as long as a process may know that collection: a write by
 * one that has not looked again would make it anew, without validator and indexes. It refuses all documents but its own,
 * which says what is done with it; validators have no compare and set, documents do.
 */
interface Tombstone {
  readonly _id: typeof ID;
  readonly state: "dropped" | "opening" | "sweeping";
  readonly at: Date;
}

const ID = "~dropped";
/** What is a document of a collection that may be dropped. */
export const EXCEPT_TOMBSTONE = { _id: { $ne: ID } };
/** No job's collection, no kind's. */
const MADE_ASIDE = "~dropped-";
/** How `listCollections` finds them. */
const FILTER = { "options.validator._id": ID };
/** Longer than any process goes without looking at a collection. */
const KEPT_MS = 10 * 60_000;
/** Who has begun to sweep a tombstone and has not ended by then is gone. */
const SWEEPER_MS = 60_000;

const NAMESPACE_NOT_FOUND = 26;
/** As a server says it that is making or dropping the same thing. */
const DROP_PENDING = 215;
const NOT_IMPLEMENTED = 238;
/** A document that the validator does not take. */
export const REFUSED_BY_VALIDATOR = 121;

export function isTombstone(validator: unknown): boolean {
  return (validator as { _id?: unknown } | undefined)?._id === ID;
}

/** Tells whether a collection was dropped, and nobody has made it anew. */
export async function isDropped(db: Db, collection: string): Promise<boolean> {
  const [found] = await infoOf(db, collection);
  return isTombstone(found?.options?.validator);
}

/** The names of a database's tombstones. */
export async function tombstones(db: Db, limits: Limits = {}): Promise<Set<string>> {
  const found = await db.listCollections(FILTER, limits).toArray();
  // A server that does not know the filter's field would give all.
  return new Set(
    found.flatMap((each) => (isTombstone((each as CollectionInfo).options?.validator) ? [each.name] : [])),
  );
}

/**
 * Drops a collection at once, and leaves a tombstone. One that is not there, or dropped already, stays as it is. On a server
 * without validators it is merely dropped.
 * @param untilSent of the first command: what comes later is done whoever still waits for it
 */
export async function bury(db: Db, collection: string, untilSent: Limits = {}): Promise<void> {
  const [found] = await infoOf(db, collection, untilSent);
  if (found === undefined || isTombstone(found.options?.validator)) return;
  const aside = `${MADE_ASIDE}${randomUUID()}`;
  try {
    const made = await db.createCollection<Tombstone>(aside, { validator: { _id: ID } });
    await made.insertOne({ _id: ID, state: "dropped", at: new Date() });
    await made.rename(collection, { dropTarget: true });
  } catch (error) {
    if (!isCode(error, NOT_IMPLEMENTED)) throw error;
    await db.collection(collection).drop();
    return;
  }
  await refuseWrites(db, collection).catch((error: unknown) => {
    throw outcomeUnknown("drop documents", error);
  });
}

/** MongoDB keeps the validator of what is renamed; a compatible server may not. */
async function refuseWrites(db: Db, collection: string): Promise<void> {
  const [renamed] = await infoOf(db, collection);
  if (renamed !== undefined && renamed.options?.validator === undefined)
    await db.command({ collMod: collection, validator: { _id: ID } });
}

/** Before a tombstone is made a collection again: from here on nobody sweeps it away. */
export async function claimForOpening(db: Db, collection: string): Promise<void> {
  const handle = db.collection<Tombstone>(collection);
  const { matchedCount } = await handle.updateOne(
    { _id: ID, state: { $ne: "sweeping" } },
    { $set: { state: "opening" } },
  );
  if (matchedCount > 0) return;
  const sweeping = await handle.findOne({ _id: ID });
  if (sweeping !== null && Date.now() - sweeping.at.getTime() > SWEEPER_MS) await handle.drop();
  throw new MongoServerError({ code: DROP_PENDING, message: "the collection is being dropped" });
}

/** After it has its validator and indexes. */
export async function opened(db: Db, collection: string): Promise<void> {
  await db.collection<Tombstone>(collection).deleteOne({ _id: ID });
}

/** Removes the tombstones of a database that no process can need any more; gives their names. */
export async function sweepTombstones(
  db: Db,
  isOurs: (collection: string) => boolean,
  keptMs = KEPT_MS,
): Promise<string[]> {
  const swept: string[] = [];
  for (const name of await tombstones(db)) {
    if (!isOurs(name) && !name.startsWith(MADE_ASIDE)) continue;
    const handle = db.collection<Tombstone>(name);
    const { matchedCount } = await handle.updateOne(
      { _id: ID, state: "dropped", at: { $lte: new Date(Date.now() - keptMs) } },
      { $set: { state: "sweeping", at: new Date() } },
    );
    if (matchedCount === 0) continue;
    await handle.drop().catch((error: unknown) => {
      if (!isCode(error, NAMESPACE_NOT_FOUND)) throw error;
    });
    swept.push(name);
  }
  return swept;
}

interface CollectionInfo {
  readonly options?: { readonly validator?: unknown };
}

function infoOf(db: Db, collection: string, limits: Limits = {}): Promise<CollectionInfo[]> {
  return db.listCollections({ name: collection }, limits).toArray() as Promise<CollectionInfo[]>;
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof MongoServerError && error.code === code;
}
