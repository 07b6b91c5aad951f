import { createHash } from "node:crypto";
import { BSON } from "mongodb";
import type { QueryOptions } from "../statement.ts";
import type { StoredDocument } from "./declaration.ts";
import { DeclarationError, RefusedError } from "./errors.ts";
import { type Filter, within } from "./filter.ts";
import { found, type Sort, sortOf } from "./reads.ts";
import { safeValue } from "./refuse.ts";
import { sortableTypes } from "./sortable.ts";
import type { Target } from "./target.ts";

export interface PageOptions<T> extends QueryOptions {
  readonly filter?: Filter<T>;
  /** By the id where it is absent; where it is given, the id decides among equals. */
  readonly sort?: Sort<T>;
  readonly limit: number;
  /** `next` of the page before, from the same sort. */
  readonly after?: string | undefined;
}

export interface Page<R> {
  readonly documents: readonly R[];
  /** What `after` takes for the page that follows; null where this was the last. */
  readonly next: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: the class that uses these has the types
type Any = any;
type Order = readonly (readonly [path: string, direction: 1 | -1])[];
type Position = readonly unknown[];

/**
 * A page that starts where the one before ended, however much was written in between: no document that stays as it is
 * comes twice or is left out.
 */
export async function page(target: Target, options: PageOptions<Any>): Promise<Page<StoredDocument<Any>>> {
  const { filter, sort = {}, limit, after } = options;
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new RefusedError("a page's limit is a whole number from 1");
  const order = orderOf(target, sort);
  const position = after === undefined ? undefined : readCursor(after, order);
  const wanted = within(
    target.place,
    filter ?? {},
    ...(position === undefined ? [] : [behind(target, order, position)]),
  );
  const driver = {
    sort: order.map(([path, direction]): [string, 1 | -1] => [path, direction]),
    limit: limit + 1,
  };
  const documents = await found(target, wanted, driver, options).toArray();
  if (documents.length <= limit) return { documents, next: null };
  const shown = documents.slice(0, limit);
  return { documents: shown, next: writeCursor(order, shown[limit - 1]!) };
}

/** @throws {DeclarationError} for a field whose values have no one order in MongoDB: arrays, objects, several types */
function orderOf({ declaration }: Target, sort: Sort<Any>): Order {
  const order = sortOf(sort as Record<string, 1 | -1>);
  for (const [path] of order)
    if (path !== "_id" && sortableTypes(declaration, path) === undefined)
      throw new DeclarationError(
        `pages of ${declaration.kind} cannot be sorted by ${path}: its values must be of one type that has an order`,
      );
  const byId = order.findIndex(([path]) => path === "_id");
  return byId < 0 ? [...order, ["_id", 1]] : order.slice(0, byId + 1);
}

/** What comes after a position: behind it in the first field, or equal there and behind it in the next, and so on. */
function behind({ place }: Target, order: Order, position: Position): Record<string, unknown> {
  const alternatives: Record<string, unknown>[] = [];
  const equal: Record<string, unknown>[] = [];
  order.forEach(([path, direction], index) => {
    const value = path === "_id" ? place.prefix + String(position[index]) : position[index];
    for (const further of beyond(path, direction, value)) alternatives.push({ $and: [...equal, further] });
    equal.push({ [path]: { $eq: value } });
  });
  return { $or: alternatives };
}

/** null and what is absent are equal, and come before all else. A comparison finds values of its own type only. */
function beyond(path: string, direction: 1 | -1, value: unknown): Record<string, unknown>[] {
  if (value === null) return direction === 1 ? [{ [path]: { $ne: null } }] : [];
  if (direction === 1) return [{ [path]: { $gt: value } }];
  return path === "_id"
    ? [{ [path]: { $lt: value } }]
    : [{ [path]: { $lt: value } }, { [path]: { $eq: null } }];
}

function writeCursor(order: Order, document: StoredDocument<Any>): string {
  const values = order.map(([path]) => valueAt(document, path));
  return Buffer.from(BSON.EJSON.stringify([fingerprint(order), ...values], { relaxed: false })).toString(
    "base64url",
  );
}

function valueAt(document: StoredDocument<Any>, path: string): unknown {
  if (path === "_id") return document.id;
  let value: unknown = document;
  for (const step of path.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[step];
  return value ?? null;
}

/** @throws {RefusedError} for what is no cursor of this sort: it may come from a URL, and could hold operators */
function readCursor(text: string, order: Order): Position {
  const refuse = () => new RefusedError("`after` is not a cursor of this sort");
  let content: unknown;
  try {
    content = BSON.EJSON.parse(Buffer.from(text, "base64url").toString(), {
      relaxed: false,
      useBigInt64: true,
    });
  } catch {
    throw refuse();
  }
  if (!Array.isArray(content) || content.length !== order.length + 1) throw refuse();
  const [print, ...values] = content.map(plain);
  if (print !== fingerprint(order) || !values.every(isScalar)) throw refuse();
  if (typeof values.at(-1) !== "string" && order.at(-1)?.[0] === "_id") throw refuse();
  return values.map((value) => safeValue(value));
}

/** Canonical EJSON keeps numbers in classes of their own. */
function plain(value: unknown): unknown {
  return value instanceof BSON.Double || value instanceof BSON.Int32 ? value.valueOf() : value;
}

function isScalar(value: unknown): boolean {
  return (
    value === null ||
    value instanceof Date ||
    ["string", "number", "bigint", "boolean"].includes(typeof value)
  );
}

function fingerprint(order: Order): string {
  return createHash("sha256").update(JSON.stringify(order)).digest("base64url").slice(0, 8);
}
