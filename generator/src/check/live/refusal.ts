import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { PostgresError } from "../../postgres/engine.ts";

/** What PostgreSQL says when another holds a lock, or when the time is over. */
const BUSY: ReadonlySet<string> = new Set(["55P03", "57014"]);
const NO_PRIVILEGE = "42501";

/** Tells whether the server has judged the query, and not merely who asked or when. */
export function isVerdict({ sqlState }: PostgresError): boolean {
  return sqlState !== NO_PRIVILEGE && !BUSY.has(sqlState);
}

/** A query that the live server did not take. */
export function refusalDiagnostic({ name }: Query, refusal: PostgresError): Diagnostic {
  const { message, sqlState, detail, hint } = refusal;
  const told = { sqlState };
  if (BUSY.has(sqlState)) {
    return {
      ...told,
      code: "live-untried",
      severity: "warning",
      message: `${name} could not be tried on the live server: ${message}`,
      hint: "Try again when nothing locks its tables.",
    };
  }
  if (sqlState === NO_PRIVILEGE) {
    return {
      ...told,
      code: "live-privilege",
      severity: "warning",
      message: `${name}: ${message} on the live server, for the role that connected`,
      hint: "Name the role that the application connects as, or give it what `solitude-gen grants --role <role>` says.",
    };
  }
  const said = [detail, hint].filter(Boolean).join(" ");
  return {
    ...told,
    code: "live-refused",
    severity: "error",
    message: `${name}: the live server refuses it: ${message}`,
    hint: said === "" ? "Migrate the server before this version is deployed." : said,
  };
}
