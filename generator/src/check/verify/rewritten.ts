import type { Span } from "../../model/diagnostic.ts";
import type { Query, TablePrivilege } from "../../model/query.ts";
import { isNamed, partsOf } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject } from "../schema/catalog.ts";
import { childrenOf, objectsOf } from "../schema/catalog-index.ts";
import { identityOf, lastName } from "../schema/sql/names.ts";
import type { MigrationStatement } from "./added-files.ts";
import { Assignments } from "./assigned.ts";
import type { Routines } from "./called.ts";
import {
  type AccessKind,
  accessOf,
  actionOf,
  bodyOf,
  referenced,
  setOffBy,
  wordsOf,
} from "./concerns/access.ts";
import { relationsNamed, writtenIn } from "./written-relations.ts";

/** A column of which a migration that is new makes the stored values others: no catalog says so, and no row that is tried. */
export interface Rewrite {
  /** The column's identity, which it has in both catalogs, be it of a table or of a view that took the table's name. */
  readonly column: string;
  /** The statement. */
  readonly span: Span;
  /** Whether only rows that had no value get one. */
  readonly isFill: boolean;
}

/** What running the migrations that are new on rows of the deployed schema has shown. */
export interface Watched {
  /** The columns, by identity, that were seen to have other values since a statement. */
  readonly rewrites: readonly Rewrite[];
  /** The tables, by identity, whose name gives in the end the same rows, with the same values in the columns that both schemas have. */
  readonly same: ReadonlySet<string>;
}

/**
 * Finds the columns, of those that both schemas have, whose values are written anew: as the statements say, also those of blocks and of functions
 * that are called, and as running them has shown. What a text says of some rows, the rows that are watched need not show.
 */
export async function rewritesBetween(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  routines: Routines,
  watched: Watched,
): Promise<Rewrite[]> {
  const assignments = new Assignments(base, routines);
  for (const statement of statements) await assignments.follow(statement);
  const said = assignments.found.flatMap(({ path, span, isFill, isGuess }) =>
    [...columnsMeant(path, [base, head])]
      .filter((column) => inCatalog(column, base) && inCatalog(column, head))
      .filter((column) => !isMadeOtherwise(column, base, head))
      .filter((column) => !isGuess || !watched.same.has(tableOfColumn(column, base)))
      .map((column): Rewrite => ({ column, span, isFill })),
  );
  said.push(...(await setOff(base, head, statements, routines)));
  const known = new Set(said.flatMap(({ column, isFill }) => (isFill ? [] : [column])));
  const seen = watched.rewrites.filter(({ column }) => !known.has(column));
  return [
    ...said.filter(({ column, isFill }) => !isFill || !seen.some((one) => one.column === column)),
    ...seen,
  ];
}

/** Finds the columns of tables that a statement does not name, whose values others write that it sets off: triggers and rules, where they name them, and foreign keys. */
async function setOff(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  routines: Routines,
): Promise<Rewrite[]> {
  const found: Rewrite[] = [];
  for (const { statement, sql, span } of statements) {
    const { trees } = await routines.whole(statement, sql);
    for (const { path, kinds } of trees.flatMap(writtenIn)) {
      const done = new Map(relationsNamed(path, base).map((key) => [key, kinds]));
      const { tables, keys } = setOffBy(done, base);
      const bodies = [...keys].flatMap((key) => bodyOf(base.objects.get(key)) ?? []).map(wordsOf);
      for (const [key, own] of tables) {
        if (done.has(key) || !own.has("update")) continue;
        const table = lastName(identityOf(key));
        const named = bodies.filter((words) => words.has(table));
        for (const column of childrenOf("column", key, base)) {
          const name = lastName(column.identity);
          const isWritten =
            named.some((words) => words.has(name)) || isSetByReference(key, name, tables, base);
          if (isWritten && inCatalog(column.identity, head))
            found.push({ column: column.identity, span, isFill: false });
        }
      }
    }
  }
  return found;
}

