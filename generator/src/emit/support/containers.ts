import type { Codec } from "./codec.ts";

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

/** Rows and composite types: the properties with their codecs, in the order of the attributes; one that is never NULL is an error where it is. */
export function composite<T extends object>(
  // biome-ignore lint/suspicious/noExplicitAny: the codecs differ per attribute
  attributes: readonly (readonly [property: string, codec: Codec<any>, isNeverNull?: true])[],
): Codec<T> {
  return {
    decode(t) {
      if (t.charAt(0) !== "(") throw new Error("is not a composite value");
      let i = 1;
      const entries = attributes.map(([property, codec, isNeverNull], n) => {
        const item = token(t, i, ",)");
        const last = n === attributes.length - 1;
        if (t.charAt(item.end) !== (last ? ")" : ",")) throw new Error("has not the attributes of its type");
        i = item.end + 1;
        const isNull = item.value === "" && !item.quoted;
        if (isNull && isNeverNull) throw new Error(`has an attribute that is null: ${property}`);
        return [property, isNull ? null : codec.decode(item.value)] as const;
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
