/** Tells of a row `p` of pg_proc whether not just anyone may call it. */
export const IS_RESTRICTED =
  "p.proacl is not null and not has_function_privilege('public', p.oid, 'execute')";

/** Names a function as GRANT does: by the types of its arguments, since of an aggregate's names and order it takes nothing. */
export const SIGNATURE =
  "(select quote_ident(n.nspname) from pg_namespace n where n.oid = p.pronamespace) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'";

/**
 * A subquery for those that something calls, itself or by its operators.
 * @param dependent tells which rows `d` of pg_depend are its own
 */
export const restrictedCallsOf = (dependent: string): string => `(
  select array_agg(distinct ${SIGNATURE.replaceAll("p.", "f.")}) from pg_depend d
  left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
  join pg_proc f on f.oid = case when d.refclassid = 'pg_proc'::regclass then d.refobjid else o.oprcode::oid end
  where ${dependent} and ${IS_RESTRICTED.replaceAll("p.", "f.")})`;
