import { setTimeout } from "node:timers/promises";
import { type Db, type IndexDescription, type MongoClient, MongoServerError } from "mongodb";
import type { QueryOptions } from "../statement.ts";
import type { Caller, Limits } from "./call.ts";
import type { CollectionCount } from "./collection-count.ts";
import type { Declaration } from "./declaration.ts";
import { UnsupportedByServerError } from "./errors.ts";
import { indexesOf, isSameIndex } from "./indexes.ts";
import { type Layout, NAMESPACE_BYTES, type Place } from "./layout.ts";
import { claimForOpening, isDropped, isTombstone, opened } from "./tombstone.ts";
import { createValidator, mergeValidator } from "./validator.ts";

/** Makes collections with their validator and indexes before the first write; many processes may do so at once. */
export interface Provision {
  /** Tells whether this process has done it lately. */
  isDone(place: Place): boolean;
  ensure(place: Place, declaration: Declaration, options: QueryOptions | undefined): Promise<void>;
  /** Tells whether somebody has dropped a collection that this process knew; it is then made anew before the next write. */
  wasDropped(place: Place): Promise<boolean>;
  /**
   * Looks now and then, behind a write, whether the collection is still as it was made, and makes it so again: one that a shell has
   * dropped is made by the next write, without validator and indexes.
   */
  lookAfterwards(place: Place, declaration: Declaration): void;
  /** After a drop. */
  forget(isGone: (database: string, collection: string) => boolean): void;
  /** What was left out: `validators`, `unique indexes among kinds`, `expiry`, which the server lacks; what duplicates prevent. */
  readonly leftOut: ReadonlySet<string>;
}

export interface ProvisionSettings {
  readonly client: MongoClient;
  readonly layout: Layout;
  readonly declarations: readonly Declaration[];
  readonly caller: Caller;
  readonly count: CollectionCount;
  /** Whether a server that lacks validators, TTL or partial indexes is an error, or does without. */
  readonly serverChecks: "required" | "if-supported";
}

const VALIDATORS = "validators";
const NAMESPACE_EXISTS = 48;
const NOT_IMPLEMENTED = 238;
const DUPLICATE_KEY = 11000;
const INDEX_CONFLICTS = new Set([85, 86]);
/** Somebody else is making or dropping the same thing: not there any more, write conflict, index build under way or aborted, drop pending. */
const PASSING = new Set([26, 112, 114, 117, 215, 276]);
const ATTEMPTS = 8;
/** Another process may have dropped a collection that this one knows; later than this it is looked at again. */
const KNOWN_FOR_MS = 5 * 60_000;
/** What is written to is looked at behind a write so often, for what was done to it without this accessor. */
const LOOKED_AT_MS = 10_000;
const MAX_KNOWN = 50_000;

/** When a collection was made as it should be, and when somebody looked whether it still is. */
interface Known {
  readonly at: number;
  lookedAt: number;
}

