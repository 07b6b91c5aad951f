import type { Migration } from "./migrate.ts";

/** Stands between two parts of a script that cannot share a transaction. */
export const COMMIT_HERE =
  "-- Commit what is above before what is below runs: it uses labels that were added to an enum.";

/** The migration as a script: each statement, with what to know before it. */
export function renderMigration(
  { statements, committedFirst }: Migration,
  header: readonly string[],
): string {
  const lines = header.map((line) => `-- ${line}`);
  if (statements.some(({ object }) => /^(?:function|procedure):/.test(object))) {
    lines.push("", "set check_function_bodies = off;");
  }
  let previous = "";
  for (const [i, { sql, subject, destroys, note }] of statements.entries()) {
    if (subject !== previous) lines.push("");
    previous = subject;
    if (committedFirst > 0 && i === committedFirst) {
      lines.push(COMMIT_HERE, "");
    }
    if (destroys !== null) lines.push(`-- DESTRUCTIVE: deletes ${destroys}`);
    if (note !== null) lines.push(`-- ${note}`);
    lines.push(`${sql};`);
  }
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
}
