import type { Constraint } from "libpg-query";
import { namesOf, nodeOf } from "../../postgres/raw-tree.ts";
import { quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import { alterCommands } from "../migrations/alter-table.ts";
import type { CheckedStatement, TableRef } from "../migrations/checked.ts";
import { atEnd, inPlaceOf, isAlone, tableIn } from "./mend.ts";
import type { Finding } from "./rule.ts";

type Mend = Partial<Pick<Finding, "edits">>;

/** Adds it for new rows, and then reads the old ones; where each statement is a transaction, the mend is certain. */
export function validatedLater(statement: CheckedStatement, contype: Constraint["contype"]): Mend {
  const constraint = onlyConstraint(statement);
  if (
    constraint === undefined ||
    constraint.contype !== contype ||
    !constraint.conname ||
    constraint.skip_validation
  )
    return {};
  const { text, tree } = statement as Extract<CheckedStatement, { kind: "AlterTableStmt" }>;
  const validate = `alter table ${tableIn(tree.relation)} validate constraint ${quoteIdentifierIfNeeded(constraint.conname)}`;
  return { edits: atEnd(text, ` not valid;\n${validate}`) };
}

/** The constraint of an ALTER TABLE that runs on its own and does nothing but add it. */
function onlyConstraint(statement: CheckedStatement): Constraint | undefined {
  const [command, ...others] = alterCommands(statement);
  if (!isAlone(statement) || others.length > 0 || command?.subtype !== "AT_AddConstraint") return undefined;
  return nodeOf(command.def, "Constraint");
}

/** A constraint that says the same is validated while everybody reads and writes; it then stands for reading every row. */
export function provedFirst(statement: CheckedStatement, table: TableRef): Mend {
  const [command, ...others] = alterCommands(statement);
  if (!isAlone(statement) || others.length > 0 || command?.subtype !== "AT_SetNotNull") return {};
  const { text, tree, tables } = statement as Extract<CheckedStatement, { kind: "AlterTableStmt" }>;
  const taken = tables.get(tree.relation)?.constraints.map(({ name }) => name) ?? [];
  const name = `${command.name}_is_not_null`;
  if (table.kind !== "r" || taken.includes(name) || Buffer.byteLength(name) > 63) return {};
  const [on, column, check] = [
    tableIn(tree.relation),
    quoteIdentifierIfNeeded(command.name),
    quoteIdentifierIfNeeded(name),
  ];
  const first = `alter table ${on} add constraint ${check} check (${column} is not null) not valid;\nalter table ${on} validate constraint ${check};\n`;
  return {
    edits: [
      { start: 0, end: 0, text: first },
      ...atEnd(text, `;\nalter table ${on} drop constraint ${check}`),
    ],
  };
}

/** The index is built while everybody reads and writes, and becomes the constraint's. */
export function indexedFirst(statement: CheckedStatement): Mend {
  const constraint = onlyConstraint(statement);
  const { text, tree, tables } = statement as Extract<CheckedStatement, { kind: "AlterTableStmt" }>;
  const {
    contype,
    conname,
    keys,
    indexname,
    including,
    options,
    indexspace,
    deferrable,
    nulls_not_distinct,
  } = constraint ?? {};
  const columns = namesOf(keys);
  if (!conname || columns.length === 0 || indexname || including || options || indexspace) return {};
  if (deferrable || nulls_not_distinct) return {};
  const table = tables.get(tree.relation);
  const isKey = contype === "CONSTR_PRIMARY";
  // A key makes its columns NOT NULL, for which it would read every row.
  const isFit = columns.every((name) => table?.columns.find((c) => c.name === name)?.notNull);
  if (table?.kind !== "r" || (isKey && !isFit)) return {};
  const [on, name] = [tableIn(tree.relation), quoteIdentifierIfNeeded(conname)];
  const list = columns.map((column) => quoteIdentifierIfNeeded(column)).join(", ");
  return {
    edits: inPlaceOf(text, [
      `create unique index concurrently ${name} on ${on} (${list})`,
      `alter table ${on} add constraint ${name} ${isKey ? "primary key" : "unique"} using index ${name}`,
    ]),
  };
}
