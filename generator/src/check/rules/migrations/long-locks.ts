import type { AlterTableType } from "libpg-query";
import { nodeOf, typeNameOf } from "../../../postgres/raw-tree.ts";
import { addedConstraints, alterCommands, columnDefinitions } from "../../migrations/alter-table.ts";
import type { CheckedStatement, Work } from "../../migrations/checked.ts";
import { lockClause, showTable } from "../../migrations/locks.ts";
import { lists } from "../listed-tables.ts";
import { indexedFirst, provedFirst, validatedLater } from "../online-forms.ts";
import { statementRule } from "../rule.ts";

/** Work that was seen, under a lock that is in somebody's way, on tables in use which are not known to stay small. */
function workOnTablesInUse(statement: CheckedStatement, kind: Work["kind"]): Work[] {
  const { small_tables: small } = statement.migration.options;
  return statement.effects.work.filter(
    ({ kind: seen, table }) =>
      seen === kind && !table.isNew && !lists(small, table) && lockClause(statement, table) !== "",
  );
}

export const tableRewrite = statementRule({
  code: "table-rewrite",
  severity: "error",
  summary: "the statement rewrites a table in use, row by row, while nobody can read it",
  why: "It was run: the table's file was another one afterwards. All rows are copied, and all indexes built anew, under an ACCESS EXCLUSIVE lock; twice the space is needed until it is done. Changes of type mostly do it (but for `varchar(n)` to a longer one or to `text`), as do a default that differs from row to row, a stored generated column, `serial` and identity columns.",
  mend: "Add a new column without a default, fill it in batches, and switch over. For a default: add the column without, `set default` for new rows, fill the old ones in batches.",
  alike: [
    "atlas PG301, PG302",
    "squawk changing-column-type, adding-field-with-default",
    "eugene E5, E10, E11",
    "strong_migrations changing the type of a column",
  ],
  *check(statement) {
    if (isAboutWholeTables(statement)) return;
    for (const { table } of workOnTablesInUse(statement, "rewrite")) {
      if (table.kind !== "r") continue;
      const whole = asAWhole(statement);
      yield {
        message: `${showTable(table)} is rewritten${lockClause(statement, table)}${whole?.reason ?? reason(statement)}`,
        ...(whole && { hint: whole.hint }),
      };
    }
  },
});

/** Commands whose purpose it is have rules of their own. */
function isAboutWholeTables({ kind }: CheckedStatement): boolean {
  return kind === "RefreshMatViewStmt" || kind === "ClusterStmt" || kind === "VacuumStmt";
}

const COPY =
  "Make a table like it in the new form, fill it in batches while a trigger brings along what is written meanwhile, and switch the names; `pg_repack` does that for a tablespace.";

/** What is done to a table as a whole, columns as they are, and what to do instead. */
const WHOLE: Partial<Record<AlterTableType, { readonly reason: string; readonly hint: string }>> = {
  AT_SetUnLogged: {
    reason: ": it becomes unlogged",
    hint: `An unlogged table is empty after a crash, and on every replica: is that meant? ${COPY}`,
  },
  AT_SetLogged: { reason: ": all its rows are written to the log", hint: COPY },
  AT_SetTableSpace: { reason: ": it is moved to another tablespace", hint: COPY },
  AT_SetAccessMethod: { reason: ": it is stored by another access method", hint: COPY },
};

function asAWhole(statement: CheckedStatement): (typeof WHOLE)[AlterTableType] {
  const command = alterCommands(statement).find(({ subtype }) => subtype !== undefined && subtype in WHOLE);
  return command?.subtype === undefined ? undefined : WHOLE[command.subtype];
}

function reason(statement: CheckedStatement): string {
  for (const { column, constraints, added } of columnDefinitions(statement)) {
    if (!added) continue;
    const generated = constraints.find((c) => c.contype === "CONSTR_GENERATED" && c.generated_kind !== "v");
    if (generated) return `: "${column.colname}" is a stored generated column`;
    if (/^(small|big)?serial$/.test(typeNameOf(column.typeName)))
      return `: each row gets its number of "${column.colname}"`;
    if (constraints.some((c) => c.contype === "CONSTR_IDENTITY"))
      return `: each row gets its number of "${column.colname}"`;
    const byDefault = constraints.find((c) => c.contype === "CONSTR_DEFAULT");
    if (byDefault !== undefined && nodeOf(byDefault.raw_expr, "A_Const") === undefined)
      return `: the default of "${column.colname}" differs from row to row`;
  }
  const changed = alterCommands(statement).find(({ subtype }) => subtype === "AT_AlterColumnType");
  if (changed) return `: "${changed.name}" changes its type`;
  // A constant default, or none, makes rows anew only where a domain has a say in it.
  const isAdded = columnDefinitions(statement).some(({ added }) => added);
  return isAdded ? ": the new column's domain has rules, which each row is held against" : "";
}

