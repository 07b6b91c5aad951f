import type { Condition, Document, Filter as DriverFilter, PropertyType } from "mongodb";
import type { DocumentPath, StoredDocument } from "./declaration.ts";
import type { Envelope } from "./envelope.ts";
import { afterPrefix, type Place } from "./layout.ts";
import { safeFilter } from "./refuse.ts";

/** A filter of MongoDB's over what is stored: `{ "data.status": "running", createdAt: { $gt: yesterday } }`. */
export type Filter<T> = {
  readonly [P in DocumentPath<T>]?: Condition<PropertyType<StoredDocument<T>, P>>;
} & {
  readonly $and?: readonly Filter<T>[];
  readonly $or?: readonly Filter<T>[];
  readonly $nor?: readonly Filter<T>[];
  readonly $expr?: Document;
};

/** What every document of the scope satisfies and no other; either half alone would do, and each has its index. */
export function scopeFilter({ prefix, fields }: Place): Record<string, unknown> {
  return { _id: { $gte: prefix, $lt: afterPrefix(prefix) }, ...fields };
}

/** A caller's filter within the scope. @throws {RefusedError} */
export function within(place: Place, filter: unknown = {}, ...more: object[]): DriverFilter<Envelope> {
  const conditions = [safeFilter(filter), ...more].filter((each) => Object.keys(each).length > 0);
  const scope = scopeFilter(place);
  return (conditions.length === 0 ? scope : { ...scope, $and: conditions }) as DriverFilter<Envelope>;
}
