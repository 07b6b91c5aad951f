import type { Oid } from "../model/catalog.ts";
import type { RawFunction } from "./catalog-objects.ts";
import { type Engine, PostgresError, type Row } from "./engine.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { plpgsqlReturns } from "./plpgsql-returns.ts";
import { IS_RESTRICTED, restrictedCallsIn, SIGNATURE } from "./restricted-calls.ts";
import type { Query } from "./tree/node-types.ts";
import { readQueries } from "./tree/read-tree.ts";

export async function readFunctions(engine: Engine, oids: readonly Oid[]): Promise<RawFunction[]> {
  const rows = await engine.run(
    `select p.oid::int8::text as oid, n.nspname::text as schema, p.proname::text as name, p.proisstrict as strict,
       p.provolatile::text as volatility, p.prorettype::int8::text as result, case when p.prokind in ('f', 'p') and l.lanname in ('sql', 'plpgsql') then l.lanname::text end as body,
       case when p.oid >= ${FIRST_NORMAL_OID} then (select array_agg(t.type::int8::text order by t.n) from unnest(p.proallargtypes, p.proargmodes::text[]) with ordinality as t(type, mode, n) where t.mode in ('t', 'o', 'b')) end as columns,
       p.proretset as setof, p.pronargs::int4 as nargs, coalesce(p.proargnames, '{}')::text[] as names, coalesce(p.proargmodes, '{}')::text[] as modes,
       case when ${IS_RESTRICTED} then ${SIGNATURE} end as restricted,
       ${IS_RESTRICTED} and exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') as member, p.prosecdef as definer, ${engine.version >= 140_000 ? "p.prosqlbody is not null" : "false"} as atomic,
       case when p.pronargdefaults > 0 then ${restrictedCallsIn("select p.proargdefaults::text")} end as fallbacks
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where p.oid in (${oids.join()})`,
  );
  return rows.map((row) => {
    const names = row.names as string[];
    const modes = row.modes as string[];
    const named = (wanted: string) => names.filter((_, i) => wanted.includes(modes[i] ?? "i"));
    const columns = row.columns as string[] | null;
    return {
      oid: Number(row.oid),
      schema: row.schema as string,
      name: row.name as string,
      builtIn: Number(row.oid) < FIRST_NORMAL_OID,
      volatility: row.volatility as string,
      strict: row.strict as boolean,
      returnsSet: row.setof as boolean,
      resultType: Number(row.result),
      columnTypes: columns?.map(Number) ?? null,
      columnNames: columns ? named("tob") : null,
      bodyLanguage: row.body as RawFunction["bodyLanguage"],
      argNames: withoutNames(named("ibv"), row.nargs as number),
      restricted: (row.restricted as string | null) ?? null,
      isOfExtension: row.member === true,
      restrictedByDefaults: (row.fallbacks as string[] | null) ?? [],
      runsAs: row.definer === true ? "owner" : "caller",
      isAtomic: row.atomic === true,
    };
  });
}

/** `proargnames` is empty where no argument has a name. */
function withoutNames(names: readonly string[], count: number): readonly string[] {
  return names.length === 0 ? Array.from({ length: count }, () => "") : names;
}

export interface FunctionBody {
  /** The queries of which one gives the result. */
  readonly queries: readonly Query[];
  /** Those that come before. */
  readonly before: readonly Query[];
  readonly text: string;
}

/**
 * Reads the analysed body of an SQL function, or what a plpgsql function returns. What was written as a string is analysed as
 * if it had been written with BEGIN ATOMIC, in a transaction that is rolled back.
 * @returns null where PostgreSQL refuses that (a variable stands in it), or the body is empty
 */
export async function readFunctionBody(engine: Engine, oid: Oid): Promise<FunctionBody | null> {
  const [fn] = await engine.run(
    `select p.prosqlbody::text as tree, p.prosrc as source, l.lanname::text as language, p.proretset as setof,
       pg_get_function_arguments(p.oid) as arguments, 'returns ' || pg_get_function_result(p.oid) as result,
       (select string_agg(format('set local %s = %s', split_part(c, '=', 1), case when split_part(c, '=', 1) = 'search_path' then substr(c, strpos(c, '=') + 1) else quote_literal(substr(c, strpos(c, '=') + 1)) end), '; ') from unnest(p.proconfig) c) as settings
     from pg_proc p join pg_language l on l.oid = p.prolang where p.oid = ${oid}`,
  );
  if (!fn) return null;
  const own = fn.tree as string | null;
  // A name may mean another table by the time it is looked up.
  if (own === null && /search_path|\btemp(orary)?\b/i.test(fn.source as string)) return null;
  const sources =
    fn.language === "plpgsql"
      ? plpgsqlReturns(fn.source as string, fn.setof as boolean)
      : [fn.source as string];
  // There a variable goes before a column.
  if (sources === null || /plpgsql\.variable_conflict/i.test((fn.settings as string | null) ?? ""))
    return null;
  const trees = own === null ? await analysedBodies(engine, fn, sources) : [own];
  const bodies = trees?.map((tree) => readQueries(tree, engine.version)) ?? [];
  const queries = bodies.flatMap((all) => all.at(-1) ?? []);
  const before = bodies.flatMap((all) => all.slice(0, -1));
  return trees && queries.length === trees.length ? { queries, before, text: trees.join("\n") } : null;
}

async function analysedBodies(
  engine: Engine,
  fn: Row,
  sources: readonly string[],
): Promise<readonly string[] | null> {
  const settings = fn.settings === null ? "" : `${fn.settings as string};`;
  const trees: string[] = [];
  try {
    for (const source of sources) {
      const [row] = await engine.attempt(
        `${settings} create function pg_temp.solitude_body(${fn.arguments as string}) ${resultOf(fn)} language sql begin atomic ${source}\n; end;
         select prosqlbody::text as tree from pg_proc where proname = 'solitude_body' and pronamespace = pg_my_temp_schema()`,
      );
      if (typeof row?.tree !== "string") return null;
      trees.push(row.tree);
    }
  } catch (error) {
    if (error instanceof PostgresError) return null;
    throw error;
  }
  return trees;
}

/** A procedure gives nothing, or what its arguments are in the end. */
const resultOf = (fn: Row): string =>
  (fn.result as string | null) ?? (/\b(?:IN)?OUT /.test(fn.arguments as string) ? "" : "returns void");
