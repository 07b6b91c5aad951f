import type { Override, TypeScriptOptions } from "../config/options/typescript.ts";
import { isDocumentType, isJsonType, type Oid, type PgType } from "../model/catalog.ts";
import type { ColumnOrigin, JsonItem, JsonShape } from "../model/query.ts";
import { checkOf, writeCheck } from "./json-checks.ts";
import { partOf, writePart } from "./json-parts.ts";
import { readable } from "./json-unions.ts";
import {
  enumMapped,
  type Import,
  type Mapped,
  NUMBER,
  narrowed,
  orNull,
  parenthesised,
  TEXT,
  type TypeContext,
  templateType,
} from "./mapped.ts";
import { propertyKey } from "./names.ts";
import { overrideFor, saysType } from "./overrides.ts";
import { schemaImport, withKey, withOverride } from "./own-types.ts";

/** JSON of which nothing is known. */
export function unknownJson(name: "json" | "jsonb", { json, json_numbers }: TypeScriptOptions): Mapped {
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

/** Tells whether anything is known of what the JSON holds, be it by its author. */
export const isKnownShape = (context: TypeContext, shape: JsonShape): boolean =>
  shape.kind !== "unknown" || storedInJson(context, shape.origin, []) !== null;

/** JSON of a shape, in the type `json` or `jsonb`. */
export function shapeMapped(context: TypeContext, name: string, given: JsonShape): Mapped {
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
      const mapped = enumMapped(context, oid, type.labels);
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
