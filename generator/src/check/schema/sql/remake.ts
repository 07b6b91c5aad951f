import { once } from "../../../model/once.ts";
import type { Catalog, CatalogObject, ObjectKind } from "../catalog.ts";
import type { Comparison } from "../compare.ts";
import { identityOf } from "./names.ts";
import { isNotValid } from "./writers/types.ts";
import type { WriterContext } from "./writers/writer.ts";
import { writeAlter } from "./writers/writers.ts";

/** What cannot be changed as it stands, and all that hangs on it. */
export interface Remade {
  /** Keys of what is dropped and made again. */
  readonly remade: ReadonlySet<string>;
  /** Types that columns hold values of, and collations that they have: replaced by a new one, to which those columns are converted. */
  readonly replaced: ReadonlyMap<string, readonly string[]>;
  /** What would have to be made again and holds data: no migration is written. */
  readonly stuck: readonly CatalogObject[];
}

/** Nothing is stored in these that is not defined elsewhere. */
const REMAKEABLE: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "domain constraint",
  "sequence owner",
  "default",
  "partition",
  "inheritance",
  "constraint",
  "index",
  "replica identity",
  "cluster",
  "statistics",
  "view",
  "materialized view",
  "function",
  "procedure",
  "aggregate",
  "trigger",
  "rule",
  "policy",
  "event trigger",
  "setting",
  "comment",
  "grant",
  "default privileges",
]);

/** Types whose values columns can be converted to another of, and collations that columns can be given anew. */
const REPLACEABLE: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "collation",
  "enum",
  "domain",
  "composite type",
]);

/** What PostgreSQL refuses to let stand while the type of a column that it uses changes. */
const BLOCKS_TYPE_CHANGE: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "view",
  "materialized view",
  "rule",
  "trigger",
  "policy",
  "function",
  "procedure",
]);

export function findRemade(
  base: Catalog,
  head: Catalog,
  comparison: Comparison,
  context: WriterContext,
): Remade {
  const dependents = reverse(base.needs);
  const changed = new Set(comparison.changed.map(({ to }) => to.key));
  const remade = new Set<string>();
  const replaced = new Map<string, string[]>();
  const stuck = new Map<string, CatalogObject>();
  const gone = new Set<string>();
  const retyped = new Set<string>();

  const remake = (key: string): void => {
    if (remade.has(key) || !base.objects.has(key) || !head.objects.has(key)) return;
    remade.add(key);
    for (const each of dependents.get(key) ?? []) disturb(each, key);
  };
  /** What needs something that goes away for a while. */
  const disturb = (key: string, because: string): void => {
    const object = head.objects.get(key);
    if (object === undefined) goesBefore(key);
    if (object === undefined || remade.has(key)) return;
    const isPart = object.parent === because;
    const isComputed = object.kind === "column" && object.properties.generated !== null;
    if (isPart || isComputed || REMAKEABLE.has(object.kind)) remake(key);
    else if (head.needs.get(key)!.has(because)) stuck.set(key, object);
  };
  /** What is dropped has to go before it, and so must be let go of by what stands on it, however that is changed later. */
  const goesBefore = (key: string): void => {
    if (gone.has(key)) return;
    gone.add(key);
    for (const each of dependents.get(key) ?? []) disturb(each, key);
  };
  /** What stands on a column whose type changes. */
  const disturbType = (column: string): void => {
    retyped.add(column);
    for (const key of dependents.get(column) ?? []) {
      const object = base.objects.get(key)!;
      const isComputed = object.kind === "column" && object.properties.generated !== null;
      // A default that changes too need not fit the new type.
      if (
        BLOCKS_TYPE_CHANGE.has(object.kind) ||
        isComputed ||
        (object.kind === "default" && changed.has(key))
      ) {
        remake(key);
      }
    }
  };

  // Reads the same and means another: a function's other overload, another unique constraint of the columns.
  const columnsOfView = new Map<string | null, string[]>();
  for (const object of base.objects.values())
    if (isPassive(object)) once(columnsOfView, object.parent, () => []).push(object.key);
  for (const { key } of comparison.removed) {
    // A view that is stored from now on, or no longer, has columns of the same names.
    for (const lost of [key, ...(columnsOfView.get(key) ?? [])])
      for (const each of dependents.get(lost) ?? []) if (!changed.has(each)) disturb(each, lost);
  }
  for (const { from, to, properties } of comparison.changed) {
    if (isPassive(to)) continue;
    if (writeAlter(from, to, context) === null) {
      const columns = REPLACEABLE.has(to.kind) ? columnsOf(to.key, base, head, dependents) : [];
      if (columns.length === 0) remake(to.key);
      else replaced.set(to.key, columns);
    } else if (to.kind === "column" && properties.some((name) => name === "type" || name === "collation")) {
      disturbType(to.key);
    }
  }
  // PostgreSQL checks no value within an array or a row, and lets the domain become no stricter.
  for (const domain of stricterDomains(comparison)) {
    const columns = columnsOf(domain, base, head, dependents);
    if (!replaced.has(domain) && !remade.has(domain) && columns.some((key) => isArray(base, key)))
      replaced.set(domain, columns);
  }
  for (const { to } of comparison.changed) {
    if (to.kind !== "attribute" || remade.has(to.parent!)) continue;
    // PostgreSQL rewrites no column for a type that it holds.
    const holders = columnsOf(to.parent!, base, head, dependents);
    if (holders.length > 0) replaced.set(to.parent!, holders);
    else if (isHeld(to.parent!, base, head, dependents)) stuck.set(to.key, to);
  }
  for (const table of typedTables(comparison, base, head)) stuck.set(table.key, table);
  for (const [type, columns] of replaced) {
    for (const column of columns) disturbType(column);
    for (const key of dependents.get(type) ?? []) {
      if (columns.includes(key)) continue;
      if (!isAttributeOf(base.objects.get(key), type)) disturb(key, type);
      // The new type's attributes are others, with nothing said of them.
      else for (const each of dependents.get(key) ?? []) if (!columns.includes(each)) disturb(each, key);
    }
  }
  for (const key of relating(retyped, base, dependents)) remake(key);
  for (const key of joining(retyped, base)) remake(key);
  return { remade, replaced, stuck: [...stuck.values()] };
}

