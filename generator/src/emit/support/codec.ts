/** A value did not have the form that its TypeScript type promises. */
export class DecodeError extends Error {
  readonly query: string;
  readonly column: string;
  override readonly name = "DecodeError";

  constructor(query: string, column: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${query}: column ${JSON.stringify(column)}: ${reason}`, { cause });
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

export function json<T>(): Codec<T> {
  return {
    decode: (t) => JSON.parse(t) as T,
    encode(v) {
      const t = JSON.stringify(v);
      if (t === undefined) throw new TypeError("not a JSON value");
      return t;
    },
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
function usual(value: Json, part: JsonPart | undefined, number: (value: Json) => Json): Json {
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
      const own = Object.hasOwn(parts, property) ? parts[property] : undefined;
      Object.defineProperty(value, property, {
        value: usual(inner, own, number),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return value;
  }
  const read = number(value);
  if (part === "numeric") return typeof read === "number" ? (value as string).replace(/^#+/, "") : read;
  if (part === "float") return typeof read === "string" ? Number(read) : read;
  if (part === "int8" && typeof read === "number" && !Number.isSafeInteger(read))
    throw new Error("holds an integer beyond those that a number holds exactly; cast it to text");
  return read;
}

/** A string, or a number, of JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Reads JSON with the digits of its numbers as they stand: those of numerics become texts. */
function withDigits(t: string, part: JsonPart): Json {
  let mark = "#";
  // No string of the text may begin so.
  while (t.includes(`"${mark}`)) mark += "#";
  const marked = t.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${mark}${token}"`));
  return usual(JSON.parse(marked) as Json, part, (value) =>
    typeof value === "string" && value.startsWith(mark) ? Number(value.slice(mark.length)) : value,
  );
}

function hasNumeric(part: JsonPart): boolean {
  return typeof part === "string" ? part === "numeric" : Object.values(part).some(hasNumeric);
}

/** A computed JSON value, its numbers and arrays as their types say. */
export function shapedJson<T>(part: JsonPart): Codec<T> {
  const { decode, encode } = json<T>();
  if (hasNumeric(part)) return { decode: (t) => withDigits(t, part) as T, encode };
  return {
    decode(t) {
      const value = decode(t);
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

const HSTORE_PAIR = /"((?:[^"\\]|\\.)*)"=>(?:NULL|"((?:[^"\\]|\\.)*)")/gs;

export const hstore: Codec<Record<string, string | null>> = {
  decode: (t) =>
    Object.fromEntries(
      Array.from(t.matchAll(HSTORE_PAIR), ([, key = "", value]) => [
        key.replace(/\\(.)/gs, "$1"),
        value === undefined ? null : value.replace(/\\(.)/gs, "$1"),
      ]),
    ),
  encode: (v) =>
    Object.entries(v)
      .map(([key, value]) => `${quoted(key)}=>${value === null ? "NULL" : quoted(value)}`)
      .join(","),
};
