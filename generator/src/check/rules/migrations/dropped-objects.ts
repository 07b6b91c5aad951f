import type { DropStmt } from "libpg-query";
import { namesOf, nodeOf, nodesOf } from "../../../postgres/raw-tree.ts";
import { addedConstraints, alterCommands, tableInUse } from "../../migrations/alter-table.ts";
import type { CheckedStatement, ConstraintState, TableRef, TableState } from "../../migrations/checked.ts";
import { showTable } from "../../migrations/locks.ts";
import { hiddenParts } from "../hidden-parts.ts";
import { statementRule } from "../rule.ts";

/** The names in a DROP, each with its schema where one is written. */
function dropped({ objects = [] }: DropStmt): { readonly schema: string | null; readonly name: string }[] {
  return objects.map((object) => {
    const list = nodeOf(object, "List");
    const parts = namesOf(list ? list.items : [object]);
    return { schema: parts.length > 1 ? parts.at(-2)! : null, name: parts.at(-1) ?? "" };
  });
}

const GRADUALLY =
  "Deploy code that no longer uses it first, and drop it with a later migration. Keep a backup, or rename it for a while.";

export const dropTable = statementRule({
  code: "drop-table",
  severity: "error",
  summary: "a table or view in use is dropped",
  why: "The rows of a table are gone, and every statement of the running version that mentions it fails from this moment on.",
  mend: GRADUALLY,
  alike: ["atlas DS102", "squawk ban-drop-table"],
  *check(statement) {
    for (const { table } of hiddenParts(statement, "table", "view"))
      if (!isMadeAgain(statement, table)) yield { message: `${whole(table)} dropped` };
    if (statement.kind !== "DropStmt" || !DROPPED_WHOLE.test(statement.tree.removeType ?? "")) return;
    for (const { schema, name } of dropped(statement.tree)) {
      const table = statement.tables.get({ relname: name, ...(schema && { schemaname: schema }) });
      if (table && !table.isNew && !isMadeAgain(statement, table))
        yield { message: `${whole(table)} dropped` };
    }
  },
});

const DROPPED_WHOLE = /^OBJECT_(?:TABLE|VIEW|MATVIEW)$/;

const isView = ({ kind }: TableRef): boolean => kind === "v" || kind === "m";
const whole = (table: TableRef): string =>
  isView(table) ? `the view ${showTable(table)} is` : `the table ${showTable(table)} and its rows are`;

/** Tells whether a view is made again under its name, by the same migration: then it is changed, not dropped. */
function isMadeAgain({ migration, index }: CheckedStatement, table: TableRef): boolean {
  return (
    isView(table) &&
    migration.statements.some(
      (other) =>
        other.index > index &&
        ((other.kind === "ViewStmt" && other.tree.view?.relname === table.name) ||
          (other.kind === "CreateTableAsStmt" && other.tree.into?.rel?.relname === table.name) ||
          (other.kind === "CreateStmt" && other.tree.relation?.relname === table.name) ||
          (other.kind === "RenameStmt" && other.tree.newname === table.name)),
    )
  );
}

export const dropSchema = statementRule({
  code: "drop-schema",
  severity: "error",
  summary: "a schema is dropped",
  why: "With `cascade`, everything in it goes: tables, their rows, types, functions.",
  mend: "Drop what is in it one by one, so that the review sees each, and the schema at the end without `cascade`.",
  alike: ["atlas DS101"],
  *check(statement) {
    const { kind, tree, migration } = statement;
    if (kind !== "DropStmt" || tree.removeType !== "OBJECT_SCHEMA") return;
    for (const { name } of dropped(tree)) {
      const isOwn = migration.statements.some(
        (s) => s.kind === "CreateSchemaStmt" && s.tree.schemaname === name,
      );
      if (!isOwn && tree.behavior === "DROP_CASCADE")
        yield { message: `the schema "${name}" and everything in it are dropped` };
    }
  },
});

