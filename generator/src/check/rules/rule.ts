import type { Severity } from "../../model/diagnostic.ts";
import type { CheckedColumn } from "../columns/checked.ts";
import type { CheckedMigration, CheckedStatement } from "../migrations/checked.ts";
import type { CheckedQuery } from "../queries/checked.ts";

export type RuleSeverity = Severity | "off";

/** What a rule found in one statement. */
export interface Finding {
  /** One sentence, with the names that it is about. */
  readonly message: string;
  /** What to do about it; the rule's own `mend` where left out. */
  readonly hint?: string;
  /** A place in the statement's text, in bytes, as the parser's `location` fields give it; the statement's head where left out. */
  readonly location?: number | undefined;
  /** What mends it for certain, and leaves what the statement means as it is; none where nothing does. */
  readonly edits?: readonly FindingEdit[];
}

/** A text in place of a stretch of the statement's, in UTF-16 code units; of all of it, empty: the statement is removed. */
export interface FindingEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Another statement of the same migration. */
  readonly of?: CheckedStatement;
}

interface RuleFacts {
  /** Stable, kebab-case; also the name of its page in docs/rules and of its examples. */
  readonly code: string;
  /** Unless the configuration says otherwise. */
  readonly severity: RuleSeverity;
  /** One line, as `vet --list` shows it. */
  readonly summary: string;
  /** What goes wrong, in a few sentences of Markdown. */
  readonly why: string;
  /** What to do instead, in a few sentences of Markdown. */
  readonly mend: string;
  /** The rules of other tools that it stands for, e.g. `atlas PG101`. */
  readonly alike?: readonly string[];
}

/** Judges one query. */
export interface QueryRule extends RuleFacts {
  readonly on: "query";
  /** It is about what a statement lacks: of one that adapts, the least that can be sent is judged, too. */
  readonly judgesLeast?: true;
  readonly check: (query: CheckedQuery) => Iterable<Finding>;
}

/** Judges the statements of a migration one by one. */
export interface StatementRule extends RuleFacts {
  readonly on: "statement";
  readonly check: (statement: CheckedStatement) => Iterable<Finding>;
}

export interface FindingAt extends Finding {
  /** The statement that it is about. */
  readonly statement: CheckedStatement;
}

/** Judges a migration as a whole. */
export interface MigrationRule extends RuleFacts {
  readonly on: "migration";
  readonly check: (migration: CheckedMigration) => Iterable<FindingAt>;
}

/** Judges one column of the schema by what uses it. */
export interface ColumnRule extends RuleFacts {
  readonly on: "column";
  readonly check: (column: CheckedColumn) => Iterable<Pick<Finding, "message" | "hint">>;
}

export type Rule = QueryRule | StatementRule | MigrationRule | ColumnRule;

export const queryRule = (rule: Omit<QueryRule, "on">): QueryRule => ({ on: "query", ...rule });
export const statementRule = (rule: Omit<StatementRule, "on">): StatementRule => ({
  on: "statement",
  ...rule,
});
export const migrationRule = (rule: Omit<MigrationRule, "on">): MigrationRule => ({
  on: "migration",
  ...rule,
});
export const columnRule = (rule: Omit<ColumnRule, "on">): ColumnRule => ({ on: "column", ...rule });
