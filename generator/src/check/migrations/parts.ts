import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import type { Part, PartKind, TableRef } from "./checked.ts";

interface PartSeen {
  readonly kind: PartKind;
  readonly name: string;
  /** Its table's oid; its own where it is one. */
  readonly table: number;
}

/** What tables consist of, by what stays the same when it is renamed. */
export type Parts = ReadonlyMap<string, PartSeen>;

/**
 * Tells whether the text does not say what the statement does to tables: a block or a function may do anything, and CASCADE takes along whatever depends on what is dropped.
 * Of the others the rules read the text.
 */
export function isOpaque({ kind, tree }: RawTree): boolean {
  if (kind === "DoStmt" || kind === "CallStmt") return true;
  const text = JSON.stringify(tree);
  return (kind === "SelectStmt" && text.includes('"FuncCall"')) || text.includes('"DROP_CASCADE"');
}

const TABLES = `c.oid >= ${FIRST_NORMAL_OID} and c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema$)'`;

const READ = `with tables as (select c.oid, c.relname, c.relkind from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${TABLES})
  select json_build_array(
    (select json_agg(json_build_array(t.oid::int8, t.relname, t.relkind)) from tables t),
    (select json_agg(json_build_array(t.oid::int8, a.attnum, a.attname)) from tables t
      join pg_catalog.pg_attribute a on a.attrelid = t.oid where t.relkind <> 'v' and a.attnum > 0 and not a.attisdropped),
    (select json_agg(json_build_array(t.oid::int8, k.oid::int8, k.conname)) from tables t
      join pg_catalog.pg_constraint k on k.conrelid = t.oid where k.contype in ('f', 'p', 'u', 'c', 'x')),
    (select json_agg(json_build_array(t.oid::int8, i.indexrelid::int8, x.relname)) from tables t
      join pg_catalog.pg_index i on i.indrelid = t.oid join pg_catalog.pg_class x on x.oid = i.indexrelid
      where not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid)))::text as parts`;

export async function readParts(engine: Pick<Engine, "run">): Promise<Parts> {
  const rows = await engine.run(READ);
  const [tables, columns, constraints, indexes] = JSON.parse(rows[0]?.parts as string) as [
    [number, string, string][] | null,
    ...([number, number, string][] | null)[],
  ];
  const parts = new Map<string, PartSeen>();
  for (const [oid, name, kind] of tables ?? [])
    parts.set(`${oid}`, { kind: kind === "v" || kind === "m" ? "view" : "table", name, table: oid });
  const add = (kind: PartKind, list: [number, number, string][] | null | undefined): void => {
    for (const [table, id, name] of list ?? []) parts.set(`${kind} ${table} ${id}`, { kind, name, table });
  };
  add("column", columns);
  add("constraint", constraints);
  add("index", indexes);
  return parts;
}

/** Kinds that PostgreSQL builds anew, with another number, where a column that they are about gets another type. */
const REBUILT: ReadonlySet<PartKind> = new Set<PartKind>(["constraint", "index"]);

const named = ({ kind, name, table }: PartSeen): string => `${kind} ${table} ${name}`;

/** Gives what is gone or has another name, of tables that were there before; what goes with its table is not told by itself. */
export function partsBetween(before: Parts, after: Parts, ref: (oid: number) => TableRef | null): Part[] {
  const found: Part[] = [];
  const rebuilt = new Set([...after.values()].filter(({ kind }) => REBUILT.has(kind)).map(named));
  for (const [key, { kind, name, table: oid }] of before) {
    const now = after.get(key);
    const table = ref(oid);
    if (now?.name === name || table === null) continue;
    const isWhole = key === `${oid}`;
    if (now === undefined && !isWhole && !after.has(`${oid}`)) continue;
    if (now === undefined && rebuilt.has(named({ kind, name, table: oid }))) continue;
    found.push({ kind, name, table, became: now?.name ?? null });
  }
  return found;
}
