import { duration, ruleOptions } from "../../../config/options/rules.ts";
import type { CheckedStatement } from "../../migrations/checked.ts";
import { blocked, dangerousLocks, lockClause, showLock, showTable } from "../../migrations/locks.ts";
import { lists } from "../listed-tables.ts";
import { migrationRule, statementRule } from "../rule.ts";

export const workAfterLock = statementRule({
  code: "work-after-lock",
  severity: "warning",
  summary: "more work in the same transaction while a table in use is locked against writes or reads",
  why: "A lock is held until the transaction ends. What the migration does after it, to whatever table, is time in which nobody can write to the locked one, or, with ACCESS EXCLUSIVE, read it. (Only work that grows with a table counts here; a few quick changes in one transaction are fine.)",
  mend: "Do the work first, or in a migration of its own.",
  alike: ["eugene E4", "strong_migrations backfilling in the same transaction"],
  *check(statement) {
    if (statement.transaction !== "block") return;
    const held = statement.effects.locks.filter(({ table, taken }) => !table.isNew && !taken);
    const locked =
      held.find(({ mode }) => blocked(mode) === "reads and writes") ??
      held.find(({ mode }) => blocked(mode) === "writes");
    if (!locked || !isLong(statement)) return;
    yield {
      message: `this runs while ${showTable(locked.table)} is locked against ${blocked(locked.mode)} by an earlier statement`,
    };
  },
});

function isLong(statement: CheckedStatement): boolean {
  const { effects, migration } = statement;
  const isSmall = (table: { schema: string; name: string; isNew: boolean }): boolean =>
    table.isNew || lists(migration.options.small_tables, table);
  if (effects.work.some(({ table }) => !isSmall(table))) return true;
  // Rows are few here, and may be many there.
  return [statement, ...statement.within].some(
    ({ kind, tables }) =>
      (kind === "UpdateStmt" || kind === "DeleteStmt" || kind === "MergeStmt") &&
      tables.all.some((table) => !isSmall(table)),
  );
}

export const backfillInMigration = statementRule({
  code: "backfill-in-migration",
  severity: "warning",
  summary: "an UPDATE or DELETE of all rows of a table in use, in one transaction",
  why: "Every row stays locked until the transaction ends, replicas fall behind, and dead rows pile up.",
  mend: "Change the rows in batches, each committed by itself, from a script or a job.",
  alike: ["strong_migrations backfilling data"],
  *check(statement) {
    const { options } = statement.migration;
    const { except } = ruleOptions(options.rules, "backfill-in-migration");
    // A block or a function does it without the text's saying so.
    const told = new Set<string>();
    for (const { kind, tree, tables } of [statement, ...statement.within]) {
      if ((kind !== "UpdateStmt" && kind !== "DeleteStmt") || choosesRows(tree.whereClause)) continue;
      const table = tables.get(tree.relation);
      if (!table || table.isNew || lists([...except, ...options.small_tables], table)) continue;
      const message = `every row of ${showTable(table)} is ${kind === "UpdateStmt" ? "updated" : "deleted"} in one transaction`;
      if (!told.has(message)) yield { message };
      told.add(message);
    }
  },
});

/** A condition without a column holds for all rows or for none. */
const choosesRows = (condition: unknown): boolean =>
  /"(?:ColumnRef|SubLink|FuncCall)"/.test(JSON.stringify(condition ?? null));

export const lockTimeoutMissing = statementRule({
  code: "lock-timeout-missing",
  severity: "off",
  summary: "a lock that blocks others is waited for without a lock_timeout",
  why: "A statement that waits for a lock makes everybody wait behind it who wants the table. One long-running report is enough, and the table stands still until it ends.",
  mend: "`set lock_timeout = '2s'` at the top of the migration (`set local` in a transaction), and try again when it fails. The setting was looked up while the migration ran, so that one made for the role or the database counts if the schema makes it.",
  alike: ["squawk require-lock-timeout", "eugene E9"],
  *check(statement) {
    const { most } = ruleOptions(statement.migration.options.rules, "lock-timeout-missing");
    const { lockTimeout } = statement.effects;
    if (isWithin(lockTimeout, most)) return;
    const lock = dangerousLocks(statement).find(({ taken }) => taken);
    if (!lock) return;
    yield {
      message: `the ${showLock(lock.mode)} lock on ${showTable(lock.table)}, which blocks ${blocked(lock.mode)}, is waited for ${lockTimeout === "0" ? "without end" : `for ${lockTimeout}, longer than ${most}`}`,
    };
  },
});

