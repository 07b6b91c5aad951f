import { returnedTokens, sourceTokens } from "./plpgsql-tokens.ts";

/** What a BEFORE trigger may do to the row that a command is about to store, or to take away. */
export interface TriggerEffect {
  readonly events: readonly ("insert" | "update" | "delete")[];
  /** The columns of the new row that it may set; null where it may be any. */
  readonly sets: readonly string[] | null;
  /** Whether it may leave the row out. */
  readonly mayDropRow: boolean;
}

/**
 * Reads a trigger function's source for what it does with NEW. Only plpgsql is read, and only what is plain: every mention
 * of NEW has to be `new.column` or `return new`; each column that is mentioned may be set.
 */
export function triggerEffect(
  events: TriggerEffect["events"],
  language: string,
  source: string,
): TriggerEffect {
  const anything: TriggerEffect = { events, sets: null, mayDropRow: true };
  if (language !== "plpgsql") return anything;
  const tokens = sourceTokens(source);
  const returned = returnedTokens(tokens)?.map((expression) =>
    expression.length === 1 ? expression[0]!.text : null,
  );
  if (!returned || returned.length === 0 || !returned.every((name) => name === "new" || name === "null"))
    return anything;
  const columns = new Set<string>();
  for (const [i, { text }] of tokens.entries()) {
    if (text !== "new") continue;
    const [before, dot, column] = [tokens[i - 1], tokens[i + 1], tokens[i + 2]];
    if (dot?.text === "." && !dot.isQuoted && column?.text != null) columns.add(column.text);
    else if (before?.text !== "return" || before.isQuoted) return anything;
  }
  return {
    events,
    sets: [...columns],
    // NEW is NULL where a row is deleted.
    mayDropRow: events.includes("delete") || returned.includes("null"),
  };
}
