import { cutAtSemicolons, leadingBlank } from "./cut.ts";

/** A piece of a script: what begins a transaction, what ends one for good, or whatever stands between such. */
export interface TransactionPart {
  readonly kind: "begin" | "commit" | "other";
  readonly sql: string;
  /** Where it stands in the script. */
  readonly start: number;
}

const WORDS = /\b(?:begin|start|commit|end|prepare)\b/i;
const BEGINS = /^(?:begin\b|start\s+transaction\b)/i;
const COMMITS = /^(?:(?:commit|end)\b(?!\s+prepared\b)|prepare\s+transaction\b)/i;

/** Cuts a script where it begins and ends transactions, without reading the rest of it. */
export function transactionParts(script: string): TransactionPart[] {
  if (!WORDS.test(script)) return [{ kind: "other", sql: script, start: 0 }];
  const parts: TransactionPart[] = [];
  for (const { start, end } of cutAtSemicolons(script)) {
    const text = script.slice(start, end);
    const lead = leadingBlank(text);
    const sql = text.slice(lead);
    const kind = BEGINS.test(sql) ? "begin" : COMMITS.test(sql) ? "commit" : "other";
    const last = parts.at(-1);
    if (kind === "other" && last?.kind === "other")
      parts.splice(-1, 1, { ...last, sql: script.slice(last.start, end) });
    else parts.push({ kind, sql, start: start + lead });
  }
  return parts;
}
