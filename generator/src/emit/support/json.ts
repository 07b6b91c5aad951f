import type { Codec, Json } from "./codec.ts";

/** A string, or a number, of JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Tells whether a character is a digit or a point. */
const isDigit = (c: number): boolean => (c >= 48 && c <= 57) || c === 46;

/**
 * Tells whether a JSON text may hold a number of 16 digits or more, which a double does not always keep. Nearly none does, and then its
 * numbers need not be looked at. Whatever is that long has part in every sixteenth character.
 */
function mayHoldLongNumber(t: string): boolean {
  for (let i = 15; i < t.length; i += 16) {
    if (!isDigit(t.charCodeAt(i))) continue;
    let start = i;
    while (start > 0 && isDigit(t.charCodeAt(start - 1))) start--;
    while (i + 1 < t.length && isDigit(t.charCodeAt(i + 1))) i++;
    // What stands behind a quotation mark is a string.
    if (i - start >= 15 && t.charAt(start - 1) !== '"') return true;
  }
  return false;
}

/** An exponent that may be too large for a double, which jsonb never has: it writes the digits. */
const LARGE_EXPONENT = /\d[eE][+-]?\d{3}/;

/** A decimal number's sign and digits without zeros around them, and the power of ten of the last one. */
function decimal(t: string): string {
  const [mantissa = "", exponent = "0"] = t.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = (whole + fraction).replace(/^0+/, "");
  const kept = all.replace(/0+$/, "");
  if (kept === "") return "0";
  const power = Number(exponent) - fraction.length + all.length - kept.length;
  return `${mantissa.startsWith("-") ? "-" : ""}${kept}e${power}`;
}

/** Tells whether a number written so is the same once it was read and is written again. */
function isExact(t: string): boolean {
  if (t.length < 16 && !/[eE]/.test(t)) return true;
  const value = Number(t);
  return Number.isFinite(value) && decimal(t) === decimal(String(value));
}

function inexact(): Error {
  return new Error(
    'holds a number that JavaScript\'s cannot hold exactly; cast it to text, or set json_numbers to "exact"',
  );
}

/** The text with a mark in front of numbers, as strings; no string of it begins so. */
function markNumbers(t: string, isMarked: (digits: string) => boolean): { marked: string; mark: string } {
  let mark = "#";
  while (t.includes(`"${mark}`)) mark += "#";
  const marked = t.replace(TOKEN, (token) =>
    token.startsWith('"') || !isMarked(token) ? token : `"${mark}${token}"`,
  );
  return { marked, mark };
}

/** A number of JSON with all its digits, which a number of JavaScript's does not have. */
export class JsonNumber {
  /** As PostgreSQL writes it. */
  readonly text: string;

  constructor(text: string) {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
      throw new TypeError("not a number of JSON");
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  /** The nearest number. */
  valueOf(): number {
    return Number(this.text);
  }

  /** A string, since JSON.stringify would round a number. As a parameter it is written as the number that it is. */
  toJSON(): string {
    return this.text;
  }
}

/** JSON of which numbers that JavaScript's cannot hold exactly are kept as they are. */
export type ExactJson =
  | string
  | number
  | boolean
  | null
  | JsonNumber
  | ExactJson[]
  | { [key: string]: ExactJson };

/** What JSON.stringify makes of a value: the same, the same but for numbers that it would write otherwise, or another without a word. */
type Written = "same" | "exact" | "changed";

function writtenAs(value: unknown): Written {
  if (typeof value === "number")
    return Object.is(value, -0) ? "exact" : Number.isFinite(value) ? "same" : "changed";
  if (typeof value !== "object")
    return typeof value === "string" || typeof value === "boolean" ? "same" : "changed";
  if (value === null) return "same";
  if (value instanceof JsonNumber) return "exact";
  if (value instanceof Date || value instanceof Map || value instanceof Set) return "changed";
  const own = toJson(value);
  if (own !== value) return writtenAs(own);
  if (isLost(value)) return "changed";
  let all: Written = "same";
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof item === "string") continue;
    const one = writtenAs(item);
    if (one === "changed") return one;
    if (one === "exact") all = one;
  }
  return all;
}

