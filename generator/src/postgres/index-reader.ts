import type { Oid } from "../model/catalog.ts";
import type { Engine } from "./engine.ts";
import type { Expression } from "./tree/node-types.ts";
import { readExpression, readExpressions } from "./tree/read-tree.ts";

export interface Index {
  readonly relation: Oid;
  /** `schema.name` of the relation. */
  readonly table: string;
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

/** Indexes by what they belong to. */
export class IndexCatalog {
  readonly all: readonly Index[];
  readonly #byRelation = new Map<Oid, Index[]>();
  readonly #byName = new Map<string, Index[]>();

  constructor(all: readonly Index[]) {
    this.all = all;
    for (const index of all) {
      const list = this.#byRelation.get(index.relation);
      if (list) list.push(index);
      else {
        const first = [index];
        this.#byRelation.set(index.relation, first);
        this.#byName.set(index.table, first);
      }
    }
  }

  of(relation: Oid): readonly Index[] {
    return this.#byRelation.get(relation) ?? [];
  }

  named(schema: string, table: string): readonly Index[] {
    return this.#byName.get(`${schema}.${table}`) ?? [];
  }
}

/** Reads the valid indexes of the user's tables. */
export async function readIndexes(engine: Pick<Engine, "run" | "version">): Promise<Index[]> {
  const rows = await engine.run(
    `select i.indrelid::int8::text as rel, n.nspname || '.' || t.relname as table, pg_get_indexdef(i.indexrelid, 1, false) as leading, c.relname::text as name, i.indisunique as unique, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls, i.indnkeyatts::int4 as count,
       array_to_string(i.indkey::int2[], ' ') as keys, i.indexprs::text as exprs, i.indpred::text as pred
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
     where i.indisvalid and i.indrelid >= 16384 order by i.indexrelid`,
  );
  return rows.map((row) => ({
    relation: Number(row.rel),
    table: row.table as string,
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
  }));
}

function keysOf(numbers: string, count: number, exprs: readonly Expression[]): IndexKey[] {
  const expressions = [...exprs];
  return numbers
    .split(" ")
    .map((text): IndexKey => Number(text) || (expressions.shift() ?? 0))
    .slice(0, count);
}
