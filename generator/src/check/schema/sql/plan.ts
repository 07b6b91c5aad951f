import type { Catalog, CatalogObject } from "../catalog.ts";
import { type Comparison, compareCatalogs } from "../compare.ts";
import { absorb } from "./absorb.ts";
import { familyOf, hasSame } from "./families.ts";
import { order } from "./graph.ts";
import { link } from "./link.ts";
import { rootOf } from "./names.ts";
import { changesOver } from "./nests.ts";
import { findRemade, isPassive, type Remade } from "./remake.ts";
import { replaceTypes } from "./replace-types.ts";
import { type Statement, toStatements } from "./statement.ts";
import { type Action, Actions } from "./steps.ts";
import type { Casts } from "./types.ts";
import type { WriterContext } from "./writers/writer.ts";
import { writeAlter, writeCreate, writeDrop } from "./writers/writers.ts";

export interface Plan {
  readonly statements: readonly Statement[];
  /** What differs and no statement is written for. */
  readonly unsupported: readonly CatalogObject[];
}

/** The statements that turn one catalog into the other, in an order in which they can run. */
export function planMigration(base: Catalog, head: Catalog, casts: Casts): Plan {
  const comparison = withoutLeft(compareCatalogs(base, head), base, head);
  const absorbed = new Set<string>();
  const context: WriterContext = { base, head, casts, absorbed };
  const found = findRemade(base, head, comparison, context);
  const actions = new Actions(base, head, comparison, found);
  link(actions);
  absorb(actions, absorbed);

  const unsupported = new Map<string, CatalogObject>(found.stuck.map((object) => [object.key, object]));
  const statements = order([...actions.all]).flatMap((action) => {
    const written = write(action, comparison, found, context);
    if (written === null) unsupported.set(action.object.key, action.object);
    const catalog = action.verb === "drop" ? base : head;
    return toStatements(action.object.key, rootOf(catalog, action.object).identity, written ?? []);
  });
  return { statements, unsupported: [...unsupported.values()] };
}

/**
 * Leaves out what a table may be left with by the parent that it leaves: under which name it has its index or key shows only then, and is compared once more.
 * What is said of that waits for it.
 */
function withoutLeft(comparison: Comparison, base: Catalog, head: Catalog): Comparison {
  const left = new Set(
    comparison.added.flatMap((object) => {
      const table = object.kind === "index" || object.kind === "constraint" ? object.parent! : null;
      const isLeaving = table !== null && familyOf(base, table).some((tie) => !head.objects.has(tie));
      return isLeaving && hasSame(table, object, base) ? [object.key] : [];
    }),
  );
  if (left.size === 0) return comparison;
  const isOfLeft = ({ key, kind }: CatalogObject): boolean =>
    left.has(key) || (OF_INDEXES.has(kind) && [...head.needs.get(key)!].some((needed) => left.has(needed)));
  return { ...comparison, added: comparison.added.filter((object) => !isOfLeft(object)) };
}

/** What is said of an index or a key by its name. */
const OF_INDEXES: ReadonlySet<CatalogObject["kind"]> = new Set(["comment", "replica identity", "cluster"]);

function write(
  { verb, object }: Action,
  { changed }: Comparison,
  { replaced, remade }: Remade,
  context: WriterContext,
) {
  if (verb === "drop") return writeDrop(object, context);
  if (verb === "create") return writeCreate(object, context);
  const nest = replaced.get(object.key);
  if (nest !== undefined) return replaceTypes(nest, remade, context);
  const { from, to } = changed.find((change) => change.to.key === object.key)!;
  return isPassive(to) ? [] : writeAlter(asReplaced(from, to, replaced, context), to, context);
}

/** A column as it is when types have been replaced: of its new type already, where it takes another of them. */
function asReplaced(
  from: CatalogObject,
  to: CatalogObject,
  replaced: Remade["replaced"],
  { base, head }: WriterContext,
): CatalogObject {
  if (from.kind !== "column" || to.kind !== "column") return from;
  const nest = [...new Set(replaced.values())].find(({ columns }) => columns.includes(to.key));
  if (nest === undefined || !changesOver(to.key, nest, base, head)) return from;
  const { type, collation } = to.properties;
  return { ...from, properties: { ...from.properties, type, collation } };
}
