import type { Override, TypeScriptOptions } from "../config/options/typescript.ts";
import {
  type Catalog,
  type DomainType,
  isDocumentType,
  isJsonType,
  type Oid,
  type PgType,
  type Relation,
} from "../model/catalog.ts";
import type { ColumnOrigin, JsonItem, JsonShape } from "../model/query.ts";
import { checkOf, writeCheck } from "./json-checks.ts";
import { partOf, writePart } from "./json-parts.ts";
import { readable } from "./json-unions.ts";
import type { KeyType, KeyTypes } from "./keys.ts";
import { propertyKey } from "./names.ts";
import { overrideFor, saysType } from "./overrides.ts";

/** What a module must import for a type or codec; `from: null` is the models module. */
export interface Import {
  readonly name: string;
  readonly from: string | null;
  readonly value: boolean;
}

/** How one PostgreSQL type appears in TypeScript. */
export interface Mapped {
  readonly type: string;
  /** Text, booleans and plain numbers are read in line; everything else by its codec. */
  readonly inline: "text" | "boolean" | "number" | "void" | null;
  /** Whether `pg` writes the value as it is. */
  readonly passthrough: boolean;
  readonly codec: string;
  readonly imports: readonly Import[];
  /** Whether what is written is held against a schema, so that an error has to say where. */
  readonly isChecked?: true;
}

export interface TypeContext {
  readonly catalog: Catalog;
  readonly options: TypeScriptOptions;
  /** The names of enums, domains and composites in the models module, by oid. */
  readonly names: ReadonlyMap<Oid, { readonly type: string; readonly codec: string }>;
  /** The types of keys, by column. */
  readonly keys: KeyTypes;
  /** What the rows of tables and views are, by relation. */
  readonly models: ReadonlyMap<Oid, NamedRow>;
}

/** A row that has a type of its own in the models module. */
export interface NamedRow {
  readonly name: string;
  readonly relation: Relation;
  readonly fields: readonly { readonly property: string; readonly type: string }[];
}

const plain = (
  type: string,
  codec: string,
  inline: Mapped["inline"] = null,
  passthrough = false,
): Mapped => ({
  type,
  codec: `codec.${codec}`,
  inline,
  passthrough,
  imports: [],
});
const TEXT = plain("string", "text", "text", true);
const NUMBER = plain("number", "number", "number", true);
const DATE = plain("Date", "date");
const ISO = plain("string", "iso", null, true);

const BASE: Readonly<Record<string, Mapped>> = {
  bool: plain("boolean", "bool", "boolean", true),
  int2: NUMBER,
  int4: NUMBER,
  oid: NUMBER,
  float4: plain("number", "float", "number"),
  float8: plain("number", "float", "number"),
  bytea: plain("Buffer", "bytea", null, true),
};

function base(type: PgType, options: TypeScriptOptions): Mapped {
  if (type.schema === "pg_catalog") {
    if (type.name === "int8") {
      if (options.int8 === "bigint") return plain("bigint", "bigint");
      return options.int8 === "number" ? plain("number", "safeInteger") : TEXT;
    }
    if (type.name === "numeric") return options.numeric === "number" ? NUMBER : TEXT;
    if (type.name === "json" || type.name === "jsonb") return unknownJson(type.name, options);
    if (type.name === "date" || type.name === "timestamp" || type.name === "timestamptz")
      return timeMapped(type.name, options);
    return (Object.hasOwn(BASE, type.name) ? BASE[type.name] : undefined) ?? TEXT;
  }
  if (type.name === "vector") return plain("number[]", "vector");
  if (type.name === "hstore") return plain("Record<string, string | null>", "hstore");
  return TEXT;
}

const TEMPORAL = { date: "PlainDate", timestamp: "PlainDateTime", timestamptz: "Instant" } as const;

