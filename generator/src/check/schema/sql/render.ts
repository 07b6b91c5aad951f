import type { Migration } from "./migrate.ts";
import type { OnlineStep } from "./online-steps.ts";
import type { Statement } from "./statement.ts";

/** Stands between two parts of a script that cannot share a transaction. */
export const COMMIT_HERE =
  "-- Commit what is above before what is below runs: it uses labels that were added to an enum.";

/** Nobody has to wait longer behind a statement that waits for a lock. */
const LOCK_TIMEOUT = "set lock_timeout = '5s';";

/** The migration as a script: each statement, with what to know before it. */
export function renderMigration(
  { statements, committedFirst, locks }: Migration,
  header: readonly string[],
): string {
  const lines = header.map((line) => `-- ${line}`);
  if (statements.some(isRoutine)) lines.push("", BODIES_UNCHECKED);
  if (locks) lines.push("", LOCK_TIMEOUT);
  let previous = "";
  for (const [i, { sql, subject, destroys, note }] of statements.entries()) {
    if (subject !== previous) lines.push("");
    previous = subject;
    if (committedFirst > 0 && i === committedFirst) {
      lines.push(COMMIT_HERE, "");
    }
    lines.push(...withWarnings({ sql, destroys, note }));
  }
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
}

/** The same as one transaction, of which nobody sees a part; but labels of enums that it uses are added before. */
export function renderTransaction({ statements, committedFirst, ...rest }: Migration): string {
  const part = (some: readonly Statement[]): string =>
    renderMigration({ ...rest, statements: some, committedFirst: 0 }, []);
  const before = committedFirst > 0 ? `${part(statements.slice(0, committedFirst))}\n` : "";
  return `${before}begin;\n${part(statements.slice(committedFirst))}commit;\n`;
}

const BODIES_UNCHECKED = "set check_function_bodies = off;";
const isRoutine = ({ object }: Statement): boolean => /^(?:function|procedure):/.test(object);

function withWarnings({ sql, destroys, note }: Pick<Statement, "sql" | "destroys" | "note">): string[] {
  return [
    ...(destroys === null ? [] : [`-- DESTRUCTIVE: deletes ${destroys}`]),
    ...(note === null ? [] : [`-- ${note}`]),
    `${sql};`,
  ];
}

/**
 * The migration as a script that is run statement by statement, outside of a transaction.
 * @param marks the first lines, by which a migration tool knows how to run it
 */
export function renderOnline(steps: readonly OnlineStep[], header: readonly string[], marks: string): string {
  const statements = steps.flatMap((step) => step.statements);
  const lines = [
    ...(marks === "" ? [] : [marks]),
    ...header.map((line) => `-- ${line}`),
    "-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.",
    ...(statements.some(isRoutine) ? ["", BODIES_UNCHECKED] : []),
  ];
  let isWaiting: boolean | null = null;
  for (const step of steps) {
    lines.push("");
    if (step.waits !== isWaiting) lines.push(step.waits ? "set lock_timeout = 0;" : LOCK_TIMEOUT);
    isWaiting = step.waits;
    const isBlock = step.inTransaction && step.statements.length > 1;
    if (isBlock) lines.push("begin;");
    for (const statement of step.statements) lines.push(...withWarnings(statement));
    if (isBlock) lines.push("commit;");
  }
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
}
