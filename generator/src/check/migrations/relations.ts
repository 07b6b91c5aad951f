import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import type { LockMode } from "./checked.ts";
import { isLockMode } from "./locks.ts";

export interface RelationSeen {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  /** The file that holds its rows: another one after a rewrite; null for what has none (views, partitioned tables). */
  readonly file: number | null;
}

/** The session at one moment: who is there, what is locked, which timeouts are set. */
export interface Moment {
  readonly relations: ReadonlyMap<number, RelationSeen>;
  readonly locks: readonly { readonly oid: number; readonly mode: LockMode }[];
  readonly lockTimeout: string;
  readonly statementTimeout: string;
  /** The highest oid of a function. */
  readonly lastRoutine: number;
}

const LOOK = `select json_build_object(
  'locks', (select json_agg(json_build_array(l.relation::int8, l.mode)) from pg_catalog.pg_locks l
    where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= ${FIRST_NORMAL_OID}),
  'relations', (select json_agg(json_build_array(c.oid::int8, n.nspname, c.relname, c.relkind, pg_catalog.pg_relation_filenode(c.oid)::int8))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid >= ${FIRST_NORMAL_OID} and c.relkind in ('r', 'p', 'm', 'v', 'f') and n.nspname !~ '^(pg_|information_schema$)'),
  'timeouts', pg_catalog.json_build_array(pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout')),
  'lastRoutine', (select max(p.oid)::int8 from pg_catalog.pg_proc p)
)::text as moment`;

type Look = {
  locks: [number, string][] | null;
  relations: [number, string, string, string, number | null][] | null;
  timeouts: [string, string];
  lastRoutine: number;
};

export async function look(engine: Pick<Engine, "run">): Promise<Moment> {
  const rows = await engine.run(LOOK);
  const { locks, relations, timeouts, lastRoutine } = JSON.parse(rows[0]?.moment as string) as Look;
  return {
    relations: new Map(
      (relations ?? []).map(([oid, schema, name, kind, file]) => [oid, { oid, schema, name, kind, file }]),
    ),
    locks: (locks ?? []).flatMap(([oid, mode]) => (isLockMode(mode) ? [{ oid, mode }] : [])),
    lockTimeout: timeouts[0],
    statementTimeout: timeouts[1],
    lastRoutine,
  };
}
