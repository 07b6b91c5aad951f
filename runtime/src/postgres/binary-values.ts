import { whatIsUnstorable } from "./storable.ts";

/**
 * Makes PostgreSQL's binary form of a value's text form: a text with one character for each byte.
 * @returns undefined where it is written in a way that only the server reads, or is no value of the type, which the server says best
 * @throws Unwritable where no form can hold it
 */
export type WriteBinary = (text: string) => string | undefined;

/** Says of a value why PostgreSQL cannot hold it. */
export class Unwritable extends Error {}

const of = String.fromCharCode;

export const int16 = (value: number): string => of((value >> 8) & 0xff, value & 0xff);

export const int32 = (value: number): string =>
  of((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);

/** @param high the upper half of the bits, and `low` the lower one */
const halves = (high: number, low: number): string =>
  of(
    (high >>> 24) & 0xff,
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    (low >>> 24) & 0xff,
    (low >>> 16) & 0xff,
    (low >>> 8) & 0xff,
    low & 0xff,
  );

/** @param value an integer that a double has exactly */
function int64(value: number): string {
  const high = Math.floor(value / 2 ** 32);
  return halves(high, value - high * 2 ** 32);
}

const bigInt64 = (value: bigint): string => halves(Number(value >> 32n), Number(value & 0xffff_ffffn));

const BEYOND_ASCII = /[^\0-\x7f]/;

const writeText: WriteBinary = (text) => {
  if (BEYOND_ASCII.test(text) || text.includes("\0")) {
    const reason = whatIsUnstorable(text);
    if (reason !== undefined) throw new Unwritable(reason);
    return Buffer.from(text).toString("latin1");
  }
  return text;
};

/** In front of its text stands the number of its only version. */
const writeJsonb: WriteBinary = (text) => `\x01${writeText(text)}`;

const BOOLEANS: ReadonlyMap<string, string> = new Map([
  ["t", "\x01"],
  ["true", "\x01"],
  ["f", "\0"],
  ["false", "\0"],
]);
const writeBoolean: WriteBinary = (text) => BOOLEANS.get(text);

/** Of so many digits a double has every integer. */
const INTEGER = /^-?\d{1,15}$/;

const writeInteger =
  (write: (value: number) => string, bits: number): WriteBinary =>
  (text) => {
    if (!INTEGER.test(text)) return undefined;
    const value = Number(text);
    return value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1) ? write(value) : undefined;
  };

const float64 = new DataView(new ArrayBuffer(8));
const FLOAT = /^(?:-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)|NaN)$/;

const writeFloat64: WriteBinary = (text) => {
  if (!FLOAT.test(text)) return undefined;
  const value = Number(text);
  // What is too large for it, or too small, the server refuses.
  const isRounded = Number.isFinite(value) ? value === 0 && /^[^e]*[1-9]/.test(text) : /\d/.test(text);
  if (isRounded) return undefined;
  float64.setFloat64(0, value);
  return halves(float64.getUint32(0), float64.getUint32(4));
};

const NUMERIC = /^(-?)0*(\d*)(?:\.(\d+))?$/;

/** Writes its digits in groups of four, from the first to the last that is not all zeros. */
const writeNumeric: WriteBinary = (text) => {
  const parts = NUMERIC.exec(text);
  // Of more digits than any table has, the server says so.
  if (parts === null || text.length > 1000 || !/\d/.test(text)) return undefined;
  const [, sign, before = "", after = ""] = parts;
  const whole = before.padStart(Math.ceil(before.length / 4) * 4, "0");
  const groups = (whole + after.padEnd(Math.ceil(after.length / 4) * 4, "0")).match(/.{4}/g) ?? [];
  const first = groups.findIndex((group) => group !== "0000");
  const written = first < 0 ? [] : groups.slice(first, groups.findLastIndex((group) => group !== "0000") + 1);
  const weight = first < 0 ? 0 : whole.length / 4 - 1 - first;
  const head =
    int16(written.length) + int16(weight) + int16(sign && first >= 0 ? 0x4000 : 0) + int16(after.length);
  return head + written.map((group) => int16(Number(group))).join("");
};

/** The digits of hexadecimal numbers, by any code that a character can have; -1: none. */
const DIGITS = new Int8Array(0x1_0000).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  for (const text of [digit.toString(16), digit.toString(16).toUpperCase()])
    DIGITS[text.charCodeAt(0)] = digit;
}

