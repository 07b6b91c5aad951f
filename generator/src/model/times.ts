import type { Oid, PgType } from "./catalog.ts";

const TIMETZ = 1266;
/** date, time, timestamp, timestamptz, timetz */
export const DATES_AND_TIMES: ReadonlySet<Oid> = new Set([1082, 1083, 1114, 1184, TIMETZ]);
const ZONED_TIMES: ReadonlySet<Oid> = new Set([TIMETZ]);

type TypeOf = (oid: Oid) => PgType | undefined;

/** Tells whether a value of the type is a date or time, or has one in it. */
export function holdsTime(oid: Oid, typeOf: TypeOf): boolean {
  return holds(DATES_AND_TIMES, oid, typeOf);
}

/** Tells whether a value of the type is a `timetz`, or has one in it: read without an offset, it gets that of the day on which it is read. */
export function holdsZonedTime(oid: Oid, typeOf: TypeOf): boolean {
  return holds(ZONED_TIMES, oid, typeOf);
}

function holds(types: ReadonlySet<Oid>, oid: Oid, typeOf: TypeOf): boolean {
  const type = typeOf(oid);
  switch (type?.kind) {
    case "base":
      return types.has(type.oid);
    case "domain":
      return holds(types, type.base, typeOf);
    case "array":
      return holds(types, type.element, typeOf);
    case "range":
    case "multirange":
      return holds(types, type.subtype, typeOf);
    case "composite":
      return type.attributes.some((attribute) => holds(types, attribute.type, typeOf));
    // A record is of any types.
    case "pseudo":
      return type.name === "record";
    default:
      return false;
  }
}
