import type { Engine } from "../../postgres/engine.ts";

/** What is known of columns beyond the model's catalog, each by `schema.table.column`. */
export interface ColumnFacts {
  /** The type with its modifier, as `format_type` prints it. */
  readonly columnTypes: ReadonlyMap<string, string>;
  /** The columns that are an identity, always or by default. */
  readonly identities: ReadonlySet<string>;
  /** For a view's column, the column of the same name behind it, in whichever relation it reads. */
  readonly behindViews: ReadonlyMap<string, string>;
}

/** Reads them for every relation of the user's. */
export async function readColumnFacts(engine: Engine): Promise<ColumnFacts> {
  const rows = await engine.run(
    `select n.nspname || '.' || c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       a.attidentity <> '' as identity
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const behind = await engine.run(
    `select view_schema || '.' || view_name || '.' || column_name as view,
       table_schema || '.' || table_name || '.' || column_name as name
     from information_schema.view_column_usage
     where view_schema not in ('pg_catalog', 'information_schema')`,
  );
  return {
    behindViews: new Map(behind.map((row) => [String(row.view), String(row.name)])),
    columnTypes: new Map(rows.map((row) => [String(row.name), String(row.type)])),
    identities: new Set(rows.flatMap((row) => (row.identity === true ? [String(row.name)] : []))),
  };
}
