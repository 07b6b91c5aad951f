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

  get columns(): Outcome["columns"] {
    return this.#columns;
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
