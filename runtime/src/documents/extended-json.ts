import { BSON } from "mongodb";
import { RefusedError } from "./errors.ts";
import { isPlain, type Step } from "./values.ts";

const INT32 = 2 ** 31;
const INT64 = 2n ** 63n;

/**
 * Makes JSON of values that are stored, in MongoDB's canonical extended form, from which `fromExtendedJson` makes equal ones: dates,
 * bytes, bigints and BSON's classes keep their type. A key that begins with `$` gets one more, for `{ $date: "x" }` may be data.
 * Whatever leaves the accessor as text and comes back goes through here: exports, the outbox, cursors and resume tokens.
 * @throws {RefusedError} for a number or date that would come back as another
 */
export function toExtendedJson(value: unknown): unknown {
  return BSON.EJSON.serialize(prepare(value, []) as object, { relaxed: false });
}

export function fromExtendedJson(json: unknown): unknown {
  const value: unknown = BSON.EJSON.deserialize(json as BSON.Document, { useBigInt64: true } as never);
  return restore(value);
}

/** The same in letters that a URL takes. */
export function toToken(value: unknown): string {
  return Buffer.from(JSON.stringify(toExtendedJson(value))).toString("base64url");
}

/** @throws where it is no token */
export function fromToken(text: string): unknown {
  return fromExtendedJson(JSON.parse(Buffer.from(text, "base64url").toString()));
}

function prepare(value: unknown, path: readonly Step[]): unknown {
  switch (typeof value) {
    case "number":
      // Of a whole number beyond 32 bits BSON's writer of JSON makes a Long, in rounded digits; what is stored is a double.
      return Number.isInteger(value) && (value < -INT32 || value >= INT32) ? new BSON.Double(value) : value;
    case "bigint":
      if (value >= INT64 || value < -INT64) throw new RefusedError("a bigint has 64 bits at most", path);
      return value;
    default:
      break;
  }
  if (Array.isArray(value)) return value.map((each, index) => prepare(each, [...path, index]));
  if (value instanceof Date && Number.isNaN(value.getTime())) throw new RefusedError("an invalid date", path);
  // It takes bytes for an object with numbers for keys.
  if (value instanceof Uint8Array) return new BSON.Binary(value);
  if (!isPlain(value)) return value;
  return mapEntries(value, (key, below) => [
    key.startsWith("$") ? `$${key}` : key,
    prepare(below, [...path, key]),
  ]);
}

function restore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restore);
  if (value instanceof BSON.Binary && value.sub_type === BSON.Binary.SUBTYPE_DEFAULT)
    return Buffer.from(value.value());
  if (!isPlain(value)) return value;
  return mapEntries(value, (key, below) => [key.startsWith("$$") ? key.slice(1) : key, restore(below)]);
}

function mapEntries(
  object: Readonly<Record<string, unknown>>,
  change: (key: string, value: unknown) => [string, unknown],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => change(key, value)));
}
