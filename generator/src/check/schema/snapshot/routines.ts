import { notOfExtension, type ObjectQuery, owner, row, userSchema } from "./reading.ts";

const ROUTINE = "pg_proc p join pg_namespace n on n.oid = p.pronamespace";
/** A range type brings its constructors along. */
const USER_ROUTINE = `${userSchema("n")} and ${notOfExtension("pg_proc", "p.oid")}
  and not exists (select from pg_depend i where i.classid = 'pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i')`;
/** Overloads are told apart by the types of their input arguments alone. */
const SIGNATURE = "quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'";
const PARALLEL = "case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end";

/** A body from a checkout on Windows is the same one. */
const withoutReturns = (text: string): string => `replace(${text}, chr(13) || chr(10), chr(10))`;

export const functions: ObjectQuery = (context) =>
  `${row({
    class: "pg_proc",
    oid: "p.oid",
    kind: "case p.prokind when 'p' then 'procedure' else 'function' end",
    schema: "n.nspname",
    name: SIGNATURE,
    properties: {
      returns: "pg_get_function_result(p.oid)",
      arguments: "pg_get_function_arguments(p.oid)",
      language: "l.lanname",
      body: withoutReturns(
        `coalesce(${context.version >= 140000 ? "pg_get_function_sqlbody(p.oid)" : "null"}, p.prosrc)`,
      ),
      attributes: `array_remove(array[case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
          case when p.proisstrict then 'strict' end, case when p.prosecdef then 'security definer' end,
          case when p.proleakproof then 'leakproof' end, case when p.prokind = 'w' then 'window' end,
          'parallel ' || ${PARALLEL}, 'cost ' || p.procost, case when p.prorows > 0 then 'rows ' || p.prorows end]
        || (select array_agg('set ' || c order by c) from unnest(p.proconfig) c), null)`,
      owner: owner(context, "p.proowner"),
      definition: withoutReturns("pg_get_functiondef(p.oid)"),
    },
  })} from ${ROUTINE} join pg_language l on l.oid = p.prolang where p.prokind in ('f', 'p', 'w') and ${USER_ROUTINE}`;

const CLAUSES: readonly (readonly [string, string])[] = [
  ["sfunc", "a.aggtransfn::regproc::text"],
  ["stype", "format_type(a.aggtranstype, null)"],
  ["sspace", "nullif(a.aggtransspace, 0)::text"],
  ["finalfunc", "nullif(a.aggfinalfn::oid, 0)::regproc::text"],
  [
    "finalfunc_modify",
    "case a.aggfinalmodify when 's' then 'shareable' when 'w' then 'read_write' else 'read_only' end",
  ],
  ["combinefunc", "nullif(a.aggcombinefn::oid, 0)::regproc::text"],
  ["serialfunc", "nullif(a.aggserialfn::oid, 0)::regproc::text"],
  ["deserialfunc", "nullif(a.aggdeserialfn::oid, 0)::regproc::text"],
  ["initcond", "quote_literal(a.agginitval)"],
  ["msfunc", "nullif(a.aggmtransfn::oid, 0)::regproc::text"],
  ["minvfunc", "nullif(a.aggminvtransfn::oid, 0)::regproc::text"],
  ["mstype", "case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end"],
  ["msspace", "nullif(a.aggmtransspace, 0)::text"],
  ["mfinalfunc", "nullif(a.aggmfinalfn::oid, 0)::regproc::text"],
  ["minitcond", "quote_literal(a.aggminitval)"],
  [
    "sortop",
    "(select 'operator(' || quote_ident(sn.nspname) || '.' || o.oprname || ')' from pg_operator o join pg_namespace sn on sn.oid = o.oprnamespace where o.oid = a.aggsortop)",
  ],
  ["parallel", PARALLEL],
];

export const aggregates: ObjectQuery = (context) =>
  `${row({
    class: "pg_proc",
    oid: "p.oid",
    kind: "aggregate",
    schema: "n.nspname",
    name: SIGNATURE,
    properties: {
      // `create aggregate` and its kin spell the arguments as pg_get_function_arguments does, but for none.
      arguments: "coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*')",
      definition: `concat_ws(', ', ${CLAUSES.map(([name, sql]) => `'${name} = ' || ${sql}`).join(", ")},
        case when a.aggfinalextra then 'finalfunc_extra' end, case when a.aggmfinalextra then 'mfinalfunc_extra' end,
        case when a.aggkind = 'h' then 'hypothetical' end)`,
      owner: owner(context, "p.proowner"),
    },
  })} from ${ROUTINE} join pg_aggregate a on a.aggfnoid = p.oid where ${USER_ROUTINE}`;
