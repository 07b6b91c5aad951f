import type { TypeScriptOptions } from "../config/options/typescript.ts";
import type { Catalog, Oid, Relation } from "../model/catalog.ts";
import type { KeyTypes } from "./keys.ts";

/** What a module must import for a type or codec; `from: null` is the models module. */
export interface Import {
  readonly name: string;
  readonly from: string | null;
  readonly value: boolean;
}

/** How one PostgreSQL type appears in TypeScript. */
export interface Mapped {
  readonly type: string;
  /** Text, booleans and plain numbers are read in line; everything else by its codec. */
  readonly inline: "text" | "boolean" | "number" | "void" | null;
  /** Whether `pg` writes the value as it is. */
  readonly passthrough: boolean;
  readonly codec: string;
  readonly imports: readonly Import[];
  /** Whether what is written is held against a schema, so that an error has to say where. */
  readonly isChecked?: true;
}

export interface TypeContext {
  readonly catalog: Catalog;
  readonly options: TypeScriptOptions;
  /** The names of enums, domains and composites in the models module, by oid. */
  readonly names: ReadonlyMap<Oid, { readonly type: string; readonly codec: string }>;
  /** The types of keys, by column. */
  readonly keys: KeyTypes;
  /** What the rows of tables and views are, by relation. */
  readonly models: ReadonlyMap<Oid, NamedRow>;
}

/** A row that has a type of its own in the models module. */
export interface NamedRow {
  readonly name: string;
  readonly relation: Relation;
  readonly fields: readonly { readonly property: string; readonly type: string }[];
}

/** One of the codecs that come along. */
export const plain = (
  type: string,
  codec: string,
  inline: Mapped["inline"] = null,
  passthrough = false,
): Mapped => ({
  type,
  codec: `codec.${codec}`,
  inline,
  passthrough,
  imports: [],
});
export const TEXT = plain("string", "text", "text", true);
export const NUMBER = plain("number", "number", "number", true);

const union = (literals: readonly string[]): string =>
  literals.length === 0 ? "never" : literals.join(" | ");
export const parenthesised = (type: string): string =>
  /^[\w$.]+(<.*>|\[\])?$/.test(type) ? type : `(${type})`;
export const orNull = (type: string): string =>
  /^(any|unknown)$|(^| \| )null$/.test(type) ? type : `${type} | null`;

/** The same type under a name of the models module. */
export function alias(mapped: Mapped, name: string): Mapped {
  const imports = [{ name, from: null, value: false }];
  return mapped.inline === "text"
    ? { ...mapped, type: name, codec: `codec.textOf<${name}>()`, imports }
    : { ...mapped, type: name, imports: [...mapped.imports, ...imports] };
}

/** The same type, of which only some values are allowed. */
export function narrowed(mapped: Mapped, values: readonly string[] | null): Mapped {
  if (values === null || values.length === 0) return mapped;
  if (mapped.inline === "text") {
    const type = union(values.map((v) => JSON.stringify(v)));
    return { ...mapped, type, codec: `codec.textOf<${type}>()` };
  }
  if (mapped.inline === "number" && values.every((v) => String(Number(v)) === v)) {
    return { ...mapped, type: union(values), codec: `(codec.number as codec.Codec<${union(values)}>)` };
  }
  return mapped;
}

/** An enum's own type, or its labels where it has none. */
export function enumMapped(context: TypeContext, oid: Oid, labels: readonly string[]): Mapped {
  const named = context.names.get(oid);
  return named === undefined ? narrowed(TEXT, labels) : alias(TEXT, named.type);
}

/** Texts of a form, as a template literal, where nothing else is known of them. */
export function withPattern(mapped: Mapped, pattern: readonly (string | null)[] | undefined): Mapped {
  if (!pattern || mapped.inline !== "text" || mapped.type !== "string") return mapped;
  const type = templateType(pattern);
  return { ...mapped, type, codec: `codec.textOf<${type}>()` };
}

/** A template literal of the parts of a form; null is any text. */
export function templateType(pattern: readonly (string | null)[]): string {
  const parts = pattern.map((part) =>
    part === null
      ? "${string}"
      : JSON.stringify(part)
          .slice(1, -1)
          .replaceAll('\\"', '"')
          .replace(/`|\$(?=\{)/g, "\\$&"),
  );
  return `\`${parts.join("")}\``;
}
