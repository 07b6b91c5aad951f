import type { z } from "zod";
import type { QueryOptions } from "../statement.ts";
import { type BulkItem, type BulkOptions, type BulkOutcome, bulk } from "./bulk.ts";
import { timed } from "./call.ts";
import type { EncryptedOf, StoredDocument } from "./declaration.ts";
import type { KeyOfAny, PickOfEach } from "./document-schema.ts";
import type { Unencrypted } from "./encrypted-names.ts";
import type { Defined, Filter, Written } from "./filter.ts";
import { type Page, type PageOptions, page } from "./page.ts";
import { aggregate, count, type FindOptions, type Found, find, getMany, getOne, getRaw } from "./reads.ts";
import type { Target } from "./target.ts";
import type { RawDocument } from "./unreadable.ts";
import { type Change, type WatchOptions, watch } from "./watch.ts";
import {
  type InsertOptions,
  insert,
  reencrypt,
  remove,
  removeMany,
  repair,
  replace,
  rewriteOlder,
  type UpdateOptions,
  update,
  upsert,
  type WriteOptions,
} from "./writes.ts";

/** Beside a change's type, refuses to take away a field that must be there. `C` is what was written. */
type Keeps<C, I> = true extends { readonly [K in keyof C]-?: TakesAway<C, K, I> }[keyof C]
  ? C & { readonly [K in keyof C]: true extends TakesAway<C, K, I> ? NeverAbsent : C[K] }
  : unknown;

type TakesAway<C, K extends keyof C, I> =
  Partial<Pick<C, K>> extends Pick<C, K>
    ? false
    : undefined extends C[K]
      ? undefined extends FieldOf<I, K>
        ? false
        : true
      : false;

type FieldOf<I, K> = I extends unknown ? (K extends keyof I ? I[K] : never) : never;

interface NeverAbsent {
  readonly "the field must be there": never;
}

/**
 * The documents of one kind in one job; nothing that it does reaches any other. `T` is the data as it is read, `I` as it is
 * given to be written, `Q` what of it the server can compare: all but the fields that are encrypted.
 *
 * Every operation takes `signal` and `timeout`. What reads is stopped for good: the connection is closed, and the server ends
 * it at the deadline. What writes cannot be called back once it is sent: before that, CancelledError or TimeoutError say that
 * nothing was written; after it, OutcomeUnknownError says that it may have been.
 */