export const dropDatabase = statementRule({
  code: "drop-database",
  severity: "error",
  summary: "a migration drops a database",
  why: "It belongs to no migration of a schema: it takes everything, and cannot run in a transaction.",
  mend: "Do it by hand.",
  alike: ["squawk ban-drop-database"],
  *check({ kind, tree }) {
    if (kind === "DropdbStmt") yield { message: `the database "${tree.dbname}" is dropped` };
  },
});

export const dropColumn = statementRule({
  code: "drop-column",
  severity: "error",
  summary: "a column of a table in use is dropped",
  why: "Its values are gone, and every statement of the running version that mentions it fails, as does `select *` where the columns are listed when it was generated.",
  mend: `${GRADUALLY} If inserts must go on without it, drop its NOT NULL first.`,
  alike: ["atlas DS103", "squawk ban-drop-column", "strong_migrations removing a column"],
  *check(statement) {
    for (const { name, table } of hiddenParts(statement, "column"))
      yield { message: `the column "${name}" of ${showTable(table)} is dropped` };
    const table = tableInUse(statement);
    if (!table) return;
    for (const { subtype, name } of alterCommands(statement)) {
      const isThere = table.columns.some((column) => column.name === name);
      if (subtype === "AT_DropColumn" && isThere)
        yield { message: `the column "${name}" of ${showTable(table)} is dropped` };
    }
  },
});

export const dropConstraint = statementRule({
  code: "drop-constraint",
  severity: "warning",
  summary: "a foreign key, unique or check constraint of a table in use is dropped",
  why: "From now on rows come in that the constraint kept out, and it cannot come back until they are mended. An `on conflict` that relies on a unique constraint fails at once.",
  mend: "If the constraint is replaced, add the new one first, or do both in one `alter table`. If it goes for good, ignore this finding with the reason.",
  alike: ["atlas CD101", "pg-schema-diff CORRECTNESS"],
  *check(statement) {
    const table = tableInUse(statement);
    if (!table) return;
    const commands = alterCommands(statement);
    for (const { subtype, name } of commands) {
      const constraint = table.constraints.find((c) => c.name === name);
      if (subtype !== "AT_DropConstraint" || !constraint || !(constraint.type in SHOWN)) continue;
      if (isReplaced(statement, name, constraint) || isRedundant(statement, table, constraint)) continue;
      yield { message: `the ${SHOWN[constraint.type]} "${name}" of ${showTable(table)} is dropped` };
    }
  },
});

const SHOWN: Readonly<Record<string, string>> = {
  f: "foreign key",
  u: "unique constraint",
  p: "primary key",
  c: "check constraint",
  x: "exclusion constraint",
};

/** The migration adds one of the same name or on the same columns, or another primary key. */
function isReplaced(
  { migration }: CheckedStatement,
  name: string,
  { type, columns }: ConstraintState,
): boolean {
  return migration.statements.some((other) =>
    addedConstraints(other).some((added) => {
      if (type === "p" && added.contype === "CONSTR_PRIMARY") return true;
      const own = namesOf(added.fk_attrs ?? added.keys);
      return added.conname === name || (own.length > 0 && own.join() === columns.join());
    }),
  );
}

