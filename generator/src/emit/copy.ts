import type { Catalog, PgType } from "../model/catalog.ts";
import type { InsertTarget, Query } from "../model/query.ts";
import { quoteIdentifier } from "../sql/quoting.ts";

/** Types whose bare name means a length of one: a cast to it would cut the value short. */
const LENGTH_OF_ONE = new Set(["bpchar", "bit", "_bpchar", "_bit"]);

function castName(type: PgType | undefined, display: string): string {
  if (type === undefined) return display;
  if (type.schema === "pg_catalog" && !LENGTH_OF_ONE.has(type.name)) return display;
  return `${quoteIdentifier(type.schema)}.${quoteIdentifier(type.name)}`;
}

/** The target's columns in the order of the parameters. */
export function copyColumns(query: Query, target: InsertTarget): string[] | null {
  const params = [...query.params].sort((a, b) => a.number - b.number);
  const columns = params.map((p, i) => {
    const known = p.origin?.column;
    return known !== undefined && target.columns.includes(known) ? known : target.columns[i];
  });
  const named = columns.filter((c): c is string => c !== undefined);
  const complete = named.length === target.columns.length && new Set(named).size === named.length;
  return complete ? named : null;
}

/** One statement that inserts any number of rows, given as one array of texts per column. */
export function copyStatement(
  catalog: Catalog,
  query: Query,
  target: InsertTarget,
  columns: readonly string[],
): string {
  const params = [...query.params].sort((a, b) => a.number - b.number);
  const casts = params.map((p, i) => `c${i + 1}::${castName(catalog.types.get(p.type), p.display)}`);
  const arrays = params.map((_, i) => `$${i + 1}::text[]`);
  const aliases = params.map((_, i) => `c${i + 1}`);
  return (
    `-- name: ${query.name} :copyfrom\n` +
    `INSERT INTO ${quoteIdentifier(target.schema)}.${quoteIdentifier(target.table)} (${columns.map(quoteIdentifier).join(", ")})\n` +
    `SELECT ${casts.join(", ")} FROM unnest(${arrays.join(", ")}) AS x(${aliases.join(", ")})`
  );
}
