/**
 * Why a value can be NULL, or cannot: one step of the proof, as data. `from` is the step that it rests on, as the
 * reason of the argument is for a function that gives NULL for NULL.
 */
export interface Reason {
  readonly code: ReasonCode;
  /** What it is about: a column, function, constraint or relation, as SQL would name it. */
  readonly subject?: string;
  /** Offset of what the step is about: in the query's text while it is analysed, then in its file. UTF-16. */
  readonly at?: number;
  readonly from?: Reason;
}

/** A sentence for each step; `$` stands for the subject. What comes first can be NULL, what comes second cannot. */
const CAN_BE_NULL = {
  "nullable-column": "column $ may hold NULL",
  "domain-column": "column $ is of a NOT NULL domain, which PostgreSQL does not check when a value is stored",
  "old-promise": "the materialized view may be older than what makes $ NOT NULL",
  "outer-join": "the $ may find no row",
  "full-join": "the full join may have no row of $",
  "merge-unmatched": "MERGE also returns rows of the target that have no source row",
  "grouping-sets": "grouping sets leave the column out of some groups",
  "null-literal": "it is NULL",
  parameter: "parameter $ may be NULL",
  "null-argument": "$ is NULL where its argument is",
  "partial-function": "$ may return NULL for arguments that are not NULL",
  "unknown-function": "nothing is known of what $ returns",
  "every-argument": "each argument of $ may be NULL",
  "no-input": "$ is NULL where it has no row to work on",
  "filtered-input": "$ is NULL where its FILTER lets no row pass",
  "empty-frame": "the frame of $ may hold no row",
  "null-input": "$ is NULL where all its input is",
  "neighbouring-row": "there may be no such row for $",
  "subquery-no-row": "the subquery may find no row",
  "body-no-row": "the body of $ may give no row",
  "subquery-column": "the subquery's column may be NULL",
  "comparison-with-null": "a comparison with NULL is NULL",
  "no-else": "no branch of CASE may apply, and it has no ELSE",
  branch: "a branch may be NULL",
  subscript: "the subscript may lie outside of the array",
  "nullable-element": "an element of the array may be NULL",
  attribute: "attribute $ of a composite value may be NULL",
  "padded-set": "set-returning functions of uneven length are padded with NULL",
  "set-column": "column $ of the function's rows may be NULL",
  "no-old-row": "$ has no old row",
  "no-new-row": "$ has no new row",
  "rewritten-returning": "a rule, or a trigger of the view, decides what $ returns",
  "no-schema": "the search path may name no schema",
  "json-path": "the path may find nothing, or a JSON null",
  "json-nothing": "the JSON may have nothing at $, or a null",
  "mark-value": "the CYCLE clause marks with NULL",
  "either-arm": "an arm of the $ may deliver NULL",
  unproven: "nothing proves that $ is not NULL",
  "author-nullable": "its author wrote ?",
} as const;

const CANNOT_BE_NULL = {
  "not-null-column": "column $ is NOT NULL",
  "check-constraint": "constraint $ holds for every row",
  "system-column": "every row has $",
  "whole-row": "the row is there",
  literal: "it is a constant",
  argument: "parameter $ does not take NULL",
  "total-function": "$ never returns NULL for arguments that are not NULL",
  "never-null": "$ never returns NULL",
  "function-body": "the body of $ never returns NULL",
  counts: "$ counts, and of no row gives 0",
  "group-has-rows": "$ works on groups, none of which is empty",
  "frame-has-row": "the frame of $ always holds a row",
  "one-argument": "an argument of $ is never NULL",
  "both-sides": "one side of the full join is always there",
  "subquery-one-row": "the subquery always gives a row",
  test: "$ is never NULL",
  "every-branch": "no branch is NULL",
  "every-case": "no branch is NULL, and one applies to each value that there can be",
  "every-arm": "no arm of the $ delivers NULL",
  "some-arm": "one arm of the $ delivers no NULL, and only what both deliver comes out",
  "no-null-element": "no element of the array is NULL",
  "not-null-domain": "a cast to $ refuses NULL",
  "assigned-element": "an element has been assigned",
  "json-built": "the JSON was built with a value at $",
  "known-rows": "every row that $ gives has it",
  "condition-where": "WHERE lets no row pass in which it is NULL",
  "condition-on": "ON lets no row pass in which it is NULL",
  "condition-having": "HAVING lets no group pass in which it is NULL",
  "condition-input": "a condition lets no group pass of which $ has no value to take in",
  "condition-case": "the branch is taken only where it is not NULL",
  "condition-filter": "FILTER lets no row pass in which it is NULL",
  "condition-check": "constraint $ and the conditions leave no NULL",
  "row-found": "the $ always finds a row",
  "foreign-key": "foreign key $ makes sure of the row",
  assigned: "the command stores a value that is not NULL",
  "author-not-null": "its author wrote !",
} as const;

export type ReasonCode = keyof typeof CAN_BE_NULL | keyof typeof CANNOT_BE_NULL;

/** Tells whether the reason is one for NULL. */
export function allowsNull({ code }: Reason): boolean {
  return code in CAN_BE_NULL;
}

/** Every code with its sentence, `$` where the subject stands. */
export const REASON_SENTENCES: Readonly<Record<ReasonCode, string>> = { ...CAN_BE_NULL, ...CANNOT_BE_NULL };

/** The steps from the value to what it rests on, a sentence each, without capital and full stop. */
export function describeReason(reason: Reason): string[] {
  return stepsOf(reason).map(describeStep);
}

/** From the value to what it rests on. */
export function stepsOf(reason: Reason): Reason[] {
  return reason.from ? [reason, ...stepsOf(reason.from)] : [reason];
}

/** One step as a sentence, without capital and full stop. */
export function describeStep({ code, subject }: Reason): string {
  return REASON_SENTENCES[code].replace("$", () => subject ?? "it");
}
