import type { FindOptions as DriverFindOptions } from "mongodb";
import type { z } from "zod";
import type { QueryOptions } from "../statement.ts";
import { parseComputed } from "./computed.ts";
import { type DocumentPath, isStoredPath, type StoredDocument, touchesEncrypted } from "./declaration.ts";
import { discriminatorOf, fieldsOf, type KeyOfAny } from "./document-schema.ts";
import { withoutEncrypted } from "./encrypted-names.ts";
import { decode, decodePart, type Envelope, keyOf } from "./envelope.ts";
import { DeclarationError, InvalidDocumentError, RefusedError } from "./errors.ts";
import { oneFilter, scopeFilter, within } from "./filter.ts";
import { safePipeline } from "./refuse.ts";
import { callOf, read, type Target } from "./target.ts";
import { isReadable, type RawDocument, rawOf, readable } from "./unreadable.ts";
import { restoreReferences } from "./values.ts";

export type Sort<T> = { readonly [P in DocumentPath<T> | "id"]?: 1 | -1 };

export interface FindOptions<T, K extends KeyOfAny<T> = KeyOfAny<T>, Q = T> extends QueryOptions {
  readonly sort?: Sort<Q>;
  readonly limit?: number;
  /** Only these fields of the data. */
  readonly fields?: readonly K[];
  /** Documents in one reply of the server's. */
  readonly batchSize?: number;
}

