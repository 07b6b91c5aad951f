import { once } from "../../../model/once.ts";
import type { Catalog, CatalogObject, ObjectKind } from "../catalog.ts";
import type { Comparison } from "../compare.ts";
import { likeAbove } from "./families.ts";
import { routineName, typeOf } from "./names.ts";
import { madeWith, type Nest, Nests } from "./nests.ts";
import { usingClause } from "./types.ts";
import { isNotValid } from "./writers/types.ts";
import type { WriterContext } from "./writers/writer.ts";
import { writeAlter } from "./writers/writers.ts";

/** What cannot be changed as it stands, and all that hangs on it. */
export interface Remade {
  /** Keys of what is dropped and made again. */
  readonly remade: ReadonlySet<string>;
  /** Types that columns hold values of, and collations that they have, with their nest: replaced by new ones, to which those columns are converted. */
  readonly replaced: ReadonlyMap<string, Nest>;
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
  "trigger state",
  "rule",
  "policy",
  "event trigger",
  "publication",
  "published table",
  "published schema",
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
  "range type",
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
  "published table",
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
  const replaced = new Map<string, Nest>();
  const nests = new Nests(base, head, dependents, remade);
  /** What is replaced together, and the attributes of it. */
  const nested = new Set<string>();
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
    if (object === undefined || remade.has(key) || nested.has(key)) return;
    const isPart = object.parent === because;
    const isComputed = object.kind === "column" && object.properties.generated !== null;
    if (isPart || isComputed || REMAKEABLE.has(object.kind)) remake(key);
    else if (head.needs.get(key)!.has(because)) {
      // What values are of an extension's type is but one thing in the way of it.
      const cause = base.objects.get(because);
      if (cause?.kind === "extension") stuck.set(because, cause);
      else stuck.set(key, object);
    }
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
    const table = head.objects.get(head.objects.get(column)!.parent!);
    if (!remade.has(column) && isPartitionedBy(table, head.objects.get(column)!.name))
      stuck.set(column, head.objects.get(column)!);
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

  const added = new Set(comparison.added.map(({ key }) => key));
  /** Tells whether it calls a routine from now on that has the name of one that goes: with both there, its words may call either. */
  const callsAnother = (key: string, lost: string): boolean => {
    const name = routineName(base.objects.get(lost)!);
    return (
      name !== null &&
      [...(head.needs.get(key) ?? [])].some(
        (needed) => added.has(needed) && routineName(head.objects.get(needed)!) === name,
      )
    );
  };

  // A table that is made anew takes its columns along: no value of theirs is converted.
  for (const { from, to } of comparison.changed)
    if (to.kind === "table" && writeAlter(from, to, context) === null) remake(to.key);
  for (const nest of nests.ofAll(unalterable(comparison, base, nests, context))) {
    for (const type of nest.types) {
      nested.add(type);
      for (const { key } of madeWith(type, head)) if (key.startsWith("attribute:")) nested.add(key);
      if (nest.columns.length > 0) replaced.set(type, nest);
    }
  }
  // With no column to convert, all of it goes and comes back, a row's attributes with their type.
  for (const key of nested) {
    const { kind, parent } = head.objects.get(key)!;
    if (!replaced.has(kind === "attribute" ? parent! : key)) remake(key);
  }

  // Reads the same and means another: a function's other overload, another unique constraint of the columns.
  const columnsOfView = new Map<string | null, string[]>();
  for (const object of base.objects.values())
    if (isPassive(object)) once(columnsOfView, object.parent, () => []).push(object.key);
  for (const { key } of comparison.removed) {
    // A view that is stored from now on, or no longer, has columns of the same names.
    for (const lost of [key, ...(columnsOfView.get(key) ?? [])])
      for (const each of dependents.get(lost) ?? [])
        if (!changed.has(each) || callsAnother(each, lost)) disturb(each, lost);
  }
  for (const { from, to, properties } of comparison.changed) {
    if (isPassive(to) || nested.has(to.key)) continue;
    if (writeAlter(from, to, context) === null) remake(to.key);
    else if (to.kind === "column" && properties.some((name) => name === "type" || name === "collation"))
      disturbType(to.key);
  }
  for (const column of unconvertible(comparison, head, context)) stuck.set(column.key, column);
  for (const table of ofOtherTypes(comparison)) stuck.set(table.key, table);
  for (const [type, { types, columns }] of replaced) {
    for (const column of columns) disturbType(column);
    for (const key of dependents.get(type) ?? []) {
      if (columns.includes(key) || types.includes(key)) continue;
      if (!nested.has(key)) disturb(key, type);
      // The new type's attributes are others, with nothing said of them.
      else
        for (const each of dependents.get(key) ?? [])
          if (!columns.includes(each) && !types.includes(each)) disturb(each, key);
    }
  }
  for (const key of adopted(comparison, base, head)) remake(key);
  for (const key of relating(retyped, base, dependents)) remake(key);
  for (const key of joining(retyped, base)) remake(key);
  for (const type of replaced.keys()) {
    const object = head.objects.get(type)!;
    const holdsRows =
      object.kind === "range type" &&
      [...nests.within(type)].some((key) => key.startsWith("composite type:"));
    // What it is made of before and after cannot go in between; what it lets go of can afterwards.
    const after = new Set(needsOf(type, head));
    const isBetween = needsOf(type, base).some((key) => after.has(key) && remade.has(key));
    if (holdsRows || isBetween) stuck.set(type, object);
  }
  return { remade, replaced, stuck: [...stuck.values()] };
}