/** `check (c is not null)` of a column that is NOT NULL, or becomes so in this migration. */
function isRedundant(
  { migration }: CheckedStatement,
  table: TableState,
  { definition, columns }: ConstraintState,
): boolean {
  if (!/^CHECK \(\(+[^()]+ IS NOT NULL\)+$/.test(definition)) return false;
  return columns.every(
    (name) =>
      table.columns.some((column) => column.name === name && column.notNull) ||
      migration.statements.some((other) =>
        alterCommands(other).some((command) => command.subtype === "AT_SetNotNull" && command.name === name),
      ),
  );
}

export const dropNotNull = statementRule({
  code: "drop-not-null",
  severity: "info",
  summary: "a column may now be NULL, which running code does not expect",
  why: "Code that was written, and generated, for a column that is never NULL meets a NULL as soon as somebody writes one.",
  mend: "Deploy code that copes with NULL first.",
  alike: ["squawk ban-drop-not-null"],
  *check(statement) {
    const table = tableInUse(statement);
    if (!table) return;
    for (const { subtype, name } of alterCommands(statement)) {
      const column = table.columns.find((c) => c.name === name);
      if (subtype === "AT_DropNotNull" && column?.notNull)
        yield { message: `the column "${name}" of ${showTable(table)} may be NULL from now on` };
    }
  },
});

export const truncateTable = statementRule({
  code: "truncate-table",
  severity: "error",
  summary: "a table in use is emptied",
  why: "All rows are gone at once, under an ACCESS EXCLUSIVE lock that waits for every running query on the table, while everything else queues up behind it.",
  mend: "Delete what is no longer needed in batches, from a job. If every row is meant, ignore this finding with the reason.",
  *check(statement) {
    if (statement.kind !== "TruncateStmt" || statement.tree.behavior === "DROP_CASCADE") return;
    for (const range of nodesOf(statement.tree.relations, "RangeVar")) {
      const table = statement.tables.get(range);
      if (table && !table.isNew)
        yield { message: `all rows of ${showTable(table)} are gone`, location: range.location };
    }
  },
});

export const cascadeTakesAlong = statementRule({
  code: "cascade-takes-along",
  severity: "error",
  summary: "CASCADE drops a view, table, column or constraint that the statement does not name",
  why: "`drop … cascade` follows dependencies: a view over a dropped column, a table that inherits, the columns of a dropped type, the foreign keys that need a dropped key. What reads it fails from this moment on, and the review shows nothing of it. It was run: what is named was gone afterwards.",
  mend: "Drop what depends on it by name, first, and make it again without the column where it is still needed.",
  *check(statement) {
    const { kind, tree, effects, tables } = statement;
    const named = new Set(kind === "DropStmt" ? tables.all.map(({ oid }) => oid) : []);
    if (!/"DROP_CASCADE"/.test(JSON.stringify(tree)) || kind === "TruncateStmt") return;
    // A schema with everything in it has a rule of its own.
    if (kind === "DropStmt" && tree.removeType === "OBJECT_SCHEMA") return;
    for (const table of effects.gone)
      if (!table.isNew && !named.has(table.oid))
        yield {
          message: `${isView(table) ? "the view " : "the table "}${showTable(table)} is dropped along with it`,
        };
    const changed = kind === "AlterTableStmt" ? tables.get(tree.relation) : null;
    for (const { kind: what, name, table, became } of effects.parts) {
      if (became !== null || table.isNew || what === "table" || what === "view") continue;
      // Of the table that it changes it names what it drops, and with a column go its indexes and constraints.
      if (changed?.oid === table.oid && (what !== "column" || names(statement).includes(name))) continue;
      if (what === "index" && kind === "DropStmt" && tree.removeType === "OBJECT_INDEX") continue;
      yield { message: `the ${what} "${name}" of ${showTable(table)} is dropped along with it` };
    }
  },
});

const names = (statement: CheckedStatement): string[] => alterCommands(statement).map(({ name }) => name);

export const truncateCascade = statementRule({
  code: "truncate-cascade",
  severity: "error",
  summary: "TRUNCATE … CASCADE empties every table that refers to the one named",
  why: "`cascade` follows foreign keys from table to table: more is emptied than the statement shows.",
  mend: "Name all tables that are meant: `truncate a, b`.",
  alike: ["squawk ban-truncate-cascade"],
  *check({ kind, tree, tables }) {
    if (kind !== "TruncateStmt" || tree.behavior !== "DROP_CASCADE") return;
    if (tables.all.some((table) => !table.isNew))
      yield { message: "every table that refers to this one is emptied too" };
  },
});
