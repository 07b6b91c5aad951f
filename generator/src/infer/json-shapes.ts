import type { JsonField, JsonItem, JsonShape } from "../model/query.ts";

export const UNKNOWN: JsonShape = { kind: "unknown" };
/** What has no value at all: the JSON of NULL. */
export const NOTHING: JsonShape = { kind: "union", members: [] };
const JSON_NULL: JsonShape = { kind: "null" };
const TEXT_KEY_OF_INDEX = /^-?\d+$/;

/** Gives the shapes that the shape is made of. */
export function partsOf(shape: JsonShape): readonly JsonShape[] {
  switch (shape.kind) {
    case "object":
      return shape.fields.map((field) => field.shape);
    case "tuple":
      return shape.items.map((item) => item.shape);
    case "array":
      return [shape.element];
    case "map":
      return [shape.value];
    case "union":
      return shape.members;
    default:
      return [];
  }
}

/** A union of more is of no use to anybody who reads its type. */
const MOST_MEMBERS = 24;

export function isNothing(shape: JsonShape): boolean {
  return shape.kind === "union" && shape.members.length === 0;
}

/** The shape, or null for one that says nothing. */
export function known(shape: JsonShape): JsonShape | null {
  return shape.kind === "unknown" && !shape.origin ? null : shape;
}

export function mayBeJsonNull(shape: JsonShape): boolean {
  return (
    shape.kind === "unknown" ||
    shape.kind === "null" ||
    (shape.kind === "union" && shape.members.some(mayBeJsonNull))
  );
}