/**
 * Gives what relates columns whose types change one after the other: between the two changes it would compare what has no
 * operator, as both ends of a reference, or a CHECK or an index's expression over two columns.
 */
function relating(
  retyped: ReadonlySet<string>,
  base: Catalog,
  dependents: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const found = new Set<string>();
  for (const column of retyped) {
    for (const key of dependents.get(column) ?? []) {
      if (!relatesColumns(base.objects.get(key)!)) continue;
      const columns = [...base.needs.get(key)!].filter((needed) => retyped.has(needed));
      if (columns.length > 1) found.add(key);
    }
  }
  return found;
}

/**
 * Gives what ties a table to several parents that give it a column whose type changes: PostgreSQL lets none of them change it while another
 * gives it, too.
 */
function joining(retyped: ReadonlySet<string>, { objects, needs }: Catalog): string[] {
  const ties = new Map<string, string[]>();
  for (const { kind, key, parent } of objects.values())
    if (kind === "inheritance") once(ties, parent!, () => []).push(key);
  return [...ties].flatMap(([table, own]) => {
    const giving = (tie: string): string[] =>
      [...needs.get(tie)!].filter((one) => one.startsWith("table:") && one !== table);
    const columns = [...retyped].flatMap((key) => objects.get(key) ?? []);
    const isGiven = (name: string): boolean =>
      own.filter((tie) =>
        giving(tie).some((parent) => columns.some((one) => one.parent === parent && one.name === name)),
      ).length > 1;
    return columns.some(({ parent, name }) => parent === table && isGiven(name)) ? own : [];
  });
}

/** A key's columns each have an operator class of their own, and stand on no other. */
function relatesColumns(object: CatalogObject): boolean {
  if (object.kind !== "constraint") return object.kind === "index" || object.kind === "statistics";
  return object.properties.type !== "primary key" && object.properties.type !== "unique";
}

/** Finds the tables whose columns are the attributes of a type that gets others: neither can be changed by itself. */
function typedTables({ added, removed, changed }: Comparison, base: Catalog, head: Catalog): CatalogObject[] {
  const types = new Set(
    [...added, ...removed, ...changed.map(({ to }) => to)].flatMap(({ kind, parent }) =>
      kind === "attribute" && parent !== null ? [identityOf(parent)] : [],
    ),
  );
  return [...head.objects.values()].filter((object) => {
    const before = base.objects.get(object.key);
    const isTyped = (one: CatalogObject | undefined): boolean =>
      one?.kind === "table" && one.properties.ofType !== null && types.has(one.properties.ofType);
    return isTyped(object) && isTyped(before);
  });
}

/** The keys of domains that have a rule from now on that they had not. */
function stricterDomains({ added, changed }: Comparison): Set<string> {
  const strict = changed.flatMap(({ from, to }) =>
    from.kind === "domain" && to.kind === "domain" && to.properties.notNull && !from.properties.notNull
      ? [to.key]
      : [],
  );
  const rules = [...added, ...changed.map(({ to }) => to)].flatMap((object) =>
    object.kind === "domain constraint" && !isNotValid(object) ? [object.parent!] : [],
  );
  return new Set([...strict, ...rules]);
}

function isArray({ objects }: Catalog, key: string): boolean {
  const object = objects.get(key);
  return object?.kind === "column" && object.properties.type.endsWith("[]");
}

/** A view's column: it comes, changes and goes with its view. */
export function isPassive({ kind }: CatalogObject): boolean {
  return kind === "view column";
}

/** Tells whether a column holds values of a type inside of another type, before and after. */
function isHeld(
  type: string,
  base: Catalog,
  head: Catalog,
  dependents: ReadonlyMap<string, readonly string[]>,
): boolean {
  return (dependents.get(type) ?? []).some((key) => {
    // What lets go of it does so before it changes.
    if (head.needs.get(key)?.has(type) !== true) return false;
    const object = base.objects.get(key)!;
    if (object.kind === "attribute")
      return object.parent !== type && isHeld(object.parent!, base, head, dependents);
    return object.kind === "column" || (object.kind === "domain" && isHeld(key, base, head, dependents));
  });
}

function isAttributeOf(object: CatalogObject | undefined, type: string): boolean {
  return object?.kind === "attribute" && object.parent === type;
}

/** The tables' columns that hold values of a type before and after. */
function columnsOf(
  type: string,
  base: Catalog,
  head: Catalog,
  dependents: ReadonlyMap<string, readonly string[]>,
): string[] {
  return (dependents.get(type) ?? []).filter((key) => {
    const object = head.objects.get(key);
    return object?.kind === "column" && base.objects.has(key) && head.needs.get(key)!.has(type);
  });
}

export function reverse(needs: Catalog["needs"]): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const [key, needed] of needs) {
    for (const other of needed) {
      const list = dependents.get(other);
      if (list) list.push(key);
      else dependents.set(other, [key]);
    }
  }
  return dependents;
}
