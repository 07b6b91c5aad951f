import { isJsonType, type Oid } from "../model/catalog.ts";
import { describeParamReason } from "../model/param-reason.ts";
import type { Param, Query, RecordParam } from "../model/query.ts";
import type { Choice, Deciding } from "../model/sql.ts";
import { holdsTime, holdsZonedTime } from "../model/times.ts";
import type { Imports } from "./imports.ts";
import { type Import, type Mapped, orNull, type TypeContext } from "./mapped.ts";
import { access, docComment, literalKey, Namer, propertyName, whyOf } from "./names.ts";
import { overrideFor, saysType } from "./overrides.ts";
import { withKey, withOverride } from "./own-types.ts";
import type { Constants } from "./rows.ts";
import { arrayOf, mapType } from "./types.ts";

/** The type of one parameter, overrides applied. */
export function paramType(
  context: TypeContext,
  param: Param,
  query: string,
): { mapped: Mapped; nullable: boolean; type: string } {
  const mapped = mappedParam(context, param, query);
  const { nullable } = param;
  // `pg` writes a number as it writes a text, and nobody counts rows in strings.
  const type = mayBeNumber(param, mapped) ? "number | string" : mapped.type;
  return { mapped, nullable, type: nullable ? orNull(type) : type };
}

const mayBeNumber = (param: Param, mapped: Mapped): boolean =>
  param.countsRows === true && mapped.type === "string";

function mappedParam(context: TypeContext, param: Param, query: string): Mapped {
  const { types } = context.catalog;
  const element = elementOfColumn(context, param);
  // An override says what a column delivers; whether NULL may be passed is the query's affair.
  const override = overrideFor(context.options.overrides, {
    type: types.get(param.type),
    nullable: param.nullable,
    origin: element === null ? param.origin : null,
    query,
    name: param.name,
  });
  if (param.record !== undefined && !saysType(override))
    return withOverride(recordMapped(context, param.record, query), override, context.keys);
  const details = {
    values: param.values,
    elementsNullable: param.elementsNullable && !param.slice,
    ...(override.dimensions === undefined ? {} : { dimensions: override.dimensions }),
  };
  const key = context.keys.of(param.origin);
  if (element === null || saysType(override)) {
    const plain = mapType(context, param.type, details);
    const isOwn = element !== null || saysType(override);
    return withOverride(isOwn ? plain : withKey(plain, param.type, key), override, context.keys);
  }
  const ofColumn = overrideFor(context.options.overrides, {
    type: types.get(element),
    nullable: false,
    origin: param.origin,
    query: null,
    name: param.name,
  });
  const plain = mapType(context, element, { values: param.values });
  const inner = withOverride(
    saysType(ofColumn) ? plain : withKey(plain, element, key),
    ofColumn,
    context.keys,
  );
  return withOverride(arrayOf(context, element, inner, details), override, context.keys);
}

/** The rows that JSON stands for: objects with what is looked for in each. */
function recordMapped(context: TypeContext, { isArray, fields }: RecordParam, query: string): Mapped {
  const { property_case, rename, optional_params } = context.options;
  const namer = new Namer();
  const members: string[] = [];
  const codecs: string[] = [];
  const imports: Import[] = [];
  let isChecked = false;
  for (const field of fields) {
    const property = namer.take(propertyName(field.name, property_case, rename));
    const { mapped, nullable, type } = paramType(context, field, query);
    imports.push(...mapped.imports);
    isChecked ||= mapped.isChecked === true;
    const isOptional = nullable && optional_params;
    members.push(
      `${literalKey(property)}${isOptional ? "?" : ""}: ${type}${isOptional ? " | undefined" : ""}`,
    );
    codecs.push(
      `  { key: ${JSON.stringify(field.name)}, property: ${JSON.stringify(property)}, codec: ${mapped.codec}` +
        `${nullable ? ", nullable: true" : ""}${isJsonType(context.catalog.types, field.type) ? ", json: true" : ""} },\n`,
    );
  }
  const type = members.length === 0 ? "object" : `{ ${members.join("; ")} }`;
  return {
    type: isArray ? `readonly ${type}[]` : type,
    codec: `codec.${isArray ? "records" : "record"}([\n${codecs.join("")}])`,
    inline: null,
    passthrough: false,
    imports,
    ...(isChecked && { isChecked }),
  };
}

