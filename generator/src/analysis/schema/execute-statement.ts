import type { Diagnostic } from "../../model/diagnostic.ts";
import { type Engine, EngineBreakdown, PostgresError } from "../../postgres/engine.ts";
import { quoteLiteral } from "../../sql/quoting.ts";
import { EditedSql } from "./edited-sql.ts";
import { problemOf } from "./problem.ts";
import { type SchemaStatement, spanOf } from "./statements.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the pg_dump of another release sets for itself, and this one may not know. */
const SET_BY_DUMP =
  /^set\s+(?:transaction_timeout|idle_in_transaction_session_timeout|default_table_access_method|row_security|default_with_oids|xmloption)\b/i;
const CONCURRENTLY = /^((?:create\s+(?:unique\s+)?|drop\s+)index\s+)concurrently\b/i;
/** A statement may lack many things, one after another; each makes the next attempt get further. */
const ATTEMPTS = 500;

/** What is said of a database by its name: the schema's own, whatever it is called where it is deployed. */
const OF_DATABASE =
  /^(alter\s+(?:database|(?:role|user)\s+(?:"(?:[^"]|"")+"|\S+)\s+in\s+database)\s+)("(?:[^"]|"")+"|[\w$]+)(\s+(?:set|reset)\s[\s\S]*)$/i;

/** The statement as it runs in a transaction: an index built concurrently is an index like any other here. */
export function inTransaction({ sql }: Pick<SchemaStatement, "sql">): string {
  const [, head, , rest] = OF_DATABASE.exec(sql) ?? [];
  // A parameter that this server lacks is no fault of the schema's.
  if (head !== undefined && rest !== undefined)
    return `do $solitude$ begin execute ${quoteLiteral(head)} || quote_ident(current_database()) || ${quoteLiteral(rest)}; exception when others then null; end $solitude$`;
  return sql.replace(CONCURRENTLY, (match, head: string) => head.padEnd(match.length));
}

/**
 * Executes one statement as far as it concerns the schema, and makes what it takes as given; null where nothing is wrong
 * with it. What a statement that failed has done must be undone by the engine's `run`.
 */
export async function executeStatement(
  engine: Pick<Engine, "run">,
  statement: SchemaStatement,
  surroundings: Surroundings,
): Promise<Diagnostic | null> {
  if (statement.isIgnored || statement.sql === "") return null;
  // Same length, so that positions stay true.
  const sql = new EditedSql(inTransaction(statement));
  for (let attempt = 0; ; attempt++) {
    try {
      await engine.run(sql.text);
      return null;
    } catch (error) {
      if (error instanceof EngineBreakdown) throw error.at(spanOf(statement));
      if (!(error instanceof PostgresError)) throw error;
      // pg_dump writes `create schema public`, which every cluster has.
      if (error.sqlState === "42P06" && /"public"/.test(error.message)) return null;
      // A dump of the whole cluster has its superuser.
      if (error.sqlState === "42710" && /^role "postgres" /.test(error.message)) return null;
      if (SET_BY_DUMP.test(sql.text)) return null;
      const remedy = attempt < ATTEMPTS ? await surroundings.remedy(engine, statement, sql, error) : null;
      if (remedy === "skip") return null;
      if (remedy === "again") continue;
      return problemOf(statement, sql, error);
    }
  }
}
