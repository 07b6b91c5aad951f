import type { Document, Filter as DriverFilter } from "mongodb";
import type { Declaration, DocumentPath, EncryptedOf, StoredDocument } from "./declaration.ts";
import { refuseEncrypted } from "./encrypted-names.ts";
import { type Envelope, keyOf } from "./envelope.ts";
import { RefusedError } from "./errors.ts";
import { afterPrefix, type Place } from "./layout.ts";
import { LOGICAL } from "./operators.ts";
import type { Condition, Expression, Leaf, ValueAt } from "./paths.ts";
import { safeFilter } from "./refuse.ts";
import { isPlain, setOwn } from "./values.ts";

declare const declared: unique symbol;

/** A filter of MongoDB's over what is stored: `{ "data.status": "running", createdAt: { $gt: yesterday } }`. */
export type Filter<T> = TypedFilter<T> | GenericFilter;

type TypedFilter<T> = {
  readonly [P in DocumentPath<T>]?: Condition<ValueAt<StoredDocument<T>, P>>;
} & {
  /** Of what is encrypted, whether it is there. */
  readonly [P in `data.${EncryptedOf<T>}`]?: Presence;
} & {
  readonly id?: string | IdOperators;
  readonly $and?: readonly Filter<T>[];
  readonly $or?: readonly Filter<T>[];
  readonly $nor?: readonly Filter<T>[];
  readonly [declared]?: true;
  readonly $expr?: [EncryptedOf<T>] extends [never] ? Document : Expression<DocumentPath<T>>;
};

interface Presence {
  readonly $exists?: boolean;
  readonly $not?: Presence;
}

/**
 * Beside a filter's type, refuses undefined in it, which the type cannot where `exactOptionalPropertyTypes` is off: it would compare
 * with nothing. `F` is what was written.
 */
export type Defined<F> =
  true extends HasUndefined<F> ? F & { readonly [K in keyof F]: NotUndefined<F[K]> } : unknown;

/** What a literal is taken for. A filter of a declared type is none, and is not looked at: all its keys may be absent. */
export type Written = { readonly [key: string]: unknown } & { readonly [declared]?: never };

type HasUndefined<V> = unknown extends V
  ? false
  : undefined extends V
    ? true
    : V extends Leaf
      ? false
      : V extends readonly (infer E)[]
        ? HasUndefined<E>
        : {
            readonly [K in keyof V]-?: Partial<Pick<V, K>> extends Pick<V, K> ? false : HasUndefined<V[K]>;
          }[keyof V];

type NotUndefined<V> =
  true extends HasUndefined<V> ? { readonly "undefined compares with nothing": never } : V;

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

/**
 * Gives what one document satisfies, by its key as it is stored. Where workspaces share a collection it names them too: it may be
 * sharded by `{ workspace: 1, job: 1 }`, and then one shard is asked.
 */
export function oneFilter({ fields }: Place, key: string): { readonly _id: string } {
  return fields.workspace === undefined ? { _id: key } : { _id: key, ...fields };
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
  const safe = safeFilter(filter);
  if (declaration.encrypt.length > 0) refuseEncrypted(declaration, safe);
  const conditions = [asStored(place, safe), ...more].filter((each) => Object.keys(each).length > 0);
  const scope = scopeFilter(place);
  return (conditions.length === 0 ? scope : { ...scope, $and: conditions }) as DriverFilter<Envelope>;
}

/** Gives the filter with ids as they are stored, behind the scope's prefix. */
function asStored(place: Place, filter: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(filter)) {
    if (LOGICAL.has(key))
      result[key] = (value as Record<string, unknown>[]).map((each) => asStored(place, each));
    else if (key === "id") result._id = keyCondition(place, value);
    else setOwn(result, key, value);
  }
  return result;
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