/** The type of an array's elements where each is a value of the column, as in `id = any (@ids)`; else null. */
function elementOfColumn({ catalog }: TypeContext, { type, origin }: Param): Oid | null {
  const array = catalog.types.get(type);
  if (origin === null || array?.kind !== "array") return null;
  const relation = catalog.relations.find((r) => r.name === origin.table && r.schema === origin.schema);
  const column = relation?.columns.find((c) => c.name === origin.column);
  let stored = catalog.types.get(column?.type ?? 0);
  while (stored?.kind === "domain") stored = catalog.types.get(stored.base);
  return stored?.kind === "array" ? null : array.element;
}

export interface ParamsCode {
  /** The members of the Args interface; empty where there are no parameters. */
  readonly members: string;
  /** Properties of which one must be given, as nothing is set without; empty where there is no such need. */
  readonly atLeastOneOf: readonly string[];
  /** Gives what is sent, in the order of `$1`, `$2` …; passed as the driver takes it. */
  values(): string[];
  /** Tells which of those that decide are given: bits of a number. */
  given(): string;
  /** The same, each as PostgreSQL's text. */
  texts(): string[];
  /** The properties of the arguments that the keys of pages are made of, each with its code: undefined for what is not given. */
  made(): (readonly [property: string, code: string])[];
  /** Those of them that are dates or times, each with whether it is a time of day that has an offset. */
  readonly times: readonly (readonly [property: string, isZoned: boolean])[];
  /** The property of the arguments that a parameter is. */
  propertyOf(number: number): string;
  /** What says in which order and which page: the code of each, "undefined" for what there is not. */
  readonly ways: { readonly [W in "sort" | "reverse" | "after" | "before" | "size"]: string };
}

/** The parameters in the order of `$1`, `$2` …, each with the property of the arguments that it is. */
export function paramProperties(
  { options: { property_case, rename, optional_params } }: TypeContext,
  query: Query,
): (readonly [Param, string])[] {
  const namer = new Namer();
  return [...query.params]
    .sort((a, b) => a.number - b.number)
    .map((param) => {
      const property = propertyName(param.name, property_case, rename);
      const mayBeMissing = isAbsent(param, query) || (optional_params && param.nullable);
      return [param, namer.take(mayBeMissing && isInherited(property) ? `${property}2` : property)];
    });
}

/** Tells whether to leave it out is something else than to be null. */
function isAbsent({ number }: Param, { sql: { deciding } }: Query): boolean {
  return deciding.some((one) => one.number === number && one.by === "absence");
}

/** Tells whether every object has such a member, so that none is without it. */
export const isInherited = (property: string): boolean => property in Object.prototype;

/** The parameters of an UPDATE that sets nothing without one of them; none where more is needed than that, or less. */
function patchedParams({ sql: { pieces, deciding } }: Query): ReadonlySet<number> {
  const sets = pieces.filter(
    (piece): piece is Choice => typeof piece === "object" && "none" in piece && piece.none === null,
  );
  const [items = []] = sets.map((one) => one.items);
  const own = items.map(({ needs }) =>
    deciding.filter((_, i) => needs & (1 << i)).map(({ number }) => number),
  );
  return new Set(sets.length === 1 && own.every((numbers) => numbers.length === 1) ? own.flat() : []);
}

/** The bit of what decides, or 0. @param sent gives the text or boolean that it is to PostgreSQL */
function bitOf({ params, sql }: Query, decides: Deciding, value: string, sent: () => string): string {
  const bit = 2 ** sql.deciding.indexOf(decides);
  if (decides.by !== "value")
    return `${value} ${decides.by === "absence" ? "=== undefined" : "== null"} ? 0 : ${bit}`;
  const isFlag = params.find(({ number }) => number === decides.number)?.display === "boolean";
  const wanted = isFlag ? decides.value : JSON.stringify(decides.value);
  return `codec.isValue(${sent()}, ${wanted}) ? ${bit} : 0`;
}

/** The members of the arguments that ask for an order or a page, in their order. */
type Way = "sort" | "reverse" | "after" | "before";

export function waysOf({ sql: { orders, page } }: Query): readonly Way[] {
  return [
    ...(orders.length > 1 ? (["sort"] as const) : []),
    ...(orders.length > 0 ? (["reverse"] as const) : []),
    ...(page === null ? [] : (["after", "before"] as const)),
  ];
}

