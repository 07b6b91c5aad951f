/** What a BEFORE trigger may do to the row that a command is about to store. */
export interface TriggerEffect {
  readonly events: readonly ("insert" | "update")[];
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
  const code = withoutTexts(source).toLowerCase();
  const returned = [...code.matchAll(/\breturn\b\s*([^;]*)/g)].map((match) => match[1]!.trim());
  const drops = returned.some((expression) => expression === "null");
  if (returned.length === 0 || !returned.every((expression) => expression === "new" || expression === "null"))
    return anything;
  const columns = new Set<string>();
  for (const { 0: before, 1: rest } of code.matchAll(
    /(?:\breturn\s+)?\bnew\b(\s*\.\s*(?:"[^"]*"|[a-z_][\w$]*))?/g,
  )) {
    if (rest === undefined) {
      if (before.startsWith("return")) continue;
      return anything;
    }
    // A quoted name keeps its case, which is gone by now.
    const column = rest.replace(/^\s*\.\s*/, "");
    if (column.startsWith('"')) return anything;
    columns.add(column);
  }
  return { events, sets: [...columns], mayDropRow: drops };
}

/** Without comments and texts, in which a name means nothing: what is executed from a text cannot set NEW. */
function withoutTexts(source: string): string {
  return source.replace(
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/g,
    (found) => (found.startsWith("-") || found.startsWith("/") ? " " : " '' "),
  );
}
