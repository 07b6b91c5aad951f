import type { Engine } from "../../postgres/engine.ts";

/** A rule that rows of a table must obey, beside what a column's type says. */
export interface Constraint {
  /** `schema.name`. */
  readonly table: string;
  readonly name: string;
  /** As PostgreSQL writes it: `CHECK ((price > 0))`, `CREATE UNIQUE INDEX …`. */
  readonly definition: string;
  /** The columns that it is about. */
  readonly columns: readonly string[];
}

/** What no two rows may be equal in. */
export interface UniqueKey {
  /** As PostgreSQL writes their names. */
  readonly columns: readonly string[];
  readonly nullsAreEqual: boolean;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s"(),]+)`;
const KEY = new RegExp(
  String.raw`^(?:UNIQUE|PRIMARY KEY|CREATE UNIQUE INDEX .+? USING btree)( NULLS NOT DISTINCT)? \((${NAME}(?:, ${NAME})*)\)(?: INCLUDE \([^)]*\))?( NULLS NOT DISTINCT)?( WHERE .*)?$`,
  "s",
);

/**
 * Reads a definition of `readConstraints`.
 * @returns null for what is no unique key of plain columns, and for one of some rows only where all are asked for
 */
export function keyOf(definition: string, which: "all rows" | "some rows" = "all rows"): UniqueKey | null {
  const [whole, before, columns = "", after, condition] = KEY.exec(definition) ?? [];
  if (whole === undefined || (condition !== undefined && which === "all rows")) return null;
  return { columns: columns.split(", "), nullsAreEqual: (before ?? after) !== undefined };
}

/** Tells whether rows that a key refuses are refused by the other one, too. */
export const isCovered = (key: UniqueKey, by: UniqueKey): boolean =>
  by.columns.every((column) => key.columns.includes(column)) && (by.nullsAreEqual || !key.nullsAreEqual);

/** Checks, unique and foreign keys, exclusions, and unique indexes that belong to none of them. */
export async function readConstraints(engine: Engine): Promise<Constraint[]> {
  const rows = await engine.run(
    `with found as (
       select conrelid as rel, conname::text as name, pg_get_constraintdef(oid) as definition, conkey::int2[] as keys
       from pg_constraint where contype in ('c', 'u', 'p', 'f', 'x') and conrelid <> 0
       union all
       select i.indrelid, c.relname::text, pg_get_indexdef(i.indexrelid), i.indkey::int2[]
       from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indisunique and not exists (select from pg_constraint k where k.conindid = i.indexrelid))
     select n.nspname || '.' || t.relname as "table", f.name, f.definition,
       coalesce((select array_agg(a.attname::text order by a.attnum) from pg_attribute a
         where a.attrelid = t.oid and a.attnum = any(f.keys)), '{}') as columns
     from found f join pg_class t on t.oid = f.rel join pg_namespace n on n.oid = t.relnamespace
     where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and not t.relispartition
     order by 1, 2`,
  );
  return rows.map((row) => ({
    table: row.table as string,
    name: row.name as string,
    definition: row.definition as string,
    columns: row.columns as string[],
  }));
}
