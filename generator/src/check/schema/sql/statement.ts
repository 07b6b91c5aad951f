/** One statement of a migration. */
export interface Statement {
  /** Without its semicolon. */
  readonly sql: string;
  /** The key of the object that it is about. */
  readonly object: string;
  /** The identity of the table, type … that it is a part of. */
  readonly subject: string;
  /** What stored data it deletes, or null. */
  readonly destroys: string | null;
  /** What to know before it is run. */
  readonly note: string | null;
}

/** What a writer says; the planner adds the object. */
export type Written = string | WrittenStatement;

interface WrittenStatement {
  readonly sql: string;
  readonly destroys?: string;
  readonly note?: string;
}

export function toStatements(object: string, subject: string, written: readonly Written[]): Statement[] {
  return written.map((one) => {
    const { sql, destroys, note } = typeof one === "string" ? ({ sql: one } as WrittenStatement) : one;
    return { sql, object, subject, destroys: destroys ?? null, note: note ?? null };
  });
}
