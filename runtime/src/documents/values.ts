import { BSON } from "mongodb";

export type Step = string | number;

/** What a value is for, and what is done about one that cannot be sent. */
export interface ValueRules {
  /** Tells whether an instance of one of BSON's own classes may stand there; by the name of the class. */
  isAllowed(name: string, value: object): boolean;
  /** A key without a value: left out of what is stored, an error where it would compare with nothing. */
  readonly undefinedKeys: "left out" | "refused";
  readonly regularExpressions: boolean;
  checkKey?(key: string, path: readonly Step[]): void;
  checkObject?(copy: Readonly<Record<string, unknown>>, path: readonly Step[]): void;
  refuse(message: string, path: readonly Step[]): never;
}

export interface Copy {
  readonly value: unknown;
  /** No fewer than the bytes that it takes in BSON. */
  readonly bytesAtMost: number;
  /** Whether a key without a value was. */
  readonly leftOut: boolean;
}

/** MongoDB stores 100 levels in a document; one of them is the envelope's. */
export const MAX_DEPTH = 99;

const INT64 = 2n ** 63n;
/** A number, its type and its key's end; what an object has around its fields. */
const BYTES_OF_VALUE = 24;
/** Of UTF-8, for one unit of UTF-16. */
const BYTES_OF_UNIT = 3;

/**
 * Copies a value as the server gets it: made of plain objects, and such that what comes back is equal to it. An object
 * that says one thing to us and another to the driver (a getter, `toBSON`, a Map) cannot be in it, and neither can a value
 * that BSON would change without a word: an invalid Date becomes 1970, a bigint is cut to 64 bits, half of a surrogate pair
 * becomes U+FFFD. Everything that is sent goes through here.
 */
export function copyValue(value: unknown, rules: ValueRules, path: readonly Step[] = []): Copy {
  const copier = new Copier(rules, [...path]);
  return { value: copier.copy(value), bytesAtMost: copier.bytes, leftOut: copier.leftOut };
}

/** An id, or another text that stands by itself. */
export function isStorableText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

class Copier {
  readonly #rules: ValueRules;
  /** Of what is being copied. */
  readonly #path: Step[];
  readonly #root: number;
  bytes = 0;
  leftOut = false;

  constructor(rules: ValueRules, path: Step[]) {
    this.#rules = rules;
    this.#path = path;
    this.#root = path.length;
  }

  copy(value: unknown): unknown {
    this.bytes += BYTES_OF_VALUE;
    switch (typeof value) {
      case "string":
        if (!value.isWellFormed()) this.#refuse("half of a surrogate pair is no text");
        this.bytes += BYTES_OF_UNIT * value.length;
        return value;
      case "number":
      case "boolean":
        return value;
      case "bigint":
        if (value >= INT64 || value < -INT64) this.#refuse("a bigint has 64 bits at most");
        return value;
      case "object":
        return value === null ? null : this.#copyObject(value);
      default:
        return this.#refuse(`${typeof value} is no value`);
    }
  }

