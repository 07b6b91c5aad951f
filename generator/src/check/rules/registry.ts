import { columnNeverRead, columnNeverWritten } from "./columns/never-used.ts";
import { columnAlignment } from "./migrations/column-alignment.ts";
import * as columnTypes from "./migrations/column-types.ts";
import * as concurrent from "./migrations/concurrent-commands.ts";
import * as conventions from "./migrations/conventions.ts";
import { dropFunction } from "./migrations/drop-function.ts";
import * as dropped from "./migrations/dropped-objects.ts";
import { foreignKeyWithoutIndex } from "./migrations/foreign-key-without-index.ts";
import * as history from "./migrations/history.ts";
import * as incompatible from "./migrations/incompatible-columns.ts";
import * as longLocks from "./migrations/long-locks.ts";
import { namingConvention } from "./migrations/naming-convention.ts";
import * as renamed from "./migrations/renamed-objects.ts";
import { setNullOnRequired } from "./migrations/set-null-on-required.ts";
import * as transactions from "./migrations/transactions.ts";
import { ambiguousColumnOrder } from "./queries/ambiguous-column-order.ts";
import { castDefeatsIndex } from "./queries/cast-defeats-index.ts";
import { filterWithoutIndex } from "./queries/filter-without-index.ts";
import { genericPlanCliff } from "./queries/generic-plan-cliff.ts";
import { handWrittenKeyset } from "./queries/hand-written-keyset.ts";
import { manyWithoutLimit } from "./queries/many-without-limit.ts";
import { newerThanTargetInQuery } from "./queries/newer-than-target.ts";
import { notInNullable } from "./queries/not-in-nullable.ts";
import { offsetPagination } from "./queries/offset-pagination.ts";
import { oneMayReturnMany } from "./queries/one-may-return-many.ts";
import { refusedWhenDistributed } from "./queries/refused-when-distributed.ts";
import { tenantKeyMissing } from "./queries/tenant-key-missing.ts";
import { tenantNotCompared } from "./queries/tenant-not-compared.ts";
import { unusedCte, unusedParameter } from "./queries/unused.ts";
import { deleteWithoutWhere, truncateInQuery, updateWithoutWhere } from "./queries/write-without-where.ts";
import type { ColumnRule, MigrationRule, QueryRule, Rule, StatementRule } from "./rule.ts";

/**
 * Every rule. `npm run new-rule` makes one: its file in `queries` or `migrations`, its line here (those on columns are written by hand), test/check/rules/<code>/{bad,good}.sql
 * and its page, which `UPDATE_PAGES=1 npm run test:only -- rule-pages` writes anew. The modules of `migrations` export nothing but rules.
 */
export const QUERY_RULES: readonly QueryRule[] = [
  updateWithoutWhere,
  deleteWithoutWhere,
  truncateInQuery,
  oneMayReturnMany,
  notInNullable,
  filterWithoutIndex,
  castDefeatsIndex,
  ambiguousColumnOrder,
  unusedCte,
  unusedParameter,
  offsetPagination,
  handWrittenKeyset,
  genericPlanCliff,
  manyWithoutLimit,
  tenantKeyMissing,
  tenantNotCompared,
  refusedWhenDistributed,
  newerThanTargetInQuery,
];

export const MIGRATION_RULES: readonly (StatementRule | MigrationRule)[] = [
  ...Object.values(dropped),
  dropFunction,
  ...Object.values(renamed),
  ...Object.values(incompatible),
  ...Object.values(longLocks),
  ...Object.values(concurrent),
  ...Object.values(transactions),
  ...Object.values(history),
  ...Object.values(columnTypes),
  foreignKeyWithoutIndex,
  setNullOnRequired,
  namingConvention,
  columnAlignment,
  ...Object.values(conventions),
];

/** On the schema as all queries together use it. */
export const COLUMN_RULES: readonly ColumnRule[] = [columnNeverRead, columnNeverWritten];

/** By code; where queries and migrations share a code, the query's. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [...COLUMN_RULES, ...MIGRATION_RULES, ...QUERY_RULES].map((rule) => [rule.code, rule]),
);
