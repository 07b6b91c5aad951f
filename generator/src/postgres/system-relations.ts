import { readFile } from "node:fs/promises";
import type { Engine } from "./engine.ts";

/** A table or view of PostgreSQL's own, as sqlc tells its plugins of it. */
export interface SystemRelation {
  readonly schema: string;
  readonly name: string;
  /** Name, type, length in bytes or -1, whether not null; the hidden ones (`ctid`) too. */
  readonly columns: readonly (readonly [name: string, type: string, length: number, isNotNull: boolean])[];
}

/** Reads them, in the order that sqlc has them in. */
export async function readSystemRelations(engine: Engine): Promise<SystemRelation[]> {
  const rows = await engine.run(
    `select n.nspname as schema, c.relname as name,
            json_agg(json_build_array(a.attname, t.typname, t.typlen, a.attnotnull) order by a.attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and not a.attisdropped join pg_type t on t.oid = a.atttypid
     where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v', 'p')
     group by 1, 2 order by n.nspname = 'information_schema', c.relname`,
  );
  return rows.map(({ schema, name, columns }) => ({
    schema: String(schema),
    name: String(name),
    columns: (typeof columns === "string" ? JSON.parse(columns) : columns) as SystemRelation["columns"],
  }));
}

/** Those of the cluster that ships with the package; none in a checkout that was not built. */
export async function shippedSystemRelations(): Promise<readonly SystemRelation[]> {
  for (const place of ["./system-relations.json", "../../dist/system-relations.json"]) {
    try {
      return JSON.parse(await readFile(new URL(place, import.meta.url), "utf8")) as SystemRelation[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return [];
}
