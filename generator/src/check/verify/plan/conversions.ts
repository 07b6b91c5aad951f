import type { ColumnDef } from "libpg-query";
import type { Query } from "../../../model/query.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { type ParsedStatement, parseScript } from "../../../postgres/raw-parse.ts";
import { namesOf, nodeOf, nodesOf, type RawNode } from "../../../postgres/raw-tree.ts";
import { tokenize } from "../../../sql/lexer.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../../schema/catalog.ts";
import { accessOf } from "../concerns/access.ts";

/** How a migration makes a column's values of those that it had: by more than a cast. */
export interface Conversion {
  /** The column's key, in both catalogs. */
  readonly column: string;
  /** The expression behind USING, as it was written. */
  readonly using: string;
}

/**
 * Finds the columns that get another type in migrations that are new, and values that no cast gives: cents of euros, or a time in a zone that
 * is named. Which ones those are no catalog says.
 */
export async function conversionsOf(
  { files: base, catalog: from }: Schema,
  { files: head, catalog: to }: Schema,
): Promise<Conversion[]> {
  const texts = new Set(base.map(({ text }) => text));
  const said = new Map<string, string | null>();
  for (const { text, path } of head) {
    if (texts.has(text) || base.some((file) => file.path === path)) continue;
    for (const statement of await parseScript(text).catch(() => []))
      for (const [column, using] of usingsIn(statement, text)) said.set(column, using);
  }
  return [...from.objects.values()].flatMap((object) => {
    if (object.kind !== "column") return [];
    const using = said.get(nameOf(object)) ?? null;
    const next = to.objects.get(object.key);
    if (using === null || next?.kind !== "column" || next.properties.type === object.properties.type)
      return [];
    return [{ column: object.key, using }];
  });
}

interface Schema {
  readonly files: readonly SchemaFile[];
  readonly catalog: Catalog;
}

/** `table.column`, without the schema, which a migration may leave out. */
const nameOf = (column: ObjectOf<"column">): string => partsOf(column.identity).slice(-2).join(".");

/** Gives the USING of each column that gets another type; null where that only casts the column, which is done without it, too. */
function* usingsIn(statement: ParsedStatement, text: string): Generator<[column: string, string | null]> {
  if (statement.kind !== "AlterTableStmt") return;
  for (const { subtype, name, def } of nodesOf(statement.tree.cmds, "AlterTableCmd")) {
    const column = subtype === "AT_AlterColumnType" ? nodeOf(def, "ColumnDef") : undefined;
    if (column === undefined || name === undefined) continue;
    const key = `${statement.tree.relation?.relname}.${name}`;
    yield [key, isCast(column.raw_default, name) ? null : usingText(column, statement, text)];
  }
}

function isCast(expression: RawNode | undefined, column: string): boolean {
  if (expression === undefined) return true;
  const cast = nodeOf(expression, "TypeCast");
  if (cast !== undefined) return isCast(cast.arg, column);
  return namesOf(nodeOf(expression, "ColumnRef")?.fields).at(-1) === column;
}

/** The expression stands behind USING, up to the next subcommand or the end. */
function usingText({ location }: ColumnDef, { at, end }: ParsedStatement, text: string): string {
  const start = at(location ?? 0);
  const rest = text.slice(start, end);
  let depth = 0;
  let from = 0;
  for (const { kind, start: first, end: last } of tokenize(rest)) {
    const word = rest.slice(first, last);
    if (word === "(" || word === "[") depth++;
    else if (word === ")" || word === "]") depth--;
    if (depth > 0) continue;
    if (from === 0 && kind === "word" && word.toLowerCase() === "using") from = last;
    else if (from > 0 && (word === "," || word === ";")) return rest.slice(from, first).trim();
  }
  return rest.slice(from).trim();
}

/** Says a statement that gives a column another type as the migration has it. */
export function asConverted(sql: string, conversions: readonly Conversion[]): string {
  const [, alter, table, column, type] = ALTER_TYPE.exec(sql) ?? [];
  if (table === undefined || column === undefined) return sql;
  const own = conversions.find((one) => one.column === `column:${table}.${column}`);
  return own === undefined ? sql : `${alter}${type} using ${own.using}`;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const ALTER_TYPE = new RegExp(
  String.raw`^(alter table (${NAME}\.${NAME}) alter column (${NAME}) type )(.+?)(?: using .*)?$`,
  "su",
);

/** Finds a conversion of what a query reads or writes: no text of it means the same before and after. */
export function conversionMet(
  query: Query,
  conversions: readonly Conversion[],
  catalog: Catalog,
): { readonly column: CatalogObject; readonly using: string } | null {
  if (conversions.length === 0) return null;
  const { tables } = accessOf(query, catalog);
  for (const { column: key, using } of conversions) {
    const column = catalog.objects.get(key);
    if (column?.parent == null || !tables.has(column.parent)) continue;
    const [schema, table, name] = partsOf(column.identity);
    const direct = query.privileges.filter(
      (p) => "table" in p && p.schema === schema && p.table === table && p.kind !== "delete",
    );
    // Behind a view or a function it may be any column.
    if (direct.length === 0 || direct.some((p) => "columns" in p && p.columns.includes(name!)))
      return { column, using };
  }
  return null;
}
