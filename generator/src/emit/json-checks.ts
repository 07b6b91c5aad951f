import type { ColumnOrigin, JsonItem, JsonShape } from "../model/query.ts";
import { propertyKey } from "./names.ts";

/** Where documents that were stored stand in a computed JSON value, and the schemas that they are held against; null where none does. */
export type JsonCheck =
  | null
  | { readonly kind: "schema"; readonly name: string; readonly nullable: boolean }
  | { readonly kind: "array"; readonly element: JsonCheck }
  | { readonly kind: "tuple"; readonly items: readonly JsonCheck[] }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, JsonCheck> }
  | { readonly kind: "map"; readonly value: JsonCheck };

/** The schema that the JSON of a column is held against; null where it is none. */
type SchemaOf = (origin: ColumnOrigin) => string | null;

/** Finds them. Where something else may stand in a document's place nothing is held against its schema. */
export function checkOf(shape: JsonShape, schemaOf: SchemaOf): JsonCheck {
  return ofPlaces([{ shape, nullable: false }], schemaOf);
}

/** The check of a place that is one of these. */
function ofPlaces(places: readonly JsonItem[], schemaOf: SchemaOf): JsonCheck {
  const all = places.flatMap(({ shape }) => membersOf(shape));
  const shapes = all.filter(({ kind }) => kind !== "null");
  const nullable = places.some((place) => place.nullable) || shapes.length < all.length;
  const [first] = shapes;
  if (first === undefined) return null;
  const inner = (items: readonly JsonItem[]): JsonCheck => ofPlaces(items, schemaOf);
  if (first.kind === "unknown") {
    const name = first.origin ? schemaOf(first.origin) : null;
    const isAll = shapes.every(
      (one) => one.kind === "unknown" && one.origin && schemaOf(one.origin) === name,
    );
    return name !== null && isAll ? { kind: "schema", name, nullable } : null;
  }
  const objects = shapes.flatMap((one) => (one.kind === "object" ? one : []));
  if (objects.length === shapes.length) {
    const fields = new Map<string, JsonItem[]>();
    for (const field of objects.flatMap((one) => one.fields))
      fields.set(field.name, [...(fields.get(field.name) ?? []), field]);
    const checks = [...fields].map(([name, items]) => [name, inner(items)] as const);
    const kept = checks.filter(([, check]) => check !== null);
    return kept.length === 0 ? null : { kind: "object", fields: new Map(kept) };
  }
  const maps = shapes.flatMap((one) =>
    one.kind === "map" ? { shape: one.value, nullable: one.valueNullable } : [],
  );
  if (maps.length === shapes.length) {
    const value = inner(maps);
    return value && { kind: "map", value };
  }
  if (shapes.length === 1 && first.kind === "tuple") {
    const items = first.items.map((item) => inner([item]));
    return items.every((item) => item === null) ? null : { kind: "tuple", items };
  }
  const lists = shapes.map(itemsOf);
  if (lists.includes(null)) return null;
  const element = inner(lists.flatMap((items) => items ?? []));
  return element && { kind: "array", element };
}

function membersOf(shape: JsonShape): readonly JsonShape[] {
  return shape.kind === "union" ? shape.members.flatMap(membersOf) : [shape];
}

function itemsOf(shape: JsonShape): readonly JsonItem[] | null {
  if (shape.kind === "array") return [{ shape: shape.element, nullable: shape.elementNullable }];
  return shape.kind === "tuple" ? shape.items : null;
}

/** An expression of `codec.JsonCheck`. */
export function writeCheck(check: NonNullable<JsonCheck>): string {
  const inner = (one: JsonCheck): string => (one === null ? "null" : writeCheck(one));
  switch (check.kind) {
    case "schema":
      return `new codec.Conforming(${check.name}${check.nullable ? ", true" : ""})`;
    case "array":
      return `new codec.EachItem(${inner(check.element)})`;
    case "tuple":
      return `[${check.items.map(inner).join(", ")}]`;
    case "map":
      return `new codec.EachValue(${inner(check.value)})`;
    case "object":
      return `{ ${[...check.fields].map(([name, one]) => `${propertyKey(name)}: ${inner(one)}`).join(", ")} }`;
  }
}
