import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Catalog, Oid } from "../model/catalog.ts";
import type { JsonShape } from "../model/query.ts";
import { objectText } from "./names.ts";

type Numeric = TypeScriptOptions["numeric"];

/**
 * What a computed JSON value has to be looked through for once it is parsed: what `to_json` makes of a value does not always
 * have the form that its SQL type lets expect. Null where nothing can differ.
 */
export type Part =
  | null
  | { readonly kind: "value"; readonly reads: "float" | "int8" | "numeric" | "item" }
  | { readonly kind: "array"; readonly element: Part }
  | { readonly kind: "tuple"; readonly items: readonly Part[] }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Part> }
  | { readonly kind: "map"; readonly value: Part }
  | { readonly kind: "list-or-object"; readonly list: List; readonly object: AnyObject };

export function partOf(catalog: Catalog, shape: JsonShape, numeric: Numeric): Part {
  const inner = (one: JsonShape): Part => partOf(catalog, one, numeric);
  switch (shape.kind) {
    case "unknown":
    case "null":
      return null;
    case "scalar":
      return typePart(catalog, shape.type, numeric);
    case "array":
      return arrayOf(inner(shape.element));
    case "tuple":
      return tupleOf(shape.items.map((item) => inner(item.shape)));
    case "object":
      return objectOf(shape.fields.map((f) => [f.name, inner(f.shape)]));
    case "map": {
      const value = inner(shape.value);
      return value && { kind: "map", value };
    }
    case "union":
      return shape.members.map(inner).reduce(joined, null);
  }
}

function typePart(catalog: Catalog, oid: Oid, numeric: Numeric): Part {
  const type = catalog.types.get(oid);
  switch (type?.kind) {
    case "base":
      if (type.name === "float4" || type.name === "float8") return { kind: "value", reads: "float" };
      if (type.name === "numeric")
        return { kind: "value", reads: numeric === "string" ? "numeric" : "float" };
      return type.name === "int8" ? { kind: "value", reads: "int8" } : null;
    case "domain":
      return typePart(catalog, type.base, numeric);
    case "array":
      return isAnyJson(catalog, type.element)
        ? null
        : arrayOf(typePart(catalog, type.element, numeric) ?? { kind: "value", reads: "item" });
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

const arrayOf = (element: Part): Part => element && { kind: "array", element };
const tupleOf = (items: readonly Part[]): Part =>
  items.some((item) => item !== null) ? { kind: "tuple", items } : null;

function objectOf(fields: readonly (readonly [string, Part])[]): Part {
  const parts = new Map(fields.filter(([, part]) => part !== null));
  return parts.size === 0 ? null : { kind: "object", fields: parts };
}

/** Parts of values that agree, as one. */
function joined(a: Part, b: Part): Part {
  if (a === null || b === null) return a ?? b;
  const list = joinedLists(listIn(a), listIn(b));
  const object = joinedObjects(objectIn(a), objectIn(b));
  if (list !== null && object !== null) return { kind: "list-or-object", list, object };
  return list ?? object ?? a;
}

type List = Extract<Part, { readonly kind: "array" | "tuple" }>;
type AnyObject = Extract<Part, { readonly kind: "object" | "map" }>;

function joinedLists(a: List | null, b: List | null): List | null {
  if (a === null || b === null) return a ?? b;
  if (a.kind === "tuple" && b.kind === "tuple" && a.items.length === b.items.length)
    return { kind: "tuple", items: a.items.map((item, i) => joined(item, b.items[i] ?? null)) };
  return { kind: "array", element: [...itemsOf(a), ...itemsOf(b)].reduce(joined, null) };
}

function joinedObjects(a: AnyObject | null, b: AnyObject | null): AnyObject | null {
  if (a === null || b === null) return a ?? b;
  if (a.kind === "map" || b.kind === "map")
    return { kind: "map", value: [...valuesOf(a), ...valuesOf(b)].reduce(joined, null) };
  const names = [...new Set([...a.fields.keys(), ...b.fields.keys()])];
  const field = (name: string): Part => joined(a.fields.get(name) ?? null, b.fields.get(name) ?? null);
  return { kind: "object", fields: new Map(names.map((name) => [name, field(name)])) };
}

function listIn(part: NonNullable<Part>): List | null {
  if (part.kind === "list-or-object") return part.list;
  return part.kind === "array" || part.kind === "tuple" ? part : null;
}

function objectIn(part: NonNullable<Part>): AnyObject | null {
  if (part.kind === "list-or-object") return part.object;
  return part.kind === "object" || part.kind === "map" ? part : null;
}

const itemsOf = (part: List): readonly Part[] => (part.kind === "tuple" ? part.items : [part.element]);
const valuesOf = (part: AnyObject): readonly Part[] =>
  part.kind === "object" ? [...part.fields.values()] : [part.value];

/** An expression of `codec.JsonPart`. */
export function writePart(part: NonNullable<Part>): string {
  const inner = (one: Part): string => (one === null ? "null" : writePart(one));
  switch (part.kind) {
    case "value":
      return JSON.stringify(part.reads);
    case "array":
      return `[${inner(part.element)}]`;
    case "tuple":
      // One item alone would be read as every one, which it is.
      return `[${part.items.map(inner).join(", ")}]`;
    case "map":
      return `new codec.EachMember(${inner(part.value)})`;
    case "list-or-object":
      return `new codec.ListOrObject(${inner(part.list)}, ${inner(part.object)})`;
    case "object":
      return objectText(
        [...part.fields].map(([name, one]) => [name, inner(one)]),
        "codec.JsonPart",
      );
  }
}
