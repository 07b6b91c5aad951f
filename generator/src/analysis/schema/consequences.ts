import type { Diagnostic } from "../../model/diagnostic.ts";
import type { MadeNames } from "./made-names.ts";
import { missingName } from "./missing-name.ts";
import type { SchemaStatement } from "./statements.ts";

interface Failed {
  readonly statement: SchemaStatement;
  readonly problem: Diagnostic;
}

/** Extensions that no type, function or operator of a query comes from. */
const WITHOUT_TYPES = new Set([
  "adminpack",
  "auto_explain",
  "dblink",
  "file_fdw",
  "mysql_fdw",
  "oracle_fdw",
  "pg_cron",
  "pg_graphql",
  "pg_net",
  "pg_partman",
  "pg_repack",
  "pg_squeeze",
  "pg_stat_kcache",
  "pg_stat_monitor",
  "pgagent",
  "pgaudit",
  "pglogical",
  "postgres_fdw",
  "redis_fdw",
  "supabase_vault",
  "tds_fdw",
  "wrappers",
]);

/**
 * Gives what is to be said of the statements that failed: nothing of those that failed for want of what another would have made.
 * @param unread the beginnings of statements that could not be read: what they name, they may make
 */
export function withoutConsequences(
  failed: readonly Failed[],
  made: MadeNames,
  unread: readonly string[],
): Diagnostic[] {
  const extensions = failed.filter(({ problem }) => problem.code === "schema-extension");
  const unknown = extensions.some(({ problem }) => !WITHOUT_TYPES.has(missingName(problem)?.name ?? ""));
  const lost: string[] = [];
  const kept = failed.filter((one) => {
    const { statement, problem } = one;
    if (extensions.includes(one)) return true;
    const missing = missingName(
      problem.code === "schema-skipped" ? { message: withoutNote(problem.message) } : problem,
    );
    if (missing === null || !isName(missing.kind)) return true;
    const isMadeByFailed = failed.some(
      (other) =>
        other !== one && isName(missing.kind) && other.statement.makes.has(missing.kind, missing.name),
    );
    const follows =
      isMadeByFailed ||
      unread.some((text) => text.includes(missing.name.slice(missing.name.lastIndexOf(".") + 1))) ||
      (unknown && !made.has(missing.kind, missing.name));
    if (follows && statement.decidesTypes) lost.push(...statement.makes.described());
    return !follows;
  });
  return kept.map(({ problem }) => {
    if (problem.code !== "schema-extension" || lost.length === 0) return problem;
    if (WITHOUT_TYPES.has(missingName(problem)?.name ?? "")) return problem;
    return { ...problem, message: `${problem.message}; left out with it: ${lost.join(", ")}` };
  });
}

const isName = (kind: string): kind is "relation" | "type" | "function" | "schema" =>
  kind === "relation" || kind === "type" || kind === "function" || kind === "schema";

const withoutNote = (message: string): string => message.replace(/; the statement was skipped$/, "");
