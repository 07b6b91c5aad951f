import { tableInUse } from "../../migrations/alter-table.ts";
import { showTable } from "../../migrations/locks.ts";
import { renamedParts } from "../hidden-parts.ts";
import { statementRule } from "../rule.ts";

const TWO_STEPS = "Old and new code run side by side during a deployment, and each knows one of the names.";

export const renameTable = statementRule({
  code: "rename-table",
  severity: "error",
  summary: "a table or view in use gets another name or schema",
  why: `${TWO_STEPS} Statements of the running version fail from this moment on.`,
  mend: "Keep the old name as a view (`create view old as select * from new`, which can be written to) in the same transaction, and drop it when nobody uses it.",
  alike: ["atlas BC101", "squawk renaming-table"],
  *check(statement) {
    for (const { table, became } of renamedParts(statement, "table", "view"))
      yield { message: `${showTable(table)} is called "${became}" from now on` };
    const { kind, tree, migration, index } = statement;
    if (kind === "AlterObjectSchemaStmt" && MOVED.test(tree.objectType ?? "")) {
      const moved = statement.tables.get(tree.relation);
      if (moved && !moved.isNew)
        yield { message: `${showTable(moved)} is in the schema "${tree.newschema}" from now on` };
    }
    if (kind !== "RenameStmt" || !/^OBJECT_(?:TABLE|VIEW|MATVIEW)$/.test(tree.renameType ?? "")) return;
    const table = tableInUse(statement);
    if (!table) return;
    // The old name lives on, or is a copy's that takes its place.
    const isKept = migration.statements.some(
      (other) =>
        other.index > index &&
        ((other.kind === "ViewStmt" && other.tree.view?.relname === table.name) ||
          (other.kind === "RenameStmt" && other.tree.newname === table.name)),
    );
    if (!isKept) yield { message: `${showTable(table)} is called "${tree.newname}" from now on` };
  },
});

const MOVED = /^OBJECT_(?:TABLE|VIEW|MATVIEW)$/;

export const renameColumn = statementRule({
  code: "rename-column",
  severity: "error",
  summary: "a column of a table in use gets another name",
  why: `${TWO_STEPS} Statements of the running version fail from this moment on.`,
  mend: "Add a column of the new name, write both, copy the old values in batches, read the new one, then drop the old one. Or keep the name, and rename it in the generated code (`rename` in the configuration).",
  alike: ["atlas BC102", "squawk renaming-column"],
  *check(statement) {
    for (const { name, table, became } of renamedParts(statement, "column"))
      yield { message: `the column "${name}" of ${showTable(table)} is called "${became}" from now on` };
    const { kind, tree } = statement;
    if (kind !== "RenameStmt" || tree.renameType !== "OBJECT_COLUMN") return;
    const table = tableInUse(statement);
    if (table)
      yield {
        message: `the column "${tree.subname}" of ${showTable(table)} is called "${tree.newname}" from now on`,
      };
  },
});

export const renameSchema = statementRule({
  code: "rename-schema",
  severity: "error",
  summary: "a schema gets another name",
  why: `${TWO_STEPS} Every statement that names the schema, and every \`search_path\` with it, fails from this moment on.`,
  mend: "Create the new schema and move one thing at a time, with views left at the old place.",
  alike: ["strong_migrations renaming a schema"],
  *check({ kind, tree, migration }) {
    if (kind !== "RenameStmt" || tree.renameType !== "OBJECT_SCHEMA") return;
    const isOwn = migration.statements.some(
      (s) => s.kind === "CreateSchemaStmt" && s.tree.schemaname === tree.subname,
    );
    if (!isOwn) yield { message: `the schema "${tree.subname}" is called "${tree.newname}" from now on` };
  },
});

export const renameEnumValue = statementRule({
  code: "rename-enum-value",
  severity: "error",
  summary: "an enum value gets another name",
  why: `${TWO_STEPS} The running version writes the old one, which is refused, and reads one that it does not know.`,
  mend: "Add the new value (`alter type … add value`), deploy code that knows both, and update the rows.",
  alike: ["strong_migrations renaming an enum value"],
  *check({ kind, tree }) {
    if (kind === "AlterEnumStmt" && tree.oldVal)
      yield { message: `the enum value "${tree.oldVal}" is called "${tree.newVal}" from now on` };
  },
});
