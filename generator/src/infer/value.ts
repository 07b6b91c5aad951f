import type { Oid } from "../model/catalog.ts";
import type { ColumnOrigin, JsonShape } from "../model/query.ts";
import type { Reason, ReasonCode } from "../model/reason.ts";
import type { RawColumn, RawRelation } from "../postgres/catalog-objects.ts";
import { JSON_TYPES } from "./constants.ts";
import { known, unionOf } from "./json-shapes.ts";

/** The column of a table or view whose value is delivered as it is stored. */
export interface Origin {
  readonly relation: RawRelation;
  readonly column: RawColumn;
}

/** One attribute of a composite value. */
export interface AttributeValue {
  readonly name: string;
  readonly value: Value;
}

/**
 * What is known of the parts of a value and of where it comes from. A part has facts of its own: that no element of an
 * array is NULL says nothing of the attributes of an element. Each is worked out when it is first asked for.
 */
export interface Parts {
  /** The column that this very value is read from; null for what is computed, cast to other values, or rewritten. */
  readonly origin?: Origin | null;
  /** What every element of the array is, whatever its dimension. */
  readonly elements?: () => Value | null;
  /** How many dimensions the array has, where it has elements. */
  readonly dimensions?: () => number | null;
  /** The attributes by `attnum - 1`; null in place of a dropped one. They are those of a value that is not NULL. */
  readonly attributes?: () => Attributes;
  /** What a JSON value is made of; of another one what it is inside of JSON, where it is a constant. */
  readonly shape?: () => JsonShape | null;
}

type Attributes = readonly (AttributeValue | null)[] | null;

