/** A value did not have the form that its TypeScript type promises. */
export class DecodeError extends Error {
  readonly query: string;
  readonly column: string;
  override readonly name = "DecodeError";

  constructor(query: string, column: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${query}: column ${JSON.stringify(column)}: ${reason}`);
    // As the constructor would, which TypeScript knows of from ES2022 on only; this is compiled as the application is.
    Object.defineProperty(this, "cause", { value: cause, configurable: true, writable: true });
    this.query = query;
    this.column = column;
  }
}

/** How the values of one PostgreSQL type are read from text and written as text. */
export interface Codec<T> {
  decode(text: string): T;
  encode(value: T): string;
}

function unexpected(value: unknown, query: string, column: string): DecodeError {
  if (value === null || value === undefined)
    return new DecodeError(query, column, "is null, although it was not expected to be");
  const reason =
    typeof value === "string"
      ? "is not a boolean"
      : "is not PostgreSQL's text: the client does not honour `types`, as pg.native does not; use pg's own Client or Pool";
  return new DecodeError(query, column, reason);
}

/** PostgreSQL's text of a value that cannot be null. */
export function cell<T = string>(value: unknown, query: string, column: string): T {
  if (typeof value === "string") return value as T;
  throw unexpected(value, query, column);
}

/** PostgreSQL's text, or null. */
export function cellOrNull<T = string>(value: unknown, query: string, column: string): T | null {
  return value === null ? null : cell(value, query, column);
}

/** Reads a boolean that cannot be null. */
export function boolean(value: unknown, query: string, column: string): boolean {
  if (value === "t") return true;
  if (value === "f") return false;
  throw unexpected(value, query, column);
}

/** Reads a value that cannot be null, and says where it stood when it cannot be read. */
export function decode<T>(text: string | null, codec: Codec<T>, query: string, column: string): T {
  const given: string = cell(text, query, column);
  try {
    return codec.decode(given);
  } catch (error) {
    throw new DecodeError(query, column, error);
  }
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export const text: Codec<string> = { decode: (t) => t, encode: (v) => v };
/** Text of which only some values are allowed; the server checks which. */
export function textOf<T extends string>(): Codec<T> {
  return { decode: (t) => t as T, encode: (v) => v };
}
export const bool: Codec<boolean> = { decode: (t) => t === "t", encode: (v) => (v ? "t" : "f") };
export const number: Codec<number> = { decode: Number, encode: String };
/** float4 and float8, which know a negative zero. */
export const float: Codec<number> = { decode: Number, encode: (v) => (Object.is(v, -0) ? "-0" : String(v)) };
export const bigint: Codec<bigint> = { decode: BigInt, encode: String };
export const nothing: Codec<undefined> = { decode: () => undefined, encode: () => "" };

export const safeInteger: Codec<number> = {
  decode(t) {
    const value = Number(t);
    if (!Number.isSafeInteger(value)) throw new Error("is beyond the integers that a number holds exactly");
    return value;
  },
  encode: String,
};

export const bytea: Codec<Buffer> = {
  decode(t) {
    if (t.startsWith("\\x")) return Buffer.from(t.slice(2), "hex");
    const bytes = t.replace(/\\(\\|[0-7]{3})/g, (_, e: string) =>
      e === "\\" ? "\\" : String.fromCharCode(Number.parseInt(e, 8)),
    );
    return Buffer.from(bytes, "latin1");
  },
  encode: (v) => `\\x${v.toString("hex")}`,
};

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

/** What JSON.stringify makes of a value: the same, the same but for numbers with all their digits, or another without a word. */
type Written = "same" | "exact" | "changed";

function writtenAs(value: unknown): Written {
  if (typeof value === "number") return Number.isFinite(value) ? "same" : "changed";
  if (typeof value !== "object")
    return typeof value === "string" || typeof value === "boolean" ? "same" : "changed";
  if (value === null) return "same";
  if (value instanceof JsonNumber) return "exact";
  if (value instanceof Date || value instanceof Map || value instanceof Set) return "changed";
  const own = toJson(value);
  if (own !== value) return writtenAs(own);
  let all: Written = "same";
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof item === "string") continue;
    const one = writtenAs(item);
    if (one === "changed") return one;
    if (one === "exact") all = one;
  }
  return all;
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
    return original instanceof JsonNumber ? mark + original.text : other;
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
 * an array's item that is an array itself.
 */
export type JsonPart =
  | "float"
  | "int8"
  | "numeric"
  | "item"
  | readonly [JsonPart]
  | { readonly [property: string]: JsonPart };

/** What a JSON text holds that has such a place: nearly none does, and then it need not be looked through. */
const UNUSUAL = /"(?:NaN|-?Infinity)"|\[\s*\[|\d{16}/;

/** A value as its part says. `number` reads what stands for a number: where digits are kept, a text with a mark. */
function usual(
  value: Json,
  part: JsonPart | undefined,
  number: (value: Json, part: JsonPart | undefined) => Json,
): Json {
  if (value === null) return value;
  if (Array.isArray(value)) {
    if (part !== undefined && !Array.isArray(part))
      throw new Error("holds an array of more than 1 dimension(s)");
    return value.map((item) => usual(item, part?.[0] as JsonPart | undefined, number));
  }
  if (typeof value === "object") {
    const parts =
      typeof part === "object" && !Array.isArray(part)
        ? (part as { readonly [property: string]: JsonPart })
        : {};
    for (const [property, inner] of Object.entries(value)) {
      // biome-ignore lint/suspicious/noPrototypeBuiltins: `Object.hasOwn` is of ES2022, and this is compiled as the application is
      const own = Object.prototype.hasOwnProperty.call(parts, property) ? parts[property] : undefined;
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
    if (own === undefined && !isExact(text)) throw inexact();
    return Number(text);
  });
}

function hasNumeric(part: JsonPart): boolean {
  return typeof part === "string" ? part === "numeric" : Object.values(part).some(hasNumeric);
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

const DATE_TIME =
  /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(\.\d+)?)?([+-]\d\d(?::\d\d){0,2})?( BC)?$/;

const digits = (t: string, at: number): number => (t.charCodeAt(at) - 48) * 10 + t.charCodeAt(at + 1) - 48;

/** Milliseconds of `2026-11-24`, `2026-11-24 19:45:40.123456` or that with an offset; NaN for what has another form. */
function usualTime(t: string): number {
  const year = digits(t, 0) * 100 + digits(t, 2);
  if (t.charCodeAt(4) !== 45 || year < 100) return Number.NaN;
  if (t.length === 10) return Date.UTC(year, digits(t, 5) - 1, digits(t, 8));
  if (t.charCodeAt(10) !== 32) return Number.NaN;
  let i = 19;
  let millis = 0;
  if (t.charCodeAt(i) === 46) {
    for (let scale = 100; ; scale = Math.trunc(scale / 10)) {
      const digit = t.charCodeAt(++i) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      millis += digit * scale;
    }
  }
  const time = Date.UTC(
    year,
    digits(t, 5) - 1,
    digits(t, 8),
    digits(t, 11),
    digits(t, 14),
    digits(t, 17),
    millis,
  );
  const rest = t.length - i;
  if (rest === 0) return time;
  const sign = t.charCodeAt(i);
  if ((sign !== 43 && sign !== 45) || !(rest === 3 || (rest === 6 && t.charCodeAt(i + 3) === 58)))
    return Number.NaN;
  const minutes = digits(t, i + 1) * 60 + (rest === 6 ? digits(t, i + 4) : 0);
  return sign === 43 ? time - minutes * 60_000 : time + minutes * 60_000;
}

/** date, timestamp (both read as UTC) and timestamptz as Date. */
export const date: Codec<Date> = {
  decode(t) {
    const usual = usualTime(t);
    if (!Number.isNaN(usual)) return new Date(usual);
    const m = DATE_TIME.exec(t);
    if (m === null) throw new Error("is not a point in time that a Date can hold");
    const year = m[9] === undefined ? Number(m[1]) : 1 - Number(m[1]);
    const millis = Math.trunc(Number(`0${m[7] ?? ""}`) * 1000 + 1e-6);
    const value = new Date(0);
    value.setUTCFullYear(year, Number(m[2]) - 1, Number(m[3]));
    value.setUTCHours(Number(m[4] ?? 0), Number(m[5] ?? 0), Number(m[6] ?? 0), millis);
    const offset = m[8];
    if (offset !== undefined) {
      const [h = 0, min = 0, s = 0] = offset.slice(1).split(":").map(Number);
      const seconds = (h * 60 + min) * 60 + s;
      value.setTime(value.getTime() - (offset.startsWith("-") ? -seconds : seconds) * 1000);
    }
    if (Number.isNaN(value.getTime())) throw new Error("is not a point in time that a Date can hold");
    return value;
  },
  encode(v) {
    if (Number.isNaN(v.getTime())) throw new RangeError("an invalid Date cannot be stored");
    const year = v.getUTCFullYear();
    if (year > 0 && year < 10_000) return v.toISOString();
    const rest = v.toISOString().replace(/^[+-]?\d+/, "");
    return year > 0
      ? `${String(year).padStart(4, "0")}${rest}`
      : `${String(1 - year).padStart(4, "0")}${rest} BC`;
  },
};

/** date as Date, at midnight UTC. */
export const day: Codec<Date> = {
  decode: (t) => date.decode(t),
  encode: (v) => date.encode(v).replace(/T[^ ]*/, ""),
};

/** A time's offset, of which PostgreSQL leaves out what is zero. */
const SHORT_OFFSET = /([+-]\d\d)( BC)?$/;

/**
 * timestamp and timestamptz as ISO 8601 has them and `to_json` writes them: `2026-11-28T00:37:15.153977+00:00`. What it has
 * no form for (infinity, years before 1) stays as near to it as `to_json` comes.
 */
export const iso: Codec<string> = {
  decode(t) {
    const at = t.indexOf(" ");
    if (at < 10) return t;
    const offset = t.charCodeAt(t.length - 3);
    const time = `${t.slice(0, at)}T${t.slice(at + 1)}`;
    // `+05:30` has its minutes; behind the seconds of a timestamp stands no sign.
    if (offset === 43 || offset === 45) return `${time}:00`;
    return time.endsWith(" BC") ? time.replace(SHORT_OFFSET, "$1:00$2") : time;
  },
  encode: (v) => v,
};

/** Any type of Temporal's, which reads and writes ISO 8601. */
export function temporal<T extends { toString(): string }>(type: { from(text: string): T }): Codec<T> {
  return {
    decode(t) {
      // Of other years Temporal and PostgreSQL have no form in common.
      if (!/^\d{4}-/.test(t) || t.endsWith(" BC")) throw new Error("is not a time that Temporal reads");
      return type.from(iso.decode(t));
    },
    encode(v) {
      const t = v.toString();
      if (!/^\d{4}-/.test(t)) throw new RangeError("is not a time that PostgreSQL reads");
      return t;
    },
  };
}

/** pgvector's `vector`, `[1,2,3]`. */
export const vector: Codec<number[]> = {
  decode: (t) => (t === "[]" ? [] : t.slice(1, -1).split(",").map(Number)),
  encode: (v) => `[${v.join(",")}]`,
};

/** int2vector and oidvector, `1 2 3`. */
export const numbers: Codec<number[]> = {
  decode: (t) => (t === "" ? [] : t.split(" ").map(Number)),
  encode: (v) => v.join(" "),
};

const quoted = (t: string): string => `"${t.replace(/["\\]/g, "\\$&")}"`;

