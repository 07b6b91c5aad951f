import type { VetOptions } from "../../config/options/vet.ts";
import type { Query } from "../../model/query.ts";
import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import type { CheckedColumn } from "./checked.ts";

/** Reads the columns of the user's tables, and what of the schema and of the queries uses each. */
export async function readColumns(
  engine: Pick<Engine, "run">,
  queries: readonly Query[],
  options: VetOptions,
): Promise<CheckedColumn[]> {
  const rows = await engine.run(COLUMNS);
  const used = usesOf(queries);
  return rows.map((row): CheckedColumn => {
    const [schema, table, name] = [String(row.schema), String(row.table), String(row.name)];
    const own = columnKey(schema, table, name);
    const isWrittenThrough = (row.views as string[]).some((view) => used.writtenRelations.has(view));
    return {
      schema,
      table,
      name,
      isRead: used.read.has(own),
      isWritten: used.written.has(own) || isWrittenThrough,
      isComputed: row.is_computed === true,
      isInCode: row.is_in_code === true,
      isInKey: row.is_in_key === true,
      options,
    };
  });
}

/** Gathers what the queries read and write, by the rights that PostgreSQL checks for them. */
function usesOf(queries: readonly Query[]) {
  const read = new Set<string>();
  const written = new Set<string>();
  const writtenRelations = new Set<string>();
  for (const right of queries.flatMap(({ privileges }) => privileges)) {
    if (!("table" in right)) continue;
    const writes = right.kind === "insert" || right.kind === "update";
    if (writes) writtenRelations.add(JSON.stringify([right.schema, right.table]));
    if (!writes && right.kind !== "select") continue;
    for (const column of right.columns ?? [])
      (writes ? written : read).add(columnKey(right.schema, right.table, column));
  }
  return { read, written, writtenRelations };
}

const columnKey = (...names: readonly string[]): string => JSON.stringify(names);

/**
 * A function's text is searched for the name as a word, for it is not analysed before it runs; what it does with whole rows is not seen.
 * Foreign keys' and unique indexes' columns count as keys. Partitions have their parent's columns.
 */
const COLUMNS = `
  with stored as (
    select c.oid as relation, a.attnum as number, n.nspname::text as schema, c.relname::text as "table",
      a.attname::text as name, a.attgenerated, a.attidentity
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.oid >= ${FIRST_NORMAL_OID} and c.relkind in ('r', 'p', 'f') and not c.relispartition
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')
  ),
  code as (
    select p.prosrc from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
    where p.oid >= ${FIRST_NORMAL_OID} and l.lanname not in ('c', 'internal')
  ),
  words as (select distinct pg_catalog.lower(w[1]) as word from code, pg_catalog.regexp_matches(prosrc, '\\w+', 'g') w),
  mentions as (
    select d.refobjid as relation, d.refobjsubid as number, d.classid, d.objid
    from pg_catalog.pg_depend d
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype <> 'a' and d.deptype <> 'i'
      and d.classid in ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass,
        'pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
        'pg_catalog.pg_attrdef'::pg_catalog.regclass)
  )
  select s.schema, s."table", s.name,
    s.attgenerated <> '' or s.attidentity <> ''
      or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) like '%(%', false) as is_computed,
    exists (select from words w where w.word = pg_catalog.lower(s.name))
      or exists (select from mentions m where m.relation = s.relation and m.number = s.number) as is_in_code,
    exists (select from pg_catalog.pg_index i
        where i.indrelid = s.relation and i.indisunique and s.number = any (i.indkey::pg_catalog.int2[]))
      or exists (select from pg_catalog.pg_constraint k
        where k.conrelid = s.relation and k.contype = 'f' and s.number = any (k.conkey)) as is_in_key,
    array(
      select pg_catalog.json_build_array(vn.nspname, v.relname)::pg_catalog.text from mentions m
      join pg_catalog.pg_rewrite r on r.oid = m.objid and m.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      join pg_catalog.pg_class v on v.oid = r.ev_class join pg_catalog.pg_namespace vn on vn.oid = v.relnamespace
      where m.relation = s.relation and m.number = s.number
    ) as views
  from stored s
  left join pg_catalog.pg_attrdef d on d.adrelid = s.relation and d.adnum = s.number
  order by s.relation, s.number`;