/** Parts, each worked out once, however many values share them. */
class LazyParts {
  readonly #parts: Parts;
  #elements: Value | null | undefined;
  #dimensions: number | null | undefined;
  #attributes: Attributes | undefined;
  #shape: JsonShape | null | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get origin(): Origin | null {
    return this.#parts.origin ?? null;
  }

  get elements(): Value | null {
    if (this.#elements === undefined) this.#elements = this.#parts.elements?.() ?? null;
    return this.#elements;
  }

  get dimensions(): number | null {
    if (this.#dimensions === undefined) this.#dimensions = this.#parts.dimensions?.() ?? null;
    return this.#dimensions;
  }

  get attributes(): Attributes {
    if (this.#attributes === undefined) this.#attributes = this.#parts.attributes?.() ?? null;
    return this.#attributes;
  }

  get shape(): JsonShape | null {
    if (this.#shape === undefined) this.#shape = this.#parts.shape?.() ?? null;
    return this.#shape;
  }

  with(parts: Parts): LazyParts {
    return new LazyParts({
      origin: this.origin,
      elements: () => this.elements,
      dimensions: () => this.dimensions,
      attributes: () => this.attributes,
      shape: () => this.shape,
      ...parts,
    });
  }
}

const NO_PARTS = new LazyParts({});

/** What is known of the values that an expression delivers. */
export class Value {
  /** 0 where the tree does not say. */
  readonly type: Oid;
  readonly nullable: boolean;
  readonly because: Reason;
  readonly #parts: LazyParts;

  constructor(type: Oid, nullable: boolean, because: Reason, parts: Parts | LazyParts = NO_PARTS) {
    this.type = type;
    this.nullable = nullable;
    this.because = because;
    this.#parts = parts instanceof LazyParts ? parts : new LazyParts(parts);
  }

  get origin(): Origin | null {
    return this.#parts.origin;
  }

  /** Null where nothing is known of the elements: they may be NULL then. */
  get elements(): Value | null {
    return this.#parts.elements;
  }

  /** Null where the number may differ from value to value. */
  get dimensions(): number | null {
    return this.#parts.dimensions;
  }

  /** Null where nothing is known of them: each may be NULL then. */
  get attributes(): Attributes {
    return this.#parts.attributes;
  }

  get shape(): JsonShape | null {
    return this.#parts.shape;
  }

  /** The same value where another step decides whether it can be NULL. */
  decidedBy(nullable: boolean, because: Reason): Value {
    return new Value(this.type, nullable, because, this.#parts);
  }

  /** The same parts under another type, without the column: a cast that keeps them. */
  castTo(type: Oid, nullable = this.nullable, because = this.because): Value {
    return new Value(type, nullable, because, this.#parts.with({ origin: null }));
  }

  /** The shape of JSON; where a column stores it, that it is the column's; null where nothing is known. */
  get jsonShape(): JsonShape | null {
    const { origin } = this;
    return this.shape ?? (origin !== null && JSON_TYPES.has(this.type) ? storedJson(origin) : null);
  }

  /** The same value as an expression gives it: no column's own any more, but JSON is still what the column holds. */
  withoutOrigin(): Value {
    return this.with({ origin: null, shape: () => this.jsonShape });
  }

  /** The same value where its node says the type. */
  ofType(type: Oid): Value {
    return new Value(type, this.nullable, this.because, this.#parts);
  }

  /** The same value, of which a part is known better, or not known. */
  with(parts: Parts): Value {
    return new Value(this.type, this.nullable, this.because, this.#parts.with(parts));
  }
}

export function nameOf({ relation, column }: Origin): ColumnOrigin {
  return { schema: relation.schema, table: relation.name, column: column.name };
}

/** The JSON that a column holds, of which its type says nothing. */
export const storedJson = (origin: Origin): JsonShape => ({ kind: "unknown", origin: nameOf(origin) });

export function reason(code: ReasonCode, subject?: string, from?: Reason): Reason {
  return from
    ? subject === undefined
      ? { code, from }
      : { code, subject, from }
    : subject === undefined
      ? { code }
      : { code, subject };
}

export function nullable(type: Oid, code: ReasonCode, subject?: string, from?: Reason): Value {
  return new Value(type, true, reason(code, subject, from));
}

export function notNull(type: Oid, code: ReasonCode, subject?: string, parts?: Parts): Value {
  return new Value(type, false, reason(code, subject), parts);
}

/** Gives what is true of a value that is one of the two. It is no column's value any more. */
export function either(a: Value, b: Value): Value {
  const culprit = a.nullable ? a : b;
  return new Value(a.type, culprit.nullable, culprit.because, {
    elements: () => (a.elements && b.elements ? either(a.elements, b.elements) : null),
    dimensions: () => (a.dimensions === b.dimensions ? a.dimensions : null),
    attributes: () => eitherRow(a.attributes, b.attributes),
    shape: () => eitherShape(a, b),
  });
}

/** One of these values as it was; of the result only whether it can be NULL is known otherwise. */
export function passedThrough(result: Value, values: readonly Value[]): Value {
  const [first, ...others] = values;
  if (first === undefined) return result;
  return others
    .reduce(either, first)
    .withoutOrigin()
    .ofType(result.type)
    .decidedBy(result.nullable, result.because);
}

function eitherShape(a: Value, b: Value): JsonShape | null {
  const [one, other] = [a.jsonShape, b.jsonShape];
  return one && other && known(unionOf([one, other]));
}

function eitherRow(a: Attributes, b: Attributes): Attributes {
  if (!a || a.length !== b?.length) return null;
  // Rows that have no type of their own may differ in those of their attributes; 0 is one that the tree does not say.
  const types = a.map((own, i) => [own?.value.type ?? 0, b[i]?.value.type ?? 0] as const);
  if (types.some(([one, other]) => one !== other && one !== 0 && other !== 0)) return null;
  return a.map((own, i) => {
    const other = b[i];
    const type = types[i]![0] === types[i]![1] ? types[i]![0] : 0;
    return own && other ? { name: own.name, value: either(own.value, other.value).ofType(type) } : null;
  });
}