export class DocumentCollection<T extends object, I = NoInfer<T>, Q = T> {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** null where there is none. */
  get(id: string, options?: QueryOptions): Promise<StoredDocument<T> | null> {
    return getOne(this.#target, id, options);
  }

  /** As it is stored, whatever its version and its data; null where there is none. */
  getRaw(id: string, options?: QueryOptions): Promise<RawDocument | null> {
    return getRaw(this.#target, id, options);
  }

  /**
   * Writes anew a document that cannot be read: `mend` gets it as it is stored, and gives its data.
   * @throws {DocumentNotFoundError | DocumentConflictError | DocumentTooNewError | InvalidDocumentError}
   */
  repair(
    id: string,
    mend: (document: RawDocument) => I | Promise<I>,
    options?: QueryOptions,
  ): Promise<StoredDocument<T>> {
    return repair(this.#target, id, mend, timed(options));
  }

  /** Those that are there, in no order. */
  getMany(ids: readonly string[], options?: QueryOptions): Promise<StoredDocument<T>[]> {
    return getMany(this.#target, ids, timed(options));
  }

  /**
   * Read it with `for await`, which holds one batch at a time, or with `toArray()`. What this release cannot read is there as an
   * UnreadableDocument: `isReadable` tells it, and its `data` throws.
   */
  find<const K extends KeyOfAny<T> = KeyOfAny<T>, F extends Written = Written>(
    filter?: Filter<Q> & Defined<F>,
    options?: FindOptions<T, K, Q>,
  ): Found<StoredDocument<PickOfEach<T, K>>> {
    return find(this.#target, filter, options as FindOptions<Record<string, unknown>, string> | undefined);
  }

  /** One page of a list, by its sort's values: no page is slower than the first. */
  page<F extends Written = Written>(
    options: PageOptions<Q> & { readonly filter?: Defined<F> },
  ): Promise<Page<StoredDocument<T>>> {
    return page(this.#target, timed(options as PageOptions<never>)!);
  }

  count<F extends Written = Written>(
    filter?: Filter<Q> & Defined<F>,
    options?: QueryOptions,
  ): Promise<number> {
    return count(this.#target, filter, options);
  }

  /**
   * The stages get the documents of this collection as they are stored (`_id`, `createdAt`, `data.…`), and `schema` checks
   * what comes out. Stages that reach elsewhere and operators that run JavaScript are refused. What is encrypted is not there; a
   * first `$match` may ask whether it is.
   */
  aggregate<S extends z.ZodType, const P extends readonly object[] = readonly object[]>(
    pipeline: P & Unencrypted<P, EncryptedOf<Q>>,
    schema: S,
    options?: QueryOptions,
  ): Found<z.output<S>> {
    return aggregate(this.#target, pipeline, schema, options);
  }

  /** @throws {DuplicateDocumentError | InvalidDocumentError} */
  insert(data: I, options?: InsertOptions): Promise<StoredDocument<T>> {
    return insert(this.#target, data, timed(options));
  }

  /** Replaces the data, or inserts it where there is none. With a `revision` it only replaces. */
  upsert(id: string, data: I, options?: WriteOptions): Promise<StoredDocument<T>> {
    return upsert(this.#target, id, data, timed(options));
  }

  /** @throws {DocumentNotFoundError | DocumentConflictError | InvalidDocumentError} */
  replace(id: string, data: I, options?: WriteOptions): Promise<StoredDocument<T>> {
    return replace(this.#target, id, data, timed(options));
  }

  /**
   * Reads, changes and writes, so that the whole is checked: some fields, or what a function makes of the data. Where
   * somebody else writes in between, it is an error, or is tried again (`attempts`).
   * @throws {DocumentNotFoundError | DocumentConflictError | InvalidDocumentError}
   */
  update<C extends Written = Written>(
    id: string,
    change: (Partial<I> & Keeps<C, I>) | ((data: T) => I | Promise<I>),
    options?: UpdateOptions,
  ): Promise<StoredDocument<T>> {
    return update(this.#target, id, change as Record<string, unknown>, timed(options));
  }

  /** Tells whether there was one. @throws {DocumentConflictError} */
  delete(id: string, options?: QueryOptions & { readonly revision?: string }): Promise<boolean> {
    return remove(this.#target, id, timed(options));
  }

  /** Deletes what matches, and tells how many; `{}` deletes all. */
  deleteMany<F extends Written = Written>(
    filter: Filter<Q> & Defined<F>,
    options?: QueryOptions,
  ): Promise<number> {
    return removeMany(this.#target, filter, timed(options));
  }

  /** Many writes, each with its own outcome; in one command, where they are not in order. */
  bulk(items: readonly BulkItem<I>[], options?: BulkOptions): Promise<BulkOutcome[]> {
    return bulk(this.#target, items, timed(options));
  }

  /** Changes as they happen; on a replica set only. */
  watch(options?: WatchOptions): AsyncGenerator<Change<T>, void, undefined> {
    return watch(this.#target, options);
  }

  /**
   * Writes anew the documents that have something in the clear, or under a key that is no longer the provider's current one, so that
   * the older key can be destroyed. Gives how many. One that somebody else writes meanwhile is left to them.
   */
  reencrypt(options?: QueryOptions): Promise<number> {
    return reencrypt(this.#target, timed(options));
  }

  /** Writes the documents of older versions anew, so that filters and indexes see their new form. Gives how many. */
  rewriteOlder(options?: QueryOptions): Promise<number> {
    return rewriteOlder(this.#target, timed(options));
  }
}
