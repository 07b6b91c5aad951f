import type { Query } from "../../../model/query.ts";
import type { Engine } from "../../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../../postgres/normal-oid.ts";
import { wordsOf } from "../concerns/access.ts";

/** Functions that reach beyond the database that they are called in: to sessions of others, the server's files, its log, its standbys. */
export const REACHING =
  /^(?:pg_(?:terminate_backend|cancel_backend|reload_conf|rotate_logfile|switch_wal|promote|create_restore_point|log_backend_memory_contexts|stat_reset.*|wal_replay_.*|backup_st.*|(?:create|drop|copy)_.*_?replication_slot|file_.*|replication_origin_.*)|lo_(?:import|export)|dblink.*)$/;

/** Reads names, and the text of what each does where it is used: a function's body, what a view or a rule of a relation is made of, what its triggers call, its defaults and rules. */
const texts = (version: number): string => `
  select p.proname::text as name, concat_ws(' ', p.prosrc${version >= 140000 ? ", pg_get_function_sqlbody(p.oid)" : ""}) as text
    from pg_catalog.pg_proc p where p.oid >= ${FIRST_NORMAL_OID} and p.prokind in ('f', 'p')
  union all select c.relname, pg_get_ruledef(r.oid) from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class where r.oid >= ${FIRST_NORMAL_OID}
  union all select c.relname, p.proname from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_proc p on p.oid = t.tgfoid where not t.tgisinternal
  union all select c.relname, pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d join pg_catalog.pg_class c on c.oid = d.adrelid
  union all select c.relname, pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid where k.contype = 'c' and k.oid >= ${FIRST_NORMAL_OID}`;

/** Tells of a query whether executing it may reach beyond the database, which is not to be done on somebody's server. */
export type ReachesBeyond = (query: Query) => boolean;

/** Reads by which names the schema that the engine holds reaches beyond its database. */
export async function readReaching(engine: Engine): Promise<ReachesBeyond> {
  const rows = await engine.run(texts(engine.version));
  const named = rows.map(({ name, text }) => ({
    name: String(name).toLowerCase(),
    words: wordsOf(String(text ?? "")),
  }));
  const reaching = new Set<string>();
  const isReaching = (words: ReadonlySet<string>): boolean =>
    [...words].some((word) => REACHING.test(word) || reaching.has(word));
  for (let isMore = true; isMore; ) {
    isMore = false;
    for (const { name, words } of named) {
      if (reaching.has(name) || !isReaching(words)) continue;
      reaching.add(name);
      isMore = true;
    }
  }
  return ({ sql }) => [sql, ...sql.variants].some(({ text }) => isReaching(wordsOf(text)));
}
