import type { Statement } from "./statement.ts";

/** Statements that share a transaction, or one that PostgreSQL runs in none, or that had better hold no other's locks. */
export interface OnlineStep {
  readonly inTransaction: boolean;
  /** It waits for everybody who uses the table, however long that takes, and blocks nobody meanwhile. */
  readonly waits: boolean;
  readonly statements: readonly Statement[];
}

/** One statement in other words: what belongs where it stood, and what can follow by itself. */
export interface Form {
  readonly now: readonly Statement[];
  readonly later: readonly OnlineStep[];
  /** Whether others may be made only when `later` is done. */
  readonly isNeeded: boolean;
  /** Whether it holds only where the statement stood: not ahead of others, and not behind. */
  readonly isInPlace?: boolean;
  /** The same where it stands in a transaction with others: what goes ahead of that, and what is left to do in it. */
  readonly inside?: { readonly before: readonly OnlineStep[]; readonly now: readonly Statement[] };
}

export const NOT_UNIQUE =
  "fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again";

export const alone = (statement: Statement, waits = false): OnlineStep => ({
  inTransaction: false,
  waits,
  statements: [statement],
});

export const together = (statements: readonly Statement[]): OnlineStep => ({
  inTransaction: true,
  waits: false,
  statements,
});

/** Makes a key of an index that was built before; null for what is none, as an exclusion. */
export function keyBy(definition: string): {
  build(name: string, table: string): string;
  add(name: string, table: string): string;
} | null {
  const parts = KEY.exec(definition);
  if (parts === null) return null;
  const [, kind = "", distinct = "", columns = "", include = "", options = "", deferrable = ""] = parts;
  return {
    build: (name, table) =>
      `create unique index concurrently ${name} on ${table} ${columns}${include}${distinct}${options}`,
    add: (name, table) =>
      `alter table ${table} add constraint ${name} ${kind.toLowerCase()} using index ${name}${deferrable}`,
  };
}

const LIST = String.raw`\((?:[^()"']|"(?:[^"]|"")*"|'(?:[^']|'')*')*\)`;
/** As `pg_get_constraintdef` prints it. */
const KEY = new RegExp(
  `^(PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (${LIST})( INCLUDE ${LIST})?( WITH ${LIST})?((?: DEFERRABLE)?(?: INITIALLY DEFERRED)?)$`,
);
