import type { AlterTableCmd, ColumnDef, Constraint } from "libpg-query";
import { nodeOf, nodesOf, type RawNode } from "../../postgres/raw-tree.ts";
import type { CheckedStatement, TableState } from "./checked.ts";

export interface AlterCommand {
  /** `AT_AddColumn` … */
  readonly subtype: AlterTableCmd["subtype"];
  /** The column or constraint that it names. */
  readonly name: string;
  readonly def: RawNode | undefined;
  readonly node: AlterTableCmd;
}

/** The subcommands of an ALTER TABLE; none for anything else. */
export function alterCommands({ kind, tree }: CheckedStatement): readonly AlterCommand[] {
  if (kind !== "AlterTableStmt" || tree.objtype !== "OBJECT_TABLE") return [];
  return nodesOf(tree.cmds, "AlterTableCmd").map((node) => ({
    subtype: node.subtype,
    name: node.name ?? "",
    def: node.def,
    node,
  }));
}

/** The name of the table that a CREATE TABLE or ALTER TABLE is about. */
export function tableName({ kind, tree }: CheckedStatement): string | undefined {
  return kind === "CreateStmt" || kind === "AlterTableStmt" ? tree.relation?.relname : undefined;
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
  readonly column: ColumnDef;
  readonly constraints: readonly Constraint[];
  /** Whether it is added to a table that was there before. */
  readonly added: boolean;
}

/** The columns that a CREATE TABLE or ALTER TABLE … ADD COLUMN defines. */
export function columnDefinitions(statement: CheckedStatement): readonly ColumnDefinition[] {
  const { kind, tree } = statement;
  const define = (column: ColumnDef, added: boolean): ColumnDefinition => ({
    column,
    added,
    constraints: nodesOf(column.constraints, "Constraint"),
  });
  if (kind === "CreateStmt")
    return nodesOf(tree.tableElts, "ColumnDef").map((column) => define(column, false));
  return alterCommands(statement).flatMap(({ subtype, def }) => {
    const column = subtype === "AT_AddColumn" ? nodeOf(def, "ColumnDef") : undefined;
    return column ? [define(column, true)] : [];
  });
}

/** The constraints that an ALTER TABLE adds, those written with a column included. */
export function addedConstraints(statement: CheckedStatement): readonly Constraint[] {
  return alterCommands(statement).flatMap(({ subtype, def }) => {
    if (subtype === "AT_AddColumn") return nodesOf(nodeOf(def, "ColumnDef")?.constraints, "Constraint");
    const constraint = subtype === "AT_AddConstraint" ? nodeOf(def, "Constraint") : undefined;
    return constraint ? [constraint] : [];
  });
}
