import { quoteLiteral } from "../../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectKind, ObjectOf } from "../../catalog.ts";
import type { Written } from "../statement.ts";
import type { Casts } from "../types.ts";

export interface WriterContext {
  readonly base: Catalog;
  readonly head: Catalog;
  readonly casts: Casts;
  /** The parts that `create` writes within the object's own statement. */
  readonly absorbed: ReadonlySet<string>;
}

/** How one kind of object is written. */
export interface Writer<Kind extends ObjectKind> {
  create(object: ObjectOf<Kind>, context: WriterContext): readonly Written[];
  drop(object: ObjectOf<Kind>, context: WriterContext): readonly Written[];
  /** Null where it has to be dropped and made again. */
  alter(from: ObjectOf<Kind>, to: ObjectOf<Kind>, context: WriterContext): readonly Written[] | null;
}

/** Tells whether nothing but these properties differs. */
export function differsOnlyIn<Each extends CatalogObject>(
  from: Each,
  to: Each,
  ...names: readonly (keyof Each["properties"] & string)[]
): boolean {
  const left = from.properties as Readonly<Record<string, unknown>>;
  const right = to.properties as Readonly<Record<string, unknown>>;
  return Object.keys(right).every(
    (name) =>
      (names as readonly string[]).includes(name) ||
      JSON.stringify(left[name]) === JSON.stringify(right[name]),
  );
}

export function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** `k=v` as `with (…)` takes it. */
export function optionList(options: readonly string[]): string {
  return options
    .map((option) => {
      const at = option.indexOf("=");
      return `${option.slice(0, at)} = ${quoteLiteral(option.slice(at + 1))}`;
    })
    .join(", ");
}

/** `set (…)` and `reset (…)` that lead from one list of options to the other. */
export function optionChanges(from: readonly string[], to: readonly string[]): string[] {
  const name = (option: string): string => option.slice(0, option.indexOf("="));
  const kept = new Set(to.map(name));
  const set = to.filter((option) => !from.includes(option));
  const reset = from.map(name).filter((option) => !kept.has(option));
  return [
    ...(set.length > 0 ? [`set (${optionList(set)})`] : []),
    ...(reset.length > 0 ? [`reset (${reset.join(", ")})`] : []),
  ];
}

/** Reads `k = 'v', …` as a catalog prints what was in brackets. */
export function optionsIn(text: string): ReadonlyMap<string, string> {
  const value = String.raw`E?'(?:[^'\\]|''|\\.)*'|[^\s,']+`;
  const option = new RegExp(String.raw`("(?:[^"]|"")*"|[\w$]+) = (${value})`, "g");
  return new Map(Array.from(text.matchAll(option), ([, name, value]) => [name!, value!]));
}

/** `owner to` where an owner is named or changes back to whoever applies the migration. */
export function ownerChange(reference: string, from: string | null, to: string | null): string[] {
  return from === to ? [] : [`alter ${reference} owner to ${to ?? "current_user"}`];
}