/**
 * Tells whether it is an object of which JSON.stringify keeps nothing, or numbers in place of bytes: a promise that was not awaited, a
 * regular expression, an error, what is iterated.
 */
function isLost(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null || Array.isArray(value)) return false;
  if (ArrayBuffer.isView(value) || value instanceof Error) return true;
  const isData = value instanceof Number || value instanceof String || value instanceof Boolean;
  return !isData && kindOf(value) !== "Object" && Object.keys(value).length === 0;
}

/** Such as `Promise`. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** Gives what an object says itself that it is written as. */
function toJson(value: object): unknown {
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, "") : value;
}

/** The error for a value that would be changed; says what it is and where. */
function changed(value: unknown, path: string): TypeError {
  if (typeof value === "object" && value !== null && !(value instanceof Date || value instanceof Map)) {
    const own = toJson(value);
    if (own !== value) return changed(own, path);
    if (isLost(value))
      return new TypeError(`a JSON value cannot hold ${kindOf(value)}, which would be lost, at ${path}`);
    const isArray = Array.isArray(value);
    for (const [key, item] of isArray ? value.entries() : Object.entries(value)) {
      const isName = !isArray && /^[A-Za-z_$][\w$]*$/.test(String(key));
      const step = isName ? `.${key}` : `[${JSON.stringify(key)}]`;
      if (writtenAs(item) === "changed") return changed(item, path + step);
    }
  }
  return new TypeError(`a JSON value cannot hold ${nameOf(value)}, at ${path}`);
}

function nameOf(value: unknown): string {
  if (value instanceof Date) return "a Date, which would become a string: pass toISOString()";
  if (typeof value === "object") return "a Map or Set, which would become {}";
  return typeof value === "number" || value === undefined ? String(value) : `a ${typeof value}`;
}

function encodeJson(value: unknown): string {
  const t = JSON.stringify(value);
  if (t === undefined) throw new TypeError("not a JSON value");
  const written = writtenAs(value);
  if (written === "changed") throw changed(value, "$");
  if (written === "same") return t;
  let mark = "#";
  while (t.includes(`"${mark}`)) mark += "#";
  const marked = JSON.stringify(value, function (this: Record<string, unknown>, key, other: unknown) {
    const original = this[key];
    if (original instanceof JsonNumber) return mark + original.text;
    return Object.is(other, -0) ? `${mark}-0` : other;
  });
  return marked.replace(new RegExp(`"${mark}([-+.\\deE]+)"`, "g"), "$1");
}

function readExact<T>(t: string): T {
  for (const [token] of t.matchAll(TOKEN)) if (!token.startsWith('"') && !isExact(token)) throw inexact();
  return JSON.parse(t) as T;
}

/** Reads and writes jsonb. A number that would be another one is an error, and so is a value that would be. */
export function json<T>(): Codec<T> {
  return {
    decode: (t) => (mayHoldLongNumber(t) ? readExact<T>(t) : (JSON.parse(t) as T)),
    encode: encodeJson,
  };
}

/** The same for json, whose numbers stand as they were written. */
export function jsonText<T>(): Codec<T> {
  return {
    decode: (t) => (mayHoldLongNumber(t) || LARGE_EXPONENT.test(t) ? readExact<T>(t) : (JSON.parse(t) as T)),
    encode: encodeJson,
  };
}

/** Either, where such numbers are read as JsonNumber. */
export function exactJson<T>(): Codec<T> {
  return {
    decode(t) {
      if (!mayHoldLongNumber(t) && !LARGE_EXPONENT.test(t)) return JSON.parse(t) as T;
      const { marked, mark } = markNumbers(t, (digits) => !isExact(digits));
      return JSON.parse(marked, (_, value: unknown) =>
        typeof value === "string" && value.startsWith(mark)
          ? new JsonNumber(value.slice(mark.length))
          : value,
      ) as T;
    },
    encode: encodeJson,
  };
}

