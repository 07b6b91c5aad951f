import type { Engine, PostgresError } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import { quoteLiteral } from "../../sql/quoting.ts";
import { missingName } from "./missing-name.ts";

// Since 17 a materialized view is filled, and an index built, with a search path of its own, in which the unqualified names of functions'
// bodies mean nothing. Releases before accept such statements, and so does whoever has them in a schema.

type Session = Pick<Engine, "run">;

/** What is put behind a materialized view for it not to be filled. */
export const UNFILLED = " with no data";

/** Tells whether a statement makes a materialized view of which the text does not say whether it is filled. */
export const mayStayUnfilled = (sql: string): boolean =>
  /^create\s+materialized\b/i.test(sql) && !/\bwith\s+(?:no\s+)?data\s*$/i.test(sql);

/**
 * Runs what builds indexes while the user's functions in them have the path that is set; gives false where they call none, or the name that was missing
 * stands in no function.
 */
export async function indexWithPath(session: Session, sql: string, missing: string): Promise<boolean> {
  const isNamed = `strpos(lower(${quoteLiteral(sql)}), lower(p.proname)) > 0`;
  const isCalled = `exists (select from pg_depend d join pg_class i on i.oid = d.objid and i.relkind in ('i', 'I')
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid)`;
  const lacking = quoteLiteral(missing.split(".").at(-1)!.toLowerCase());
  const isMissed = `exists (select from pg_proc b where b.oid >= ${FIRST_NORMAL_OID} and strpos(lower(b.prosrc), ${lacking}) > 0)`;
  const functions = await session.run(
    `select p.oid::regprocedure::text as name from pg_proc p
     where p.oid >= ${FIRST_NORMAL_OID} and p.prokind = 'f' and p.proconfig is null
       and ${isIndexed(sql) ? `(${isNamed} or ${isCalled})` : `${isCalled} and ${isMissed}`}`,
  );
  if (functions.length === 0) return false;
  const each = (change: string) => functions.map(({ name }) => `alter function ${name} ${change};`).join(" ");
  await session.run(`${each("set search_path from current")} ${sql}; ${each("reset search_path")}`);
  return true;
}

const isIndexed = (sql: string): boolean => /^create\s+(?:unique\s+)?index\b/i.test(sql);

/**
 * Gives what does as releases before do where a statement lacks a name for want of the path; null where that is not the reason. It is for another transaction: in
 * this one no savepoint was set, which PostgreSQL refuses beside statements that set none (`alter domain … drop constraint`).
 */
export function withPath(sql: string, error: PostgresError): ((session: Session) => Promise<boolean>) | null {
  const missing = missingName(error);
  if (missing === null) return null;
  // What rewrites a table builds its indexes anew.
  if (isIndexed(sql) || /^alter\s+table\b/i.test(sql))
    return (session) => indexWithPath(session, sql, missing.name);
  if (!mayStayUnfilled(sql)) return null;
  return async (session) => {
    await session.run(`${sql}${UNFILLED}`);
    return true;
  };
}