/** Reads the text at `at`, quoted or bare, up to one of `ends`; `escaped` tells "" from nothing. */
function token(t: string, at: number, ends: string): { value: string; quoted: boolean; end: number } {
  let value = "";
  let from = at;
  let wasQuoted = false;
  let inside = false;
  let i = at;
  for (; i < t.length; i++) {
    const c = t.charCodeAt(i);
    if (c === 92) {
      value += t.slice(from, i++);
      from = i;
    } else if (c === 34) {
      value += t.slice(from, i);
      from = i + 1;
      if (inside && t.charCodeAt(from) === 34) {
        i++;
      } else {
        inside = !inside;
        wasQuoted = true;
      }
    } else if (!inside && ends.includes(t.charAt(i))) {
      break;
    }
  }
  value += t.slice(from, i);
  if (inside || i >= t.length) throw new Error("ends too early");
  return { value, quoted: wasQuoted, end: i };
}

type Nested<T> = (T | null | Nested<T>)[];

function readArray<T>(
  t: string,
  codec: Codec<T>,
  delimiter: string,
  dimensions: number,
  withNulls: boolean,
): Nested<T> {
  const none = (): null => {
    if (withNulls) return null;
    throw new Error("has an element that is null");
  };
  // Without quotes, and with one brace, there is nothing but elements and delimiters.
  if (dimensions === 1 && t.lastIndexOf("{") === 0 && !t.includes('"') && !t.includes("\\")) {
    if (t === "{}") return [];
    return t
      .slice(1, -1)
      .split(delimiter)
      .map((item) => (item === "NULL" ? none() : codec.decode(item)));
  }
  let i = t.startsWith("[") ? t.indexOf("=") + 1 : 0;
  const ends = `${delimiter}}`;
  const level = (depth: number): Nested<T> => {
    if (t.charAt(i) !== "{") throw new Error("is not an array");
    i++;
    const items: Nested<T> = [];
    if (t.charAt(i) === "}") {
      i++;
      return items;
    }
    for (;;) {
      if (t.charAt(i) === "{") {
        if (depth === dimensions) {
          throw new Error(
            `is an array of more than ${dimensions} dimension(s); an override can say how many`,
          );
        }
        items.push(level(depth + 1));
      } else {
        if (depth !== dimensions) throw new Error(`is an array of fewer than ${dimensions} dimensions`);
        const item = token(t, i, ends);
        i = item.end;
        const isNull = !item.quoted && item.value.toUpperCase() === "NULL";
        items.push(isNull ? none() : codec.decode(item.value));
      }
      const c = t.charAt(i++);
      if (c === "}") return items;
      if (c !== delimiter) throw new Error("is not an array");
    }
  };
  return level(1);
}

