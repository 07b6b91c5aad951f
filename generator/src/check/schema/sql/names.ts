import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject } from "../catalog.ts";

/** The identity of an object by its key, which ends with it. */
export function identityOf(key: string): string {
  return key.slice(key.indexOf(":") + 1);
}

/** Gives the last part of an identity without quotes, in lower case, as words of a text are compared. */
export const lastName = (identity: string): string => (partsOf(identity).at(-1) ?? "").toLowerCase();

/** Gives what an object is a part of, by its parent's key. @throws where it has none */
export function parentIdentity(object: CatalogObject): string {
  if (object.parent === null) throw new Error(`${object.key} is a part of nothing`);
  return identityOf(object.parent);
}

/** The word that `alter`, `drop` and `comment on` have for the relation that a part belongs to. */
export function relationWord(key: string): "table" | "view" | "materialized view" {
  if (key.startsWith("view:")) return "view";
  return key.startsWith("materialized view:") ? "materialized view" : "table";
}

/** An object as `comment on`, `alter … owner to` and `drop` name it. */
export function reference(object: CatalogObject): string {
  switch (object.kind) {
    case "enum":
    case "composite type":
    case "range type":
      return `type ${object.identity}`;
    case "attribute":
    case "view column":
      return `column ${object.identity}`;
    case "domain constraint":
      return `constraint ${object.name} on domain ${parentIdentity(object)}`;
    case "constraint":
    case "trigger":
    case "rule":
    case "policy":
      return `${object.kind} ${object.name} on ${parentIdentity(object)}`;
    case "aggregate":
      return `aggregate ${object.identity.replace(/\(\)$/, "(*)")}`;
    case "other":
      return `${wordsOf(object.properties.type)} ${object.identity}`;
    default:
      return `${object.kind} ${object.identity}`;
  }
}

/** A kind of object in PostgreSQL's words: `foreign-data wrapper` is two. */
export const wordsOf = (type: string): string => type.replaceAll("-", " ");

/** The object that this one is a part of, up to one that stands by itself. */
export function rootOf(catalog: Catalog, object: CatalogObject): CatalogObject {
  let at = object;
  while (at.parent !== null) {
    const parent = catalog.objects.get(at.parent);
    if (parent === undefined) break;
    at = parent;
  }
  return at;
}

/** The type that a table's columns are the attributes of, or null. */
export function typeOf(table: string, { objects }: Catalog): string | null {
  const object = objects.get(table);
  return object?.kind === "table" ? object.properties.ofType : null;
}

/** The name that a routine shares with its overloads; null for anything else. */
export function routineName({ kind, identity }: CatalogObject): string | null {
  if (kind !== "function" && kind !== "procedure" && kind !== "aggregate") return null;
  return /^(?:"(?:[^"]|"")*"|[^"(])*/.exec(identity)![0];
}
