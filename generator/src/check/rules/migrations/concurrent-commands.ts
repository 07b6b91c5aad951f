import { ruleOptions } from "../../../config/options/rules.ts";
import { namesOf, nodeOf } from "../../../postgres/raw-tree.ts";
import { alterCommands, tableInUse } from "../../migrations/alter-table.ts";
import { showTable } from "../../migrations/locks.ts";
import { runsOutside } from "../../migrations/observe.ts";
import { hiddenParts } from "../hidden-parts.ts";
import { lists } from "../listed-tables.ts";
import { behindWord, isAlone } from "../mend.ts";
import { statementRule } from "../rule.ts";

const OUTSIDE =
  "It must run outside of a transaction: give it a migration of its own, marked so for your tool.";

export const indexNotConcurrent = statementRule({
  code: "index-not-concurrent",
  severity: "error",
  summary: "CREATE INDEX without CONCURRENTLY blocks writes while the index is built",
  why: "The whole table is read and sorted under a SHARE lock: every insert, update and delete waits, for minutes on a big table.",
  mend: `Use \`create index concurrently\`. ${OUTSIDE} On a partitioned table, create the index on each partition concurrently, then \`create index on only\` the parent and attach them.`,
  alike: [
    "atlas PG101",
    "squawk require-concurrent-index-creation",
    "eugene E6",
    "pg-schema-diff INDEX_BUILD",
  ],
  *check(statement) {
    if (statement.kind !== "IndexStmt" || statement.tree.concurrent) return;
    const table = tableInUse(statement);
    const { small_tables, rules } = statement.migration.options;
    const { except } = ruleOptions(rules, "index-not-concurrent");
    if (!table || lists([...except, ...small_tables], table)) return;
    const built = statement.effects.work.some((work) => work.kind === "index build" && !work.table.isNew);
    if (built || statement.effects.error)
      yield {
        message: `${showTable(table)} cannot be written to while this index is built`,
        // PostgreSQL has no concurrent form for a partitioned table.
        ...(isAlone(statement) && table.kind !== "p"
          ? { edits: behindWord(statement.text, ["index"], "concurrently") }
          : {}),
      };
  },
});

export const dropIndexNotConcurrent = statementRule({
  code: "drop-index-not-concurrent",
  severity: "warning",
  summary: "DROP INDEX without CONCURRENTLY locks the table against everybody",
  why: "It takes an ACCESS EXCLUSIVE lock on the table. The drop itself is short, but it first waits for every running query on the table, and everything else queues up behind it.",
  mend: `Use \`drop index concurrently\`. ${OUTSIDE}`,
  alike: ["atlas PG102", "squawk require-concurrent-index-deletion"],
  *check(statement) {
    for (const { name, table } of hiddenParts(statement, "index"))
      if (table.kind !== "p")
        yield { message: `dropping "${name}" locks ${showTable(table)} against reads and writes` };
    const { kind, tree, tables, text, transaction } = statement;
    if (kind !== "DropStmt" || tree.removeType !== "OBJECT_INDEX" || tree.concurrent) return;
    for (const object of tree.objects ?? []) {
      const name = namesOf(nodeOf(object, "List")?.items).at(-1) ?? "";
      const table = tables.ofIndex(name);
      // PostgreSQL drops an index of a partitioned table in no other way.
      if (table && !table.isNew && table.kind !== "p")
        yield {
          message: `dropping "${name}" locks ${showTable(table)} against reads and writes`,
          // It takes one index at a time, and nothing along.
          ...(isAlone({ transaction }) && tree.objects?.length === 1 && tree.behavior !== "DROP_CASCADE"
            ? { edits: behindWord(text, ["index"], "concurrently") }
            : {}),
        };
    }
  },
});

export const reindexNotConcurrent = statementRule({
  code: "reindex-not-concurrent",
  severity: "error",
  summary: "REINDEX without CONCURRENTLY blocks writes, and reads by the index, while it runs",
  why: "The table cannot be written to until the index is rebuilt, and queries that would use the index wait.",
  mend: `Use \`reindex … concurrently\`. ${OUTSIDE}`,
  alike: ["squawk require-concurrent-reindex"],
  *check({ kind, tree, tables, text, transaction }) {
    if (kind !== "ReindexStmt" || JSON.stringify(tree.params ?? []).includes('"concurrently"')) return;
    if (tree.relation && tables.all.every((table) => table.isNew)) return;
    yield {
      message: "the table cannot be written to while its indexes are rebuilt",
      ...(isAlone({ transaction }) && tree.kind !== "REINDEX_OBJECT_SYSTEM"
        ? { edits: behindWord(text, ["index", "table", "schema", "database"], "concurrently") }
        : {}),
    };
  },
});

const BESIDE_DEFAULT =
  "PostgreSQL detaches nothing concurrently where there is a default partition: set a `lock_timeout`, so that nobody waits long behind this.";

export const detachNotConcurrent = statementRule({
  code: "detach-not-concurrent",
  severity: "error",
  summary: "DETACH PARTITION without CONCURRENTLY locks the whole partitioned table",
  why: "It takes an ACCESS EXCLUSIVE lock on the parent: all its partitions can neither be read nor written, until every running query on any of them has ended.",
  mend: `Use \`detach partition … concurrently\` (PostgreSQL 14). ${OUTSIDE} Where there is a default partition, PostgreSQL does not: a \`lock_timeout\` sees to it that nobody waits long.`,
  alike: ["squawk require-concurrent-partition-detach"],
  *check(statement) {
    const table = tableInUse(statement);
    if (!table) return;
    const commands = alterCommands(statement);
    for (const { subtype, def } of commands) {
      if (subtype !== "AT_DetachPartition" || nodeOf(def, "PartitionCmd")?.concurrent) continue;
      const message = `detaching locks ${showTable(table)} with all its partitions`;
      if (table.defaultPartition === null) yield { message };
      else if (statement.effects.lockTimeout === "0") yield { message, hint: BESIDE_DEFAULT };
    }
  },
});

export const concurrentlyInTransaction = statementRule({
  code: "concurrently-in-transaction",
  severity: "error",
  summary: "a command that PostgreSQL refuses inside of a transaction, in a migration that is run in one",
  why: "`create index concurrently` and its kin, `vacuum` and others commit by themselves: inside of a transaction block they fail.",
  mend: "Give it a migration of its own that is run without a transaction.",
  alike: ["atlas PG103", "squawk ban-concurrent-index-creation-in-transaction"],
  *check(statement) {
    const { transaction, migration } = statement;
    if (transaction !== "block" || !runsOutside(statement)) return;
    const { tool, switchOff } = migration.mode;
    const who = tool && migration.mode.runs === "one" ? ` (${tool} runs the file in one)` : "";
    yield {
      message: `this cannot run inside of a transaction${who}`,
      ...(switchOff && migration.mode.runs === "one" ? { hint: switchOff } : {}),
    };
  },
});

export const failsInTransaction = statementRule({
  code: "fails-in-transaction",
  severity: "error",
  summary: "a statement that fails in the migration's transaction, though it works outside of one",
  why: "Some things can be used only after their transaction was committed: a value that was just added to an enum, for one. It was tried: PostgreSQL refused it.",
  mend: "Put it into the next migration.",
  *check({ effects, transaction }) {
    if (transaction === "block" && effects.error?.code === "fails-in-block")
      yield { message: effects.error.message };
  },
});
