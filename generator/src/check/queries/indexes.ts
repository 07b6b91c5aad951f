import type { Oid } from "../../model/catalog.ts";
import type { Engine } from "../../postgres/engine.ts";
import { asNode, asNodes, type Node, readNodeTree } from "../../postgres/node-tree.ts";

export interface Index {
  readonly name: string;
  /** Unique, and checked at once or at the end of the transaction: no two rows with equal keys last. */
  readonly unique: boolean;
  readonly keys: readonly IndexKey[];
  /** Of a partial index. */
  readonly predicate: Node | null;
}

/** A column by its number, or an expression. */
export type IndexKey = number | Node;

export interface IndexCatalog {
  of(relation: Oid): readonly Index[];
  /** Whether the operator is the equality of some B-tree: equal values are one key. */
  isEquality(operator: Oid): boolean;
}

export async function readIndexes(engine: Pick<Engine, "run">): Promise<IndexCatalog> {
  const rows = await engine.run(
    `select i.indrelid::int8::text as rel, c.relname::text as name, i.indisunique as unique, i.indnkeyatts::int4 as count,
       array_to_string(i.indkey::int2[], ' ') as keys, i.indexprs::text as exprs, i.indpred::text as pred
     from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisvalid and i.indrelid >= 16384 order by i.indexrelid`,
  );
  const operators = await engine.run(
    `select distinct o.amopopr::int8::text as oid from pg_amop o join pg_am a on a.oid = o.amopmethod
     where a.amname = 'btree' and o.amopstrategy = 3`,
  );
  const byRelation = new Map<Oid, Index[]>();
  for (const row of rows) {
    const relation = Number(row.rel);
    const index: Index = {
      name: row.name as string,
      unique: row.unique as boolean,
      keys: keysOf(row.keys as string, Number(row.count), row.exprs as string | null),
      predicate: row.pred ? asNode(readNodeTree(row.pred as string)) : null,
    };
    const list = byRelation.get(relation);
    if (list) list.push(index);
    else byRelation.set(relation, [index]);
  }
  const equalities = new Set(operators.map((row) => Number(row.oid)));
  return {
    of: (relation) => byRelation.get(relation) ?? [],
    isEquality: (operator) => equalities.has(operator),
  };
}

function keysOf(numbers: string, count: number, exprs: string | null): IndexKey[] {
  const expressions = exprs ? [...asNodes(readNodeTree(exprs))] : [];
  return numbers
    .split(" ")
    .map((text): IndexKey => Number(text) || (expressions.shift() ?? 0))
    .slice(0, count);
}