export function paramsCode(
  context: TypeContext,
  query: Query,
  imports: Imports,
  constants: Constants,
  cursor = "never",
): ParamsCode {
  const { optional_params } = context.options;
  const members: string[] = [];
  const values: (() => string)[] = [];
  const texts: (() => string)[] = [];
  const bits: string[] = [];
  const { page, orders } = query.sql;
  let size = page !== null && "count" in page.limit ? String(page.limit.count) : "undefined";
  const taken = new Namer();
  const ofKeys = new Set(page?.params.flat());
  const made: (() => readonly [string, string])[] = [];
  const times: (readonly [string, boolean])[] = [];
  const typeOf = (oid: Oid) => context.catalog.types.get(oid);
  const properties = new Map<number, string>();
  const patched = patchedParams(query);
  const atLeastOneOf: string[] = [];
  for (const [param, property] of paramProperties(context, query)) {
    taken.take(property);
    properties.set(param.number, property);
    if (patched.has(param.number)) atLeastOneOf.push(property);
    const { mapped, nullable, type } = paramType(context, param, query.name);
    imports.add(mapped);
    const decides = query.sql.deciding.filter(({ number }) => number === param.number);
    const absent = isAbsent(param, query);
    const optional = optional_params && nullable && !absent;
    const { name, nullable: taking } = param.because;
    const why = context.options.explain_types ? [whyOf([name, taking].map(describeParamReason))] : [];
    members.push(
      `${docComment(why, "  ")}  ${literalKey(property)}${optional || absent ? "?" : ""}: ${type}${optional || absent ? " | undefined" : ""};\n`,
    );
    const bare = access("args", property);
    const isSize = page !== null && "param" in page.limit && page.limit.param === param.number;
    if (isSize) {
      size = bare;
      values.push(() => `codec.oneMore(${bare})`);
      texts.push(() => `codec.oneMore(${bare})`);
      bits.push(...decides.map((one) => bitOf(query, one, bare, () => bare)));
      continue;
    }
    const value = bare;
    const isNull = `${value} ${optional || absent ? "==" : "==="} null`;
    const encode = (): string => {
      const codec = constants.name(mapped.codec);
      const encoded = mapped.isChecked
        ? `codec.encodeArgument(${value}, ${codec}, ${JSON.stringify(query.name)}, ${JSON.stringify(param.name)})`
        : `${codec}.encode(${value})`;
      return nullable || absent ? `${isNull} ? null : ${encoded}` : encoded;
    };
    const isPlain = mapped.inline === "text" || mapped.inline === "boolean";
    bits.push(...decides.map((one) => bitOf(query, one, value, isPlain ? () => value : encode)));
    values.push(() => (mapped.passthrough ? (optional ? `${value} ?? null` : value) : encode()));
    const text = (): string => {
      if (mayBeNumber(param, mapped))
        return nullable || absent ? `${isNull} ? null : String(${value})` : `String(${value})`;
      if (mapped.codec !== "codec.text") return encode();
      return optional || absent ? `${value} ?? null` : value;
    };
    texts.push(text);
    if (ofKeys.has(param.number)) {
      made.push(() => [property, absent ? `${value} === undefined ? undefined : ${text()}` : text()]);
      if (holdsTime(param.type, typeOf)) times.push([property, holdsZonedTime(param.type, typeOf)]);
    }
  }
  const ways = { sort: "undefined", reverse: "undefined", after: "undefined", before: "undefined", size };
  const asked = waysOf(query);
  const ask = (way: Way, type: string, comment: string): void => {
    if (!asked.includes(way)) return;
    const property = taken.take(way);
    members.push(`${docComment([comment], "  ")}  ${literalKey(property)}?: ${type} | undefined;\n`);
    ways[way] = access("args", property);
  };
  ask(
    "sort",
    orders.map((one) => JSON.stringify(one)).join(" | "),
    `The order; ${JSON.stringify(orders[0])} unless it is said.`,
  );
  ask("reverse", "boolean", "Whether the order is the other way round.");
  ask("after", `${cursor} | null`, "Where the page begins: `next` of another one.");
  ask("before", `${cursor} | null`, "Where the page ends: `previous` of another one.");
  return {
    ways,
    members: members.join(""),
    atLeastOneOf,
    values: () => values.map((v) => v()),
    given: () => bits.map((bit) => `    (${bit})`).join(" |\n"),
    texts: () => texts.map((t) => t()),
    made: () => made.map((one) => one()),
    times,
    propertyOf: (number) => properties.get(number) ?? "",
  };
}