function timeMapped(name: keyof typeof TEMPORAL, options: TypeScriptOptions): Mapped {
  switch (options[name]) {
    case "string":
      return TEXT;
    case "iso":
      return ISO;
    case "date":
      return name === "date" ? plain("Date", "day") : DATE;
    case "temporal":
      return plain(`Temporal.${TEMPORAL[name]}`, `temporal(Temporal.${TEMPORAL[name]})`);
  }
}

function unknownJson(name: "json" | "jsonb", { json, json_numbers }: TypeScriptOptions): Mapped {
  if (json_numbers === "error") return jsonMapped(name, json);
  const type = json === "Json" ? "codec.ExactJson" : json;
  return { ...jsonMapped(name, type), codec: `codec.exactJson<${type}>()` };
}

function jsonMapped(
  name: string,
  type: string,
  imports: readonly Import[] = [],
  part: string | null = null,
): Mapped {
  const rendered = type === "Json" ? "codec.Json" : type;
  const read = name === "jsonb" ? "json" : "jsonText";
  const codec = part === null ? `codec.${read}<${rendered}>()` : `codec.shapedJson<${rendered}>(${part})`;
  return { type: rendered, codec, inline: null, passthrough: false, imports };
}

const union = (literals: readonly string[]): string =>
  literals.length === 0 ? "never" : literals.join(" | ");
const parenthesised = (type: string): string => (/^[\w$.]+(<.*>|\[\])?$/.test(type) ? type : `(${type})`);
export const orNull = (type: string): string =>
  /^(any|unknown)$|(^| \| )null$/.test(type) ? type : `${type} | null`;

/** What else is known of a value than its type. */
export interface Details {
  readonly values?: readonly string[] | null;
  readonly elementsNullable?: boolean;
  readonly dimensions?: number;
  readonly shape?: JsonShape | null;
  /** How rows appear of which more is known than their type says. */
  readonly row?: Mapped | null;
}

export function mapType(context: TypeContext, oid: Oid, details: Details = {}): Mapped {
  const type = context.catalog.types.get(oid);
  if (type === undefined) return TEXT;
  const { values, shape, row } = details;
  // Of an array it is that of its elements.
  const isKnown = shape && (shape.kind !== "unknown" || storedInJson(context, shape.origin, []) !== null);
  if (isKnown && type.kind !== "array") return shapeMapped(context, type.name, shape);
  const named = context.names.get(oid);
  switch (type.kind) {
    case "base":
      return narrowed(base(type, context.options), values ?? null);
    case "enum":
      return named === undefined ? narrowed(TEXT, type.labels) : alias(TEXT, named.type);
    case "domain": {
      const inner = mapType(context, type.base, { ...details, values: null });
      // A column has its domain's values, if no narrower ones: then the domain's name says it.
      const narrower = sameValues(values ?? null, domainValues(context, type)) ? null : (values ?? null);
      const known = narrowed(inner, narrower);
      return known !== inner || named === undefined
        ? narrowed(known, known === inner ? type.values : null)
        : alias(narrowed(inner, type.values), named.type);
    }
    case "composite":
      if (row) return row;
      if (named === undefined) return TEXT;
      return {
        type: named.type,
        codec: named.codec,
        inline: null,
        passthrough: false,
        imports: [
          { name: named.type, from: null, value: false },
          { name: named.codec, from: null, value: true },
        ],
      };
    case "array":
      // Arrays to PostgreSQL too, but not as text: `1 2`.
      if (type.schema === "pg_catalog" && (type.name === "int2vector" || type.name === "oidvector"))
        return plain("number[]", "numbers");
      return arrayMapped(context, type.element, details);
    case "range":
    case "multirange":
      return rangeMapped(context, type.kind, type.subtype);
    case "pseudo":
      if (row) return type.name === "_record" ? arrayOf(context, oid, row, details) : row;
      return type.name === "void" ? plain("undefined", "nothing", "void") : TEXT;
  }
}