/**
 * Where in a computed JSON value something has another form than its type says: a float, which is a string where it is
 * "NaN" or infinite; an integer beyond those that a number holds exactly; a numeric, of which a text keeps all digits;
 * an array's item that is an array itself. A list of one part is that of every item, a longer one has one for each.
 */
export type JsonPart =
  | "float"
  | "int8"
  | "numeric"
  | "item"
  | readonly (JsonPart | null)[]
  | EachMember
  | ListOrObject
  | { readonly [property: string]: JsonPart };

/** The part of each member of an object whose keys are known when it comes only. */
export class EachMember {
  readonly part: JsonPart;

  constructor(part: JsonPart) {
    this.part = part;
  }
}

/** The parts of what is a list or an object, each told by what it is when it comes. */
export class ListOrObject {
  readonly list: JsonPart;
  readonly object: JsonPart;

  constructor(list: JsonPart, object: JsonPart) {
    this.list = list;
    this.object = object;
  }
}

/** What a JSON text holds that has such a place: nearly none does, and then it need not be looked through. */
const UNUSUAL = /"(?:NaN|-?Infinity)"|\[\s*\[|\d{16}/;

/** A value as its part says. `number` reads what stands for a number: where digits are kept, a text with a mark. */
function usual(
  value: Json,
  part: JsonPart | undefined,
  number: (value: Json, part: JsonPart | undefined) => Json,
): Json {
  if (value === null) return value;
  if (part instanceof ListOrObject)
    return usual(value, Array.isArray(value) ? part.list : part.object, number);
  if (Array.isArray(value)) {
    if (typeof part === "string") throw new Error("holds an array of more than 1 dimension(s)");
    // Where the parts are those of an object that may stand here, a list has none.
    const parts = Array.isArray(part) ? (part as readonly (JsonPart | null)[]) : undefined;
    return value.map((item, i) => usual(item, parts?.[parts.length === 1 ? 0 : i] ?? undefined, number));
  }
  if (typeof value === "object") {
    const parts =
      typeof part === "object" && !Array.isArray(part)
        ? (part as { readonly [property: string]: JsonPart })
        : {};
    for (const [property, inner] of Object.entries(value)) {
      // biome-ignore lint/suspicious/noPrototypeBuiltins: `Object.hasOwn` is of ES2022, and this is compiled as the application is
      const named = Object.prototype.hasOwnProperty.call(parts, property) ? parts[property] : undefined;
      const own = part instanceof EachMember ? part.part : named;
      Object.defineProperty(value, property, {
        value: usual(inner, own, number),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return value;
  }
  const read = number(value, part);
  if (part === "numeric") return typeof read === "number" ? (value as string).replace(/^#+/, "") : read;
  if (part === "float") return typeof read === "string" ? Number(read) : read;
  if (part === "int8" && typeof read === "number" && !Number.isSafeInteger(read))
    throw new Error("holds an integer beyond those that a number holds exactly; cast it to text");
  return read;
}

/** Reads JSON with the digits of its numbers as they stand: those of numerics become texts; where nothing is said, they must be exact. */
function withDigits(t: string, part: JsonPart): Json {
  const { marked, mark } = markNumbers(t, () => true);
  return usual(JSON.parse(marked) as Json, part, (value, own) => {
    if (typeof value !== "string" || !value.startsWith(mark)) return value;
    const text = value.slice(mark.length);
    if (typeof own !== "string" && !isExact(text)) throw inexact();
    return Number(text);
  });
}

function hasNumeric(part: JsonPart | null): boolean {
  if (part === null || typeof part === "string") return part === "numeric";
  return Object.values(part).some(hasNumeric);
}

/** A computed JSON value, its numbers and arrays as their types say. */
export function shapedJson<T>(part: JsonPart): Codec<T> {
  const { encode } = json<T>();
  if (hasNumeric(part)) return { decode: (t) => withDigits(t, part) as T, encode };
  return {
    decode(t) {
      if (mayHoldLongNumber(t) || LARGE_EXPONENT.test(t)) return withDigits(t, part) as T;
      const value = JSON.parse(t) as T;
      return UNUSUAL.test(t) ? (usual(value as Json, part, (found) => found) as T) : value;
    },
    encode,
  };
}
