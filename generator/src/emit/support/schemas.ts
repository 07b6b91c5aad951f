import type { Codec, Json } from "./codec.ts";

/** A schema of zod, Valibot, ArkType and others, in the form that they agreed on: https://standardschema.dev */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** The type of what a schema lets through. */
export type InferOutput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/** A document is not as its schema says. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  /** What the schema said, each with its path from the value that was read or is to be written. */
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(issues: readonly { readonly path: string; readonly message: string }[]) {
    const [first] = issues;
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
    super(`is not as its schema says: ${first?.path ? `${first.path}: ` : ""}${first?.message}${more}`);
    this.issues = issues;
  }
}

/** An argument is not as its schema says; nothing was sent. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
  readonly query: string;
  readonly parameter: string;

  constructor(query: string, parameter: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${query}: argument ${JSON.stringify(parameter)}: ${reason}`);
    Object.defineProperty(this, "cause", { value: cause, configurable: true, writable: true });
    this.query = query;
    this.parameter = parameter;
  }
}

/** Writes an argument, and says which it was when it cannot be written. */
export function encodeArgument<T>(value: T, codec: Codec<T>, query: string, parameter: string): string {
  try {
    return codec.encode(value);
  } catch (error) {
    throw new EncodeError(query, parameter, error);
  }
}

/** Gives what a schema makes of a value. @throws SchemaError */
export function conforming<T>(schema: StandardSchema, value: unknown, path: readonly PropertyKey[] = []): T {
  const result = schema["~standard"].validate(value);
  if ("then" in result) throw new TypeError("has a schema that answers later, and rows are read at once");
  if (result.issues === undefined) return result.value as T;
  throw new SchemaError(
    result.issues.map((issue) => ({
      path: pathOf([...path, ...(issue.path ?? []).map((one) => (typeof one === "object" ? one.key : one))]),
      message: issue.message,
    })),
  );
}

function pathOf(keys: readonly PropertyKey[]): string {
  return keys
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

/** The same values, held against a schema as they are read, as they are written, or both. What is written stays as it is given. */
export function checked<T>(
  codec: Codec<T>,
  schema: StandardSchema,
  when: "read" | "write" | "both",
): Codec<T> {
  return {
    decode: when === "write" ? codec.decode : (text) => conforming<T>(schema, codec.decode(text)),
    encode(value) {
      if (when !== "read") conforming<T>(schema, value);
      return codec.encode(value);
    },
  };
}

/** Where documents stand in a computed JSON value, of an object by their keys and of a list by their places. */
export type JsonCheck =
  | Conforming
  | EachItem
  | EachValue
  | ByTag
  | readonly (JsonCheck | null)[]
  | { readonly [property: string]: JsonCheck };

/** A document that is held against a schema. */
export class Conforming {
  readonly schema: StandardSchema;
  readonly isNullable: boolean;

  constructor(schema: StandardSchema, isNullable = false) {
    this.schema = schema;
    this.isNullable = isNullable;
  }
}

/** All items of a list. */
export class EachItem {
  readonly check: JsonCheck;

  constructor(check: JsonCheck) {
    this.check = check;
  }
}

/** All values of an object whose keys are known when it comes only. */
export class EachValue {
  readonly check: JsonCheck;

  constructor(check: JsonCheck) {
    this.check = check;
  }
}

/** Objects of which a constant says what each holds. */
export class ByTag {
  readonly tag: string;
  readonly checks: ReadonlyMap<string, JsonCheck>;

  constructor(tag: string, checks: readonly (readonly [value: string, check: JsonCheck])[]) {
    this.tag = tag;
    this.checks = new Map(checks);
  }
}

/** Computed JSON, with the documents in it as their schemas give them. */
export function checkedJson<T>(codec: Codec<T>, check: JsonCheck): Codec<T> {
  return {
    decode: (text) => conformingIn(codec.decode(text) as Json, check, []) as T,
    encode: codec.encode,
  };
}

function conformingIn(value: Json, check: JsonCheck | null | undefined, path: readonly PropertyKey[]): Json {
  if (check instanceof Conforming)
    return value === null && check.isNullable ? value : conforming<Json>(check.schema, value, path);
  if (check === null || check === undefined || typeof value !== "object" || value === null) return value;
  if (check instanceof ByTag)
    return Array.isArray(value)
      ? value
      : conformingIn(value, check.checks.get(String(value[check.tag])), path);
  if (Array.isArray(value))
    return value.map((item, i) =>
      conformingIn(
        item,
        check instanceof EachItem
          ? check.check
          : Array.isArray(check)
            ? (check as readonly JsonCheck[])[i]
            : null,
        [...path, i],
      ),
    );
  const checks = Object.entries(check);
  for (const name of Object.keys(value)) {
    const own = check instanceof EachValue ? check.check : checks.find(([key]) => key === name)?.[1];
    const inner = value[name];
    if (own === undefined || inner === undefined) continue;
    const read = conformingIn(inner, own, [...path, name]);
    Object.defineProperty(value, name, { value: read, enumerable: true, writable: true, configurable: true });
  }
  return value;
}
