/** How many rows a query delivers, whatever the tables hold. What is not proven does not count as so. */
export interface RowCount {
  readonly atLeastOne: boolean;
  readonly atMostOne: boolean;
  readonly because: { readonly atLeastOne: RowReason; readonly atMostOne: RowReason };
}

/** One of the two bounds, and why it holds or does not. */
export interface RowFact {
  readonly holds: boolean;
  readonly because: RowReason;
}

export interface RowReason {
  readonly code: RowReasonCode;
  /** What it is about: a relation, a command, an index, as SQL would name it. */
  readonly subject?: string;
  /** Offset of what it is about: in the query's text while it is analysed, then in its file. UTF-16. */
  readonly at?: number;
}

/** A sentence for each; `$` stands for the subject. */
const SENTENCES = {
  // At least one row …
  "lone-aggregate": "an aggregate without GROUP BY gives a row even of no rows",
  "empty-grouping-set": "the empty grouping set gives a row even of no rows",
  "stored-rows": "INSERT returns every row that it stores, and nothing can suppress it",
  "rows-given": "what it reads always has a row",
  "foreign-key": "foreign key $ makes sure of the row",
  "certain-arm": "an arm of the UNION always has a row",
  // … or maybe none.
  "conditional-row": "$ may let no row pass",
  "may-be-empty": "$ may have no row",
  "limit-none": "$ may leave no row",
  "set-function": "a set-returning function may give no row",
  "returns-nothing": "it has no RETURNING",
  "changes-found": "$ returns only the rows that it finds",
  "conflict-suppresses": "ON CONFLICT may leave the row out",
  "trigger-suppresses": "a BEFORE trigger of $ may leave the row out",
  "rewritten-command": "a rule, or a trigger in place of the command, decides what $ returns",
  "foreign-rows": "what a foreign server does with a row of $ is not known",
  "locked-rows": "rows that are locked are left out, or looked at again",
  "common-rows": "the arms of $ may leave no row",
  // At most one row …
  "limit-one": "LIMIT holds it to one",
  "one-group": "without GROUP BY all rows are one group",
  "one-row-stored": "it stores one row",
  "one-row-read": "what it reads has one row",
  "unique-key": "$ is unique, and all of its columns have one value",
  "one-value": "all columns that it is grouped by have one value",
  "single-arm": "an arm of the $ has one row",
  // … or maybe several.
  "several-arms": "each arm of UNION has rows of its own",
  "several-sets": "each grouping set has rows of its own",
  "several-values": "it stores several rows",
  "several-found": "no unique key of $ has one value in all its columns",
  "several-given": "$ may give several rows",
  unknown: "nothing is known of its rows",
} as const;

export type RowReasonCode = keyof typeof SENTENCES;

/** Every code with its sentence, `$` where the subject stands. */
export const ROW_REASON_SENTENCES: Readonly<Record<RowReasonCode, string>> = SENTENCES;

/** The reason as a sentence, without capital and full stop. */
export function describeRowReason({ code, subject }: RowReason): string {
  return SENTENCES[code].replace("$", () => subject ?? "it");
}

/** `exactly one row`, `at least one row`, `at most one row`, `any number of rows`. */
export function describeRowCount({
  atLeastOne,
  atMostOne,
}: Pick<RowCount, "atLeastOne" | "atMostOne">): string {
  if (atLeastOne) return atMostOne ? "exactly one row" : "at least one row";
  return atMostOne ? "at most one row" : "any number of rows";
}
