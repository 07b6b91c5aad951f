import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import type { RoutineGone } from "./checked.ts";

type Routine = Omit<RoutineGone, "isNew">;

/** Functions, procedures and aggregates by oid. */
export type Routines = ReadonlyMap<number, Routine>;

const OF_ROUTINES = /^OBJECT_(?:FUNCTION|PROCEDURE|ROUTINE|AGGREGATE)$/;

/** Tells whether the statement names routines to drop. */
export const dropsRoutines = ({ kind, tree }: RawTree): boolean =>
  kind === "DropStmt" && OF_ROUTINES.test(tree.removeType ?? "");

/** Those that queries can call: none of an extension's, and no trigger's, which PostgreSQL itself keeps for as long as there is the trigger. */
export async function readRoutines(engine: Pick<Engine, "run">): Promise<Routines> {
  const rows = await engine.run(
    `select p.oid::int8 as oid, n.nspname::text as schema, p.proname::text as name, pg_catalog.pg_get_function_identity_arguments(p.oid) as arguments,
       p.pronargs::int4 as count, case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind
     from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where p.oid >= ${FIRST_NORMAL_OID} and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) and n.nspname !~ '^(pg_|information_schema$)'
       and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
  );
  return new Map(
    (rows as unknown as (Routine & { readonly oid: string })[]).map(({ oid, ...routine }) => [
      Number(oid),
      { ...routine, count: Number(routine.count) },
    ]),
  );
}

/** @param isNew whether a function of this oid was made by the migration itself */
export function routinesGone(
  before: Routines,
  after: Routines,
  isNew: (oid: number) => boolean,
): RoutineGone[] {
  return [...before].flatMap(([oid, routine]) => (after.has(oid) ? [] : [{ ...routine, isNew: isNew(oid) }]));
}
