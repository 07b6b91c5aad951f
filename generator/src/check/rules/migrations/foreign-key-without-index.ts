import type { ColumnDef, Constraint } from "libpg-query";
import { ruleOptions } from "../../../config/options/rules.ts";
import { namesOf, nodeOf, nodesOf } from "../../../postgres/raw-tree.ts";
import { tableName } from "../../migrations/alter-table.ts";
import type { CheckedStatement } from "../../migrations/checked.ts";
import { statementRule } from "../rule.ts";

export const foreignKeyWithoutIndex = statementRule({
  code: "foreign-key-without-index",
  severity: "warning",
  summary: "a foreign key that acts on DELETE, and whose columns no index begins with",
  why: "With `on delete cascade` or `set null`, deleting a row searches this table for rows that refer to it: from end to end, once for each row deleted, while locks are held. Indexes count as they are when all migrations have run; of a key of several columns, an index that begins with one of them is enough. (A key without an action on DELETE is searched too; but rows that nothing happens to are seldom deleted.)",
  mend: "Create an index that begins with the key's columns (concurrently, where the table is in use).",
  alike: ["eugene E15"],
  *check(statement) {
    for (const { table, columns, location } of foreignKeys(statement)) {
      const indexes = statement.migration.outcome.indexes.get(table);
      // Dropped or renamed by a later migration.
      if (!indexes) continue;
      if (indexes.some(([first]) => first != null && columns.includes(first))) continue;
      const shown = columns.map((column) => `"${column}"`).join(", ");
      yield { message: `no index of "${table}" begins with ${shown}`, location };
    }
  },
});

/** `pg_constraint.confdeltype`. */
const ACTIONS = {
  cascade: "c",
  "set null": "n",
  "set default": "d",
  restrict: "r",
  "no action": "a",
} as const;

interface ForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly location: number | undefined;
}

function foreignKeys(statement: CheckedStatement): ForeignKey[] {
  const { kind, tree } = statement;
  const table = tableName(statement);
  if (table === undefined) return [];
  const { actions } = ruleOptions(statement.migration.options.rules, "foreign-key-without-index");
  const key = (constraint: Constraint | undefined, column?: string): ForeignKey[] =>
    constraint?.contype === "CONSTR_FOREIGN" &&
    actions.some((action) => ACTIONS[action] === (constraint.fk_del_action || "a"))
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
