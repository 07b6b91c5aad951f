import { partsOf, quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { typeOf } from "./names.ts";
import { isPartitionedBy } from "./remake.ts";
import type { Statement } from "./statement.ts";
import { columnDefinition } from "./writers/columns.ts";
import type { WriterContext } from "./writers/writer.ts";

/**
 * Finds the tables of a type that have to be of none while they change: what stands in the way is the table itself, one of its columns or their order,
 * which PostgreSQL takes from the type.
 * @param stuck what no statement is written for as long as they are of it
 */
export function tablesApart(
  base: Catalog,
  head: Catalog,
  stuck: () => readonly CatalogObject[],
): ObjectOf<"table">[] {
  const ofTypes = [...head.objects.values()].filter(
    (one): one is ObjectOf<"table"> =>
      one.kind === "table" && one.properties.ofType !== null && base.objects.get(one.key)?.kind === "table",
  );
  if (ofTypes.length === 0) return [];
  const held = new Set(stuck().map(({ kind, key, parent }) => (kind === "column" ? parent : key)));
  return ofTypes.filter((table) => {
    const isHeld = held.has(table.key) && typeOf(table.key, base) !== null;
    return isHeld || misplaced(table, base, head).length > 0;
  });
}

/** Gives a schema in which these tables are of no type, with the same columns. */
export function withoutTypes(catalog: Catalog, tables: readonly ObjectOf<"table">[]): Catalog {
  const objects = new Map(catalog.objects);
  const needs = new Map(catalog.needs);
  for (const table of tables) {
    const { key } = table;
    objects.set(key, { ...table, properties: { ...table.properties, ofType: null } });
    const type = `composite type:${table.properties.ofType}`;
    needs.set(key, new Set([...needs.get(key)!].filter((needed) => needed !== type)));
    for (const column of columnsOf(table, catalog)) objects.set(column.key, { ...column, inherited: false });
  }
  return { ...catalog, objects, needs };
}

/**
 * Puts the columns of a table in the order that its type has: from the first on that stands elsewhere, each steps aside, and one with its values comes last.
 * What stands on the old one is made anew when that is dropped, as it is no column of the type's.
 * @returns null where one of them chooses partitions, and cannot be dropped
 */
export function moveColumns(
  table: ObjectOf<"table">,
  now: Catalog,
  head: Catalog,
): { readonly statements: Statement[]; readonly aside: string[] } | null {
  const context: WriterContext = { base: now, head: now, casts: new Map(), absorbed: new Set() };
  const aside: string[] = [];
  const columns = misplaced(table, now, head);
  if (columns.some(({ name }) => isPartitionedBy(table, name))) return null;
  const statements = columns.flatMap((column) => {
    const old = quoteIdentifierIfNeeded(`${partsOf(column.name)[0]!.slice(0, 50)}__moved`);
    aside.push(`column:${table.identity}.${old}`);
    const alter = `alter table ${table.identity}`;
    // Computed, it is filled with no trigger fired; then it is a column like the other.
    const filled = {
      ...column,
      properties: { ...column.properties, generated: old, generatedKind: "stored" as const },
    };
    return [
      `${alter} rename column ${column.name} to ${old}`,
      `${alter} add column ${columnDefinition(filled, context)}`,
      `${alter} alter column ${column.name} drop expression`,
    ].map((sql) => ({ sql, object: column.key, subject: table.identity, destroys: null, note: null }));
  });
  return { statements, aside };
}

/** Gives the columns of a table that have to come last, one after the other, for all to stand as they shall. */
function misplaced(table: ObjectOf<"table">, base: Catalog, head: Catalog): ObjectOf<"column">[] {
  const before = new Map(columnsOf(table, base).map((column) => [column.key, column]));
  const after = columnsOf(table, head);
  let last = Number.NEGATIVE_INFINITY;
  const staying = after.findIndex(({ key }) => {
    const { position = last } = before.get(key) ?? {};
    const isBehind = position > last;
    last = position;
    return !isBehind;
  });
  return staying === -1 ? [] : after.slice(staying).flatMap(({ key }) => before.get(key) ?? []);
}

const columnsOf = ({ key }: ObjectOf<"table">, { objects }: Catalog): ObjectOf<"column">[] =>
  [...objects.values()]
    .filter((one): one is ObjectOf<"column"> => one.kind === "column" && one.parent === key)
    .sort((a, b) => a.position! - b.position!);
