import { type Engine, PostgresError } from "../../postgres/engine.ts";
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

/** Builds an index while the user's functions in it have the path that is set; gives false where it calls none. */
export async function indexWithPath(session: Session, sql: string): Promise<boolean> {
  const functions = await session.run(
    `select oid::regprocedure::text as name from pg_proc
     where oid >= ${FIRST_NORMAL_OID} and prokind = 'f' and proconfig is null
       and strpos(lower(${quoteLiteral(sql)}), lower(proname)) > 0`,
  );
  if (functions.length === 0) return false;
  const each = (change: string) => functions.map(({ name }) => `alter function ${name} ${change};`).join(" ");
  await session.run(`${each("set search_path from current")} ${sql}; ${each("reset search_path")}`);
  return true;
}

/** Runs a statement in the open transaction; where it lacks a name for want of the path, as releases before would. */
export async function runWithPath(session: Session, sql: string): Promise<void> {
  const isIndex = /^create\s+(?:unique\s+)?index\b/i.test(sql);
  if (!isIndex && !mayStayUnfilled(sql)) {
    await session.run(sql);
    return;
  }
  await session.run("savepoint path");
  try {
    await session.run(sql);
  } catch (error) {
    if (!(error instanceof PostgresError) || missingName(error) === null) throw error;
    await session.run("rollback to savepoint path");
    if (!isIndex) await session.run(`${sql}${UNFILLED}`);
    else if (!(await indexWithPath(session, sql))) throw error;
  }
  await session.run("release savepoint path");
}