/** Tells whether a foreign key writes a column where that is done to the table that it refers to. */
function isSetByReference(
  table: string,
  column: string,
  tables: ReadonlyMap<string, ReadonlySet<AccessKind>>,
  catalog: Catalog,
): boolean {
  return childrenOf("constraint", table, catalog).some(({ properties: { definition } }) => {
    const [, columns] = /^FOREIGN KEY \(([^)]*)\)/.exec(definition) ?? [];
    if (columns === undefined || !wordsOf(columns).has(column)) return false;
    const kinds = [...tables].find(
      ([key]) => partsOf(identityOf(key)).join(".") === referenced(definition),
    )?.[1];
    return (
      (kinds?.has("delete") && actionOf(definition, "delete") === "set") ||
      (kinds?.has("update") && actionOf(definition, "update") !== null) ||
      false
    );
  });
}

/** Finds a column by its identity, be it of a table or of a view. */
export const inCatalog = (column: string, { objects }: Catalog): CatalogObject | undefined =>
  objects.get(`column:${column}`) ?? objects.get(`view column:${column}`);

/** Tells whether it is generated otherwise, which is told of the schema. */
function isMadeOtherwise(column: string, base: Catalog, head: Catalog): boolean {
  const [before, after] = [base, head].map(({ objects }) => {
    const object = objects.get(`column:${column}`);
    return object?.kind === "column" ? object.properties.generated : null;
  });
  return before !== after;
}

/** The columns, by identity, that a path may mean: of every table of that name where it has no schema, and behind a view. */
function columnsMeant(path: readonly string[], catalogs: readonly Catalog[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const catalog of catalogs) {
    for (const { identity } of columnsNamed(path, catalog)) found.add(identity);
    for (const { key } of named(path.slice(0, -1), catalog, "view"))
      for (const identity of behindView(key, path.at(-1)!, catalog)) found.add(identity);
  }
  return found;
}

/** The columns of tables behind a view's column: those of its name, or else all that it needs. */
function behindView(view: string, column: string, catalog: Catalog, seen = new Set<string>()): string[] {
  if (seen.has(view)) return [];
  seen.add(view);
  const needed = [...(catalog.needs.get(view) ?? [])].flatMap((key) => catalog.objects.get(key) ?? []);
  const columns = needed.filter(({ kind }) => kind === "column" || kind === "view column");
  const alike = columns.filter(({ identity }) => partsOf(identity).at(-1) === column);
  return (alike.length > 0 ? alike : columns).flatMap(({ kind, identity, parent }) =>
    kind === "column" || parent === null
      ? [identity]
      : behindView(parent, partsOf(identity).at(-1)!, catalog, seen),
  );
}

const tableOfColumn = (column: string, catalog: Catalog): string =>
  identityOf(inCatalog(column, catalog)?.parent ?? "");

/** The columns of tables that a path may mean: of every table of that name where it has no schema. */
export const columnsNamed = (path: readonly string[], catalog: Catalog): CatalogObject[] =>
  named(path, catalog, "column");

const named = (path: readonly string[], catalog: Catalog, which: "column" | "view"): CatalogObject[] =>
  objectsOf(which, catalog).filter(({ identity }) => isNamed(identity, path));

/** Tells whether a query does one of those things with a column; behind a function it may be any of its table, and behind a view any that the view names. */
export function usesColumn(
  query: Query,
  column: CatalogObject,
  catalog: Catalog,
  kinds: ReadonlySet<TablePrivilege["kind"]>,
): boolean {
  if (column.parent === null) return false;
  const { tables, keys } = accessOf(query, catalog);
  const done = tables.get(column.parent);
  if (done === undefined) return false;
  const [schema, table, name] = partsOf(column.identity);
  const direct = query.privileges.filter(
    (p) => "table" in p && p.schema === schema && p.table === table && p.kind !== "delete",
  );
  return (
    // What foreign keys pass on deletes rows without a look at what is in them.
    (direct.length === 0 &&
      [...done].some((kind) => kinds.has(kind)) &&
      (keys.has(column.key) || [...keys].some((key) => isOpaque(catalog.objects.get(key))))) ||
    direct.some(
      (p) => kinds.has(p.kind as TablePrivilege["kind"]) && "columns" in p && p.columns.includes(name!),
    )
  );
}

/** Tells whether PostgreSQL has not noted of which columns it makes use: a body in a text, and whole rows, which it writes as `t.*`. */
function isOpaque(object: CatalogObject | undefined): boolean {
  if (object?.kind === "view" || object?.kind === "materialized view")
    return object.properties.definition.includes(".*");
  return object?.kind === "function" || object?.kind === "procedure";
}