/** Gives the shape of what is one of the given. Whatever is not known makes the whole unknown. */
export function unionOf(shapes: readonly JsonShape[]): JsonShape {
  const members: JsonShape[] = [];
  const all = shapes.flatMap((one) => (one.kind === "union" ? one.members : [one]));
  for (const shape of all) {
    if (shape.kind === "unknown") return all.every((one) => isSame(one, shape)) ? shape : UNKNOWN;
    let joined: JsonShape = shape;
    for (let i = 0; ; i++) {
      if (i === members.length) {
        members.push(joined);
        break;
      }
      const both = asOne(members[i]!, joined);
      if (both === null) continue;
      // What has become one may now be one with what stands before it.
      members.splice(i, 1);
      [joined, i] = [both, -1];
    }
  }
  if (members.length > MOST_MEMBERS) return UNKNOWN;
  const [only] = members;
  return members.length === 1 && only ? only : { kind: "union", members };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Two shapes as one that is no wider than both beside each other; null where there is none. */
function asOne(a: JsonShape, b: JsonShape): JsonShape | null {
  if (isSame(a, b)) return a;
  if (a.kind === "scalar" && b.kind === "scalar" && a.type === b.type) {
    const values = a.values && b.values && [...new Set([...a.values, ...b.values])];
    return {
      kind: "scalar",
      type: a.type,
      values,
      ...(a.origin && isSame(a.origin, b.origin) && { origin: a.origin }),
    };
  }
  if (a.kind === "array" && b.kind === "array" && isSame(a.element, b.element))
    return { ...a, elementNullable: true };
  if (a.kind === "array" && b.kind === "tuple" && b.items.length === 0) return a;
  if (b.kind === "array" && a.kind === "tuple" && a.items.length === 0) return b;
  if (a.kind === "map" && b.kind === "object" && b.fields.length === 0) return a;
  if (b.kind === "map" && a.kind === "object" && a.fields.length === 0) return b;
  return a.kind === "object" && b.kind === "object" ? asOneObject(a.fields, b.fields) : null;
}

/** Objects of the same keys that differ in one of them at most, or in what may be null. */
function asOneObject(a: readonly JsonField[], b: readonly JsonField[]): JsonShape | null {
  if (a.length !== b.length) return null;
  let differing = 0;
  const fields: JsonField[] = [];
  for (const field of a) {
    const other = b.find(({ name, optional }) => name === field.name && optional === field.optional);
    if (!other) return null;
    if (!isSame(field.shape, other.shape)) differing++;
    fields.push({
      ...field,
      shape: unionOf([field.shape, other.shape]),
      nullable: field.nullable || other.nullable,
    });
  }
  return differing <= 1 ? { kind: "object", fields } : null;
}

/** Gives what is read from a place that may hold NULL, as JSON has it. */
export function withNull({ shape, nullable }: JsonItem): JsonShape {
  return nullable ? unionOf([shape, JSON_NULL]) : shape;
}

/** A place in JSON: a null that the value may be itself is a null of the place. */
export function itemOf(shape: JsonShape, nullable: boolean): JsonItem {
  if (shape.kind === "null") return { shape: NOTHING, nullable: true };
  if (shape.kind !== "union" || !shape.members.some(({ kind }) => kind === "null"))
    return { shape, nullable };
  return { shape: unionOf(shape.members.filter(({ kind }) => kind !== "null")), nullable: true };
}

/** An object of the fields in order: of a key that comes twice, the last counts that is there. */
export function objectOf(given: readonly JsonField[]): JsonShape {
  const fields = new Map<string, JsonField>();
  for (const field of given) {
    const before = fields.get(field.name);
    fields.delete(field.name);
    fields.set(field.name, before && field.optional ? eitherField(before, field) : field);
  }
  return { kind: "object", fields: [...fields.values()] };
}

/** A field that is the second's where that is there. */
function eitherField(first: JsonField, second: JsonField): JsonField {
  const { optional: _, ...field } = {
    ...second,
    shape: unionOf([first.shape, second.shape]),
    nullable: first.nullable || second.nullable,
  };
  return first.optional ? { ...field, optional: true } : field;
}

/** An object whose keys are not known, from what may be its values. */
export function mapOf(values: readonly JsonItem[]): JsonShape {
  const { shape, nullable } = itemOf(
    unionOf(values.map((value) => value.shape)),
    values.some((value) => value.nullable),
  );
  return { kind: "map", value: shape, valueNullable: nullable };
}

/** An array of any length, from what may be its items. */
export function arrayOf(items: readonly JsonItem[]): JsonShape {
  const { shape, nullable } = itemOf(
    unionOf(items.map((item) => item.shape)),
    items.some((item) => item.nullable),
  );
  return { kind: "array", element: shape, elementNullable: nullable };
}

/** One step into a JSON value: a key, an index, or a word of a path, which is either. */
export type Step = { readonly key: string } | { readonly index: number } | { readonly word: string };

/** What a step finds. */
export interface Found {
  /** With JSON's null in it where the place may hold that. */
  readonly shape: JsonShape;
  /** Whether there is such a place in every value. */
  readonly certain: boolean;
}

/**
 * Gives what a step into the value finds; null where that is not known.
 * @param isPlain whether JSON of the type is a string, a number or a boolean
 */
export function stepInto(shape: JsonShape, step: Step, isPlain: (type: number) => boolean): Found | null {
  switch (shape.kind) {
    case "unknown":
      return null;
    case "object": {
      const key = "index" in step ? null : "key" in step ? step.key : step.word;
      const field = shape.fields.find(({ name }) => name === key);
      return field ? { shape: withNull(field), certain: !field.optional } : NOT_THERE;
    }
    case "map":
      return "index" in step
        ? NOT_THERE
        : { shape: withNull({ shape: shape.value, nullable: shape.valueNullable }), certain: false };
    case "array":
      return indexOf(step) === null
        ? NOT_THERE
        : { shape: withNull({ shape: shape.element, nullable: shape.elementNullable }), certain: false };
    case "tuple": {
      const index = indexOf(step);
      const item = index === null ? undefined : shape.items.at(index);
      return item ? { shape: withNull(item), certain: true } : NOT_THERE;
    }
    case "union": {
      const found = shape.members.map((member) => stepInto(member, step, isPlain));
      if (found.some((one) => one === null)) return null;
      const all = found.flatMap((one) => one ?? []);
      return {
        shape: unionOf(all.map((one) => one.shape)),
        certain: all.length > 0 && all.every(({ certain }) => certain),
      };
    }
    case "null":
      // jsonb takes a scalar for an array of one, to an index; json has nothing there.
      return "index" in step ? { shape, certain: false } : NOT_THERE;
    case "scalar":
      if (!isPlain(shape.type)) return null;
      return "index" in step ? { shape, certain: false } : NOT_THERE;
  }
}

/** Gives what the elements of an array are, a null among them as JSON's own; null where that is not known, or it may be no array. */
export function elementOf(shape: JsonShape): JsonShape | null {
  switch (shape.kind) {
    case "array":
      return withNull({ shape: shape.element, nullable: shape.elementNullable });
    case "tuple":
      return unionOf(shape.items.map(withNull));
    case "union": {
      const elements = shape.members.map(elementOf);
      return elements.includes(null) ? null : unionOf(elements.flatMap((one) => one ?? []));
    }
    default:
      return null;
  }
}

const NOT_THERE: Found = { shape: NOTHING, certain: false };

function indexOf(step: Step): number | null {
  if ("index" in step) return step.index;
  return "word" in step && TEXT_KEY_OF_INDEX.test(step.word) ? Number(step.word) : null;
}

/** Gives what is left of the value without the fields of its objects that are null. */
export function withoutNulls(shape: JsonShape, isPlain: (type: number) => boolean): JsonShape {
  switch (shape.kind) {
    case "object":
      return {
        kind: "object",
        fields: shape.fields.flatMap((field) => {
          const inner = withoutNulls(field.shape, isPlain);
          if (isNothing(inner)) return [];
          const goes = field.nullable || field.optional || inner.kind === "unknown";
          return {
            name: field.name,
            shape: inner,
            nullable: false,
            ...(goes && { optional: true as const }),
          };
        }),
      };
    case "map":
      return { kind: "map", value: withoutNulls(shape.value, isPlain), valueNullable: false };
    case "array":
      return { ...shape, element: withoutNulls(shape.element, isPlain) };
    case "tuple":
      return {
        kind: "tuple",
        items: shape.items.map((item) => ({ ...item, shape: withoutNulls(item.shape, isPlain) })),
      };
    case "union":
      return unionOf(shape.members.map((member) => withoutNulls(member, isPlain)));
    case "scalar":
      return isPlain(shape.type) ? shape : UNKNOWN;
    case "unknown":
      return UNKNOWN;
    case "null":
      return shape;
  }
}

/** `a || b`; null where that is not known. */
export function concatenated(
  a: JsonShape,
  b: JsonShape,
  isPlain: (type: number) => boolean,
): JsonShape | null {
  if (a.kind === "union" || b.kind === "union") {
    const all = membersOf(a).flatMap((one) => membersOf(b).map((other) => concatenated(one, other, isPlain)));
    return all.includes(null) ? null : unionOf(all.flatMap((one) => one ?? []));
  }
  if (a.kind === "object" && b.kind === "object") return objectOf([...a.fields, ...b.fields]);
  if (isObject(a) && isObject(b)) return mapOf([...valuesOf(a), ...valuesOf(b)]);
  const [first, second] = [asItems(a, isPlain), asItems(b, isPlain)];
  if (first === null || second === null) return null;
  const items = [...first, ...second];
  return a.kind === "array" || b.kind === "array" ? arrayOf(items) : { kind: "tuple", items };
}

function membersOf(shape: JsonShape): readonly JsonShape[] {
  return shape.kind === "union" ? shape.members : [shape];
}

type AnyObject = Extract<JsonShape, { readonly kind: "object" | "map" }>;

function isObject(shape: JsonShape): shape is AnyObject {
  return shape.kind === "object" || shape.kind === "map";
}

function valuesOf(shape: AnyObject): readonly JsonItem[] {
  return shape.kind === "object" ? shape.fields : [{ shape: shape.value, nullable: shape.valueNullable }];
}

/** Gives what the value is to the concatenation of arrays: whatever is no array is one of it. */
function asItems(shape: JsonShape, isPlain: (type: number) => boolean): readonly JsonItem[] | null {
  switch (shape.kind) {
    case "tuple":
      return shape.items;
    case "array":
      return [{ shape: shape.element, nullable: shape.elementNullable }];
    case "null":
    case "object":
    case "map":
      return [itemOf(shape, false)];
    case "scalar":
      return isPlain(shape.type) ? [{ shape, nullable: false }] : null;
    default:
      return null;
  }
}

/** `jsonb_set`: the value with another at the end of the path; null where that is not known. */
export function withValueAt(
  shape: JsonShape,
  path: readonly string[],
  value: JsonShape,
  creates: boolean,
  isPlain: (type: number) => boolean,
): JsonShape | null {
  const [key, ...rest] = path;
  if (key === undefined) return shape;
  switch (shape.kind) {
    case "object": {
      const field = shape.fields.find(({ name }) => name === key);
      if (rest.length > 0) {
        if (!field) return shape;
        const inner = withValueAt(field.shape, rest, value, creates, isPlain) ?? UNKNOWN;
        return objectOf([...shape.fields, { ...field, shape: inner }]);
      }
      if (!field && !creates) return shape;
      const set = { name: key, ...itemOf(value, false) };
      return objectOf([
        ...shape.fields.filter(({ name }) => name !== key),
        field?.optional && !creates ? { ...set, optional: true } : set,
      ]);
    }
    case "map":
      return rest.length > 0 ? null : mapOf([...valuesOf(shape), { shape: value, nullable: false }]);
    case "tuple": {
      const index = placeIn(shape, key);
      const item = index === null ? undefined : shape.items[index];
      if (item === undefined) {
        // What is not there comes in front or behind.
        if (rest.length > 0 || !creates || !TEXT_KEY_OF_INDEX.test(key)) return shape;
        return arrayOf([...shape.items, itemOf(value, false)]);
      }
      const inner = withValueAt(item.shape, rest, value, creates, isPlain) ?? UNKNOWN;
      const set = rest.length > 0 ? { ...item, shape: inner } : itemOf(value, false);
      return { kind: "tuple", items: shape.items.map((one, i) => (i === index ? set : one)) };
    }
    case "array": {
      const own = { shape: shape.element, nullable: shape.elementNullable };
      if (rest.length === 0) return arrayOf([own, itemOf(value, false)]);
      const inner = withValueAt(shape.element, rest, value, creates, isPlain) ?? UNKNOWN;
      return arrayOf([own, itemOf(inner, false)]);
    }
    default:
      return pathless(shape, isPlain, (member) => withValueAt(member, path, value, creates, isPlain));
  }
}

/** Gives what is left of a shape that has no place for a path to lead to, or of one that is one of several. */
function pathless(
  shape: JsonShape,
  isPlain: (type: number) => boolean,
  make: (member: JsonShape) => JsonShape | null,
): JsonShape | null {
  switch (shape.kind) {
    case "union":
      return ofEach(shape, make);
    case "scalar":
      return isPlain(shape.type) ? shape : null;
    case "null":
      return shape;
    default:
      return null;
  }
}

type Union = Extract<JsonShape, { readonly kind: "union" }>;
type Tuple = Extract<JsonShape, { readonly kind: "tuple" }>;

/** Gives what is made of each member; null where that is not known of one. */
function ofEach({ members }: Union, make: (member: JsonShape) => JsonShape | null): JsonShape | null {
  const made = members.map(make);
  return made.includes(null) ? null : unionOf(made.flatMap((member) => member ?? []));
}

/** The place that a word of a path means in a list, which may have no such; null where it means none. */
function placeIn({ items }: Tuple, word: string): number | null {
  if (!TEXT_KEY_OF_INDEX.test(word)) return null;
  return Number(word) < 0 ? items.length + Number(word) : Number(word);
}

/** `jsonb_insert`: a new field of an object, or an item in front of one or behind it; null where that is not known. */
export function withInserted(
  shape: JsonShape,
  path: readonly string[],
  value: JsonShape,
  isPlain: (type: number) => boolean,
): JsonShape | null {
  const [key, ...rest] = path;
  if (key === undefined) return shape;
  const inside = (one: JsonShape): JsonShape => withInserted(one, rest, value, isPlain) ?? UNKNOWN;
  switch (shape.kind) {
    case "object": {
      const field = shape.fields.find(({ name }) => name === key);
      if (rest.length > 0)
        return field ? objectOf([...shape.fields, { ...field, shape: inside(field.shape) }]) : shape;
      // A field that is there is an error.
      const others = shape.fields.filter(({ name }) => name !== key);
      return objectOf([...others, { name: key, ...itemOf(value, false) }]);
    }
    case "map":
      return rest.length > 0 ? null : mapOf([...valuesOf(shape), itemOf(value, false)]);
    case "tuple": {
      if (rest.length === 0) return arrayOf([...shape.items, itemOf(value, false)]);
      const index = placeIn(shape, key);
      const items = shape.items.map((item, i) =>
        i === index ? { ...item, shape: inside(item.shape) } : item,
      );
      return { kind: "tuple", items };
    }
    case "array": {
      const own = { shape: shape.element, nullable: shape.elementNullable };
      return arrayOf([own, itemOf(rest.length > 0 ? inside(shape.element) : value, false)]);
    }
    default:
      return pathless(shape, isPlain, (member) => withInserted(member, path, value, isPlain));
  }
}

/** `#-`: the value without what the path leads to; null where that is not known. */
export function withoutPath(
  shape: JsonShape,
  path: readonly string[],
  isPlain: (type: number) => boolean,
): JsonShape | null {
  const [key, ...rest] = path;
  if (key === undefined) return shape;
  const inside = (one: JsonShape): JsonShape => withoutPath(one, rest, isPlain) ?? UNKNOWN;
  switch (shape.kind) {
    case "object": {
      const field = shape.fields.find(({ name }) => name === key);
      if (rest.length === 0) return withoutKey(shape, key);
      return field ? objectOf([...shape.fields, { ...field, shape: inside(field.shape) }]) : shape;
    }
    case "map": {
      const own = { shape: shape.value, nullable: shape.valueNullable };
      return mapOf([own, itemOf(inside(shape.value), false)]);
    }
    case "tuple": {
      const index = placeIn(shape, key);
      if (rest.length === 0) return { kind: "tuple", items: shape.items.filter((_, i) => i !== index) };
      const items = shape.items.map((item, i) =>
        i === index ? { ...item, shape: inside(item.shape) } : item,
      );
      return { kind: "tuple", items };
    }
    case "array": {
      const own = { shape: shape.element, nullable: shape.elementNullable };
      return arrayOf([own, itemOf(inside(shape.element), false)]);
    }
    default:
      return pathless(shape, isPlain, (member) => withoutPath(member, path, isPlain));
  }
}

/** `- 1`: a list without the item; null where that is not known. */
export function withoutItem(shape: JsonShape, index: number): JsonShape | null {
  switch (shape.kind) {
    case "tuple": {
      const place = index < 0 ? shape.items.length + index : index;
      return { kind: "tuple", items: shape.items.filter((_, i) => i !== place) };
    }
    case "array":
      return shape;
    case "union":
      return ofEach(shape, (member) => withoutItem(member, index));
    default:
      return null;
  }
}

/** Gives what is left of an object without a key; null where that is not known. */
export function withoutKey(shape: JsonShape, key: string): JsonShape | null {
  switch (shape.kind) {
    case "object":
      return { kind: "object", fields: shape.fields.filter(({ name }) => name !== key) };
    case "map":
      return shape;
    case "union":
      return ofEach(shape, (member) => withoutKey(member, key));
    default:
      return null;
  }
}
