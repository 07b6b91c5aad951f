import type { CatalogObject, ObjectOf } from "../catalog.ts";
import { familyOf } from "./families.ts";
import { comesBefore } from "./graph.ts";
import { identityOf } from "./names.ts";
import type { Action, Actions } from "./steps.ts";
import { PARAMETERS } from "./writers/table-parts.ts";

/**
 * Lets defaults and constraints be said within the statement that makes their column or table, wherever nothing that
 * they need has to wait for that very statement. All others follow as statements of their own.
 */
export function absorb(actions: Actions, absorbed: Set<string>): void {
  const { head } = actions;
  for (const key of actions.created) {
    const object = head.objects.get(key)!;
    if (object.kind === "partition" || object.kind === "inheritance") {
      if (actions.createOf(key)?.object.kind === "table") absorbed.add(key);
    }
  }
  const keys = new Set<string>();
  for (const object of candidates(actions)) {
    const into = carrier(actions, object, absorbed);
    const own = actions.createOf(object.key);
    if (into === undefined || own === undefined) continue;
    // PostgreSQL takes two keys of the same columns in one statement for one.
    const key = keyOf(object);
    if (key !== null && keys.has(key)) continue;
    const ahead = [...actions.all].filter((step) => step !== into && step !== own && step.before.has(own));
    if (ahead.some((step) => comesBefore(into, step))) continue;
    actions.absorbInto(object.key, into);
    for (const step of ahead) step.before.add(into);
    absorbed.add(object.key);
    if (key !== null) keys.add(key);
  }
}

/** Tells keys apart as CREATE TABLE does: by the table, the columns and how they are compared. Null for what is none. */
function keyOf(object: CatalogObject): string | null {
  if (object.kind !== "constraint") return null;
  const [, rest] = /^(?:PRIMARY KEY|UNIQUE) (.*)$/s.exec(object.properties.definition) ?? [];
  return rest === undefined ? null : `${object.parent} ${rest.replace(PARAMETERS, "")}`;
}

/** References come last: what they refer to may have been absorbed by then. */
function candidates(actions: Actions): CatalogObject[] {
  const objects = [...actions.created].map((key) => actions.head.objects.get(key)!);
  const isReference = (o: CatalogObject): boolean =>
    o.kind === "constraint" && o.properties.type === "foreign key";
  return [
    ...objects.filter((o) => o.kind === "default"),
    ...objects.filter((o) => o.kind === "constraint" && !isReference(o)),
    ...objects.filter(isReference),
  ];
}

function carrier(actions: Actions, object: CatalogObject, absorbed: ReadonlySet<string>): Action | undefined {
  const parent = actions.createOf(object.parent!);
  if (parent?.verb !== "create") return undefined;
  if (object.kind === "default") {
    // A partition's own default, and one of a view, are set afterwards.
    const column = actions.head.objects.get(object.parent!)!;
    if (isParents(actions, object, absorbed)) return parent;
    const isListed = !actions.createOf(`partition:${column.parent}`) && !column.inherited;
    return isListed && (parent.object.kind === "table" || parent.object.kind === "column")
      ? parent
      : undefined;
  }
  const isListed = parent.object.kind === "table" && parent.object.key === object.parent;
  const canWait = object.kind === "constraint" && !/ NOT VALID$/.test(object.properties.definition);
  const isPlain = !actions.createOf(`partition:${object.parent}`);
  return isListed && canWait && isPlain ? parent : undefined;
}

/** Tells whether a new table has a default from the parent that it is made with. */
function isParents({ head }: Actions, object: ObjectOf<"default">, absorbed: ReadonlySet<string>): boolean {
  const column = head.objects.get(object.parent!)!;
  return familyOf(head, column.parent!)
    .filter((facet) => absorbed.has(facet))
    .flatMap((facet) => [...head.needs.get(facet)!])
    .some((table) => {
      if (!table.startsWith("table:") || table === column.parent) return false;
      const given = head.objects.get(`default:column:${identityOf(table)}.${column.name}`);
      return given?.kind === "default" && given.properties.expression === object.properties.expression;
    });
}