/** Gives the indexes of tables that become partitions, and keep theirs: one like an index of the parent's would become a part of that. */
function adopted({ added }: Comparison, base: Catalog, head: Catalog): string[] {
  return added.flatMap((tie) => {
    if (tie.kind !== "partition" || !base.objects.has(tie.parent!)) return [];
    return [...head.objects.values()].flatMap((one) =>
      one.parent === tie.parent && base.objects.has(one.key) && likeAbove(one, head).length > 0
        ? [one.key]
        : [],
    );
  });
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

/** Finds the columns of tables of a composite type whose attribute gets a type that PostgreSQL converts to only when told how, which it cannot be. */
function unconvertible({ changed }: Comparison, head: Catalog, { casts }: WriterContext): CatalogObject[] {
  return changed.flatMap(({ from, to }) =>
    from.kind === "column" &&
    to.kind === "column" &&
    typeOf(to.parent!, head) !== null &&
    from.inherited === true &&
    usingClause(to.name, from.properties.type, to.properties.type, casts) !== ""
      ? [to]
      : [],
  );
}

/** Finds the tables of a type that become tables of another, with other columns: these would have to change when the table is of neither. */
function ofOtherTypes({ added, removed, changed }: Comparison): CatalogObject[] {
  const touched = new Set(
    [...added, ...removed, ...changed.map(({ to }) => to)].flatMap(({ kind, parent }) =>
      kind === "column" ? [parent] : [],
    ),
  );
  return changed.flatMap(({ from, to }) => {
    if (from.kind !== "table" || to.kind !== "table") return [];
    const types = [from.properties.ofType, to.properties.ofType];
    return types[0] !== types[1] && !types.includes(null) && touched.has(to.key) ? [to] : [];
  });
}

/**
 * Finds the types that `alter` has no words for: what writes none for them, domains that become stricter where PostgreSQL checks no value,
 * within an array, a row or a range, and types whose attributes change while a column holds values of them, which it does not rewrite.
 */
function unalterable(
  comparison: Comparison,
  base: Catalog,
  nests: Nests,
  context: WriterContext,
): Set<string> {
  const found = new Set<string>();
  for (const { from, to } of comparison.changed) {
    if (REPLACEABLE.has(to.kind) && writeAlter(from, to, context) === null) found.add(to.key);
    if (to.kind === "attribute" && nests.of(to.parent!).columns.length > 0) found.add(to.parent!);
  }
  for (const domain of stricterDomains(comparison)) {
    const { types } = nests.of(domain);
    const isWithin = types.some((type) =>
      nests.holders(type).some((column) => isArray(base, column) || !type.startsWith("domain:")),
    );
    if (isWithin) found.add(domain);
  }
  return found;
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

/** Gives all that a type, its attributes and its rules need. */
function needsOf(type: string, catalog: Catalog): string[] {
  return madeWith(type, catalog).flatMap(({ key }) => [...catalog.needs.get(key)!]);
}

/** Tells whether a table's partitions are chosen by a column, whose type PostgreSQL then never changes. */
export function isPartitionedBy(table: CatalogObject | undefined, name: string): boolean {
  if (table?.kind !== "table" || table.properties.partitionKey === null) return false;
  const words = table.properties.partitionKey.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w$]+/g) ?? [];
  return words.slice(1).includes(name);
}

/** A view's column: it comes, changes and goes with its view. */
export function isPassive({ kind }: CatalogObject): boolean {
  return kind === "view column";
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