/** Documents to be read in one of two ways. Nothing is sent before. */
export interface Found<R> extends AsyncIterable<R> {
  /** All of them. */
  toArray(): Promise<R[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: the class that uses these has the types
type Any = any;

/** MongoDB takes 16 MiB for a command; an id has half a KiB. */
export const IDS_AT_ONCE = 10_000;

const ENVELOPE = { version: 1, revision: 1, createdAt: 1, updatedAt: 1, expiresAt: 1 } as const;

export async function getOne(
  target: Target,
  id: string,
  options: QueryOptions | undefined,
): Promise<StoredDocument<Any> | null> {
  const stored = await getStored(target, id, options);
  return stored === null ? null : decode(target.declaration, target.place, stored);
}

export async function getRaw(
  target: Target,
  id: string,
  options: QueryOptions | undefined,
): Promise<RawDocument | null> {
  const stored = await getStored(target, id, options);
  return stored === null ? null : rawOf(target.place, stored);
}

async function getStored(
  target: Target,
  id: string,
  options: QueryOptions | undefined,
): Promise<Envelope | null> {
  const key = keyOf(target.place, id);
  const stored = await read(
    target,
    "find",
    options,
    (driver) => target.handle.findOne(oneFilter(target.place, key), driver),
    (found) => (found === null ? 0 : 1),
  );
  return stored as Envelope | null;
}

export async function getMany(target: Target, ids: readonly string[], options: QueryOptions | undefined) {
  const keys = ids.map((id) => keyOf(target.place, id));
  const documents: StoredDocument<Any>[] = [];
  // None at all is one command, too: it says whether the server is there.
  for (let from = 0; from === 0 || from < keys.length; from += IDS_AT_ONCE) {
    const some = keys.slice(from, from + IDS_AT_ONCE);
    const part = found(target, { ...target.place.fields, _id: { $in: some } }, {}, options);
    documents.push(...(await part.toArray()));
  }
  return documents;
}

export function find(
  target: Target,
  filter: unknown,
  options: FindOptions<Any, string> = {},
): Found<StoredDocument<Any>> {
  const { sort, limit, batchSize, fields } = options;
  const driver: DriverFindOptions = {};
  if (sort !== undefined) {
    driver.sort = sortOf(sort);
    for (const [path] of driver.sort)
      if (touchesEncrypted(target.declaration.encrypt, path))
        throw new RefusedError("it is encrypted: the server knows no order of it", [path]);
  }
  // The server takes 0 for all of them, and less for one batch.
  if (limit !== undefined) driver.limit = fromOne(limit, "limit");
  if (batchSize !== undefined) driver.batchSize = fromOne(batchSize, "batchSize");
  if (fields !== undefined) driver.projection = projectionOf(target, fields);
  return found(target, within(target, filter ?? {}), driver, options, fields);
}

function fromOne(number: number, name: string): number {
  if (!Number.isSafeInteger(number) || number < 1) throw new RefusedError(`${name} is a whole number from 1`);
  return number;
}

/**
 * In the order of the keys: an object of JavaScript's keeps it for all but whole numbers, which are no paths.
 * @throws {RefusedError}
 */
export function sortOf(sort: Readonly<Record<string, 1 | -1 | undefined>>): [string, 1 | -1][] {
  return Object.entries(sort).flatMap(([path, direction]): [string, 1 | -1][] => {
    if (direction === undefined) return [];
    if (path !== "id" && !isStoredPath(path))
      throw new RefusedError("that is no path of a document to sort by", [path]);
    if (direction !== 1 && direction !== -1) throw new RefusedError("a direction is 1 or -1", [path]);
    return [[path === "id" ? "_id" : path, direction]];
  });
}

function projectionOf({ declaration }: Target, fields: readonly string[]): Record<string, 1> {
  const known = fieldsOf(declaration.schema);
  for (const field of fields)
    if (!known.has(field))
      throw new DeclarationError(`${declaration.kind} documents have no field ${JSON.stringify(field)}`);
  // What tells the branches apart is needed to read any of them.
  const discriminator = discriminatorOf(declaration.schema);
  const wanted = discriminator === undefined ? fields : [discriminator, ...fields];
  return { ...ENVELOPE, ...Object.fromEntries(wanted.map((field) => [`data.${field}`, 1 as const])) };
}

export function found(
  target: Target,
  filter: object,
  driver: DriverFindOptions,
  options: QueryOptions | undefined,
  fields?: readonly string[],
): Found<StoredDocument<Any>> {
  const { declaration, place, handle, store, transaction } = target;
  const decoded = (stored: Envelope) => readable(place, stored, () => decode(declaration, place, stored));
  const give = async (stored: Envelope) => {
    if (fields === undefined) return decoded(stored);
    if (stored.version === declaration.version)
      return readable(place, stored, () => decodePart(declaration, place, stored, fields));
    // Another version can be migrated, or be told of, only as a whole.
    const whole = await getStored(target, stored._id.slice(place.prefix.length), options);
    if (whole === null) return undefined;
    const document = decoded(whole);
    return isReadable(document) ? pick(document, fields) : document;
  };
  return {
    async toArray() {
      const stored = await read(
        target,
        "find",
        options,
        (limits) => handle.find(filter, { ...driver, ...limits }).toArray() as Promise<Envelope[]>,
        ({ length }) => length,
      );
      if (fields === undefined) return stored.map(decoded);
      const given = [];
      for (const each of stored) given.push(await give(each));
      return given.filter((each) => each !== undefined);
    },
    async *[Symbol.asyncIterator]() {
      // Between two documents of a cursor other operations may run, which a transaction does not allow.
      if (transaction !== undefined) return yield* await this.toArray();
      const documents = store.caller.stream(callOf(target, "find", false), options, (limits) =>
        handle.find(filter, { ...driver, ...limits }),
      );
      for await (const each of documents) {
        const document = await give(each as Envelope);
        if (document !== undefined) yield document;
      }
    },
  };
}

function pick<T extends object>(document: StoredDocument<T>, fields: readonly string[]): StoredDocument<Any> {
  const data = Object.fromEntries(Object.entries(document.data).filter(([key]) => fields.includes(key)));
  return { ...document, data };
}

export async function count(
  target: Target,
  filter: unknown,
  options: QueryOptions | undefined,
): Promise<number> {
  const wanted = within(target, filter ?? {});
  return read(target, "count", options, async (driver) =>
    Number(await target.handle.countDocuments(wanted, driver)),
  );
}

export function aggregate<S extends z.ZodType>(
  target: Target,
  pipeline: unknown,
  schema: S,
  options: QueryOptions | undefined,
): Found<z.output<S>> {
  const { handle, place, declaration, store, transaction } = target;
  const stages = [{ $match: scopeFilter(place) }, ...withoutEncrypted(declaration, safePipeline(pipeline))];
  const check = (row: unknown): z.output<S> => {
    const result = parseComputed(schema, restoreReferences(row));
    if (result.success) return result.data;
    const what = `aggregate ${declaration.kind}: a result is not what its schema says`;
    throw new InvalidDocumentError(what, result.issues, undefined, result.cause);
  };
  return {
    async toArray() {
      const rows = await read(
        target,
        "aggregate",
        options,
        (limits) => handle.aggregate(stages, limits).toArray(),
        ({ length }) => length,
      );
      return rows.map(check);
    },
    async *[Symbol.asyncIterator]() {
      if (transaction !== undefined) return yield* await this.toArray();
      const rows = store.caller.stream(callOf(target, "aggregate", false), options, (limits) =>
        handle.aggregate(stages, limits),
      );
      for await (const row of rows) yield check(row);
    },
  };
}
