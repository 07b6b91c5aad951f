import type { Db, MongoClient } from "mongodb";
import { CollectionLimitError } from "./errors.ts";
import { tombstones } from "./tombstone.ts";

/**
 * How many collections there are. Each costs the server two files and time at every checkpoint; a cluster
 * with tens of thousands of them is slow, which the layout `shared-collections` avoids.
 */
export interface CollectionCount {
  /** @throws {CollectionLimitError} where this collection is not there yet and would be one too many */
  reserve(database: string, collection: string): Promise<Reservation>;
  /** In the databases that this process has made collections in; undefined before the first. */
  readonly known: number | undefined;
}

/** A place below the limit, which those that are reserved at the same time do not get. */
export interface Reservation {
  /** The collection was made. */
  keep(): void;
  /** It was there, or could not be made. */
  release(): void;
}

/** Counting lists all of them: not more often than this, with our own added in between. */
const RECOUNT_MS = 60_000;

/** Others make collections, too: so near to the limit (a twentieth of it), each one is counted. */
const NEAR = 0.95;

interface Count {
  number: number;
  readonly at: number;
}

export function createCollectionCount(client: MongoClient, limit: number): CollectionCount {
  const counts = new Map<string, Count>();
  const reserved = new Map<string, number>();
  const counting = new Map<string, { made: Set<string>; result: Promise<ReadonlySet<string>> }>();
  const reservedIn = (database: string) => reserved.get(database) ?? 0;
  const isFresh = (database: string) => {
    const count = counts.get(database);
    return (
      count !== undefined &&
      performance.now() - count.at <= RECOUNT_MS &&
      count.number + reservedIn(database) < limit * NEAR
    );
  };

  /** Counts, once for all who ask while it does; gives the names. */
  function recount(database: string): Promise<ReadonlySet<string>> {
    let running = counting.get(database);
    if (running === undefined) {
      // What is made while the server lists, it may have passed over.
      const made = new Set<string>();
      const result = namesIn(client.db(database))
        .then((names) => {
          const all = new Set([...names, ...made]);
          counts.set(database, { number: all.size, at: performance.now() });
          return all;
        })
        .finally(() => counting.delete(database));
      running = { made, result };
      counting.set(database, running);
    }
    return running.result;
  }

  return {
    async reserve(database, collection) {
      const names = isFresh(database) ? undefined : await recount(database);
      const number = (counts.get(database)?.number ?? 0) + reservedIn(database);
      if (number >= limit && !names?.has(collection))
        throw new CollectionLimitError(
          `the database has ${number} collections, and the limit is ${limit}: drop finished jobs, or use the layout "shared-collections"`,
        );
      // From here to the reservation nothing is awaited.
      reserved.set(database, reservedIn(database) + 1);
      let over = false;
      const release = () => {
        if (!over) reserved.set(database, reservedIn(database) - 1);
        over = true;
      };
      return {
        release,
        keep() {
          const count = counts.get(database);
          if (!over && count !== undefined) count.number++;
          counting.get(database)?.made.add(collection);
          release();
        },
      };
    },
    get known() {
      if (counts.size === 0) return undefined;
      let sum = 0;
      for (const { number } of counts.values()) sum += number;
      return sum;
    },
  };
}

/** Of what was dropped, and is not swept yet, none. */
async function namesIn(db: Db): Promise<Set<string>> {
  const dropped = await tombstones(db);
  const names = new Set<string>();
  for await (const { name } of db.listCollections({}, { nameOnly: true }))
    if (!dropped.has(name)) names.add(name);
  return names;
}
