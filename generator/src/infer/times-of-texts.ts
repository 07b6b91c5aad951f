import type { Oid } from "../model/catalog.ts";
import { DATES_AND_TIMES, holdsTime, holdsZonedTime } from "../model/times.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { AnyNode, Expression } from "../postgres/tree/node-types.ts";
import { constantText } from "./constants.ts";
import { underDomains } from "./domains.ts";
import { typeOf } from "./expression-type.ts";

const CSTRING = 2275;

/** What a text can say in place of a date or time: each means another one tomorrow. */
const MOMENTS = ["now", "today", "tomorrow", "yesterday"];
const MOMENT = new RegExp(`\\b(?:${MOMENTS.join("|")})\\b`, "i");

/** Says of a literal of the type why it is another value on another day; null where it is the same. */
export function movesByDay(literal: string, type: Oid, catalog: CatalogReader): "moment" | "offset" | null {
  if (MOMENT.test(literal)) return "moment";
  return holdsZonedTime(type, (oid) => catalog.type(oid)) && literal.split(/[,[\](){}"]/).some(lacksOffset)
    ? "offset"
    : null;
}

/** An offset in numbers, or one that all year has; a date has the first's form, and says the day. */
const OFFSET = /\d\s*[+-]\s*\d|\d\s*(?:z|utc|gmt)\b/i;

/** What a time of day is written as: `10:00`, `1000`, `10 PM`. */
const TIME_OF_DAY = /\d:\d|\d\s*[ap]m\b|^\s*t?\d{4}(?:\d\d)?(?:\.\d+)?\s*$/i;

function lacksOffset(part: string): boolean {
  return TIME_OF_DAY.test(part) && !OFFSET.test(part);
}

/** In a path of JSON, what gives a time of day an offset. */
export const ZONES_TIMES = /\b(?:datetime|time_tz)\s*\(/i;

/** Functions that read the fields of JSON by the types that are asked of them. */
const RECORD_READERS = /^jsonb?_(?:populate_record(?:set)?|to_record(?:set)?)$/;

export function isRecordReader(node: AnyNode, catalog: CatalogReader): boolean {
  const fn = node.kind === "FuncExpr" ? catalog.function(node.funcid) : undefined;
  return fn?.builtIn === true && RECORD_READERS.test(fn.name);
}

/** Tells whether a text, of which nothing says that it is no `today`, is read as a date or time, or as what has one in it. */
export function isReadAsTime(node: AnyNode, catalog: CatalogReader): boolean {
  return holdsTime(readAs(node, catalog) ?? 0, (oid) => catalog.type(oid));
}

/** Tells whether a text that has no such word is read as a time of day, or as what has one in it, that gets today's offset. */
export function isReadAsZonedTime(node: AnyNode, catalog: CatalogReader): boolean {
  return node.kind === "CoerceViaIO" && holdsZonedTime(node.resulttype, (oid) => catalog.type(oid));
}

/** The type that a text, or a text of JSON's, becomes; null for what reads none. */
function readAs(node: AnyNode, catalog: CatalogReader): Oid | null {
  switch (node.kind) {
    case "CoerceViaIO":
      return isWordless(node.arg, catalog) ? null : node.resulttype;
    case "FuncExpr": {
      // An input function, called by its name.
      const isInput = node.args[0] !== undefined && typeOf(node.args[0]) === CSTRING;
      return isInput || isRecordReader(node, catalog) ? node.funcresulttype : null;
    }
    case "JsonExpr":
      return node.returning?.typid ?? null;
    default:
      return null;
  }
}

/** Types whose texts have no such word in them: numbers, dates and times, boolean, interval, uuid. */
const PLAIN: ReadonlySet<Oid> = new Set([...DATES_AND_TIMES, 16, 20, 21, 23, 700, 701, 1186, 1700, 2950]);

/** Functions that put a text together of what they are given and nothing else. */
const COMPOSERS = new Set("textcat textanycat anytextcat concat concat_ws format to_char lpad".split(" "));

/** Tells whether a text is made of plain values, and of constants that are no part of such a word. */
function isWordless(expr: Expression, catalog: CatalogReader): boolean {
  if (PLAIN.has(underDomains(typeOf(expr), catalog)?.oid ?? 0)) return true;
  switch (expr.kind) {
    case "Const":
      return expr.constisnull || !hasPartOfMoment(constantText(expr));
    case "RelabelType":
    case "CollateExpr":
    case "CoerceToDomain":
    case "CoerceViaIO":
      return isWordless(expr.arg, catalog);
    case "FuncExpr":
    case "OpExpr": {
      const fn = catalog.function(expr.kind === "FuncExpr" ? expr.funcid : expr.opfuncid);
      return (
        fn?.builtIn === true && COMPOSERS.has(fn.name) && expr.args.every((arg) => isWordless(arg, catalog))
      );
    }
    default:
      return false;
  }
}

/** Tells whether letters beside each other are some of such a word's, of which another piece may have the rest. */
function hasPartOfMoment(text: string | null): boolean {
  const runs = text?.toLowerCase().match(/[a-z]{2,}/g) ?? [];
  return (
    text === null || runs.some((run) => MOMENTS.some((word) => word.includes(run) || run.includes(word)))
  );
}
