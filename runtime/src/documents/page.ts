import { createHash } from "node:crypto";
import type { QueryOptions } from "../statement.ts";
import type { StoredDocument } from "./declaration.ts";
import { decode, type Envelope } from "./envelope.ts";
import { DeclarationError, RefusedError } from "./errors.ts";
import { fromToken, toToken } from "./extended-json.ts";
import { type Filter, within } from "./filter.ts";
import { type Sort, sortOf } from "./reads.ts";
import { safeValue } from "./refuse.ts";
import { sortableTypes } from "./sortable.ts";
import { read, type Target } from "./target.ts";
import { readable } from "./unreadable.ts";

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
    target,
    filter ?? {},
    ...(position === undefined ? [] : [behind(target, order, position)]),
  );
  const sorted = order.map(([path, direction]): [string, 1 | -1] => [path, direction]);
  const stored = await read(
    target,
    "find",
    options,
    (limits) =>
      target.handle.find(wanted, { sort: sorted, limit: limit + 1, ...limits }).toArray() as Promise<
        Envelope[]
      >,
    ({ length }) => length,
  );
  const { declaration, place } = target;
  const shown = stored.slice(0, limit);
  const documents = shown.map((each) => readable(place, each, () => decode(declaration, place, each)));
  const isLast = stored.length <= limit;
  return { documents, next: isLast ? null : writeCursor(target, order, shown[limit - 1]!) };
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

/** Writes the filter for what comes after a position: behind it in the first field, or equal there and behind it in the next, and so on. */
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

/**
 * MongoDB's order of types, and for each what a filter calls them. A comparison finds values of its own type only; documents of
 * other releases may have another.
 */
const TYPES: readonly { readonly names: readonly string[]; readonly holds: (value: unknown) => boolean }[] = [
  { names: ["number"], holds: (value) => typeof value === "number" || typeof value === "bigint" },
  { names: ["string"], holds: (value) => typeof value === "string" },
  { names: ["object"], holds: () => false },
  { names: ["array"], holds: () => false },
  { names: ["binData"], holds: () => false },
  { names: ["objectId"], holds: () => false },
  { names: ["bool"], holds: (value) => typeof value === "boolean" },
  { names: ["date"], holds: (value) => value instanceof Date },
  { names: ["timestamp", "regex"], holds: () => false },
];

/** null and what is absent are equal, and come before all else. */
function beyond(path: string, direction: 1 | -1, value: unknown): Record<string, unknown>[] {
  if (value === null) return direction === 1 ? [{ [path]: { $ne: null } }] : [];
  const comparison = { [path]: { [direction === 1 ? "$gt" : "$lt"]: value } };
  if (path === "_id") return [comparison];
  const own = TYPES.findIndex(({ holds }) => holds(value));
  const others = (direction === 1 ? TYPES.slice(own + 1) : TYPES.slice(0, own)).flatMap(({ names }) => names);
  const ofOtherTypes = others.length === 0 ? [] : [{ [path]: { $type: others } }];
  return direction === 1
    ? [comparison, ...ofOtherTypes]
    : [comparison, ...ofOtherTypes, { [path]: { $eq: null } }];
}

/** From what is stored, which is what the server sorts by: reading may have filled in a default, or migrated it. */
function writeCursor({ declaration, place }: Target, order: Order, stored: Envelope): string {
  const values = order.map(([path]) =>
    path === "_id" ? stored._id.slice(place.prefix.length) : valueAt(stored, path),
  );
  const odd = order.find((_, index) => !isScalar(values[index]));
  if (odd !== undefined)
    throw new RefusedError(
      `a ${declaration.kind} document is stored with a value of ${odd[0]} that no page can end at: rewriteOlder() or repair it`,
    );
  return toToken([fingerprint(order), ...values]);
}

function valueAt(stored: Envelope, path: string): unknown {
  let value: unknown = stored;
  for (const step of path.split(".")) value = (value as Record<string, unknown> | null | undefined)?.[step];
  return value ?? null;
}

/** @throws {RefusedError} for what is no cursor of this sort: it may come from a URL, and could hold operators */
function readCursor(text: string, order: Order): Position {
  const refuse = () => new RefusedError("`after` is not a cursor of this sort");
  let content: unknown;
  try {
    content = fromToken(text);
  } catch {
    throw refuse();
  }
  if (!Array.isArray(content) || content.length !== order.length + 1) throw refuse();
  const [print, ...values] = content as unknown[];
  if (print !== fingerprint(order) || !values.every(isScalar)) throw refuse();
  if (typeof values.at(-1) !== "string" && order.at(-1)?.[0] === "_id") throw refuse();
  return values.map((value) => safeValue(value));
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
