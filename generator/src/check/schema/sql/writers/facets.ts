import { quoteLiteral } from "../../../../sql/quoting.ts";
import type {
  Catalog,
  CatalogObject,
  DefaultPrivilegesProperties,
  GrantProperties,
  ObjectOf,
} from "../../catalog.ts";
import { identityOf, reference } from "../names.ts";
import type { Writer } from "./writer.ts";

function commentOn(catalog: Catalog, object: ObjectOf<"comment">, text: string): string[] {
  const parent = catalog.objects.get(object.parent!)!;
  // Of the index that a constraint stands on.
  const target = object.name === "index" ? `index ${parent.schema}.${parent.name}` : reference(parent);
  return [`comment on ${target} is ${text}`];
}

export const comment: Writer<"comment"> = {
  create: (object, { head }) => commentOn(head, object, quoteLiteral(object.properties.text)),
  drop: (object, { base }) => commentOn(base, object, "null"),
  alter: (_, to, { head }) => commentOn(head, to, quoteLiteral(to.properties.text)),
};

interface Granted {
  readonly privileges: readonly string[];
  readonly grantable: readonly string[];
}

const ALL = "all";
const isAll = (list: readonly string[]): boolean => list.includes(ALL);
/** What all is on a table; what older versions lack is never named. */
const ON_TABLES = ["delete", "insert", "references", "select", "trigger", "truncate", "update"];

/** Gives what one list has and the other has not, in words that every version knows. */
function without(list: readonly string[], other: readonly string[]): readonly string[] {
  if (isAll(other)) return [];
  // The owner of a table has all, but what was taken.
  if (isAll(list) && other.includes("maintain")) return ON_TABLES.filter((one) => !other.includes(one));
  return isAll(list) ? [ALL] : list.filter((one) => !other.includes(one));
}

/** GRANT and REVOKE clauses that lead from one state to the other; `on` says what they are about. */
function changes(on: string, grantee: string, from: Granted, to: Granted): string[] {
  const write = (verb: string, list: readonly string[], rest: string): string[] =>
    list.length === 0 ? [] : [`${verb} ${onColumns(list, on)}${rest}`];
  const lost = without(from.privileges, to.privileges);
  // Who loses all loses the options, too, and is given what is left anew.
  const had = isAll(lost) ? { privileges: [], grantable: [] } : from;
  const optionLost = without(had.grantable, to.grantable).filter(
    (one) => one === ALL || isAll(to.privileges) || to.privileges.includes(one),
  );
  const optionGained = without(to.grantable, isAll(optionLost) ? [] : had.grantable);
  const gained = without(without(to.privileges, had.privileges), optionGained);
  // All but some: said so, no word is needed that older versions lack.
  const held = ON_TABLES.filter((one) => !to.privileges.includes(one));
  const isAllBut = gained.includes("maintain") && held.length < gained.length;
  return [
    ...write("revoke", lost, ` from ${grantee}`),
    ...write("revoke grant option for", optionLost, ` from ${grantee}`),
    ...write("grant", isAllBut ? [ALL] : gained, ` to ${grantee}`),
    ...write("revoke", isAllBut ? held : [], ` from ${grantee}`),
    ...write("grant", optionGained, ` to ${grantee} with grant option`),
  ];
}

/** `select (a) on table t` for a column, `select on table t` for the rest. */
function onColumns(privileges: readonly string[], on: string): string {
  const [, column, table] = /^column (\S+|"(?:[^"]|"")*") of (.*)$/s.exec(on) ?? [];
  if (column === undefined) return `${privileges.join(", ")} on ${on}`;
  return `${privileges.map((one) => `${one} (${column})`).join(", ")} on ${table}`;
}

function target(object: CatalogObject): string {
  switch (object.kind) {
    case "column":
    case "view column":
      return `column ${object.name} of table ${identityOf(object.parent!)}`;
    case "view":
    case "materialized view":
      return `table ${object.identity}`;
    case "domain":
      return `domain ${object.identity}`;
    case "other":
      return object.properties.type === "foreign table"
        ? `table ${object.identity}`
        : reference(object).replace(/^server /, "foreign server ");
    // A function's privileges are granted by the word that its drop uses, an aggregate's as a function's.
    case "aggregate":
      return `function ${object.identity}`;
    default:
      return reference(object);
  }
}

const usual = ({ defaults }: GrantProperties): Granted => ({ privileges: defaults, grantable: [] });

function grantChanges(catalog: Catalog, object: ObjectOf<"grant">, from: Granted, to: Granted): string[] {
  const { grantee, member } = object.properties;
  return changes(member ?? target(catalog.objects.get(object.parent!)!), grantee, from, to);
}

export const grant: Writer<"grant"> = {
  create: (object, { head }) => grantChanges(head, object, usual(object.properties), object.properties),
  drop: (object, { base }) => grantChanges(base, object, object.properties, usual(object.properties)),
  alter: (from, to, { head }) => grantChanges(head, to, from.properties, to.properties),
};

function defaultChanges(properties: DefaultPrivilegesProperties, from: Granted, to: Granted): string[] {
  const { role, inSchema, on, grantee } = properties;
  const prefix = `alter default privileges${role === null ? "" : ` for role ${role}`}${inSchema === null ? "" : ` in schema ${inSchema}`}`;
  return changes(on, grantee, from, to).map((change) => `${prefix} ${change}`);
}

export const defaultPrivileges: Writer<"default privileges"> = {
  create: ({ properties }) => defaultChanges(properties, usual(properties), properties),
  drop: ({ properties }) => defaultChanges(properties, properties, usual(properties)),
  alter: (from, to) => defaultChanges(to.properties, from.properties, to.properties),
};
