import type { Catalog, Oid } from "../model/catalog.ts";
import type { JsonField, JsonShape } from "../model/query.ts";
import { partOf, writePart } from "./json-parts.ts";

const UNKNOWN: JsonShape = { kind: "unknown" };
type Union = Extract<JsonShape, { readonly kind: "union" }>;

/**
 * A shape of which each place is read in one way, whichever member of a union is there: the text `NaN` and the float that is
 * none look alike in JSON. Numbers of several types become those of the widest; what else differs is known no better than as JSON.
 */
export function readable(catalog: Catalog, shape: JsonShape): JsonShape {
  switch (shape.kind) {
    case "object":
      return { ...shape, fields: shape.fields.map((f) => ({ ...f, shape: readable(catalog, f.shape) })) };
    case "tuple":
      return { ...shape, items: shape.items.map((f) => ({ ...f, shape: readable(catalog, f.shape) })) };
    case "array":
      return { ...shape, element: readable(catalog, shape.element) };
    case "map":
      return { ...shape, value: readable(catalog, shape.value) };
    case "union":
      return readableUnion(catalog, {
        ...shape,
        members: shape.members.map((one) => readable(catalog, one)),
      });
    default:
      return shape;
  }
}

function readableUnion(catalog: Catalog, union: Union): JsonShape {
  const numbers = widestNumber(catalog, union.members);
  if (numbers) return numbers;
  const members = union.members.map((member) =>
    member.kind === "object"
      ? { ...member, fields: member.fields.map((field) => readableField(catalog, field, union.members)) }
      : member,
  );
  const agree = members.every((one, i) => members.slice(i + 1).every((other) => agrees(catalog, one, other)));
  return agree ? { kind: "union", members } : UNKNOWN;
}

/** A field as it can be read whichever of the objects it stands in. */
function readableField(catalog: Catalog, field: JsonField, members: readonly JsonShape[]): JsonField {
  const places = members.flatMap((member) =>
    member.kind === "object"
      ? member.fields.filter(({ name }) => name === field.name).map(({ shape }) => shape)
      : member.kind === "map"
        ? [member.value]
        : [],
  );
  if (places.every((one) => places.every((other) => agrees(catalog, one, other)))) return field;
  return { ...field, shape: widestNumber(catalog, places) ?? UNKNOWN };
}

const INTEGERS = ["int2", "int4", "int8"];

/** The widest type of numbers, where all are and none loses digits in it; null where they need none, or there is none. */
function widestNumber(catalog: Catalog, shapes: readonly JsonShape[]): JsonShape | null {
  const types = new Map<string, Oid>();
  for (const shape of shapes) {
    const name = shape.kind === "scalar" ? numberType(catalog, shape.type) : null;
    if (shape.kind !== "scalar" || name === null) return null;
    types.set(name, shape.type);
  }
  const others = [...types.keys()].filter((name) => !INTEGERS.includes(name));
  const [other] = others;
  const widest =
    others.length === 0
      ? types.get("int8")
      : others.length === 1 && other && (other === "numeric" || !types.has("int8"))
        ? types.get(other)
        : undefined;
  return widest === undefined ? null : { kind: "scalar", type: widest, values: null };
}

function numberType(catalog: Catalog, oid: Oid): string | null {
  const type = catalog.types.get(oid);
  if (type?.kind === "domain") return numberType(catalog, type.base);
  if (type?.kind !== "base" || type.schema !== "pg_catalog") return null;
  return INTEGERS.includes(type.name) || ["numeric", "float4", "float8"].includes(type.name)
    ? type.name
    : null;
}

/** Tells whether a value that is one of the two can be read without knowing which. */
function agrees(catalog: Catalog, a: JsonShape, b: JsonShape): boolean {
  const [part, other] = [written(catalog, a), written(catalog, b)];
  if (part === other || a.kind === "null" || b.kind === "null") return true;
  if (a.kind === "union") return a.members.every((member) => agrees(catalog, member, b));
  if (b.kind === "union") return b.members.every((member) => agrees(catalog, a, member));
  // Of an object and a list each is told by what it is.
  if ((isList(a) && isObject(b)) || (isObject(a) && isList(b))) return true;
  if (isEmptyList(a) || isEmptyList(b)) return [a, b].every((one) => isReadAsList(catalog, one));
  if (isList(a) && isList(b))
    return itemsOf(a).every((one) => itemsOf(b).every((two) => agrees(catalog, one, two)));
  if (isObject(a) && isObject(b)) {
    return valuesOf(a).every(([name, one]) =>
      valuesOf(b).every(
        ([otherName, two]) =>
          (name !== null && otherName !== null && name !== otherName) || agrees(catalog, one, two),
      ),
    );
  }
  // A plain value beside a container whose parts are read: each is told by what it is.
  return (
    (a.kind === "scalar" && isObject(b) && part === null) ||
    (b.kind === "scalar" && isObject(a) && other === null)
  );
}

const isEmptyList = (shape: JsonShape): boolean => shape.kind === "tuple" && shape.items.length === 0;

function isReadAsList(catalog: Catalog, shape: JsonShape): boolean {
  const part = partOf(catalog, shape, "string");
  return part === null || part.kind === "array" || part.kind === "tuple";
}

function written(catalog: Catalog, shape: JsonShape): string | null {
  const part = partOf(catalog, shape, "string");
  return part && writePart(part);
}

type List = Extract<JsonShape, { readonly kind: "array" | "tuple" }>;
type AnyObject = Extract<JsonShape, { readonly kind: "object" | "map" }>;
const isList = (shape: JsonShape): shape is List => shape.kind === "array" || shape.kind === "tuple";
const isObject = (shape: JsonShape): shape is AnyObject => shape.kind === "object" || shape.kind === "map";
const itemsOf = (shape: List): readonly JsonShape[] =>
  shape.kind === "array" ? [shape.element] : shape.items.map((item) => item.shape);

/** The values by their names; null for one of any name. */
function valuesOf(shape: AnyObject): readonly (readonly [string | null, JsonShape])[] {
  return shape.kind === "map"
    ? [[null, shape.value]]
    : shape.fields.map((field) => [field.name, field.shape] as const);
}
