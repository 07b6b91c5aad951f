import { nodesOf, type Raw } from "../raw-tree.ts";
import type { CheckedStatement, TableState } from "./checked.ts";

export interface AlterCommand {
  /** `AT_AddColumn` … */
  readonly subtype: string;
  /** The column or constraint that it names. */
  readonly name: string;
  readonly def: Raw | undefined;
  readonly node: Raw;
}

/** The subcommands of an ALTER TABLE; none for anything else. */
export function alterCommands({ kind, tree }: CheckedStatement): readonly AlterCommand[] {
  if (kind !== "AlterTableStmt" || tree.objtype !== "OBJECT_TABLE") return [];
  return nodesOf(tree.cmds, "AlterTableCmd").map((node) => ({
    subtype: node.subtype as string,
    name: (node.name as string | undefined) ?? "",
    def: node.def as Raw | undefined,
    node,
  }));
}

/** The table that the statement changes, if it was there before and is in use. */
export function tableInUse(statement: CheckedStatement): TableState | null {
  const { tree, kind, tables } = statement;
  const range =
    kind === "AlterTableStmt" || kind === "RenameStmt" || kind === "IndexStmt" ? tree.relation : undefined;
  const table = tables.get(range);
  return table && !table.isNew ? table : null;
}

export interface ColumnDefinition {
  readonly column: Raw;
  readonly constraints: readonly Raw[];
  /** Whether it is added to a table that was there before. */
  readonly added: boolean;
}

/** The columns that a CREATE TABLE or ALTER TABLE … ADD COLUMN defines. */
export function columnDefinitions(statement: CheckedStatement): readonly ColumnDefinition[] {
  const { kind, tree } = statement;
  const define = (column: Raw, added: boolean): ColumnDefinition => ({
    column,
    added,
    constraints: nodesOf(column.constraints, "Constraint"),
  });
  if (kind === "CreateStmt")
    return nodesOf(tree.tableElts, "ColumnDef").map((column) => define(column, false));
  return alterCommands(statement).flatMap(({ subtype, def }) =>
    subtype === "AT_AddColumn" && def?.ColumnDef ? [define(def.ColumnDef as Raw, true)] : [],
  );
}

/** The constraints that an ALTER TABLE adds, those written with a column included. */
export function addedConstraints(statement: CheckedStatement): readonly Raw[] {
  return alterCommands(statement).flatMap(({ subtype, def }) => {
    if (subtype === "AT_AddConstraint" && def?.Constraint) return [def.Constraint as Raw];
    if (subtype === "AT_AddColumn" && def?.ColumnDef) return nodesOf(def.ColumnDef.constraints, "Constraint");
    return [];
  });
}
