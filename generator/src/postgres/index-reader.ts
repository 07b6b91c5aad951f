import type { Oid } from "../model/catalog.ts";
import type { Engine, Row } from "./engine.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import type { Expression } from "./tree/node-types.ts";
import { readExpression, readExpressions } from "./tree/read-tree.ts";

/** No two rows with equal keys are ever seen: it is checked at once. */
export interface UniqueIndex {
  readonly relation: Oid;
  readonly name: string;
  /** NULLs count as equal. */
  readonly nullsNotDistinct: boolean;
  readonly keys: readonly IndexKey[];
  /** Of a partial index. */
  readonly predicate: Expression | null;
}

export interface Index {
  readonly name: string;
  readonly keys: readonly IndexKey[];
  /** The first key as PostgreSQL prints it: a column's name, or an expression. */
  readonly leading: string;
}

/** A column by its number, or an expression. */
export type IndexKey = number | Expression;

export interface IndexCatalog {
  of(relation: Oid): readonly Index[];
  named(schema: string, table: string): readonly Index[];
}

const COLUMNS = `i.indrelid::int8::text as rel, c.relname::text as name, i.indnkeyatts::int4 as count,
  array_to_string(i.indkey::int2[], ' ') as keys, i.indexprs::text as exprs`;

/** Reads the valid unique indexes of the user's tables, but for those that are checked later (DEFERRABLE), and those that tell apart what the collation of a column takes for equal. */
export async function readUniqueIndexes(engine: Pick<Engine, "run" | "version">): Promise<UniqueIndex[]> {
  const rows = await engine.run(
    `select ${COLUMNS}, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls, i.indpred::text as pred
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indisunique and i.indimmediate and i.indisvalid and i.indrelid >= ${FIRST_NORMAL_OID}
       and not exists (
         select from unnest(i.indkey::int2[], i.indcollation::oid[]) as key(attnum, own)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.attnum
         where a.attcollation >= ${FIRST_NORMAL_OID} and key.own <> a.attcollation)
     order by i.indexrelid`,
  );
  return rows.map((row) => ({
    relation: Number(row.rel),
    name: row.name as string,
    nullsNotDistinct: row.nulls as boolean,
    keys: keysOf(row, engine.version),
    predicate: row.pred ? readExpression(row.pred as string, engine.version) : null,
  }));
}

/** Reads the valid indexes of the user's tables, unique or not. */
export async function readIndexes(engine: Pick<Engine, "run" | "version">): Promise<IndexCatalog> {
  const rows = await engine.run(
    `select ${COLUMNS}, n.nspname || '.' || t.relname as table, pg_get_indexdef(i.indexrelid, 1, false) as leading
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
     where i.indisvalid and i.indrelid >= ${FIRST_NORMAL_OID} order by i.indexrelid`,
  );
  const byRelation = new Map<Oid, Index[]>();
  const byName = new Map<string, Index[]>();
  for (const row of rows) {
    const relation = Number(row.rel);
    const index: Index = {
      name: row.name as string,
      leading: row.leading as string,
      keys: keysOf(row, engine.version),
    };
    const list = byRelation.get(relation);
    if (list) list.push(index);
    else {
      byRelation.set(relation, [index]);
      byName.set(row.table as string, byRelation.get(relation)!);
    }
  }
  return {
    named: (schema, table) => byName.get(`${schema}.${table}`) ?? [],
    of: (relation) => byRelation.get(relation) ?? [],
  };
}

function keysOf({ keys, count, exprs }: Row, version: number): IndexKey[] {
  const expressions = exprs ? [...readExpressions(exprs as string, version)] : [];
  return (keys as string)
    .split(" ")
    .map((text): IndexKey => Number(text) || (expressions.shift() ?? 0))
    .slice(0, Number(count));
}
