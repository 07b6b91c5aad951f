import type { ColumnOrigin } from "../model/query.ts";
import type { RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Expression, Query, TargetEntry } from "../postgres/tree/node-types.ts";
import { everyNode } from "../postgres/tree/walk.ts";
import { readByView } from "./written-table.ts";

/**
 * The columns that a statement leaves to their default: by that word, or because its INSERT does not name them. Of a view, those of the table
 * behind it are among them, where PostgreSQL inserts there by itself.
 */
export function defaultedColumns(query: Query, catalog: CatalogReader): ColumnOrigin[] {
  const found = new Map<string, ColumnOrigin>();
  const add = ({ schema, name }: RawRelation, column: string): void => {
    found.set(JSON.stringify([schema, name, column]), { schema, table: name, column });
  };
  for (const one of everyNode(query)) {
    if (one.kind !== "Query") continue;
    const entry = one.rtable[one.resultRelation - 1];
    const relation = entry?.rtekind === "RTE_RELATION" ? catalog.relation(entry.relid) : undefined;
    if (!relation) continue;
    const inserted = one.commandType === "CMD_INSERT" ? [one.targetList] : [];
    const updated = one.commandType === "CMD_UPDATE" ? [one.targetList] : [];
    if (one.onConflict) updated.push(one.onConflict.onConflictSet);
    for (const { commandType, targetList } of one.mergeActionList) {
      if (commandType === "CMD_INSERT") inserted.push(targetList);
      if (commandType === "CMD_UPDATE") updated.push(targetList);
    }
    for (const targets of inserted)
      leaveOut(relation, new Set(numbers(targets.filter((target) => !isDefault(target, one)))), catalog, add);
    // An UPDATE through a view gives its column NULL where that has no default of its own.
    for (const number of updated.flatMap((targets) =>
      numbers(targets.filter((target) => isDefault(target, one))),
    ))
      add(relation, relation.columns.get(number)!.name);
  }
  return [...found.values()];
}

const numbers = (targets: readonly TargetEntry[]): number[] =>
  targets.flatMap(({ resno, resjunk }) => (resjunk ? [] : [resno]));

/** Tells whether a target is the word DEFAULT, be it in one row of several. */
function isDefault({ expr }: TargetEntry, query: Query): boolean {
  if (expr.kind === "SetToDefault") return true;
  const values = expr.kind === "Var" && expr.varlevelsup === 0 ? query.rtable[expr.varno - 1] : undefined;
  if (expr.kind !== "Var" || values?.rtekind !== "RTE_VALUES") return false;
  return values.values_lists.some((row) => row[expr.varattno - 1]?.kind === "SetToDefault");
}

type Add = (relation: RawRelation, column: string) => void;

/** @param given the numbers of the columns that have a value */
function leaveOut(relation: RawRelation, given: ReadonlySet<number>, catalog: CatalogReader, add: Add): void {
  const known = new Set(given);
  for (const { number, name, hasDefault } of relation.columns.values()) {
    if (given.has(number)) continue;
    add(relation, name);
    // A view's own default is a value to what is behind it.
    if (hasDefault) known.add(number);
  }
  const behind = tableBehind(relation, catalog);
  if (behind) leaveOut(behind.relation, new Set(behind.numbersOf([...known])), catalog, add);
}

/** The relation that PostgreSQL writes to in place of a view, and the numbers there of the view's columns. */
function tableBehind(
  view: RawRelation,
  catalog: CatalogReader,
): {
  readonly relation: RawRelation;
  readonly numbersOf: (columns: readonly number[]) => number[];
} | null {
  const query = view.kind === "view" && !view.hasRules ? view.viewQuery : null;
  const relation = readByView(view, catalog);
  if (!query || !relation) return null;
  const exprOf = (number: number): Expression | undefined =>
    query.targetList.find(({ resno }) => resno === number)?.expr;
  return {
    relation,
    numbersOf: (columns) =>
      columns.flatMap((number) => {
        const expr = exprOf(number);
        return expr?.kind === "Var" ? [expr.varattno] : [];
      }),
  };
}