  #copyObject(value: object): unknown {
    if (this.#path.length - this.#root >= MAX_DEPTH)
      this.#rules.refuse(`there are more than ${MAX_DEPTH} levels`, this.#path.slice(0, this.#root + 1));
    if (Array.isArray(value)) {
      const copy = new Array<unknown>(value.length);
      // By index, so that a hole is seen.
      for (let index = 0; index < value.length; index++) copy[index] = this.#copyBelow(index, value[index]);
      return copy;
    }
    if (isPlain(value)) return this.#copyKeys(value);
    if (value instanceof Date) {
      const time = value.getTime();
      if (Number.isNaN(time)) this.#refuse("an invalid date");
      return new Date(time);
    }
    if (value instanceof Uint8Array) {
      this.bytes += value.length;
      return Buffer.from(value);
    }
    if (value instanceof RegExp && this.#rules.regularExpressions) return this.#copyRegularExpression(value);
    const name = bsonClass(value);
    if (name !== undefined && this.#rules.isAllowed(name, value)) {
      this.bytes += value instanceof BSON.Binary ? value.length() : BYTES_OF_VALUE;
      return value;
    }
    return this.#refuse(`a ${value.constructor?.name || "value"} may not be part of it`);
  }

  #copyKeys(object: object): Record<string, unknown> {
    const { undefinedKeys, checkKey, checkObject } = this.#rules;
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(object)) {
      const value = (object as Record<string, unknown>)[key];
      if (value === undefined && undefinedKeys === "left out") {
        this.leftOut = true;
        continue;
      }
      this.bytes += BYTES_OF_UNIT * key.length;
      if (key.includes("\0") || !key.isWellFormed()) this.#refuse("a key that BSON cannot hold");
      checkKey?.(key, [...this.#path, key]);
      const below = this.#copyBelow(key, value);
      setOwn(copy, key, below);
    }
    checkObject?.(copy, this.#path);
    return copy;
  }

  #copyBelow(step: Step, value: unknown): unknown {
    this.#path.push(step);
    const copy = this.copy(value);
    this.#path.pop();
    return copy;
  }

  /** The driver would make another one of it: it takes `g` for `s`, and drops `s` and `u`. */
  #copyRegularExpression({ source, flags }: RegExp): BSON.BSONRegExp {
    const unknown = flags.replace(/[imsu]/g, "");
    if (unknown !== "") this.#refuse(`MongoDB has no flag ${unknown} of regular expressions`);
    if (source.includes("\0") || !source.isWellFormed()) this.#refuse("a pattern that BSON cannot hold");
    this.bytes += BYTES_OF_UNIT * source.length;
    return new BSON.BSONRegExp(source, flags.replace("u", ""));
  }

  #refuse(message: string): never {
    return this.#rules.refuse(message, [...this.#path]);
  }
}

/** Copies a value that was read, which shares nothing that can be changed with the copy: objects, arrays, dates and bytes. */
export function copyPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyPlain);
  if (value instanceof Date) return new Date(value);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Uint8Array) return value.slice();
  if (!isPlain(value)) return value;
  // Unlike an assignment, it makes a key of __proto__.
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, copyPlain(below)]));
}

/** Sets a key, whatever it is called: an assignment to `__proto__` makes none. */
export function setOwn(object: object, key: Step, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else (object as Record<Step, unknown>)[key] = value;
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has that realm's prototype.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain && !("_bsontype" in value) && !hasToBson(value);
}

function hasToBson(value: object): boolean {
  return typeof (value as { toBSON?: unknown }).toBSON === "function";
}

function bsonClass(value: object): string | undefined {
  if (!("_bsontype" in value) || Object.hasOwn(value, "_bsontype") || hasToBson(value)) return undefined;
  return typeof value._bsontype === "string" ? value._bsontype : undefined;
}

/**
 * Gives what was stored, of what the driver has read: it makes a DBRef of every object with `$ref` and `$id`, which JSON Schema's
 * documents are full of. Gives the value itself where there is none in it.
 */
export function restoreReferences(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const below: unknown = value[index];
      const restored = typeof below === "object" ? restoreReferences(below) : below;
      if (restored === below) continue;
      copy ??= [...value];
      copy[index] = restored;
    }
    return copy ?? value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype)
    return value instanceof BSON.DBRef ? referenceOf(value) : value;
  const object = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const below = object[key];
    const restored = typeof below === "object" ? restoreReferences(below) : below;
    if (restored === below) continue;
    copy ??= { ...object };
    setOwn(copy, key, restored);
  }
  return copy ?? value;
}

function referenceOf({ collection, oid, db, fields }: BSON.DBRef): unknown {
  // It takes a text with one dot for a database and a collection.
  const $ref = db === undefined ? collection : `${db}.${collection}`;
  return restoreReferences({ $ref, $id: oid, ...fields });
}

const REFERENCE = new Set(["$ref", "$id", "$db"]);

/** Tells whether the driver would make a DBRef of it whose parts cannot be told again. */
export function isFullReference(object: Readonly<Record<string, unknown>>): boolean {
  const { $ref, $id, $db } = object;
  return (
    typeof $ref === "string" &&
    $id !== undefined &&
    $id !== null &&
    typeof $db === "string" &&
    Object.keys(object).every((key) => !key.startsWith("$") || REFERENCE.has(key))
  );
}
