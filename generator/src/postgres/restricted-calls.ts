import { FIRST_NORMAL_OID } from "./normal-oid.ts";

/** Tells of a row `p` of pg_proc whether not just anyone may call it. */
export const IS_RESTRICTED =
  "p.proacl is not null and not has_function_privilege('public', p.oid, 'execute')";

/** What selects of `pg_proc p` PostgreSQL's own functions on which somebody has given or taken rights. */
export const WITH_OTHER_RIGHTS = `p.oid in (select f.oid from pg_proc f
  left join pg_init_privs i on i.classoid = 'pg_proc'::regclass and i.objoid = f.oid and i.objsubid = 0
  where f.oid < ${FIRST_NORMAL_OID} and f.proacl is not null and f.proacl is distinct from i.initprivs)`;

/** Names a function as GRANT does: by the types of its arguments, since of an aggregate's names and order it takes nothing. */
export const SIGNATURE =
  "(select quote_ident(n.nspname) from pg_namespace n where n.oid = p.pronamespace) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'";

/** What a tree names the functions by that it calls, itself or by its operators. */
const CALLED = "'[:](?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)'";

/**
 * A subquery for those that expressions call. Of PostgreSQL's own pg_depend knows nothing, so that trees are read.
 * @param trees gives them, as texts
 * @param which of the functions `f` are meant
 */
export const restrictedCallsIn = (trees: string, which = "true"): string => `(
  select array_agg(distinct ${SIGNATURE.replaceAll("p.", "f.")}) from (${trees}) x(tree), regexp_matches(x.tree, ${CALLED}, 'g') m
  join pg_proc f on f.oid = m[1]::oid where ${which} and ${IS_RESTRICTED.replaceAll("p.", "f.")})`;
