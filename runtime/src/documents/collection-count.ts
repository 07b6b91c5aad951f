import type { MongoClient } from "mongodb";
import { CollectionLimitError } from "./errors.ts";

/**
 * How many collections there are. Each costs the server two files and time at every checkpoint; a cluster
 * with tens of thousands of them is slow, which the layout `shared-collections` avoids.
 */
export interface CollectionCount {
  /** @throws {CollectionLimitError} where this collection is not there yet and would be one too many */
  check(database: string, collection: string): Promise<void>;
  added(database: string): void;
  /** In the databases that this process has made collections in; undefined before the first. */
  readonly known: number | undefined;
}

/** Counting lists all of them: not more often than this, with our own added in between. */
const RECOUNT_MS = 60_000;

export function createCollectionCount(client: MongoClient, limit: number): CollectionCount {
  const counts = new Map<string, { number: number; at: number }>();
  return {
    async check(database, collection) {
      let count = counts.get(database);
      if (count === undefined || performance.now() - count.at > RECOUNT_MS || count.number >= limit) {
        const collections = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
        count = { number: collections.length, at: performance.now() };
        counts.set(database, count);
        if (collections.some(({ name }) => name === collection)) return;
      }
      if (count.number >= limit)
        throw new CollectionLimitError(
          `the database has ${count.number} collections, and the limit is ${limit}: drop finished jobs, or use the layout "shared-collections"`,
        );
    },
    added(database) {
      const count = counts.get(database);
      if (count !== undefined) count.number++;
    },
    get known() {
      if (counts.size === 0) return undefined;
      let sum = 0;
      for (const { number } of counts.values()) sum += number;
      return sum;
    },
  };
}
