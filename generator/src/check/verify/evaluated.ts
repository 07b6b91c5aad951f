import { whatMayFail } from "../../infer/failing-expressions.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { Engine } from "../../postgres/engine.ts";
import type { Expression } from "../../postgres/tree/node-types.ts";
import { readExpression, readExpressions } from "../../postgres/tree/read-tree.ts";
import { everyNode } from "../../postgres/tree/walk.ts";

/** An expression that PostgreSQL evaluates for each row that is stored, and that may raise an error for some. */
export interface FailingExpression {
  /** What it is of: an index, or the constraint that has it, a generated column, or the key of a partitioned table. */
  readonly of: "index" | "constraint" | "column" | "table";
  /** `schema.name`. */
  readonly table: string;
  readonly name: string;
  /** As PostgreSQL writes it. */
  readonly text: string;
  /** The columns whose values it is made of. */
  readonly columns: readonly string[];
  /** As "the operator /". */
  readonly because: string;
}

/** Those of indexes, keys and predicates, of generated columns and of partition keys. What a CHECK may raise is told with what it may refuse. */
const EVALUATED = `
  select case when k.oid is null then 'index' else 'constraint' end as of, i.indrelid as rel, coalesce(k.conname, x.relname)::text as name,
    pg_get_expr(e.tree, i.indrelid, true) as text, e.tree::text as tree
  from pg_index i join pg_class x on x.oid = i.indexrelid
    left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
    cross join lateral (values (i.indexprs), (i.indpred)) e(tree)
  where e.tree is not null
  union all
  select 'column', a.attrelid, a.attname::text, pg_get_expr(d.adbin, d.adrelid, true), d.adbin::text
  from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attgenerated <> ''
  union all
  select 'table', p.partrelid, c.relname::text, pg_get_expr(p.partexprs, p.partrelid, true), p.partexprs::text
  from pg_partitioned_table p join pg_class c on c.oid = p.partrelid where p.partexprs is not null`;

/** Finds those that may fail in the user's tables. */
export async function readFailing(engine: Engine, reader: CatalogReader): Promise<FailingExpression[]> {
  const rows = await engine.run(
    `select f.of, f.name, f.text, f.tree, f.rel::int8::text as rel, n.nspname || '.' || c.relname as table
     from (${EVALUATED}) f join pg_class c on c.oid = f.rel join pg_namespace n on n.oid = c.relnamespace
     where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by f.rel, f.of, f.name`,
  );
  const found: FailingExpression[] = [];
  const read = (tree: string): readonly Expression[] =>
    tree.startsWith("(") ? readExpressions(tree, engine.version) : [readExpression(tree, engine.version)];
  for (const { of, table, name, text, tree, rel } of rows as Record<string, string>[]) {
    await reader.ensureForTree(tree!);
    await reader.ensureRelations([Number(rel)]);
    const relation = reader.relation(Number(rel));
    const expressions = read(tree!);
    const because = expressions.map((one) => whatMayFail(one, reader)).find((one) => one !== null);
    if (because == null) continue;
    const columns = everyNode(expressions).flatMap((node) => {
      if (node.kind !== "Var") return [];
      // The row as a whole is all of them.
      if (node.varattno === 0) return [...(relation?.columns.values() ?? [])].map((column) => column.name);
      return relation?.columns.get(node.varattno)?.name ?? [];
    });
    found.push({
      of: of as FailingExpression["of"],
      table: table!,
      name: name!,
      text: text!,
      columns: [...new Set(columns)],
      because,
    });
  }
  return found;
}
