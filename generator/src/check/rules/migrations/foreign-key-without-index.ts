import { ruleOptions } from "../../../config/options/rules.ts";
import { statementRule } from "../rule.ts";
import { foreignKeys } from "./foreign-keys.ts";

export const foreignKeyWithoutIndex = statementRule({
  code: "foreign-key-without-index",
  severity: "warning",
  summary: "a foreign key that acts on DELETE, and whose columns no index begins with",
  why: "With `on delete cascade` or `set null`, deleting a row searches this table for rows that refer to it: from end to end, once for each row deleted, while locks are held. Indexes count as they are when all migrations have run; of a key of several columns, an index that begins with one of them is enough. (A key without an action on DELETE is searched too; but rows that nothing happens to are seldom deleted.)",
  mend: "Create an index that begins with the key's columns (concurrently, where the table is in use).",
  alike: ["eugene E15"],
  *check(statement) {
    const { actions } = ruleOptions(statement.migration.options.rules, "foreign-key-without-index");
    const keys = foreignKeys(statement, ({ fk_del_action }) =>
      actions.some((action) => ACTIONS[action] === (fk_del_action || "a")),
    );
    for (const { table, columns, location } of keys) {
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
