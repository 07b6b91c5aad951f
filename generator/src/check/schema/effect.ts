import type { ObjectKind, ObjectOf } from "./catalog.ts";
import type { SchemaChange } from "./changes.ts";
import type { SchemaDiff } from "./diff.ts";
import { grantedAfter, grantedBefore } from "./report/sentence.ts";
import type { Written } from "./sql/statement.ts";
import { writeAlter, writeDrop } from "./sql/writers/writers.ts";

/**
 * What a change does to what is there: "destructive" deletes stored data, "breaking" can make a client fail that worked
 * before, "harmless" does neither.
 */
export type Effect = "destructive" | "breaking" | "harmless";

/** Clients name these, or rely on what they give. */
const NAMED: ReadonlySet<ObjectKind | "enum value"> = new Set<ObjectKind | "enum value">([
  "schema",
  "extension",
  "collation",
  "enum",
  "enum value",
  "domain",
  "composite type",
  "attribute",
  "range type",
  "sequence",
  "table",
  "column",
  "view column",
  "default",
  "view",
  "materialized view",
  "function",
  "procedure",
  "aggregate",
  "policy",
  "publication",
  "published table",
  "published schema",
  "other",
]);

export function effectOf(change: SchemaChange, diff: Pick<SchemaDiff, "base" | "head">): Effect {
  if (destroys(change, diff)) return "destructive";
  return breaks(change, diff) ? "breaking" : "harmless";
}

/** The writers of migrations know what deletes data. */
function destroys(
  { change, before, after }: SchemaChange,
  { base, head }: Pick<SchemaDiff, "base" | "head">,
): boolean {
  const context = { base, head, casts: new Map(), absorbed: new Set<string>() };
  const written: readonly Written[] =
    change === "removed" && before !== null
      ? (writeDrop(before, context) ?? [])
      : change === "changed" && before !== null && after !== null
        ? (writeAlter(before, after, context) ?? [])
        : [];
  return written.some((one) => typeof one !== "string" && one.destroys !== undefined);
}

function breaks(change: SchemaChange, diff: Pick<SchemaDiff, "base" | "head">): boolean {
  const { kind, after, before } = change;
  if (kind === "grant" || kind === "default privileges") {
    const left = new Set(grantedAfter(change));
    return grantedBefore(change).some((one) => !left.has(one) && !left.has("all"));
  }
  switch (change.change) {
    case "renamed":
      return NAMED.has(kind);
    case "removed":
      return NAMED.has(kind) || (before?.kind === "constraint" && isKey(before));
    case "added":
      return after !== null && isDemand(change, diff);
    case "changed":
      return change.properties.some((property) => changesMeaning(change, property.name));
  }
}

/** ON CONFLICT names what makes rows unique. */
const isKey = ({ properties }: ObjectOf<"constraint">): boolean =>
  properties.type === "primary key" || properties.type === "unique";

/** Tells whether it is new and refuses rows that were taken before. */
function isDemand({ kind, after }: SchemaChange, { head }: Pick<SchemaDiff, "head">): boolean {
  if (kind === "constraint" || kind === "domain constraint") return true;
  if (kind === "index") return after?.kind === "index" && /^CREATE UNIQUE /.test(after.properties.definition);
  if (after?.kind !== "column") return false;
  const { notNull, identity, generated } = after.properties;
  return notNull && identity === null && generated === null && !head.objects.has(`default:${after.key}`);
}

/** Of a changed object, the properties that clients notice. */
function changesMeaning({ before, after, properties }: SchemaChange, name: string): boolean {
  const { from, to } = properties.find((property) => property.name === name)!;
  if (after?.kind === "enum" && before?.kind === "enum" && name === "labels")
    return before.properties.labels.some((label) => !after.properties.labels.includes(label));
  switch (name) {
    case "type":
    case "notNull":
    case "returns":
    case "arguments":
    case "generated":
    case "order":
    case "settings":
    case "publish":
    case "allTables":
    case "columns":
    case "where":
      return true;
    case "identity":
      return to === "always" || to === null;
    case "rowSecurity":
    case "forceRowSecurity":
      return to === true;
    case "expression":
      return false;
    case "definition":
      return (
        after?.kind === "constraint" ||
        after?.kind === "domain constraint" ||
        after?.kind === "range type" ||
        after?.kind === "collation"
      );
    case "using":
    case "check":
    case "roles":
    case "command":
      return after?.kind === "policy" && from !== to;
    default:
      return false;
  }
}
