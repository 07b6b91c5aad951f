import type { RangeVar } from "libpg-query";
import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import { namesOf, nodeOf, type RawNode, type RawTree } from "../../postgres/raw-tree.ts";
import { quoteLiteral } from "../../sql/quoting.ts";
import type { TableState, TablesBefore } from "./checked.ts";

interface NamedTable {
  readonly schema: string | null;
  readonly name: string;
}

/** Reads the tables that a statement names, before it runs. */
export async function tablesBefore(
  engine: Pick<Engine, "run">,
  tree: RawTree["tree"],
  isNew: (oid: number) => boolean,
): Promise<TablesBefore> {
  const names = namedIn(tree);
  if (names.length === 0) return NONE;
  const list = names.map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`).join(", ");
  const rows = await engine.run(read(list));
  const found = (rows[0]?.tables ? JSON.parse(rows[0].tables as string) : []) as Omit<TableState, "isNew">[];
  const all = found.map((table): TableState => ({ ...table, isNew: isNew(table.oid) }));
  return {
    all,
    get: (range) =>
      all.find(
        (table) => table.name === range?.relname && (!range?.schemaname || range.schemaname === table.schema),
      ) ?? null,
    ofIndex: (name) => all.find((table) => table.indexes.some((index) => index.name === name)) ?? null,
  };
}

const NONE: TablesBefore = { all: [], get: () => null, ofIndex: () => null };

/** Everything that may be a table's or an index's name. */
function namedIn(tree: RawTree["tree"]): NamedTable[] {
  const names = new Map<string, NamedTable>();
  const add = (schema: string | null, name: string): void => {
    names.set(`${schema ?? ""}.${name}`, { schema, name });
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const { relname, schemaname } = value as RangeVar;
    if (relname !== undefined) add(schemaname ?? null, relname);
    const parts = namesOf(nodeOf(value as RawNode, "List")?.items);
    if (parts.length > 0) add(parts.length > 1 ? parts.at(-2)! : null, parts.at(-1)!);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(tree);
  // `using index i` names it in a plain field.
  const using = JSON.stringify(tree).matchAll(/"indexname":"((?:[^"\\]|\\.)*)"/g);
  for (const match of using) add(null, JSON.parse(`"${match[1]}"`) as string);
  return [...names.values()];
}

function literal(text: string | null): string {
  return text === null ? "null" : quoteLiteral(text);
}

function read(names: string): string {
  return `with named as (
      select distinct coalesce(i.indrelid, c.oid) as oid
      from (values ${names}) as n (schema, name)
      join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(
        case when n.schema is null then pg_catalog.quote_ident(n.name) else pg_catalog.quote_ident(n.schema) || '.' || pg_catalog.quote_ident(n.name) end)
      left join pg_catalog.pg_index i on i.indexrelid = c.oid
      where c.oid >= ${FIRST_NORMAL_OID}
    )
    select json_agg(json_build_object('oid', c.oid::int8, 'schema', s.nspname, 'name', c.relname, 'kind', c.relkind,
      'defaultPartition', (select nullif(p.partdefid, 0)::int8 from pg_catalog.pg_partitioned_table p where p.partrelid = c.oid),
      'columns', coalesce((select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
          'notNull', a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> '') order by a.attnum)
        from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]'),
      'indexes', coalesce((select json_agg(json_build_object('name', ic.relname, 'unique', i.indisunique and i.indpred is null, 'primary', i.indisprimary,
          'columns', (select json_agg(a.attname order by k.n) from unnest(i.indkey::int2[]) with ordinality as k (att, n)
            left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.att and k.att > 0
            where k.n <= i.indnkeyatts)))
        from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid where i.indrelid = c.oid), '[]'),
      'constraints', coalesce((select json_agg(json_build_object('name', k.conname, 'type', k.contype, 'validated', k.convalidated, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
          'columns', coalesce((select json_agg(a.attname order by u.n) from unnest(k.conkey) with ordinality as u (att, n)
            join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.att), '[]')))
        from pg_catalog.pg_constraint k where k.conrelid = c.oid), '[]')))::text as tables
    from named join pg_catalog.pg_class c on c.oid = named.oid join pg_catalog.pg_namespace s on s.oid = c.relnamespace`;
}
