import { BSON } from "mongodb";
import { isPlain } from "./values.ts";

/**
 * Makes JSON of values that are stored, in MongoDB's canonical extended form, from which `fromExtendedJson` makes equal ones: dates,
 * bytes, bigints and BSON's classes keep their type. A key that begins with `$` gets one more, for `{ $date: "x" }` may be data.
 */
export function toExtendedJson(value: unknown): unknown {
  return BSON.EJSON.serialize(mapKeys(value, (key) => (key.startsWith("$") ? `$${key}` : key)) as object, {
    relaxed: false,
  });
}

export function fromExtendedJson(json: unknown): unknown {
  const value: unknown = BSON.EJSON.deserialize(json as BSON.Document, { useBigInt64: true } as never);
  return mapKeys(value, (key) => (key.startsWith("$$") ? key.slice(1) : key));
}

function mapKeys(value: unknown, change: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => mapKeys(each, change));
  // BSON's writer of JSON takes bytes for an object with numbers for keys.
  if (value instanceof Uint8Array) return new BSON.Binary(value);
  if (value instanceof BSON.Binary && value.sub_type === BSON.Binary.SUBTYPE_DEFAULT)
    return Buffer.from(value.value());
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [change(key), mapKeys(below, change)]),
  );
}
