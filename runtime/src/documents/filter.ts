import type { Document, Filter as DriverFilter } from "mongodb";
import { type Declaration, type DocumentPath, encryptedField, type StoredDocument } from "./declaration.ts";
import { type Envelope, keyOf } from "./envelope.ts";
import { RefusedError } from "./errors.ts";
import { afterPrefix, type Place } from "./layout.ts";
import { LOGICAL } from "./operators.ts";
import type { Condition, ValueAt } from "./paths.ts";
import { safeFilter } from "./refuse.ts";
import { isPlain } from "./values.ts";

/** A filter of MongoDB's over what is stored: `{ "data.status": "running", createdAt: { $gt: yesterday } }`. */
export type Filter<T> = TypedFilter<T> | GenericFilter;

type TypedFilter<T> = {
  readonly [P in DocumentPath<T>]?: Condition<ValueAt<StoredDocument<T>, P>>;
} & {
  readonly id?: string | IdOperators;
  readonly $and?: readonly Filter<T>[];
  readonly $or?: readonly Filter<T>[];
  readonly $nor?: readonly Filter<T>[];
  readonly $expr?: Document;
};

declare const generic: unique symbol;

/** A filter that is not held against a collection's type; `genericFilter` makes it. */
export interface GenericFilter {
  readonly [generic]: true;
}

/**
 * A filter for code that works on any collection, of whose documents TypeScript knows no paths. Operators and values are checked
 * when it is used, as those of every filter are.
 */
export function genericFilter(filter: Readonly<Record<string, unknown>>): GenericFilter {
  return filter as unknown as GenericFilter;
}

interface IdOperators {
  readonly $eq?: string;
  readonly $ne?: string;
  readonly $gt?: string;
  readonly $gte?: string;
  readonly $lt?: string;
  readonly $lte?: string;
  readonly $in?: readonly string[];
  readonly $nin?: readonly string[];
}

/** Gives what every document of the scope satisfies and no other; either half alone would do, and each has its index. */
export function scopeFilter({ prefix, fields }: Place): Record<string, unknown> {
  return { _id: { $gte: prefix, $lt: afterPrefix(prefix) }, ...fields };
}

/** What a filter is for. */
interface Scoped {
  readonly place: Place;
  readonly declaration: Pick<Declaration, "kind" | "encrypt">;
}

/** A caller's filter within the scope. @throws {RefusedError} */
export function within(
  { place, declaration }: Scoped,
  filter: unknown,
  ...more: object[]
): DriverFilter<Envelope> {
  const conditions = [asStored({ place, declaration }, safeFilter(filter)), ...more].filter(
    (each) => Object.keys(each).length > 0,
  );
  const scope = scopeFilter(place);
  return (conditions.length === 0 ? scope : { ...scope, $and: conditions }) as DriverFilter<Envelope>;
}

/** Gives the filter with ids as they are stored, behind the scope's prefix. @throws {RefusedError} for what is encrypted */
function asStored(of: Scoped, filter: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(filter)) {
    if (LOGICAL.has(key))
      result[key] = (value as Record<string, unknown>[]).map((each) => asStored(of, each));
    else if (key === "id") result._id = keyCondition(of.place, value);
    else {
      refuseEncrypted(of.declaration, key, value);
      Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  return result;
}

/** Refuses what would compare something encrypted: the server knows only whether it is there. */
function refuseEncrypted({ kind, encrypt }: Scoped["declaration"], key: string, value: unknown): void {
  const field = encryptedField(encrypt, key);
  if (field === undefined) return;
  const isPresence = isPlain(value) && Object.keys(value).every((operator) => operator === "$exists");
  if (!(isPresence && key === `data.${field}`))
    throw new RefusedError(`${field} of ${kind} documents is encrypted: the server cannot compare it`, [key]);
}

const OF_ONE = new Set(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]);
const OF_MANY = new Set(["$in", "$nin"]);

function keyCondition(place: Place, condition: unknown): unknown {
  const one = (id: unknown) => keyOf(place, id as string);
  if (!isPlain(condition)) return one(condition);
  return Object.fromEntries(
    Object.entries(condition).map(([operator, operand]) => {
      if (OF_ONE.has(operator)) return [operator, one(operand)];
      if (OF_MANY.has(operator) && Array.isArray(operand)) return [operator, operand.map(one)];
      throw new RefusedError(`an id is compared by ${[...OF_ONE, ...OF_MANY].join(", ")}`, ["id", operator]);
    }),
  );
}