/** @returns the byte that two digits stand for; negative where they are none */
const byteAt = (text: string, at: number): number =>
  (DIGITS[text.charCodeAt(at)]! << 4) | DIGITS[text.charCodeAt(at + 1)]!;

const DASH = 0x2d;

const writeUuid: WriteBinary = (text) => {
  if (text.length !== 36) return undefined;
  for (let at = 8; at <= 23; at += 5) if (text.charCodeAt(at) !== DASH) return undefined;
  // One by one: a loop, or a list, takes three times as long.
  const a = byteAt(text, 0);
  const b = byteAt(text, 2);
  const c = byteAt(text, 4);
  const d = byteAt(text, 6);
  const e = byteAt(text, 9);
  const f = byteAt(text, 11);
  const g = byteAt(text, 14);
  const h = byteAt(text, 16);
  const i = byteAt(text, 19);
  const j = byteAt(text, 21);
  const k = byteAt(text, 24);
  const l = byteAt(text, 26);
  const m = byteAt(text, 28);
  const n = byteAt(text, 30);
  const o = byteAt(text, 32);
  const p = byteAt(text, 34);
  if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p) < 0) return undefined;
  return of(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
};

const writeBytea: WriteBinary = (text) => {
  // Of a character beyond ASCII Node reads the lower byte, and stops at any other that is no digit.
  const isHex = text.startsWith("\\x") && !BEYOND_ASCII.test(text);
  const bytes = isHex ? Buffer.from(text.slice(2), "hex") : undefined;
  return bytes?.length === (text.length - 2) / 2 ? bytes.toString("latin1") : undefined;
};

/** @returns NaN where they are none */
const twoDigits = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

/** @returns the days since 2000 of a text that begins with a day such as 2026-12-31, or undefined */
function readDay(text: string): number | undefined {
  if (text[4] !== "-" || text[7] !== "-") return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month))) return undefined;
  // Years begin in March, so that the odd day is their last.
  const from = month > 2 ? year : year - 1;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    from * 365 +
    Math.floor(from / 4) -
    Math.floor(from / 100) +
    Math.floor(from / 400) +
    ofYear -
    MARCH_OF_2000
  );
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from the first of March of the year 0 to the first of January of 2000. */
const MARCH_OF_2000 = 730_425;

const writeDate: WriteBinary = (text) => {
  const day = text.length === 10 ? readDay(text) : undefined;
  return day === undefined ? undefined : int32(day);
};

/** @param zones one of which ends the text */
const writeTime =
  (zones: readonly string[]): WriteBinary =>
  (text) => {
    const day = readDay(text);
    if (day === undefined || (text[10] !== "T" && text[10] !== " ")) return undefined;
    if (text[13] !== ":" || text[16] !== ":") return undefined;
    const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
    if (!(hour < 24 && minute < 60 && second < 60)) return undefined;
    let at = 19;
    let micros = 0;
    if (text[at] === ".") {
      let unit = 100_000;
      for (at++; digit(text, at) >= 0; at++) {
        // More of them would have to be rounded.
        if (unit < 1) return undefined;
        micros += digit(text, at) * unit;
        unit = Math.floor(unit / 10);
      }
    }
    if (!zones.includes(text.slice(at))) return undefined;
    const seconds = day * 86_400 + hour * 3600 + minute * 60 + second;
    const exact = seconds * 1_000_000 + micros;
    return Number.isSafeInteger(exact)
      ? int64(exact)
      : bigInt64(BigInt(seconds) * 1_000_000n + BigInt(micros));
  };

/** What writes values of PostgreSQL's own types, by their oids; enums are written as text. */
export const BINARY: ReadonlyMap<number, WriteBinary> = new Map([
  [16, writeBoolean],
  [17, writeBytea],
  [20, writeInteger(int64, 64)],
  [21, writeInteger(int16, 16)],
  [23, writeInteger(int32, 32)],
  [25, writeText],
  [114, writeText],
  [701, writeFloat64],
  [1042, writeText],
  [1043, writeText],
  [1082, writeDate],
  [1114, writeTime([""])],
  [1184, writeTime(["Z", "+00", "+00:00"])],
  [1700, writeNumeric],
  [2950, writeUuid],
  [3802, writeJsonb],
]);
