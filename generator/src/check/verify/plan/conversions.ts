import type { Query } from "../../../model/query.ts";
import type { SchemaFile } from "../../../model/source.ts";
import { partsOf } from "../../../sql/quoting.ts";
import type { Catalog, CatalogObject, ObjectOf } from "../../schema/catalog.ts";
import type { SchemaChange } from "../../schema/changes.ts";
import { addedStatements } from "../added-files.ts";
import { type Assigned, Assignments } from "../assigned.ts";
import { Routines } from "../called.ts";
import { columnsNamed, usesColumn } from "../rewritten.ts";

/** How a migration makes a column's values of those that it had: by more than a cast. */
export interface Conversion {
  /** The column in the deployed schema. */
  readonly from: CatalogObject;
  /** The column in the new one, maybe under another name. */
  readonly to: CatalogObject;
  /** The expression behind USING, or the statement, as it was written. */
  readonly by: string;
  /** Whether that is an expression, which a change of the type can have behind USING. */
  readonly isUsing: boolean;
  /** Whether its name stands for another column now: no comparison of two schemas finds that. */
  readonly isExchanged: boolean;
}

/**
 * Finds the columns that get another type in migrations that are new, and values that no cast gives: cents of euros, or a time in a zone that
 * is named. Which ones those are no catalog says. A renamed column counts also where a statement writes its values anew: two names stand for one value no more.
 */
export async function conversionsOf(
  { files: base, catalog: from }: Schema,
  { files: head, catalog: to }: Schema,
  changes: readonly SchemaChange[],
): Promise<Conversion[]> {
  const statements = await addedStatements(base, head);
  if (statements.length === 0) return [];
  const assignments = new Assignments(from, new Routines([from, to]));
  for (const statement of statements) await assignments.follow(statement);
  const before = formerColumns(changes, from, to);
  const textOf = ({ using, span }: Assigned): string =>
    using ?? statements.find((one) => one.span === span)?.sql.trim() ?? "";
  return assignments.found.flatMap((one): Conversion[] =>
    columnsNamed(one.path, to).flatMap((column) => {
      const was = before.get(column.key);
      if (was === undefined || column.kind !== "column") return [];
      const isUsing = one.using !== undefined && was.properties.type !== column.properties.type;
      const isParted = was.key !== column.key && !one.isFill && !one.isGuess;
      const isExchanged = one.isExchanged === true && was.key === column.key;
      return isUsing || isParted || isExchanged
        ? [{ from: was, to: column, by: textOf(one), isUsing, isExchanged }]
        : [];
    }),
  );
}

interface Schema {
  readonly files: readonly SchemaFile[];
  readonly catalog: Catalog;
}

/** Gives what each column of the new schema is in the deployed one, by key. */
function formerColumns(
  changes: readonly SchemaChange[],
  base: Catalog,
  head: Catalog,
): ReadonlyMap<string, ObjectOf<"column">> {
  const renamed = new Map<string, string>(
    changes.flatMap(({ change, kind, identity, from }) =>
      change === "renamed" && from !== null ? [[`${kind}:${identity}`, from] as const] : [],
    ),
  );
  const tables = new Map<string, ObjectOf<"column">>();
  const pathOf = (table: string, column: string): string => JSON.stringify([...partsOf(table), column]);
  for (const object of base.objects.values())
    if (object.kind === "column") tables.set(JSON.stringify(partsOf(object.identity)), object);
  const found = new Map<string, ObjectOf<"column">>();
  for (const object of head.objects.values()) {
    if (object.kind !== "column" || object.parent === null) continue;
    const table = head.objects.get(object.parent);
    if (table === undefined) continue;
    const name = partsOf(renamed.get(object.key) ?? object.identity).at(-1)!;
    const was = tables.get(pathOf(renamed.get(table.key) ?? table.identity, name));
    if (was !== undefined) found.set(object.key, was);
  }
  return found;
}

/** Says a statement that gives a column another type as the migration has it. */
export function asConverted(sql: string, conversions: readonly Conversion[]): string {
  const [, alter, table, column, type] = ALTER_TYPE.exec(sql) ?? [];
  if (table === undefined || column === undefined) return sql;
  const own = conversions.find(({ to, isUsing }) => isUsing && to.key === `column:${table}.${column}`);
  return own === undefined ? sql : `${alter}${type} using ${own.by}`;
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
  side: "from" | "to",
  catalog: Catalog,
): Conversion | null {
  return conversions.find((one) => usesColumn(query, one[side], catalog, USES)) ?? null;
}

const USES = new Set(["select", "insert", "update"] as const);