export const statementTimeoutMissing = statementRule({
  code: "statement-timeout-missing",
  severity: "off",
  summary: "a statement that locks a table may run without end: no statement_timeout",
  why: "Should the statement take longer than expected, the lock that it holds is not let go.",
  mend: "`set statement_timeout = '30s'` at the top of the migration.",
  alike: ["squawk require-statement-timeout"],
  *check(statement) {
    const { most } = ruleOptions(statement.migration.options.rules, "statement-timeout-missing");
    const { statementTimeout } = statement.effects;
    if (isWithin(statementTimeout, most)) return;
    const lock = dangerousLocks(statement).find(({ taken }) => taken);
    if (!lock) return;
    const how =
      statementTimeout === "0"
        ? "without a statement_timeout"
        : `with a statement_timeout of ${statementTimeout}, longer than ${most}`;
    yield { message: `the lock on ${showTable(lock.table)} is held ${how}` };
  },
});

/** Tells whether a setting of a time, 0 for none, is one that will do. */
function isWithin(setting: string, most: string | undefined): boolean {
  if (setting === "0") return false;
  return most === undefined || (duration(setting) ?? 0) <= (duration(most) ?? 0);
}

const isBegin = ({ kind, tree }: CheckedStatement): boolean =>
  kind === "TransactionStmt" && /_(BEGIN|START)$/.test(tree.kind ?? "");
const isEnd = ({ kind, tree }: CheckedStatement): boolean =>
  kind === "TransactionStmt" && /_(COMMIT|ROLLBACK)$/.test(tree.kind ?? "");

/** BEGIN or COMMIT without more ado. */
const isPlain = ({ text }: CheckedStatement): boolean =>
  /^(?:begin|start\s+transaction|commit|end)(?:\s+(?:work|transaction))?$/i.test(text);

export const transactionNesting = migrationRule({
  code: "transaction-nesting",
  severity: "error",
  summary: "BEGIN or COMMIT in a migration that its tool runs in a transaction already",
  why: "PostgreSQL has no transactions within transactions: the inner BEGIN is ignored with a warning, and the COMMIT ends the tool's own transaction, so that the rest of the file runs outside of any, and what fails there leaves half a migration behind.",
  mend: "Remove BEGIN and COMMIT, or tell the tool to run the file without a transaction.",
  alike: ["squawk transaction-nesting"],
  *check(migration) {
    // A file that is sent as one query may well bring its own transaction.
    const { tool, runs, switchOff } = migration.mode;
    if (runs !== "one" || tool === null || SENDS_WHOLE.has(tool)) return;
    const marks = migration.statements.filter((statement) => isBegin(statement) || isEnd(statement));
    const [first, last] = marks;
    // Around all of it, and no more: then it says what the tool does anyway.
    const isAround =
      marks.length === 2 &&
      first !== undefined &&
      last !== undefined &&
      first === migration.statements[0] &&
      last === migration.statements.at(-1) &&
      isPlain(first) &&
      isPlain(last);
    for (const statement of marks) {
      yield {
        statement,
        message: `${tool} runs this file in a transaction of its own`,
        ...(switchOff ? { hint: `Remove it, or: ${switchOff}` } : {}),
        ...(isAround && statement === first
          ? { edits: marks.map((of) => ({ of, start: 0, end: of.text.length, text: "" })) }
          : {}),
      };
    }
  },
});

const SENDS_WHOLE = new Set(["golang-migrate", "Prisma"]);

export const uncommittedTransaction = migrationRule({
  code: "uncommitted-transaction",
  severity: "error",
  summary: "a migration that opens a transaction and does not end it",
  why: "The connection keeps the transaction open, with all its locks; when it closes, everything is rolled back.",
  mend: "Add the COMMIT.",
  alike: ["squawk ban-uncommitted-transaction"],
  *check({ statements }) {
    const last = statements.findLast((s) => isBegin(s) || isEnd(s));
    if (last && isBegin(last)) yield { statement: last, message: "this transaction is never committed" };
  },
});

export const separateAlters = statementRule({
  code: "separate-alters",
  severity: "info",
  summary: "several ALTER TABLE statements read or rewrite the same table one after the other",
  why: "One `alter table` with several actions goes over the rows once for all of them.",
  mend: "Write one `alter table` with the actions separated by commas.",
  alike: ["eugene W12"],
  *check(statement) {
    const { kind, tree, effects, migration, index } = statement;
    if (kind !== "AlterTableStmt") return;
    // What is in nobody's way, as `validate constraint`, may well take its time.
    const reads = effects.work.find(
      ({ kind: work, table }) =>
        (work === "rewrite" || work === "scan") && !table.isNew && lockClause(statement, table) !== "",
    );
    const before = migration.statements
      .slice(0, index)
      .some(
        (other) =>
          other.kind === "AlterTableStmt" &&
          other.tree.relation?.relname === tree.relation?.relname &&
          other.effects.work.some(({ kind: work }) => work === "rewrite" || work === "scan"),
      );
    if (reads && before)
      yield { message: `${showTable(reads.table)} is gone over again, after an earlier ALTER TABLE did so` };
  },
});
