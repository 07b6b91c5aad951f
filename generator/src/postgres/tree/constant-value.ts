import type { Const } from "./node-types.ts";

/** bool; int2, int4, int8, oid; text, varchar, bpchar; name, unknown, cstring. */
const BOOLEAN = 16;
const INTEGERS: ReadonlySet<number> = new Set([21, 23, 20]);
const OID = 26;
const TEXTS: ReadonlySet<number> = new Set([25, 1043, 1042]);
const C_STRINGS: ReadonlySet<number> = new Set([19, 705, 2275]);
/** In front of a text: a varlena's length, in the form that is not compressed. */
const HEADER = 4;
/** In front of an array's elements: its length, number of dimensions, place of the data and type of elements. */
const ARRAY_HEADER = 16;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes of a value in the server's memory; null for NULL. What is passed by value has the length of its type. */
export function constantBytes(constant: Const): Uint8Array | null {
  const { constvalue, constisnull } = constant;
  if (constisnull || constvalue === null) return null;
  const open = constvalue.indexOf("[");
  const numbers = constvalue.slice(open + 1, -1).trim();
  const length = Number(constvalue.slice(0, open));
  return numbers === ""
    ? new Uint8Array()
    : Uint8Array.from(numbers.split(" "), Number).subarray(0, Math.max(length, 0));
}

/** The value of a `boolean`; null for NULL and other types. */
export function constantBoolean(constant: Const): boolean | null {
  return constant.consttype === BOOLEAN
    ? (constantBytes(constant)?.some((byte) => byte !== 0) ?? null)
    : null;
}

/** The value of a `smallint`, `integer`, `bigint` or `oid`; null for NULL and other types. */
export function constantInteger(constant: Const): bigint | null {
  const isOid = constant.consttype === OID;
  const bytes = isOid || INTEGERS.has(constant.consttype) ? constantBytes(constant) : null;
  if (!bytes) return null;
  const bits = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return isOid ? bits : BigInt.asIntN(8 * bytes.length, bits);
}

/** The value of a `text`, `varchar`, `char(n)` (with its spaces), `name` or literal of no known type; null for NULL and other types. */
export function constantText(constant: Const): string | null {
  const isText = TEXTS.has(constant.consttype);
  const bytes = isText || C_STRINGS.has(constant.consttype) ? constantBytes(constant) : null;
  if (!bytes) return null;
  if (isText) return DECODER.decode(bytes.subarray(HEADER));
  const end = bytes.indexOf(0);
  return DECODER.decode(bytes.subarray(0, end === -1 ? bytes.length : end));
}

/** The elements of an array of `text` of one dimension; null for NULL, an element that is, and elements that are compressed. */
export function constantTextArray(constant: Const): readonly string[] | null {
  const bytes = constantBytes(constant);
  if (!bytes || bytes.length < ARRAY_HEADER) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const int = (at: number): number => view.getInt32(at, true);
  const dimensions = int(4);
  if (dimensions === 0) return [];
  // With a bitmap of NULLs the data begins elsewhere.
  if (dimensions !== 1 || int(8) !== 0) return null;
  const texts: string[] = [];
  let at = ARRAY_HEADER + 8;
  for (let n = int(ARRAY_HEADER); n > 0; n--) {
    const header = int(at);
    // The two lowest bits of a plain varlena's length are 0.
    if ((header & 3) !== 0) return null;
    const length = header >>> 2;
    texts.push(DECODER.decode(bytes.subarray(at + HEADER, at + length)));
    at += Math.ceil(length / 4) * 4;
  }
  return texts;
}
