import { BSON } from "mongodb";
import type { z } from "zod";
import type { Declaration } from "./declaration.ts";
import type { DocumentSchema } from "./document-schema.ts";
import { InvalidDocumentError } from "./errors.ts";
import { parse } from "./parse.ts";
import { type Copy, copyValue, isFullReference, isPlain, MAX_DEPTH, type Step } from "./values.ts";

type Fail = (message: string, path: readonly Step[]) => never;

/** What is left of MongoDB's 16 MiB beside an envelope. */
const MAX_BYTES = 16 * 1024 * 1024 - 4 * 1024;

/**
 * Of BSON's own classes, those whose values come back as what they were: an Int32 would be a number, a Long a bigint, and a UUID
 * or another Binary a Buffer.
 */
const COMES_BACK = new Set(["Decimal128", "MaxKey", "MinKey", "ObjectId", "Timestamp"]);

/**
 * The data of a document as it is stored and as every read gives it: what its schema makes of the input, in values that
 * BSON gives back.
 * @throws {InvalidDocumentError} nothing was written
 */
export function validate<S extends DocumentSchema>(declaration: Declaration<S>, input: unknown): z.output<S> {
  const what = `invalid ${declaration.kind} document, nothing was written`;
  const fail: Fail = (message, path) => {
    throw new InvalidDocumentError(what, [{ path, message }]);
  };
  checkInput(input, fail, []);
  const result = parse(declaration.schema, input);
  if (!result.success) throw new InvalidDocumentError(what, result.issues, undefined, result.cause);
  const { value, leftOut } = copyOf(result.data, fail);
  // A key without a value is not stored, and some types take it only while it is there.
  if ((leftOut || declaration.changesWhatItGave) && !isFixpoint(declaration.schema, value, fail))
    fail("its schema would read it as something else than it has made of it", []);
  return value as z.output<S>;
}

/** The same values without a schema. @throws what `fail` does, where one cannot be stored */
export function store(data: unknown, fail: Fail): unknown {
  return copyOf(data, fail).value;
}

function copyOf(data: unknown, fail: Fail): Copy {
  const copy = copyValue(data, {
    undefinedKeys: "left out",
    regularExpressions: false,
    isAllowed: (name) => COMES_BACK.has(name),
    checkObject(copy, path) {
      if (isFullReference(copy))
        fail("$ref beside $id and $db is a reference, and would not come back", path);
    },
    refuse: fail,
  });
  if (copy.bytesAtMost > MAX_BYTES && BSON.calculateObjectSize(copy.value as object) > MAX_BYTES)
    fail("it is larger than the 16 MiB that MongoDB stores", []);
  return copy;
}

/** Checks what zod drops without a word, or falls over. */
function checkInput(value: unknown, fail: Fail, path: Step[]): void {
  if (typeof value !== "object" || value === null) return;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlain(value)) {
    if (Object.hasOwn(value, "_bsontype")) fail("the key _bsontype is BSON's own", [...path, "_bsontype"]);
    return;
  }
  if (path.length >= MAX_DEPTH) fail(`there are more than ${MAX_DEPTH} levels`, path.slice(0, 1));
  if (!isArray && Object.hasOwn(value, "__proto__"))
    fail("a key that objects of JavaScript do not have", [...path, "__proto__"]);
  if (isArray) for (let index = 0; index < value.length; index++) checkBelow(value[index], fail, path, index);
  else
    for (const key of Object.keys(value))
      checkBelow((value as Record<string, unknown>)[key], fail, path, key);
}

function checkBelow(value: unknown, fail: Fail, path: Step[], step: Step): void {
  if (typeof value !== "object" || value === null) return;
  path.push(step);
  checkInput(value, fail, path);
  path.pop();
}

function isFixpoint(schema: DocumentSchema, data: unknown, fail: Fail): boolean {
  const again = parse(schema, data);
  return again.success && isSame(store(again.data, fail), data);
}

function isSame(a: unknown, b: unknown): boolean {
  return Buffer.compare(BSON.serialize({ a }), BSON.serialize({ a: b })) === 0;
}
