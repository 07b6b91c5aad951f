import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Catalog, Oid } from "../model/catalog.ts";
import type { JsonShape } from "../model/query.ts";
import { propertyKey } from "./names.ts";

type Numeric = TypeScriptOptions["numeric"];

/**
 * Gives what a computed JSON value has to be looked through for once it is parsed, as an expression of `codec.JsonPart`: what
 * `to_json` makes of a value does not always have the form that its SQL type lets expect. Null where nothing can differ.
 */
export function jsonPart(catalog: Catalog, shape: JsonShape, numeric: Numeric): string | null {
  switch (shape.kind) {
    case "unknown":
      return null;
    case "scalar":
      return typePart(catalog, shape.type, numeric);
    case "array":
      return arrayOf(jsonPart(catalog, shape.element, numeric));
    case "object":
      return objectOf(shape.fields.map((f) => [f.name, jsonPart(catalog, f.shape, numeric)]));
  }
}

function typePart(catalog: Catalog, oid: Oid, numeric: Numeric): string | null {
  const type = catalog.types.get(oid);
  switch (type?.kind) {
    case "base":
      if (type.name === "float4" || type.name === "float8") return '"float"';
      if (type.name === "numeric") return numeric === "string" ? '"numeric"' : '"float"';
      return type.name === "int8" ? '"int8"' : null;
    case "domain":
      return typePart(catalog, type.base, numeric);
    case "array":
      return isAnyJson(catalog, type.element)
        ? null
        : arrayOf(typePart(catalog, type.element, numeric) ?? '"item"');
    case "composite":
      return objectOf(type.attributes.map((a) => [a.name, typePart(catalog, a.type, numeric)]));
    default:
      return null;
  }
}

/** Tells whether a value of the type becomes JSON of any form, an array perhaps. */
function isAnyJson(catalog: Catalog, oid: Oid): boolean {
  const type = catalog.types.get(oid);
  if (type === undefined || type.name === "json" || type.name === "jsonb" || type.castsToJson) return true;
  return type.kind === "domain" && isAnyJson(catalog, type.base);
}

const arrayOf = (element: string | null): string | null => (element === null ? null : `[${element}]`);

function objectOf(fields: readonly (readonly [string, string | null])[]): string | null {
  // Of a name that comes twice, whoever parses it keeps the last.
  const parts = [...new Map(fields)].flatMap(([name, part]) =>
    part === null ? [] : [`${propertyKey(name)}: ${part}`],
  );
  return parts.length === 0 ? null : `{ ${parts.join(", ")} }`;
}
