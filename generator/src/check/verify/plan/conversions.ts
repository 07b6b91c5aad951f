import type { Query } from "../../../model/query.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { parseScript } from "../../../postgres/raw-parse.ts";
import type { Catalog, CatalogObject } from "../../schema/catalog.ts";
import { addedFiles } from "../added-files.ts";
import { usingsIn } from "../assigned.ts";
import { columnsNamed, usesColumn } from "../rewritten.ts";

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
  const said = new Map<string, string | null>();
  for (const { text } of addedFiles(base, head))
    for (const statement of await parseScript(text).catch(() => []))
      for (const [path, using] of usingsIn(statement, text))
        for (const { key } of columnsNamed(path, from)) said.set(key, using);
  return [...said].flatMap(([column, using]) => {
    const [before, after] = [from.objects.get(column), to.objects.get(column)];
    if (using === null || before?.kind !== "column" || after?.kind !== "column") return [];
    return before.properties.type === after.properties.type ? [] : [{ column, using }];
  });
}

interface Schema {
  readonly files: readonly SchemaFile[];
  readonly catalog: Catalog;
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
  for (const { column: key, using } of conversions) {
    const column = catalog.objects.get(key);
    if (column !== undefined && usesColumn(query, column, catalog, USES)) return { column, using };
  }
  return null;
}

const USES = new Set(["select", "insert", "update"] as const);