export const vacuumFull = statementRule({
  code: "vacuum-full",
  severity: "error",
  summary: "VACUUM FULL and CLUSTER rewrite a table while nobody can read it",
  why: "They copy the whole table under an ACCESS EXCLUSIVE lock.",
  mend: "Use `pg_repack` or `pg_squeeze`, which copy the table while it is in use.",
  alike: ["squawk prefer-repack"],
  *check({ kind, tree, tables }) {
    const isFull =
      kind === "VacuumStmt" &&
      tree.is_vacuumcmd &&
      JSON.stringify(tree.options ?? []).includes('"defname":"full"');
    if (!isFull && kind !== "ClusterStmt") return;
    if (tables.all.length > 0 && tables.all.every((table) => table.isNew)) return;
    yield { message: `${isFull ? "VACUUM FULL" : "CLUSTER"} locks the table until it is copied` };
  },
});

const NOT_VALID =
  "Add it with `not valid`, which holds for new rows at once, and `validate constraint` in a later migration: that reads the table too, but lets everybody read and write meanwhile.";

export const foreignKeyValidates = statementRule({
  code: "foreign-key-validates",
  severity: "error",
  summary: "a foreign key is checked against every row while both tables cannot be written to",
  why: "It was seen: PostgreSQL joins the two tables to find rows without a partner, under a SHARE ROW EXCLUSIVE lock on both, so that neither takes writes until it is done.",
  mend: NOT_VALID,
  alike: ["squawk adding-foreign-key-constraint", "eugene E1", "strong_migrations adding a foreign key"],
  *check(statement) {
    for (const { table } of workOnTablesInUse(statement, "foreign key check"))
      yield {
        message: `the rows of ${showTable(table)} are checked for their partners, and neither table takes writes meanwhile`,
        ...validatedLater(statement, "CONSTR_FOREIGN"),
      };
  },
});

export const constraintValidates = statementRule({
  code: "constraint-validates",
  severity: "error",
  summary: "a CHECK constraint is checked against every row while nobody can read the table",
  why: "It was seen: PostgreSQL reads the whole table under an ACCESS EXCLUSIVE lock.",
  mend: NOT_VALID,
  alike: [
    "atlas PG305",
    "squawk constraint-missing-not-valid",
    "eugene E1",
    "strong_migrations adding a check constraint",
  ],
  *check(statement) {
    const checks = addedConstraints(statement).filter(
      (c) => c.contype === "CONSTR_CHECK" && !c.skip_validation,
    );
    if (checks.length === 0) return;
    for (const { table } of workOnTablesInUse(statement, "scan"))
      yield {
        message: `every row of ${showTable(table)} is checked${lockClause(statement, table)}`,
        location: checks[0]!.location,
        ...validatedLater(statement, "CONSTR_CHECK"),
      };
  },
});

export const notNullValidates = statementRule({
  code: "not-null-validates",
  severity: "error",
  summary: "SET NOT NULL reads every row while nobody can read the table",
  why: "It was seen: PostgreSQL looks at every row for a NULL, under an ACCESS EXCLUSIVE lock, and refuses where there is one. It looks at none where a valid CHECK constraint proves that there is none.",
  mend: "Add `check (c is not null) not valid`, `validate constraint` in a later migration, then `set not null`, which is immediate now, and drop the check.",
  alike: [
    "atlas MF104, PG303",
    "squawk adding-not-nullable-field",
    "eugene E2",
    "strong_migrations setting NOT NULL",
  ],
  *check(statement) {
    const commands = alterCommands(statement).filter(({ subtype }) => subtype === "AT_SetNotNull");
    if (commands.length === 0) return;
    for (const { table } of workOnTablesInUse(statement, "scan")) {
      const names = commands.map(({ name }) => `"${name}"`).join(", ");
      yield {
        message: `every row of ${showTable(table)} is searched for a NULL in ${names}${lockClause(statement, table)}`,
        ...provedFirst(statement, table),
      };
    }
  },
});

export const constraintBuildsIndex = statementRule({
  code: "constraint-builds-index",
  severity: "error",
  summary: "a UNIQUE or PRIMARY KEY constraint builds its index while nobody can read the table",
  why: "It was seen: the index is built under an ACCESS EXCLUSIVE lock. And where two rows are equal already, the migration fails.",
  mend: "`create unique index concurrently` first, in a migration without a transaction; then `add constraint … unique using index …` (or `primary key using index …`), which takes an instant.",
  alike: [
    "atlas MF101, PG104, PG105",
    "squawk disallowed-unique-constraint, adding-serial-primary-key-field",
    "eugene E7",
    "strong_migrations adding a unique constraint",
  ],
  *check(statement) {
    if (
      !addedConstraints(statement).some(
        (c) => c.contype === "CONSTR_UNIQUE" || c.contype === "CONSTR_PRIMARY",
      )
    )
      return;
    for (const { table, index } of workOnTablesInUse(statement, "index build"))
      yield {
        message: `the index "${index}" is built${lockClause(statement, table)} of ${showTable(table)}`,
        ...indexedFirst(statement),
      };
  },
});

