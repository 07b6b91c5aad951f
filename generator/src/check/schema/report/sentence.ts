import type { CatalogObject, ObjectOf } from "../catalog.ts";
import type { PropertyChange, SchemaChange } from "../changes.ts";
import type { SchemaDiff } from "../diff.ts";
import { label, summary } from "./describe.ts";

type Sides = Pick<SchemaDiff, "base" | "head">;

/** A change in one line, in the words of its table or type: `column total: type integer → bigint`. */
export function sentenceOf(change: SchemaChange, { base, head }: Sides): string {
  if (change.change === "renamed") return `${change.kind} ${change.from} → ${change.identity}`;
  const catalog = change.change === "removed" ? base : head;
  const object = (change.after ?? change.before)!;
  const title = label(object, catalog);
  if (isPrivileges(object)) return `${title}: ${privileges(change)}`;
  if (change.change === "changed") {
    const short = change.properties.filter(isShort);
    const long = change.properties.filter((property) => !isShort(property));
    const told = [
      ...short.map(({ name, from, to }) => `${nameOf(object, name)}${show(from)} → ${show(to)}`),
      ...long.map(({ name }) => name),
    ].join("; ");
    return `${title}: ${told}`;
  }
  const what = summary(object, catalog);
  return what === "" ? title : `${title} ${what}`;
}

/** The same where it stands alone: `table public.orders, column total: type integer → bigint`. */
export function placedSentence(change: SchemaChange, sides: Sides): string {
  const { subject, kind, identity } = change;
  const isWhole = change.change === "renamed" || (kind === subject.kind && identity === subject.identity);
  const sentence = sentenceOf(change, sides);
  return isWhole || sentence.includes(subject.identity)
    ? sentence
    : `${subject.kind} ${subject.identity}, ${sentence}`;
}

export function isPrivileges(object: CatalogObject): object is ObjectOf<"grant" | "default privileges"> {
  return object.kind === "grant" || object.kind === "default privileges";
}

/** Gives what was granted and what is; privileges are told by these, whichever of the two is the usual. */
export function grantedBefore(change: SchemaChange): string[] {
  return granted(change.before, change);
}
export function grantedAfter(change: SchemaChange): string[] {
  return granted(change.after, change);
}

function granted(object: CatalogObject | null, { before, after }: SchemaChange): string[] {
  const { properties } = (object ?? before ?? after) as ObjectOf<"grant">;
  if (object === null) return [...properties.defaults];
  const hasOption = (one: string): boolean => properties.grantable.includes(one);
  return properties.privileges.map((one) => (hasOption(one) ? `${one} with grant option` : one));
}

function privileges(change: SchemaChange): string {
  const from = grantedBefore(change).join(", ");
  const to = grantedAfter(change).join(", ");
  return from === "" ? to : to === "" ? from : `${from} → ${to}`;
}

/** A property that is all there is to an object goes without its name. */
function nameOf({ properties }: CatalogObject, name: string): string {
  return Object.keys(properties).length === 1 ? "" : `${words(name)} `;
}

export function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Tells whether a property's values fit in the line. */
export function isShort({ from, to }: PropertyChange): boolean {
  return [from, to].every(
    (value) => typeof value !== "string" || (!value.includes("\n") && value.length <= 60),
  );
}

export function show(value: unknown): string {
  if (value === null) return "none";
  if (value === true) return "yes";
  if (value === false) return "no";
  return Array.isArray(value) ? `(${value.join(", ")})` : String(value);
}
