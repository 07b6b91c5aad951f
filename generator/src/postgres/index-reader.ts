import type { Oid } from "../model/catalog.ts";
import type { Engine } from "./engine.ts";
import type { Expression } from "./tree/node-types.ts";
import { readExpression, readExpressions } from "./tree/read-tree.ts";

export interface Index {
  readonly name: string;
  /** Unique, and checked at once or at the end of the transaction: no two rows with equal keys last. */
  readonly unique: boolean;
  /** NULLs count as equal. */
  readonly nullsNotDistinct: boolean;
  readonly keys: readonly IndexKey[];
  /** The first key as PostgreSQL prints it: a column's name, or an expression. */
  readonly leading: string;
  /** Of a partial index. */
  readonly predicate: Expression | null;
}

/** A column by its number, or an expression. */
export type IndexKey = number | Expression;

export interface IndexCatalog {
  of(relation: Oid): readonly Index[];
  named(schema: string, table: string): readonly Index[];
}

/** Reads the valid indexes of the user's tables. */
export async function readIndexes(engine: Pick<Engine, "run" | "version">): Promise<IndexCatalog> {
  const rows = await engine.run(
    `select i.indrelid::int8::text as rel, n.nspname || '.' || t.relname as table, pg_get_indexdef(i.indexrelid, 1, false) as leading, c.relname::text as name, i.indisunique as unique, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls, i.indnkeyatts::int4 as count,
       array_to_string(i.indkey::int2[], ' ') as keys, i.indexprs::text as exprs, i.indpred::text as pred
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
     where i.indisvalid and i.indrelid >= 16384 order by i.indexrelid`,
  );
  const byRelation = new Map<Oid, Index[]>();
  const byName = new Map<string, Index[]>();
  for (const row of rows) {
    const relation = Number(row.rel);
    const index: Index = {
      name: row.name as string,
      unique: row.unique as boolean,
      nullsNotDistinct: row.nulls as boolean,
      leading: row.leading as string,
      keys: keysOf(
        row.keys as string,
        Number(row.count),
        row.exprs ? readExpressions(row.exprs as string, engine.version) : [],
      ),
      predicate: row.pred ? readExpression(row.pred as string, engine.version) : null,
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

function keysOf(numbers: string, count: number, exprs: readonly Expression[]): IndexKey[] {
  const expressions = [...exprs];
  return numbers
    .split(" ")
    .map((text): IndexKey => Number(text) || (expressions.shift() ?? 0))
    .slice(0, count);
}
