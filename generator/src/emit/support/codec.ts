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
