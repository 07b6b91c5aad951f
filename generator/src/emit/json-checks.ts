import type { Oid } from "../model/catalog.ts";
import type { ColumnOrigin, JsonField, JsonItem, JsonShape } from "../model/query.ts";
import { objectText } from "./names.ts";

/** Where documents that were stored stand in a computed JSON value, and the schemas that they are held against; null where none does. */
export type JsonCheck =
  | null
  | { readonly kind: "schema"; readonly name: string; readonly nullable: boolean }
  | { readonly kind: "array"; readonly element: JsonCheck }
  | { readonly kind: "tuple"; readonly items: readonly JsonCheck[] }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, JsonCheck> }
  | { readonly kind: "map"; readonly value: JsonCheck }
  | { readonly kind: "tagged"; readonly tag: string; readonly byValue: ReadonlyMap<string, JsonCheck> };

/** What has to be known of the columns and types in JSON. */
export interface CheckContext {
  /** The schema that a stored document of the column is held against; null where it is none. */
  schemaOf(origin: ColumnOrigin): string | null;
  /** Tells whether values of the type are documents: JSON, or arrays of it. */
  isDocument(type: Oid): boolean;
  /** Tells whether values of the type are no objects or lists in JSON. */
  isPlain(type: Oid): boolean;
}

/** Finds them. Where something else may stand in a document's place nothing is held against its schema. */
export function checkOf(shape: JsonShape, context: CheckContext): JsonCheck {
  return ofPlaces([{ shape, nullable: false }], context);
}

/** The check of a place that is one of these. */
function ofPlaces(places: readonly JsonItem[], context: CheckContext): JsonCheck {
  const all = places.flatMap(({ shape }) => membersOf(shape));
  const shapes = all.filter(({ kind }) => kind !== "null");
  const nullable = places.some((place) => place.nullable) || shapes.length < all.length;
  const names = new Set(shapes.map((one) => schemaOf(one, context)));
  const [name] = names;
  if (name != null && names.size === 1) return { kind: "schema", name, nullable };
  if (shapes.some(({ kind }) => kind === "unknown")) return null;
  // What is no object and no list is told by what it is.
  const containers = shapes.filter((one) => one.kind !== "scalar" || !context.isPlain(one.type));
  const inner = (items: readonly JsonItem[]): JsonCheck => ofPlaces(items, context);
  const [first] = containers;
  if (first === undefined) return null;
  const objects = containers.flatMap((one) => (one.kind === "object" ? one : []));
  if (objects.length === containers.length) return ofObjects(objects, inner);
  const maps = containers.flatMap((one) =>
    one.kind === "map" ? { shape: one.value, nullable: one.valueNullable } : [],
  );
  if (maps.length === containers.length) {
    const value = inner(maps);
    return value && { kind: "map", value };
  }
  if (containers.length === 1 && first.kind === "tuple") {
    const items = first.items.map((item) => inner([item]));
    return items.every((item) => item === null) ? null : { kind: "tuple", items };
  }
  const lists = containers.map(itemsOf);
  if (lists.includes(null)) return null;
  const element = inner(lists.flatMap((items) => items ?? []));
  return element && { kind: "array", element };
}

function schemaOf(shape: JsonShape, context: CheckContext): string | null {
  const isDocument = shape.kind === "unknown" || (shape.kind === "scalar" && context.isDocument(shape.type));
  return isDocument && shape.origin ? context.schemaOf(shape.origin) : null;
}

type ObjectShape = Extract<JsonShape, { readonly kind: "object" }>;
type Inner = (items: readonly JsonItem[]) => JsonCheck;

/** Objects by their fields, and each by its own where a constant tells them apart. */
function ofObjects(objects: readonly ObjectShape[], inner: Inner): JsonCheck {
  const own = objects.map((object) => ofFields([object], inner));
  const tag = new Set(own.map((check) => check && writeCheck(check))).size > 1 ? tagOf(objects) : null;
  if (tag === null) return ofFields(objects, inner);
  const byValue = objects.flatMap((object, i) => {
    const values = constantsOf(object, tag) ?? [];
    return own[i] ? values.map((value) => [value, own[i]!] as const) : [];
  });
  return { kind: "tagged", tag, byValue: new Map(byValue) };
}

function ofFields(objects: readonly ObjectShape[], inner: Inner): JsonCheck {
  const fields = new Map<string, JsonField[]>();
  for (const field of objects.flatMap((one) => one.fields))
    fields.set(field.name, [...(fields.get(field.name) ?? []), field]);
  const checks = [...fields].map(([name, items]) => [name, inner(items)] as const);
  const kept = checks.filter(([, check]) => check !== null);
  return kept.length === 0 ? null : { kind: "object", fields: new Map(kept) };
}

/** The field by whose constants each of the objects is told from the others; null where there is none. */
function tagOf(objects: readonly ObjectShape[]): string | null {
  const names = objects[0]?.fields.map(({ name }) => name) ?? [];
  return (
    names.find((name) => {
      const values = objects.map((object) => constantsOf(object, name));
      const all = values.flatMap((one) => one ?? []);
      return !values.includes(null) && new Set(all).size === all.length;
    }) ?? null
  );
}

/** The constants that a field has one of, as texts; null where it may be something else, or may be missing. */
function constantsOf({ fields }: ObjectShape, name: string): readonly string[] | null {
  const field = fields.find((one) => one.name === name);
  if (!field || field.nullable || field.optional || field.shape.kind !== "scalar") return null;
  return field.shape.values;
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
      return objectText(
        [...check.fields].map(([name, one]) => [name, inner(one)]),
        "codec.JsonCheck",
      );
    case "tagged": {
      const byValue = [...check.byValue].map(([value, one]) => `[${JSON.stringify(value)}, ${inner(one)}]`);
      return `new codec.ByTag(${JSON.stringify(check.tag)}, [${byValue.join(", ")}])`;
    }
  }
}