/** The values that the domain, or one that it is over, allows. */
function domainValues(context: TypeContext, domain: DomainType): readonly string[] | null {
  const base = context.catalog.types.get(domain.base);
  return domain.values ?? (base?.kind === "domain" ? domainValues(context, base) : null);
}

function sameValues(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return a !== null && b !== null && a.length === b.length && a.every((value, i) => value === b[i]);
}

function alias(mapped: Mapped, name: string): Mapped {
  const imports = [{ name, from: null, value: false }];
  return mapped.inline === "text"
    ? { ...mapped, type: name, codec: `codec.textOf<${name}>()`, imports }
    : { ...mapped, type: name, imports: [...mapped.imports, ...imports] };
}

/** The same type, of which only some values are allowed. */
function narrowed(mapped: Mapped, values: readonly string[] | null): Mapped {
  if (values === null || values.length === 0) return mapped;
  if (mapped.inline === "text") {
    const type = union(values.map((v) => JSON.stringify(v)));
    return { ...mapped, type, codec: `codec.textOf<${type}>()` };
  }
  if (mapped.inline === "number" && values.every((v) => String(Number(v)) === v)) {
    return { ...mapped, type: union(values), codec: `(codec.number as codec.Codec<${union(values)}>)` };
  }
  return mapped;
}

/** Texts of a form, as a template literal, where nothing else is known of them. */
export function withPattern(mapped: Mapped, pattern: readonly (string | null)[] | undefined): Mapped {
  if (!pattern || mapped.inline !== "text" || mapped.type !== "string") return mapped;
  const type = templateType(pattern);
  return { ...mapped, type, codec: `codec.textOf<${type}>()` };
}

