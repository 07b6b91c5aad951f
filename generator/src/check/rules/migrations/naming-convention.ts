import type { Constraint } from "libpg-query";
import { nodesOf } from "../../../postgres/raw-tree.ts";
import { alterCommands, columnDefinitions } from "../../migrations/alter-table.ts";
import type { CheckedStatement } from "../../migrations/checked.ts";
import { statementRule } from "../rule.ts";

export const namingConvention = statementRule({
  code: "naming-convention",
  severity: "warning",
  summary: "a name that does not follow the project's convention (turned on by `vet.naming`)",
  why: "Names that follow one convention can be guessed. They are hard to change later: code and data refer to them.",
  mend: "Choose a name that matches the expression in `vet.naming`.",
  alike: ["atlas NM101, NM102, NM103, NM104, NM105, NM106"],
  *check(statement) {
    const { naming } = statement.migration.options;
    if (!naming) return;
    for (const { what, name, location } of named(statement)) {
      const pattern = naming[what];
      if (pattern === undefined || name === undefined || new RegExp(pattern).test(name)) continue;
      yield { message: `the ${what.replace("_", " ")} "${name}" does not match ${pattern}`, location };
    }
  },
});

type What = "schema" | "table" | "column" | "index" | "foreign_key" | "check";

interface Named {
  readonly what: What;
  readonly name: string | undefined;
  readonly location?: number | undefined;
}

const RENAMED: Readonly<Record<string, What>> = {
  OBJECT_SCHEMA: "schema",
  OBJECT_TABLE: "table",
  OBJECT_COLUMN: "column",
  OBJECT_INDEX: "index",
};
const CONSTRAINTS: Readonly<Record<string, What>> = { CONSTR_FOREIGN: "foreign_key", CONSTR_CHECK: "check" };

function named(statement: CheckedStatement): Named[] {
  const { kind, tree } = statement;
  const constraints = (list: readonly Constraint[]): Named[] =>
    list.flatMap((c) => {
      const what = CONSTRAINTS[c.contype ?? ""];
      return what && c.conname ? [{ what, name: c.conname, location: c.location }] : [];
    });
  const columns = columnDefinitions(statement).flatMap(({ column, constraints: own }): Named[] => [
    { what: "column", name: column.colname, location: column.location },
    ...constraints(own),
  ]);
  switch (kind) {
    case "CreateSchemaStmt":
      return [{ what: "schema", name: tree.schemaname }];
    case "CreateStmt":
      return [
        { what: "table", name: tree.relation?.relname, location: tree.relation?.location },
        ...columns,
        ...constraints(nodesOf(tree.tableElts, "Constraint")),
      ];
    case "IndexStmt":
      return [{ what: "index", name: tree.idxname }];
    case "RenameStmt": {
      const what = RENAMED[tree.renameType ?? ""];
      return what ? [{ what, name: tree.newname }] : [];
    }
    default:
      return [
        ...columns,
        ...constraints(alterCommands(statement).flatMap(({ def }) => nodesOf(def && [def], "Constraint"))),
      ];
  }
}