export const exclusionConstraint = statementRule({
  code: "exclusion-constraint",
  severity: "error",
  summary: "an EXCLUDE constraint on a table in use builds its index while nobody can read the table",
  why: "The index is built under an ACCESS EXCLUSIVE lock, and an exclusion constraint can neither be added `not valid` nor take over an index that was built before.",
  mend: "Create a new table with the constraint, and move the rows over in batches.",
  alike: ["eugene E8", "strong_migrations adding an exclusion constraint"],
  *check(statement) {
    if (!addedConstraints(statement).some((c) => c.contype === "CONSTR_EXCLUSION")) return;
    for (const { table, index } of workOnTablesInUse(statement, "index build"))
      yield {
        message: `the index "${index}" is built${lockClause(statement, table)} of ${showTable(table)}`,
      };
  },
});

export const primaryKeyNullable = statementRule({
  code: "primary-key-nullable",
  severity: "warning",
  summary: "a primary key takes over an index whose columns may be NULL: every row is read",
  why: "`primary key using index` takes an instant only where the columns are NOT NULL already. Otherwise PostgreSQL reads the whole table under an ACCESS EXCLUSIVE lock to make them so.",
  mend: "Make the columns NOT NULL first, by way of a validated CHECK constraint.",
  alike: ["atlas PG304", "eugene W14"],
  *check(statement) {
    const key = addedConstraints(statement).find((c) => c.contype === "CONSTR_PRIMARY" && c.indexname);
    if (!key) return;
    for (const { table } of workOnTablesInUse(statement, "scan"))
      yield {
        message: `every row of ${showTable(table)} is read${lockClause(statement, table)}`,
        location: key.location,
      };
  },
});

export const refreshNotConcurrent = statementRule({
  code: "refresh-not-concurrent",
  severity: "warning",
  summary: "REFRESH MATERIALIZED VIEW without CONCURRENTLY locks readers out",
  why: "The view cannot be read until its query has run. With CONCURRENTLY (and a unique index on the view) readers see the old rows meanwhile.",
  mend: "Use `refresh materialized view concurrently`.",
  *check({ kind, tree, tables }) {
    if (kind !== "RefreshMatViewStmt" || tree.concurrent || tree.skipData) return;
    const view = tables.get(tree.relation);
    if (view && !view.isNew) yield { message: `${showTable(view)} cannot be read while it is refreshed` };
  },
});

const RETYPED =
  "The column itself is not rewritten. Drop what depends on it before (an index concurrently), and bring it back afterwards: the index concurrently, the constraint `not valid`, to be validated.";

/** What the other rules do not name: a DO block or a function call that alters tables, ATTACH PARTITION, a domain's constraint. */
export const workUnderLock = statementRule({
  code: "work-under-lock",
  severity: "error",
  summary: "a table in use is read from end to end under a lock that blocks others",
  why: "It was seen while the statement ran, whatever its text looks like: inside of a DO block or a function, for a partition that is attached or made beside a default one, for a domain whose constraint is checked, for the indexes and constraints of a column that gets another type.",
  mend: "For `attach partition`, first add a CHECK constraint `not valid` that says what the partition holds, and validate it. Otherwise look for the statement that does the work, and at the rule for that one.",
  *check(statement) {
    const { kind } = statement;
    const named = addedConstraints(statement);
    const commands = alterCommands(statement);
    const isNamed =
      kind === "IndexStmt" || named.length > 0 || commands.some(({ subtype }) => subtype === "AT_SetNotNull");
    const retypes = commands.some(({ subtype }) => subtype === "AT_AlterColumnType");
    if (isNamed || isAboutWholeTables(statement)) return;
    const told = new Set<number>();
    for (const workKind of ["scan", "index build"] as const) {
      for (const { table } of workOnTablesInUse(statement, workKind)) {
        if (told.has(table.oid)) continue;
        told.add(table.oid);
        const message = `every row of ${showTable(table)} is read${lockClause(statement, table)}`;
        const what =
          workKind === "scan"
            ? "a CHECK constraint of the column is checked"
            : "an index of the column is built";
        yield retypes
          ? { message: `${message}: ${what} anew for its other type`, hint: RETYPED }
          : { message };
      }
    }
  },
});