function templateType(pattern: readonly (string | null)[]): string {
  const parts = pattern.map((part) =>
    part === null
      ? "${string}"
      : JSON.stringify(part)
          .slice(1, -1)
          .replaceAll('\\"', '"')
          .replace(/`|\$(?=\{)/g, "\\$&"),
  );
  return `\`${parts.join("")}\``;
}

/** An array of values of a type. */
export function arrayMapped(context: TypeContext, element: Oid, details: Details): Mapped {
  const { values = null, shape = null, row = null } = details;
  return arrayOf(context, element, mapType(context, element, { values, shape, row }), details);
}

/** An array of values that are mapped so. */
export function arrayOf(context: TypeContext, element: Oid, inner: Mapped, details: Details): Mapped {
  const delimiter = delimiterOf(context, element);
  const dimensions = details.dimensions ?? 1;
  const nullable = details.elementsNullable !== false;
  const item = parenthesised(nullable ? orNull(inner.type) : inner.type);
  const type = `${item}${"[]".repeat(dimensions)}`;
  const make = nullable ? "array" : "arrayNotNull";
  const types = dimensions === 1 ? "" : `<${inner.type}, ${type}>`;
  const args = [
    inner.codec,
    ...(delimiter !== "," || dimensions > 1 ? [JSON.stringify(delimiter)] : []),
    ...(dimensions > 1 ? [dimensions] : []),
  ];
  return {
    inline: null,
    passthrough: false,
    imports: inner.imports,
    type,
    codec: `codec.${make}${types}(${args.join(", ")})`,
  };
}

/** Gives what stands between elements, `typdelim`: a domain has that of its base. */
function delimiterOf(context: TypeContext, oid: Oid): string {
  const type = context.catalog.types.get(oid);
  return type?.kind === "domain" ? delimiterOf(context, type.base) : (type?.delimiter ?? ",");
}

function rangeMapped(context: TypeContext, kind: "range" | "multirange", subtype: Oid): Mapped {
  if (context.options.ranges === "string") return TEXT;
  // A multirange's subtype may be its range type, or that one's subtype.
  const sub = context.catalog.types.get(subtype);
  const inner = mapType(context, sub?.kind === "range" ? sub.subtype : subtype);
  const type = `codec.Range<${inner.type}>`;
  return {
    type: kind === "range" ? type : `${type}[]`,
    codec: `codec.${kind}(${inner.codec})`,
    inline: null,
    passthrough: false,
    imports: inner.imports,
  };
}

function shapeMapped(context: TypeContext, name: string, given: JsonShape): Mapped {
  const imports: Import[] = [];
  const shape = readable(context.catalog, given);
  const part = partOf(context.catalog, shape, context.options.numeric);
  const check = checkOf(shape, {
    schemaOf(origin) {
      const { schema, check: when = "none" } = storedType(context, origin) ?? {};
      if (!schema || when === "none" || when === "write") return null;
      imports.push(schemaImport(schema, true));
      return schema.name;
    },
    isDocument: (type) => isDocumentType(context.catalog.types, type),
    isPlain: (type) => isPlainInJson(context, type),
  });
  const mapped = jsonMapped(name, shapeType(context, shape, imports), imports, part && writePart(part));
  return check === null
    ? mapped
    : { ...mapped, codec: `codec.checkedJson<${mapped.type}>(${mapped.codec}, ${writeCheck(check)})` };
}

function shapeType(context: TypeContext, shape: JsonShape, imports: Import[]): string {
  const placed = (place: JsonItem): string => {
    const type = shapeType(context, place.shape, imports);
    if (!place.nullable) return type;
    return type === "never" ? "null" : orNull(type);
  };
  switch (shape.kind) {
    case "unknown":
      return storedInJson(context, shape.origin, imports) ?? "codec.Json";
    case "null":
      return "null";
    case "scalar":
      return (
        (isDocumentType(context.catalog.types, shape.type)
          ? storedInJson(context, shape.origin, imports)
          : null) ??
        namedInJson(context, shape, imports) ??
        formedInJson(context, shape, scalarInJson(context, shape.type, shape.values, imports))
      );
    case "array":
      return `${parenthesised(placed({ shape: shape.element, nullable: shape.elementNullable }))}[]`;
    case "tuple":
      return `[${shape.items.map(placed).join(", ")}]`;
    case "map":
      return `Record<string, ${placed({ shape: shape.value, nullable: shape.valueNullable })}>`;
    case "union": {
      const members = withAbsentKeys(shape.members).map((member) => shapeType(context, member, imports));
      const types = new Set(members.filter((type) => type !== "null"));
      // JSON in general is all of them.
      if (types.has("codec.Json")) return "codec.Json";
      return [...types, ...(members.includes("null") ? ["null"] : [])].join(" | ") || "never";
    }
    case "object": {
      const fields = new Map(
        shape.fields.map((f) => [f.name, `${propertyKey(f.name)}${f.optional ? "?" : ""}: ${placed(f)}`]),
      );
      return fields.size === 0 ? "Record<string, never>" : `{ ${[...fields.values()].join("; ")} }`;
    }
  }
}

/** An object without keys beside others is one that lacks theirs. */
function withAbsentKeys(members: readonly JsonShape[]): readonly JsonShape[] {
  const names = new Set(
    members.flatMap((member) => (member.kind === "object" ? member.fields.map(({ name }) => name) : [])),
  );
  return members.map((member) =>
    member.kind === "object" && member.fields.length === 0
      ? {
          kind: "object",
          fields: [...names].map((name) => ({
            name,
            shape: { kind: "union", members: [] },
            nullable: false,
            optional: true,
          })),
        }
      : member,
  );
}

const JSON_NUMBERS = new Set(["int2", "int4", "int8", "float4", "float8", "numeric"]);

const castsToJson = (type: PgType): boolean =>
  type.castsToJson === true &&
  type.name !== "hstore" &&
  ["base", "enum", "range", "multirange"].includes(type.kind);

/** Tells whether a value of the type is a string, a number or a boolean in JSON. */
function isPlainInJson(context: TypeContext, oid: Oid): boolean {
  const type = context.catalog.types.get(oid);
  if (type?.kind === "domain") return isPlainInJson(context, type.base);
  if (type === undefined || castsToJson(type) || isJsonType(context.catalog.types, oid)) return false;
  return ["base", "enum", "range", "multirange"].includes(type.kind) && type.name !== "hstore";
}

/** The author's own type of a stored column of JSON, where that is what is read, and not what is made of it; else null. */
function storedInJson(
  context: TypeContext,
  origin: ColumnOrigin | undefined,
  imports: Import[],
): string | null {
  const override = storedType(context, origin);
  if (override === null) return null;
  const mapped = withOverride(TEXT, { ...override, check: "none" });
  imports.push(...mapped.imports);
  return mapped.type;
}

/** Gives what the author says of the type of a stored column of JSON, where that is what is read; else null. */
function storedType(
  context: TypeContext,
  origin: ColumnOrigin | undefined,
): Pick<Override, "ts_type" | "schema" | "check"> | null {
  const column = origin && context.keys.column(origin);
  if (!column) return null;
  const override = overrideFor(context.options.overrides, {
    type: context.catalog.types.get(column.type),
    nullable: column.nullable,
    origin,
    query: null,
    name: column.name,
  });
  const { ts_type, schema, check, decode, encode } = override;
  return saysType(override) && !decode && !encode ? { ts_type, schema, check } : null;
}

/** Gives what has to be imported of a schema, which may be a member of what a module exports. */
function schemaImport(schema: NonNullable<Override["schema"]>, value: boolean): Import {
  const name = /^[\w$]+/.exec(schema.name)?.[0] ?? schema.name;
  return { name, from: schema.from ?? schema.import ?? null, value };
}

/** The type of a column's values, where JSON has them as the column has; null where it has not, or there is no name for it. */
function namedInJson(
  context: TypeContext,
  { type, origin }: Extract<JsonShape, { readonly kind: "scalar" }>,
  imports: Import[],
): string | null {
  const key = context.keys.of(origin ?? null);
  if (key === null || key.type !== type || key.override?.decode || key.override?.encode) return null;
  const plainType = scalarInJson(context, type, null, []);
  if (plainType !== key.base) return null;
  // Within JSON nothing but JSON is held against a schema.
  const override = key.override && { ...key.override, check: "none" as const };
  const named = withKey({ ...TEXT, type: plainType }, type, { ...key, override });
  imports.push(...named.imports);
  return named.type;
}

/** A text of a column's form, where JSON has it as the column has; else the type as it is. */
function formedInJson(
  context: TypeContext,
  { origin }: Extract<JsonShape, { readonly kind: "scalar" }>,
  type: string,
): string {
  const pattern = origin && context.keys.column(origin)?.pattern;
  return pattern && type === "string" ? templateType(pattern) : type;
}

/** Gives what `to_json` makes of a PostgreSQL value. */
function scalarInJson(
  context: TypeContext,
  oid: Oid,
  values: readonly string[] | null,
  imports: Import[],
): string {
  const type = context.catalog.types.get(oid);
  if (type === undefined || castsToJson(type)) return "codec.Json";
  switch (type.kind) {
    case "base": {
      // All of its digits, as in a column.
      if (type.name === "numeric" && context.options.numeric === "string") return "string";
      if (JSON_NUMBERS.has(type.name)) return narrowed(NUMBER, values).type;
      if (type.name === "bool") return values?.length === 1 ? values[0]! : "boolean";
      if (type.name === "json" || type.name === "jsonb") return "codec.Json";
      if (type.name === "hstore") return "Record<string, string | null>";
      return narrowed(TEXT, values).type;
    }
    case "enum": {
      const mapped = mapType(context, oid);
      imports.push(...mapped.imports);
      return mapped.type;
    }
    case "domain":
      return scalarInJson(context, type.base, values ?? type.values, imports);
    case "array":
      // An array of several dimensions becomes nested JSON arrays, which its type does not tell; the codec refuses it.
      return `${parenthesised(orNull(scalarInJson(context, type.element, values, imports)))}[]`;
    case "composite": {
      const fields = type.attributes.map(
        (a) => `${propertyKey(a.name)}: ${orNull(scalarInJson(context, a.type, null, imports))}`,
      );
      return fields.length === 0 ? "Record<string, never>" : `{ ${fields.join("; ")} }`;
    }
    case "pseudo":
      return type.name === "record" ? "codec.Json" : "string";
    default:
      return "string";
  }
}

/** The type of a key, where the value is one of the column's as it is stored. */
export function withKey(mapped: Mapped, type: Oid, key: KeyType | null): Mapped {
  if (key === null || key.type !== type || (key.override === null && mapped.type !== key.base)) return mapped;
  if (key.override) return withOverride(mapped, key.override);
  const { name } = key;
  return {
    ...mapped,
    type: name,
    codec:
      mapped.inline === "text"
        ? `codec.textOf<${name}>()`
        : `(${mapped.codec} as unknown as codec.Codec<${name}>)`,
    imports: [...mapped.imports, { name, from: null, value: false }],
  };
}

/** The author's own type, decoder and encoder in place of what the table says. The type may name keys. */
export function withOverride(mapped: Mapped, override: Partial<Override>, keys?: KeyTypes): Mapped {
  const { schema, check = "none", ...own } = override;
  if (schema === undefined) return withOwnType(mapped, own, keys);
  const type = `codec.InferOutput<typeof ${schema.name}>`;
  const typed = withOwnType(mapped, { ...own, ts_type: type }, keys);
  const imports = [...typed.imports, schemaImport(schema, false)];
  if (check === "none") return { ...typed, imports };
  return {
    ...typed,
    inline: null,
    passthrough: false,
    codec: `codec.checked<${type}>(${typed.codec}, ${schema.name}, ${JSON.stringify(check)})`,
    imports: [...imports, schemaImport(schema, true)],
    ...(check !== "read" && { isChecked: true }),
  };
}

function withOwnType(mapped: Mapped, override: Partial<Override>, keys?: KeyTypes): Mapped {
  const { ts_type, decode, encode } = override;
  if (ts_type === undefined && decode === undefined && encode === undefined) return mapped;
  const imports: Import[] = ts_type === undefined ? [...mapped.imports] : [];
  let type = mapped.type;
  if (typeof ts_type === "string") {
    type = ts_type;
    for (const name of keys?.brandsIn(type) ?? []) imports.push({ name, from: null, value: false });
  } else if (ts_type !== undefined) {
    type = ts_type.name;
    const from = ts_type.from ?? ts_type.import;
    if (from !== undefined) imports.push({ name: /^[\w$]+/.exec(type)?.[0] ?? type, from, value: false });
  }
  for (const f of [decode, encode]) {
    const from = f?.from ?? f?.import;
    if (f !== undefined && from !== undefined) imports.push({ name: f.name, from, value: true });
  }
  const inner = `(${mapped.codec} as unknown as codec.Codec<${type}>)`;
  if (decode === undefined && encode === undefined) {
    return {
      type,
      inline: mapped.inline === "text" ? "text" : null,
      passthrough: mapped.passthrough,
      codec: inner,
      imports: [...imports, ...mapped.imports.filter((i) => i.value)],
    };
  }
  const read =
    decode === undefined
      ? `decode: ${inner}.decode`
      : `decode: (text: string): ${type} => ${decode.name}(text)`;
  const write =
    encode === undefined
      ? `encode: ${inner}.encode`
      : `encode: (value: ${type}): string => ${encode.name}(value)`;
  return {
    type,
    inline: null,
    passthrough: false,
    codec: `{ ${read}, ${write} }`,
    imports: [...imports, ...mapped.imports.filter((i) => i.value)],
  };
}