export function createProvision(settings: ProvisionSettings): Provision {
  const { client, layout, declarations, caller, count, serverChecks } = settings;
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<void>>();
  const leftOut = new Set<string>();

  const withoutIfAllowed = (what: string, error: unknown): void => {
    if (serverChecks === "required")
      throw new UnsupportedByServerError(
        `this server has no ${what}; with "serverChecks: 'if-supported'" the documents do without`,
        { cause: error },
      );
    leftOut.add(what);
  };

  async function createCollection(
    db: Db,
    place: Place,
    kinds: readonly Declaration[],
    limits: Limits,
    madeIt: () => void,
  ) {
    const validator = createValidator(kinds, place);
    try {
      await db.createCollection(place.collection, { validator, ...limits });
      madeIt();
    } catch (error) {
      if (isCode(error, NAMESPACE_EXISTS)) return updateValidator(db, place, kinds, limits);
      if (!isCode(error, NOT_IMPLEMENTED)) throw error;
      withoutIfAllowed(VALIDATORS, error);
      try {
        await db.createCollection(place.collection, limits);
        madeIt();
      } catch (second) {
        if (!isCode(second, NAMESPACE_EXISTS)) throw second;
      }
    }
  }

  async function updateValidator(db: Db, place: Place, kinds: readonly Declaration[], limits: Limits) {
    const { collection } = place;
    const wanted = createValidator(kinds, place);
    const [present] = await db.listCollections({ name: collection }, limits).toArray();
    const options = (present as { options?: { validator?: unknown } } | undefined)?.options;
    const validator = mergeValidator(options?.validator, wanted, place);
    if (validator === undefined) return;
    const isAnew = isTombstone(options?.validator);
    if (isAnew) {
      await claimForOpening(db, collection);
      // Before others can write.
      await createIndexes(db, place, indexesOf(kinds, place), limits);
    }
    try {
      await db.command({ collMod: collection, validator, ...maxTime(limits) });
      if (isAnew) await opened(db, collection);
    } catch (error) {
      if (!isCode(error, NOT_IMPLEMENTED)) throw error;
      withoutIfAllowed(VALIDATORS, error);
    }
  }

  async function createIndexes(db: Db, { collection }: Place, indexes: IndexDescription[], limits: Limits) {
    if (indexes.length === 0) return;
    try {
      await db.collection(collection).createIndexes(indexes, maxTime(limits));
    } catch (error) {
      const conflicts = error instanceof MongoServerError && INDEX_CONFLICTS.has(error.code as number);
      const hasDuplicates = isCode(error, DUPLICATE_KEY);
      if (!conflicts && !hasDuplicates && !isCode(error, NOT_IMPLEMENTED)) throw error;
      const [first, ...rest] = indexes;
      if (rest.length > 0) {
        // Which of them it was, it does not say.
        for (const index of indexes) await createIndexes(db, { collection } as Place, [index], limits);
        return;
      }
      if (conflicts) {
        // A release that has merely renamed it finds the one that it wants.
        const present = await db.collection(collection).indexes();
        if (present.some((each) => isSameIndex(first!, each))) return;
        throw new UnsupportedByServerError(
          `the collection has an index of the same name or fields, and another definition: give the changed index a new name, or drop the old one`,
          { cause: error },
        );
      }
      // They are there already: that must not keep anybody from writing something else.
      if (hasDuplicates) leftOut.add(`the unique index ${first?.name}, since there are duplicates`);
      else withoutIfAllowed(first?.unique ? "unique indexes among kinds" : "expiry", error);
    }
  }

  async function provision(place: Place, declaration: Declaration, limits: Limits): Promise<void> {
    checkNamespace(place);
    const db = client.db(place.database);
    const kinds = layout.collectionPerKind ? [declaration] : declarations;
    const reservation = await count.reserve(place.database, place.collection);
    try {
      await patiently(() => createCollection(db, place, kinds, limits, reservation.keep));
    } finally {
      reservation.release();
    }
    await patiently(() => createIndexes(db, place, indexesOf(kinds, place), limits));
  }

  /** Provisions once for all who ask meanwhile. */
  function provisioned(place: Place, declaration: Declaration): Promise<void> {
    const name = nameOf(place);
    let running = underWay.get(name);
    if (running === undefined) {
      const call = callOf("create", place, declaration); // Made once or twice, it is the same.
      // Without the caller's signal: others may be waiting for the same.
      running = caller
        .run(call, undefined, () => provision(place, declaration, {}))
        .then(() => {
          if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value!);
          known.delete(name);
          const at = performance.now();
          known.set(name, { at, lookedAt: at });
        })
        .finally(() => underWay.delete(name));
      running.catch(() => {});
      underWay.set(name, running);
    }
    return running;
  }

  async function lookAt(place: Place, declaration: Declaration, seen: Known): Promise<void> {
    const call = callOf("listCollections", place, declaration);
    const [info] = await caller.run(call, undefined, (limits) =>
      client.db(place.database).listCollections({ name: place.collection }, limits).toArray(),
    );
    const name = nameOf(place);
    const isAsMade = (info as CollectionInfo | undefined)?.options?.validator !== undefined;
    if (isAsMade || known.get(name) !== seen) return;
    known.delete(name);
    // One that is gone is made before the next write.
    if (info !== undefined) await provisioned(place, declaration);
  }

  return {
    leftOut,
    isDone(place) {
      const seen = known.get(nameOf(place));
      return seen !== undefined && performance.now() - seen.at < KNOWN_FOR_MS;
    },
    async ensure(place, declaration, options) {
      await caller.wait(`create ${declaration.kind}`, options, provisioned(place, declaration));
    },
    lookAfterwards(place, declaration) {
      const seen = known.get(nameOf(place));
      if (seen === undefined || performance.now() - seen.lookedAt < LOOKED_AT_MS) return;
      seen.lookedAt = performance.now();
      // Only a validator tells it from one that the server has made by itself. What fails here is tried again the next time.
      if (!leftOut.has(VALIDATORS)) lookAt(place, declaration, seen).catch(() => {});
    },
    async wasDropped({ database, collection }) {
      const dropped = await isDropped(client.db(database), collection);
      if (dropped) known.delete(`${database}.${collection}`);
      return dropped;
    },
    forget(isGone) {
      for (const name of known.keys()) {
        const dot = name.indexOf(".");
        if (isGone(name.slice(0, dot), name.slice(dot + 1))) known.delete(name);
      }
    },
  };
}

interface CollectionInfo {
  readonly options?: { readonly validator?: unknown };
}

function nameOf({ database, collection }: Place): string {
  return `${database}.${collection}`;
}

function callOf(operation: string, { database: namespace, collection }: Place, { kind }: Declaration) {
  return { operation, kind, collection, namespace, write: false };
}

function checkNamespace({ database, collection }: Place): void {
  const bytes = Buffer.byteLength(`${database}.${collection}`);
  if (bytes > NAMESPACE_BYTES)
    throw new RangeError(`a collection's full name has ${bytes} bytes; MongoDB allows ${NAMESPACE_BYTES}`);
}

async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof MongoServerError && PASSING.has(error.code as number)))
        throw error;
      await setTimeout(Math.random() * 20 * 2 ** attempt);
    }
  }
}

function maxTime({ maxTimeMS }: Limits): { maxTimeMS?: number } {
  return maxTimeMS === undefined ? {} : { maxTimeMS };
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof MongoServerError && error.code === code;
}
