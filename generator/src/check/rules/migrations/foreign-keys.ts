import type { ColumnDef, Constraint } from "libpg-query";
import { namesOf, nodeOf, nodesOf } from "../../../postgres/raw-tree.ts";
import { tableName } from "../../migrations/alter-table.ts";
import type { CheckedStatement } from "../../migrations/checked.ts";

/** A foreign key as a statement declares it. */
export interface ForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly location: number | undefined;
}

/** Finds the foreign keys that a statement declares, of a table or of a column. */
export function foreignKeys(
  statement: CheckedStatement,
  isMeant: (constraint: Constraint) => boolean,
): ForeignKey[] {
  const { kind, tree } = statement;
  const table = tableName(statement);
  if (table === undefined) return [];
  const key = (constraint: Constraint | undefined, column?: string): ForeignKey[] =>
    constraint?.contype === "CONSTR_FOREIGN" && isMeant(constraint)
      ? [{ table, columns: column ? [column] : namesOf(constraint.fk_attrs), location: constraint.location }]
      : [];
  const ofColumn = (column: ColumnDef): ForeignKey[] =>
    nodesOf(column.constraints, "Constraint").flatMap((constraint) => key(constraint, column.colname));
  if (kind === "CreateStmt") {
    return [
      ...nodesOf(tree.tableElts, "ColumnDef").flatMap(ofColumn),
      ...nodesOf(tree.tableElts, "Constraint").flatMap((constraint) => key(constraint)),
    ];
  }
  if (kind !== "AlterTableStmt") return [];
  return nodesOf(tree.cmds, "AlterTableCmd").flatMap(({ subtype, def }) => {
    const column = subtype === "AT_AddColumn" ? nodeOf(def, "ColumnDef") : undefined;
    return column ? ofColumn(column) : key(nodeOf(def, "Constraint"));
  });
}