/** `A` is the array type: `(T | null)[]`, or `(T | null)[][]` for two dimensions. */
export function array<T, A = (T | null)[]>(codec: Codec<T>, delimiter = ",", dimensions = 1): Codec<A> {
  const write = (items: Nested<T>, depth: number): string =>
    `{${items
      .map((item) =>
        depth < dimensions
          ? write(item as Nested<T>, depth + 1)
          : item === null || item === undefined
            ? "NULL"
            : quoted(codec.encode(item as T)),
      )
      .join(delimiter)}}`;
  return {
    decode: (t) => readArray(t, codec, delimiter, dimensions, true) as A,
    encode: (v) => write(v as Nested<T>, 1),
  };
}

/** An array of which no element is SQL's NULL; one that is, is an error. A JSON null is a value like others. */
export function arrayNotNull<T, A = T[]>(codec: Codec<T>, delimiter = ",", dimensions = 1): Codec<A> {
  return {
    decode: (t) => readArray(t, codec, delimiter, dimensions, false) as A,
    encode: array<T, A>(codec, delimiter, dimensions).encode,
  };
}

/** Composite types: the properties with their codecs, in the order of the attributes. */
export function composite<T extends object>(
  // biome-ignore lint/suspicious/noExplicitAny: the codecs differ per attribute
  attributes: readonly (readonly [string, Codec<any>])[],
): Codec<T> {
  return {
    decode(t) {
      if (t.charAt(0) !== "(") throw new Error("is not a composite value");
      let i = 1;
      const entries = attributes.map(([property, codec], n) => {
        const item = token(t, i, ",)");
        const last = n === attributes.length - 1;
        if (t.charAt(item.end) !== (last ? ")" : ",")) throw new Error("has not the attributes of its type");
        i = item.end + 1;
        return [property, item.value === "" && !item.quoted ? null : codec.decode(item.value)] as const;
      });
      return Object.fromEntries(entries) as T;
    },
    encode(v) {
      const values = v as { readonly [property: string]: unknown };
      const items = attributes.map(([property, codec]) => {
        const value = values[property];
        return value === null || value === undefined ? "" : quoted(codec.encode(value));
      });
      return `(${items.join(",")})`;
    },
  };
}

