import { RefusedError } from "./errors.ts";

type Step = string | number;

/** They run JavaScript on the server. */
const JAVASCRIPT = new Set(["$where", "$function", "$accumulator"]);

/**
 * The stages that see nothing but what the stage before gave them. All else is refused, today's ways out of a collection
 * ($lookup, $graphLookup, $unionWith, $out, $merge …) and those that future servers will have; so are stages that must come
 * first, for the first is the scope's own.
 */
const STAGES = new Set([
  "$addFields",
  "$bucket",
  "$bucketAuto",
  "$count",
  "$densify",
  "$facet",
  "$fill",
  "$group",
  "$limit",
  "$match",
  "$project",
  "$redact",
  "$replaceRoot",
  "$replaceWith",
  "$sample",
  "$set",
  "$setWindowFields",
  "$skip",
  "$sort",
  "$sortByCount",
  "$unset",
  "$unwind",
]);

/** Of BSON's own classes, those that are values and nothing else. `Code` is JavaScript, `DBRef` looks like an operator. */
const BSON_VALUES = new Set([
  "Binary",
  "Decimal128",
  "Double",
  "Int32",
  "Long",
  "MaxKey",
  "MinKey",
  "ObjectId",
  "Timestamp",
  "UUID",
]);

/**
 * A copy of a filter, made of plain objects, in which nothing can run JavaScript. The copy is what is sent: an object that
 * says one thing to us and another to the driver (a getter, `toBSON`, a Map) cannot.
 * @throws {RefusedError}
 */
export function safeFilter(filter: unknown): Record<string, unknown> {
  if (!isPlain(filter)) throw new RefusedError("a filter is a plain object");
  return copyObject(filter, []);
}

/** Likewise for a pipeline, whose stages must all stay with the documents that they are given. @throws {RefusedError} */
export function safePipeline(pipeline: unknown, path: readonly Step[] = []): Record<string, unknown>[] {
  if (!Array.isArray(pipeline)) throw new RefusedError("a pipeline is an array of stages", path);
  return pipeline.map((stage: unknown, index) => {
    const at = [...path, index];
    if (!isPlain(stage)) throw new RefusedError("a stage is a plain object", at);
    const copy: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(stage)) {
      if (!STAGES.has(name))
        throw new RefusedError(`the stage ${name} is not allowed within a scope`, [...at, name]);
      copy[name] = name === "$facet" ? safeFacets(value, [...at, name]) : copyValue(value, [...at, name]);
    }
    return copy;
  });
}

function safeFacets(facets: unknown, path: readonly Step[]): Record<string, unknown> {
  if (!isPlain(facets)) throw new RefusedError("$facet takes a plain object", path);
  return Object.fromEntries(
    Object.entries(facets).map(([name, pipeline]) => [name, safePipeline(pipeline, [...path, name])]),
  );
}

function copyObject(object: object, path: readonly Step[]): Record<string, unknown> {
  // Without a prototype, so that a key such as __proto__ stays a key.
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(object)) {
    const at = [...path, key];
    if (JAVASCRIPT.has(key)) throw new RefusedError(`${key} runs JavaScript on the server`, at);
    copy[key] = copyValue(value, at);
  }
  return copy;
}

function copyValue(value: unknown, path: readonly Step[]): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return value;
    case "object":
      break;
    default:
      // The driver drops undefined, and { owner: undefined } would match everything.
      throw new RefusedError(`${typeof value} is no value to compare with`, path);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each, index) => copyValue(each, [...path, index]));
  if (value instanceof Date) return new Date(value);
  if (value instanceof RegExp) return new RegExp(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (isBsonValue(value)) return value;
  if (isPlain(value)) return copyObject(value, path);
  throw new RefusedError(`a ${(value as object).constructor?.name ?? "value"} may not be part of it`, path);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has that realm's prototype.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain && !("_bsontype" in value) && !("toBSON" in value);
}

function isBsonValue(value: object): boolean {
  return (
    "_bsontype" in value &&
    typeof value._bsontype === "string" &&
    BSON_VALUES.has(value._bsontype) &&
    !Object.hasOwn(value, "_bsontype") &&
    !("toBSON" in value)
  );
}
