/** Why a parameter is called so, or takes NULL or not. */
export interface ParamReason {
  readonly code: ParamReasonCode;
  /** The column or function that it meets. */
  readonly subject?: string;
  /** Offset of the place that decides: in the query's text while it is analysed, then in its file. UTF-16. */
  readonly at?: number;
}

export interface ParamReasons {
  readonly name: ParamReason;
  readonly nullable: ParamReason;
}

/** A sentence for each; `$` stands for the subject. */
const SENTENCES = {
  "author-name": "its author named it",
  "stored-name": "it is stored in column $",
  "column-name": "it meets column $",
  "counting-name": "it says how many rows",
  "argument-name": "it is an argument of $",
  "output-name": "its output is called so",
  "no-name": "nothing names it",
  "author-narg": "its author wrote sqlc.narg",
  "stored-null": "column $, in which it is stored, takes NULL",
  "compared-null": "column $, which it is compared with, may hold NULL",
  "tested-null": "it is tested for NULL, or given another value in its place",
  "shown-null": "it stands where NULL is a value like any other",
  "list-of-values": "it is a list, which may be empty but not NULL",
  "stored-value": "column $, in which it is stored, does not take NULL",
  "compared-value": "column $, which it is compared with, holds no NULL to be found",
  "counted-value": "it says how many rows",
  "passed-value": "with NULL, what it stands in would be NULL or not true",
} as const;

export type ParamReasonCode = keyof typeof SENTENCES;

/** Every code with its sentence, `$` where the subject stands. */
export const PARAM_REASON_SENTENCES: Readonly<Record<ParamReasonCode, string>> = SENTENCES;

/** The reason as a sentence, without capital and full stop. */
export function describeParamReason({ code, subject }: ParamReason): string {
  return SENTENCES[code].replace("$", () => subject ?? "it");
}