/** A range; `null` stands for no bound. */
export type Range<T> =
  | "empty"
  | { lower: T | null; upper: T | null; lowerInclusive: boolean; upperInclusive: boolean };

function readRange<T>(t: string, at: number, codec: Codec<T>): { value: Range<T>; end: number } {
  if (t.startsWith("empty", at)) return { value: "empty", end: at + 5 };
  const open = t.charAt(at);
  if (open !== "[" && open !== "(") throw new Error("is not a range");
  const lower = token(t, at + 1, ",");
  const upper = token(t, lower.end + 1, "])");
  const bound = (b: { value: string; quoted: boolean }): T | null =>
    b.value === "" && !b.quoted ? null : codec.decode(b.value);
  return {
    value: {
      lower: bound(lower),
      upper: bound(upper),
      lowerInclusive: open === "[",
      upperInclusive: t.charAt(upper.end) === "]",
    },
    end: upper.end + 1,
  };
}

export function range<T>(codec: Codec<T>): Codec<Range<T>> {
  const bound = (value: T | null): string => (value === null ? "" : quoted(codec.encode(value)));
  return {
    decode: (t) => readRange(t, 0, codec).value,
    encode: (v) =>
      v === "empty"
        ? v
        : `${v.lowerInclusive ? "[" : "("}${bound(v.lower)},${bound(v.upper)}${v.upperInclusive ? "]" : ")"}`,
  };
}

export function multirange<T>(codec: Codec<T>): Codec<Range<T>[]> {
  const one = range(codec);
  return {
    decode(t) {
      const ranges: Range<T>[] = [];
      let i = 1;
      while (i < t.length - 1) {
        const { value, end } = readRange(t, i, codec);
        ranges.push(value);
        i = t.charAt(end) === "," ? end + 1 : end;
      }
      return ranges;
    },
    encode: (v) => `{${v.map(one.encode).join(",")}}`,
  };
}

const HSTORE_PAIR = /"((?:[^"\\]|\\[\s\S])*)"=>(?:NULL|"((?:[^"\\]|\\[\s\S])*)")/g;

export const hstore: Codec<Record<string, string | null>> = {
  decode: (t) =>
    Object.fromEntries(
      Array.from(t.matchAll(HSTORE_PAIR), ([, key = "", value]) => [
        key.replace(/\\([\s\S])/g, "$1"),
        value === undefined ? null : value.replace(/\\([\s\S])/g, "$1"),
      ]),
    ),
  encode: (v) =>
    Object.entries(v)
      .map(([key, value]) => `${quoted(key)}=>${value === null ? "NULL" : quoted(value)}`)
      .join(","),
};
