import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import type { Outcome } from "./checked.ts";

/** Names of the functions in the user's schemas, those of extensions included. */
export async function readUserFunctions(engine: Pick<Engine, "run">): Promise<ReadonlySet<string>> {
  const rows = await engine.run(
    `select distinct p.proname::text as name from pg_catalog.pg_proc p where p.oid >= ${FIRST_NORMAL_OID}`,
  );
  return new Set(rows.map((row) => row.name as string));
}

/** An outcome that migrations can refer to before they have run. */
export class PendingOutcome implements Outcome {
  #functions: ReadonlySet<string> = new Set();
  #indexes: Outcome["indexes"] = new Map();

  #columns: Outcome["columns"] = new Map();
  #emptied: Outcome["emptied"] = new Set();

  get columns(): Outcome["columns"] {
    return this.#columns;
  }

  get emptied(): Outcome["emptied"] {
    return this.#emptied;
  }

  get functions(): ReadonlySet<string> {
    return this.#functions;
  }

  get indexes(): Outcome["indexes"] {
    return this.#indexes;
  }

  async read(engine: Pick<Engine, "run">): Promise<void> {
    this.#functions = await readUserFunctions(engine);
    const columns = await engine.run(
      `select c.relname || '.' || a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
       from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
       where c.oid >= ${FIRST_NORMAL_OID} and c.relkind in ('r', 'p', 'f') and a.attnum > 0 and not a.attisdropped`,
    );
    this.#columns = new Map(columns.map((row) => [row.name as string, row.type as string]));
    // Since PostgreSQL 15 an action on DELETE may be for some of the columns.
    const emptied = await engine.run(
      `select distinct c.relname || '.' || a.attname as name
       from (
         select conrelid, confupdtype as action, conkey as columns from pg_catalog.pg_constraint where contype = 'f'
         union all
         select conrelid, confdeltype, case jsonb_typeof(to_jsonb(k) -> 'confdelsetcols')
           when 'array' then array(select n::int2 from jsonb_array_elements_text(to_jsonb(k) -> 'confdelsetcols') n) else conkey end
         from pg_catalog.pg_constraint k where contype = 'f'
       ) k
       join pg_catalog.pg_class c on c.oid = k.conrelid
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.columns)
       where a.attnotnull and (k.action = 'n' or (k.action = 'd' and not a.atthasdef))`,
    );
    this.#emptied = new Set(emptied.map((row) => row.name as string));
    const rows = await engine.run(
      `select c.relname::text as name, coalesce(json_agg(k.columns) filter (where k.columns is not null), '[]')::text as keys
       from pg_catalog.pg_class c
       left join lateral (
         select (select json_agg(a.attname order by u.n) from unnest(i.indkey::int2[]) with ordinality as u (att, n)
           left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.att and u.att > 0
           where u.n <= i.indnkeyatts) as columns
         from pg_catalog.pg_index i where i.indrelid = c.oid and i.indpred is null
       ) as k on true
       where c.oid >= ${FIRST_NORMAL_OID} and c.relkind in ('r', 'p') group by c.relname`,
    );
    this.#indexes = new Map(rows.map((row) => [row.name as string, JSON.parse(row.keys as string)]));
  }
}
