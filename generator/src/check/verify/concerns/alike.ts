import { tokenize } from "../../../sql/lexer.ts";
import type { Catalog, ObjectOf } from "../../schema/catalog.ts";
import type { AccessKind } from "./access.ts";

// What is made of other parts, or under other names, and does the same.

/** Gives what decides which rows of a table a command sees and takes: its policies, whatever they are called and however they are put together. */
export function policiesFor(table: string, kind: AccessKind, catalog: Catalog): string {
  const rules = partsOf("policy", table, catalog)
    .filter(({ properties: { command } }) => command === "all" || command === kind)
    .map(({ properties: { permissive, roles, using, check } }) => {
      const taken = check ?? using;
      const asked = { select: [using], delete: [using], insert: [taken], update: [using, taken] }[kind];
      return JSON.stringify([permissive, roles, asked]);
    });
  return JSON.stringify([...new Set(rules)].sort());
}

/** Gives what a table's triggers do, in the order in which they are set off: that of their names. */
export function triggersOf(table: string, catalog: Catalog): string {
  const triggers = partsOf("trigger", table, catalog)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, properties: { definition, enabled } }) => [
      definition.replace(` TRIGGER ${name} `, " TRIGGER "),
      enabled,
    ]);
  return JSON.stringify(triggers);
}

function partsOf<Kind extends "policy" | "trigger">(
  kind: Kind,
  table: string,
  { objects }: Catalog,
): ObjectOf<Kind>[] {
  return [...objects.values()].filter(
    (one): one is ObjectOf<Kind> => one.kind === kind && one.parent === table,
  );
}

/** Tells whether two bodies of a function differ in comments, spaces and line breaks alone. */
export function isSameText(one: string, other: string): boolean {
  return JSON.stringify(meant(one)) === JSON.stringify(meant(other));
}

function meant(text: string): string[] {
  const words = tokenize(text)
    .filter(({ kind }) => !kind.endsWith("comment"))
    .map(({ start, end }) => text.slice(start, end));
  return words.at(-1) === ";" ? words.slice(0, -1) : words;
}

/** Leaves what the planner alone asks for. */
export const doing = (attributes: readonly string[]): readonly string[] =>
  attributes.filter((one) => !/^(?:cost|rows|parallel) /.test(one));

/** Tells whether a sequence merely has more numbers at its end than another, or takes others ahead. */
export function hasMoreNumbers(options: string, than: string): boolean {
  const [is, was] = [options, than].map((text) => ({
    last: BigInt(/ maxvalue (-?\d+)/.exec(text)?.[1] ?? 0),
    rest: text.replace(/ maxvalue -?\d+/, "").replace(/ cache \d+/, ""),
  })) as [Numbers, Numbers];
  return is.rest === was.rest && is.last >= was.last;
}

interface Numbers {
  readonly last: bigint;
  readonly rest: string;
}
