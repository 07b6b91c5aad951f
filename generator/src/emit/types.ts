import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { DomainType, Oid, PgType } from "../model/catalog.ts";
import type { JsonShape } from "../model/query.ts";
import { isKnownShape, shapeMapped, unknownJson } from "./json-types.ts";
import {
  alias,
  enumMapped,
  type Mapped,
  NUMBER,
  narrowed,
  orNull,
  parenthesised,
  plain,
  TEXT,
  type TypeContext,
} from "./mapped.ts";

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

/** What else is known of a value than its type. */
export interface Details {
  readonly values?: readonly string[] | null;
  readonly elementsNullable?: boolean;
  readonly dimensions?: number;
  readonly shape?: JsonShape | null;
  /** How rows appear of which more is known than their type says. */
  readonly row?: Mapped | null;
}

/** Gives the TypeScript type and codec of a type, and of what else is known of a value. */
export function mapType(context: TypeContext, oid: Oid, details: Details = {}): Mapped {
  const type = context.catalog.types.get(oid);
  if (type === undefined) return TEXT;
  const { values, shape, row } = details;
  // Of an array it is that of its elements.
  if (shape && type.kind !== "array" && isKnownShape(context, shape))
    return shapeMapped(context, type.name, shape);
  const named = context.names.get(oid);
  switch (type.kind) {
    case "base":
      return narrowed(base(type, context.options), values ?? null);
    case "enum":
      return enumMapped(context, oid, type.labels);
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
    ...(inner.isChecked && { isChecked: true }),
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
