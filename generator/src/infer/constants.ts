import type { Oid } from "../model/catalog.ts";
import { isOwnCollation } from "../postgres/allowed-texts.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { FIRST_NORMAL_OID } from "../postgres/normal-oid.ts";
import * as datum from "../postgres/tree/constant-value.ts";
import type { Const, Expression } from "../postgres/tree/node-types.ts";

export const BOOL = 16;
export const INT8 = 20;
export const INT2 = 21;
export const INT4 = 23;
export const TEXT = 25;
export const OID = 26;
export const JSON_TYPE = 114;
export const JSONB = 3802;
/** What a literal stays where any type is welcome: a C string. */
export const UNKNOWN_TYPE = 705;
export const RECORD = 2249;
/** `text[]`. */
export const TEXT_ARRAY = 1009;
export const RECORD_ARRAY = 2287;
export const ANYARRAY = 2277;
export const BPCHAR = 1042;
export const VARCHAR = 1043;
export const TIMESTAMP = 1114;
export const TIMESTAMPTZ = 1184;

export const JSON_TYPES: ReadonlySet<Oid> = new Set([JSON_TYPE, JSONB]);

export function isNullConstant(expr: Expression): boolean {
  return expr.kind === "Const" && expr.constisnull;
}

export function isFalse(expr: Expression): boolean {
  return constantBoolean(expr) === false;
}

/** The value of a constant of type boolean; null for any other expression. */
export function constantBoolean(expr: Expression): boolean | null {
  return expr.kind === "Const" ? datum.constantBoolean(expr) : null;
}

/** The value of a constant of a type of integers; null for any other expression. */
export function constantInteger(expr: Expression): bigint | null {
  return expr.kind === "Const" ? datum.constantInteger(expr) : null;
}

/** The value of a constant of a text type, or of a literal without a type; null for any other expression. */
export function constantText(expr: Expression): string | null {
  return expr.kind === "Const" ? datum.constantText(expr) : null;
}

/** An array's on-disk form: length, number of dimensions, then the offset of the data, which is 0 where there is no NULL bitmap. */
export function arrayConstantHasNulls(constant: Const): boolean {
  const bytes = datum.constantBytes(constant);
  return bytes === null || bytes.subarray(8, 12).some((byte) => byte !== 0);
}

/** Null for an array without elements, which has none. */
export function arrayConstantDimensions(constant: Const): number | null {
  const bytes = datum.constantBytes(constant);
  // No array has more than six.
  return bytes?.[4] || null;
}

/** Tells whether a constant, which is of an array's type, has no elements. */
export function isEmptyArrayConstant(constant: Const): boolean {
  return datum.constantBytes(constant)?.[4] === 0;
}

/** Of a jsonb, the header of a container of nothing. */
const EMPTY_JSONB: Readonly<Record<string, string>> = { "0,0,0,64": "[]", "0,0,0,32": "{}" };

/** The text of a constant of JSON: of jsonb only of an empty array or object; null for any other expression. */
export function constantJsonText(expr: Const): string | null {
  const bytes = JSON_TYPES.has(expr.consttype) ? datum.constantBytes(expr) : null;
  if (bytes === null) return null;
  // After a varlena's header.
  const body = bytes.subarray(4);
  return expr.consttype === JSON_TYPE ? new TextDecoder().decode(body) : (EMPTY_JSONB[body.join()] ?? null);
}

/** The elements of a constant of type `text[]`, written as one or as `array[…]`; null for any other expression, and where one is NULL. */
export function constantTexts(expr: Expression): readonly string[] | null {
  if (expr.kind === "Const") return expr.consttype === TEXT_ARRAY ? datum.constantTextArray(expr) : null;
  if (expr.kind !== "ArrayExpr" || expr.multidims) return null;
  const texts = expr.elements.map(constantText);
  return texts.includes(null) ? null : texts.flatMap((text) => text ?? []);
}

/** Types of which two values are equal exactly where their bytes are: also uuid, date, "char" and name. */
const EQUAL_BY_BYTES: ReadonlySet<Oid> = new Set([BOOL, INT2, INT4, INT8, OID, 2950, 1082, 18, 19]);
const EQUAL_BY_TEXT: ReadonlySet<Oid> = new Set([TEXT, VARCHAR]);
/** Further ones: bytea, money, time, timetz, timestamp, timestamptz, bit, varbit, inet, cidr, macaddr, macaddr8, pg_lsn, xid8. */
const EQUAL_AS_SHOWN: ReadonlySet<Oid> = new Set([
  ...[17, 790, 1083, 1266, TIMESTAMP, TIMESTAMPTZ, 1560, 1562, 869, 650, 829, 774, 3220, 5069],
]);

/**
 * Tells whether values of the type that are equal are one and the same: 1.0 and 1.00 are not, nor are 0 and -0, nor texts under
 * a collation of the user's.
 */
export function isExact(type: Oid, collation: Oid, catalog: CatalogReader): boolean {
  const base = withoutDomain(type, catalog);
  if (EQUAL_BY_TEXT.has(base)) return !isOwnCollation(collation);
  return EQUAL_BY_BYTES.has(base) || EQUAL_AS_SHOWN.has(base) || catalog.type(base)?.kind === "enum";
}

/** Tells whether values of two types, of which a cast between them changes nothing, are equal alike. */
export function haveOneEquality(a: Oid, b: Oid, catalog: CatalogReader): boolean {
  const [one, other] = [withoutDomain(a, catalog), withoutDomain(b, catalog)];
  return one === other || (EQUAL_BY_TEXT.has(one) && EQUAL_BY_TEXT.has(other));
}

function withoutDomain(oid: Oid, catalog: CatalogReader): Oid {
  const type = catalog.type(oid);
  return type?.kind === "domain" ? withoutDomain(type.base, catalog) : oid;
}

/**
 * Tells whether two constants are equal to the `=` of their type.
 * @returns undefined where their bytes do not tell: other bytes may be the same number, or the same text to a collation of the user's
 */
export function isSameConstant(
  a: Const,
  b: Const,
  collation: Oid,
  catalog: CatalogReader,
): boolean | undefined {
  if (a.constvalue === null || b.constvalue === null) return undefined;
  const texts = EQUAL_BY_TEXT.has(a.consttype) && EQUAL_BY_TEXT.has(b.consttype);
  if (a.consttype !== b.consttype && !texts) return undefined;
  if (a.constvalue === b.constvalue) return true;
  const byBytes =
    EQUAL_BY_BYTES.has(a.consttype) ||
    catalog.type(a.consttype)?.kind === "enum" ||
    (texts && collation < FIRST_NORMAL_OID);
  return byBytes ? false : undefined;
}
