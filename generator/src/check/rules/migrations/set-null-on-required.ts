import { nodesOf } from "../../../postgres/raw-tree.ts";
import { tableName } from "../../migrations/alter-table.ts";
import type { CheckedStatement } from "../../migrations/checked.ts";
import { statementRule } from "../rule.ts";
import { foreignKeys } from "./foreign-keys.ts";

export const setNullOnRequired = statementRule({
  code: "set-null-on-required",
  severity: "error",
  summary: "a foreign key whose action leaves a column without a value that has to have one",
  why: "PostgreSQL takes the key, and refuses each DELETE or UPDATE of a row that is referred to: `on delete set null` writes NULL to a column that is NOT NULL, `set default` a default that is none. Columns and defaults count as they are when all migrations have run.",
  mend: "Let the column be NULL, give it a default, or have the key refuse or delete along: `on delete restrict`, `on delete cascade`.",
  alike: [],
  *check(statement) {
    const { emptied } = statement.migration.outcome;
    for (const { table, columns, location } of madeHere(statement)) {
      const column = columns.find((one) => emptied.has(`${table}.${one}`));
      if (column === undefined) continue;
      yield {
        message: `what "${column}" of "${table}" refers to can be neither deleted nor changed: the foreign key leaves it without a value, and it is NOT NULL`,
        location,
      };
    }
  },
});

type Made = ReturnType<typeof foreignKeys>[number];

const EMPTYING = new Set(["n", "d"]);

/** Gives the keys that act so, and the columns that have to have a value from now on, or have no default any more. */
function madeHere(statement: CheckedStatement): Made[] {
  const keys = foreignKeys(statement, ({ fk_del_action, fk_upd_action }) =>
    [fk_del_action, fk_upd_action].some((action) => EMPTYING.has(action ?? "a")),
  );
  const { kind, tree } = statement;
  const table = tableName(statement);
  if (kind !== "AlterTableStmt" || table === undefined) return keys;
  const altered = nodesOf(tree.cmds, "AlterTableCmd").flatMap(({ subtype, name, def }): Made[] =>
    name !== undefined &&
    (subtype === "AT_SetNotNull" || (subtype === "AT_ColumnDefault" && def === undefined))
      ? [{ table, columns: [name], location: undefined }]
      : [],
  );
  return [...keys, ...altered];
}
